//! What the findings of a cause have in common.

use std::collections::BTreeSet;

use serde_json::Value;

use super::evidence::Evidence;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

/// What operations do wrong alike, where that is more than the primary finding says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// Their names.
    pub operations: BTreeSet<String>,
    /// What they do wrong.
    pub deviation: CommonDeviation,
}

impl Common {
    /// What the findings at these positions have in common with the first of them, if that is a promise that several
    /// operations break in one way.
    pub(super) fn of_one_promise(findings: &[Evidence<'_>], positions: &[usize]) -> Option<Common> {
        let primary = findings.get(*positions.first()?)?;
        let is_alike = |finding: &&Evidence<'_>| finding.kind == primary.kind && promises_alike(finding, primary);
        let alike = positions.iter().filter_map(|position| findings.get(*position)).filter(is_alike);
        let operations: BTreeSet<String> = alike.map(|finding| finding.operation.to_owned()).collect();
        (operations.len() > 1).then_some(Common { operations, deviation: CommonDeviation::SameClause })
    }
}

/// Whether two findings are about one rule, one form of success or one error, which a title tells alike. Titles of members
/// name their paths.
fn promises_alike(one: &Evidence<'_>, other: &Evidence<'_>) -> bool {
    let (Some(about), Some(other_about)) = (one.about, other.about) else { return false };
    about.promises_like(other_about)
        && match about {
            ClauseId::Input { .. } | ClauseId::Output { .. } => false,
            ClauseId::Success { .. } => one.status == other.status,
            ClauseId::Error { .. } | ClauseId::General { .. } => true,
        }
}

/// What operations do wrong alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommonDeviation {
    /// Requests fail only sometimes, whatever they ask for.
    Unreliable,
    /// They do not find what requests made, now and then: several instances with a state of their own respond.
    SplitState,
    /// They do not look at their input.
    UncheckedInput,
    /// They look at few members of their input.
    MostlyUncheckedInput,
    /// They do not look at one member of their input, or not at all of it.
    UncheckedMember {
        /// Path of the member.
        path: String,
        /// How much of it is not looked at.
        extent: Extent,
    },
    /// They refuse invalid input with one error in place of another.
    AnotherError,
    /// Their errors have no code.
    NoCode,
    /// Different errors of theirs have one status, which is not documented for them.
    OneStatus,
    /// Their errors have a status of success.
    ErrorsOfSuccess,
    /// Their errors have the documented codes in another spelling.
    RespelledCodes {
        /// One of them in the contract.
        documented: String,
        /// The same in responses.
        shown: String,
    },
    /// They do not accept signatures that other operations accept.
    RefusedSignatures,
    /// Something before the API refuses some of their requests, valid ones too.
    RefusedAhead,
    /// They fail where this constraint is broken, whichever member breaks it.
    FailsAt(Constraint),
    /// Their responses have one value in many members, where it breaks this constraint.
    SameValue {
        /// The constraint.
        constraint: Constraint,
        /// Number of the members, by name.
        members: usize,
    },
    /// They respond with an empty object, where there should be something in it.
    EmptyResponse,
    /// Characters that are not ASCII become others in them.
    GarbledTexts,
    /// They overlook white space at the ends of texts, which patterns forbid.
    SurroundingSpace,
    /// Their lists are always empty.
    ShowsNothing,
    /// Their lists show an item twice.
    RepeatedItems,
    /// Their responses leave out members whose value is one of these.
    OmittedEmpty {
        /// These.
        values: BTreeSet<Blank>,
    },
    /// They take values of their input for absent that are one of these.
    EmptyAsAbsent {
        /// These.
        values: BTreeSet<Blank>,
    },
    /// Their responses have numbers and booleans as texts.
    QuotedValues {
        /// One of them, without its quotes.
        example: String,
    },
    /// Their responses have whole numbers with a fraction.
    Fractions {
        /// One of them.
        example: String,
    },
    /// Their responses never have a member.
    NeverShown {
        /// Its name.
        member: String,
    },
    /// They respond with a body that is not a JSON object.
    NoObject,
    /// They respond with a byte order mark before the body.
    ByteOrderMark,
    /// Their responses have members under other names.
    RenamedMembers {
        /// Name of one of them in the contract.
        documented: String,
        /// Name of the same in responses.
        shown: String,
    },
    /// Their responses have the output inside of one member.
    OutputInside {
        /// Name of this member.
        member: String,
    },
    /// They break the promise of the primary finding's clause, each for its part.
    SameClause,
}

/// Values that programs take for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blank {
    /// A text, a list or an object with nothing in it.
    Empty,
    /// The boolean.
    False,
    /// The number.
    Zero,
}

impl Blank {
    /// Which of them a value is; `None` for all other values, and for `null`.
    pub(super) fn of(value: &Value) -> Option<Blank> {
        match value {
            Value::String(text) => text.is_empty().then_some(Blank::Empty),
            Value::Array(elements) => elements.is_empty().then_some(Blank::Empty),
            Value::Object(members) => members.is_empty().then_some(Blank::Empty),
            Value::Bool(value) => (!value).then_some(Blank::False),
            Value::Number(number) => (number.as_f64() == Some(0.0)).then_some(Blank::Zero),
            Value::Null => None,
        }
    }
}

/// How much of a member is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Nothing of it, or of what is in it.
    All,
    /// Its value, beyond the type.
    Value,
    /// One constraint.
    One(Constraint),
}
