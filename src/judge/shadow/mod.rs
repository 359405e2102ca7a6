//! A shadow of the target's state: what must be true of everything that a test made, from the contract alone.
//!
//! Every exchange is handed over once it was judged by itself. What it changed is kept, and what it shows is compared
//! with what is known: members, tags, owners, what exists and what was deleted, page by page. A difference is a
//! [`Suspicion`]: the caller asks again before it counts. What is not known is not judged.

mod activity;
mod apply;
mod batch;
mod compare;
mod graves;
mod overlap;
mod pages;
mod state;
mod suspicion;
mod upheld;
mod verify;
mod views;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub use graves::Graves;
pub use overlap::Overlapping;
pub use state::{Existence, KnownResources, Shadow};
pub use views::Views;

use super::exchange::Judgement;
use crate::plan::activity::ActivityLawKind;
use crate::plan::operation_role::RoleKind;
use crate::plan::sequence::LawKind;
use crate::spec::contract::Operation;

/// An exchange as the shadow sees it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'e> {
    /// The operation that was called.
    pub operation: &'e Operation,
    /// The input that was sent, placeholders bound.
    pub input: &'e Value,
    /// What the exchange says by itself.
    pub judgement: &'e Judgement,
    /// Whether more than one response would have been right.
    pub is_open: bool,
}

/// Something that a response shows otherwise than it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspicion {
    /// ARN of the resource that it is about.
    pub arn: String,
    /// Type of that resource.
    pub resource: String,
    /// How the operation shows it.
    pub part: RoleKind,
    /// The operation.
    pub operation: String,
    /// What is broken.
    pub law: Basis,
    /// The member that is shown otherwise; none if the resource as a whole is.
    pub member: Option<String>,
    /// Place of the member in the output, for the finding.
    pub detail: Option<String>,
    /// What is known, in one sentence.
    pub expected: String,
    /// What is shown, in one sentence.
    pub observed: String,
    /// Whether it was so before: a target that shows a change only after a while shows the same.
    pub may_lag: bool,
    /// Of the calls that were in flight at once before, positions of those that it takes to show this; none if no calls
    /// were.
    pub calls: Option<Vec<usize>>,
}

/// Why something must be shown as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// A law of what operations do to resources.
    Law(LawKind),
    /// A law of what resources do for a time.
    Activity {
        /// Position of the activity in the suites.
        activity: usize,
        /// The law.
        kind: ActivityLawKind,
    },
    /// The member of a list's input that chooses what is listed.
    Filter(String),
}

impl Basis {
    /// Whether it is about the tags of resources.
    pub fn is_about_tags(&self) -> bool {
        matches!(self, Basis::Law(law) if law.is_about_tags())
    }
}

impl From<LawKind> for Basis {
    fn from(law: LawKind) -> Basis {
        Basis::Law(law)
    }
}

impl Suspicion {
    /// Whether the other one is about the same member of the same resource.
    pub fn is_same(&self, other: &Suspicion) -> bool {
        self.arn == other.arn && self.member == other.member && self.law == other.law
    }
}
