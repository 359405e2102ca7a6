//! Deliberate deviations, to prove that a harness detects them.
//!
//! A fault is named by an id in a small grammar (see [`Fault`]). Faults wrap the server from outside: `layer` runs its
//! stages one after the other as the plain server does, and works between them:
//!
//! | file | what it changes |
//! | --- | --- |
//! | `requests` | the request before a stage reads it |
//! | `checks` | which rules and constraints hold (`Checks`) |
//! | `identifiers` | how resources are named (`Identifiers`) |
//! | `effects` | what an operation did to the state, and what it shows |
//! | `history`, `systemic`, `document` | documents by what came before, in all operations, and at a path |
//! | `replies` | the response as a whole |
//!
//! Outside of this directory only the set-up knows of faults (`server`, `config`), and `suites/architecture.rs` keeps it
//! so.

mod active;
mod behavior;
mod catalogue;
mod checks;
mod class;
mod document;
mod effects;
mod history;
mod identifiers;
mod in_flight;
mod kind;
mod layer;
mod memory;
mod occasion;
mod parse;
mod replies;
mod requests;
mod systemic;
mod view;

pub use catalogue::{Entry, catalogue};
pub use kind::Fault;
pub(crate) use layer::faulty;
pub use parse::InvalidFault;

use active::Faults;
use behavior::{AuthFault, BatchFault, Behavior, PageFault, ProtocolFault, STATE_FAULTS, StreamFault, TagFault};
use class::Class;
use document::{Change, apply, apply_to_items, put};
use kind::{AnswerChange, Kind, Outcome, Rejection, Rewrite};
use occasion::When;
use systemic::{Names, Systemic};
use view::{ListFault, ViewFault};
