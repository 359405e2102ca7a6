//! What a run makes, written down before it is made: the ledger knows which requests create and which delete, keeps the
//! journal, and sends nothing that names a resource which the target showed and the run did not make.

pub mod journal;
mod journal_state;
pub mod ownership_tags;
mod resource_tracker;

pub use journal::{Entry, Failure, Header, Journal, JournalError, Named, SCHEMA, Signing};
pub use journal_state::{CreatedResources, JournalState, UnresolvedRequest};
pub use resource_tracker::{Ledger, Refusal, Ticket};
