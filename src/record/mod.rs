//! Plain data of a run: what was asked for, what happened, what was found. `run` and `traffic` fill it in, `report` reads
//! it. Nothing here sends, judges or prints.

mod coverage;
pub mod credentials;
pub mod description;
pub(crate) mod digest;
pub(crate) mod digest_set;
pub mod event;
mod evidence;
pub mod finding;
mod known_defects;
pub mod options;
pub mod outcome;
pub mod purpose;
pub mod secrets;
pub mod tally;
pub mod trail;
mod upheld;

pub use coverage::{Share, StepCoverage};
pub use description::RunDescription;
pub use event::Event;
pub use finding::{FindingKey, Found, Seen, Witness};
pub use known_defects::KnownDefects;
pub use outcome::{CaseOutcome, CaseResult, Census, Left, Outcome};
pub use purpose::{Purpose, Spent};
pub use secrets::Secrets;
pub use tally::Tally;
pub use trail::{Manner, Origin, Trail, TrailStep};
pub use upheld::Upheld;

// What a finding consists of is part of the record.
pub use crate::judge::{FindingKind, Violation};
