//! What a fault is.

use serde_json::Value;

use super::super::operation::Operation;
use super::super::rules::Rule;
use super::super::shape::Constraint;
use super::{Behavior, Change, Class, ListFault, ViewFault, When};

/// A deliberate deviation of the server.
///
/// `Fault` is read from an id: `kind:what`, with `@condition` behind it for one
/// that does not always show. [`catalogue()`](super::catalogue()) lists the kinds.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) when: When,
}

impl Fault {
    /// The id that it was read from.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.id)
    }
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// An input that breaks a constraint is accepted.
    Waive { operation: Operation, path: String, constraint: Constraint },
    /// A prose rule is not checked.
    WaiveRule(Rule),
    /// A legal value is refused, or ends in an internal error.
    Reject { operation: Operation, path: String, class: Class, how: Rejection },
    /// The handler sees another input than was sent.
    Rewrite { operation: Operation, member: String, rewrite: Rewrite },
    /// The response's status, headers or body text change.
    Answer { operation: Option<Operation>, outcome: Outcome, change: AnswerChange },
    /// The answered document changes at one path.
    Document { operation: Operation, path: Vec<String>, change: Change },
    /// A member of the answered document has another value, or is added.
    Put { operation: Operation, path: Vec<String>, value: Value },
    /// A view shows another value of a member than the resource has.
    View { operation: Operation, member: String, fault: ViewFault },
    /// A view of several resources shows others than there are.
    List { operation: Operation, fault: ListFault },
    /// Several faults at once.
    Several(Vec<Kind>),
    /// Something happens otherwise than described.
    Behavior { operation: Option<Operation>, quirk: Behavior },
}

/// How a legal value is turned down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    Refuse,
    Crash,
}

/// How the input of a handler differs from what was sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Rewrite {
    /// A given member is forgotten.
    Forget,
    /// A given member is forgotten, but the response pretends that it was not.
    ForgetSilently,
    /// A missing member has another default.
    Default(Value),
}

/// Which answers a change applies to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    /// Any error, or the one with that code.
    Error(Option<String>),
}

/// A change of a response as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AnswerChange {
    Status(u16),
    Code(String),
    NoErrorType,
    Body(String),
    ContentType(String),
}
