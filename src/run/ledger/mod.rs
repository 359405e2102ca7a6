//! What a run makes, written down before it is made: the ledger knows which requests create and which delete, keeps the
//! journal, and sends nothing that names a resource which the target showed and the run did not make.

mod book;
pub mod journal;
pub mod mark;
mod story;

pub use book::{Census, Ledger, Refusal, Ticket};
pub use journal::{Entry, Failure, Header, Journal, JournalError, Named, SCHEMA, Signing};
pub use story::{Lot, Open, Story};
