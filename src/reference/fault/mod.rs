//! Deliberate deviations, to prove that a harness detects them.
//!
//! A fault is named by an id in a small grammar (see [`Fault`]). The server
//! without faults asks one emptiness check per hook.

mod active;
mod behavior;
mod catalogue;
mod class;
mod document;
mod history;
mod in_flight;
mod kind;
mod occasion;
mod parse;
mod systemic;

pub use catalogue::{Entry, catalogue};
pub use kind::Fault;
pub use parse::InvalidFault;

pub(crate) use active::Faults;
pub(crate) use behavior::{
    AuthFault, BatchFault, Behavior, PageFault, ProtocolFault, STATE_FAULTS, StreamFault, TagFault,
};
pub(crate) use class::Class;
pub(crate) use document::{Change, apply, put};
pub(crate) use history::{ListFault, ViewFault};
pub(crate) use kind::{AnswerChange, Kind, Outcome, Rejection, Rewrite};
pub(crate) use occasion::When;
pub(crate) use systemic::{Names, Systemic, change_document, change_members, look_up, own_ids};
