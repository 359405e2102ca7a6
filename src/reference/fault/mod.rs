//! Deliberate deviations, to prove that a harness detects them.
//!
//! A fault is named by an id in a small grammar (see [`Fault`]). The server
//! without faults asks one emptiness check per hook.

mod active;
mod catalogue;
mod class;
mod company;
mod document;
mod kind;
mod parse;
mod quirk;
mod systemic;

pub use catalogue::{Entry, catalogue};
pub use kind::Fault;
pub use parse::InvalidFault;

pub(crate) use active::Faults;
pub(crate) use class::Class;
pub(crate) use document::{Change, apply, put};
pub(crate) use kind::{AnswerChange, Kind, Outcome, Rejection, Rewrite, When};
pub(crate) use quirk::{AuthFault, BatchFault, PageFault, ProtocolFault, Quirk, STATE_FAULTS, StreamFault, TagFault};
pub(crate) use systemic::{Names, Systemic, change_document, change_members, look_up, own_ids};
