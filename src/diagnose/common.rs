//! What the findings of a cause have in common.

use std::collections::BTreeSet;

use super::evidence::Evidence;
use crate::spec::clause::Constraint;

/// What operations do wrong alike, where that is more than the primary finding says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// Their names.
    pub operations: BTreeSet<String>,
    /// What they do wrong.
    pub deviation: CommonDeviation,
}

impl Common {
    /// What the findings at these positions have in common with the first of them, if that is a rule that several operations
    /// break.
    pub(super) fn rule(findings: &[Evidence<'_>], positions: &[usize]) -> Option<Common> {
        let primary = findings.get(*positions.first()?)?;
        let is_alike = |finding: &&Evidence<'_>| finding.clause == primary.clause && finding.kind == primary.kind;
        let alike = positions.iter().filter_map(|position| findings.get(*position)).filter(is_alike);
        let operations: BTreeSet<String> = alike.map(|finding| finding.operation.to_owned()).collect();
        let is_common = primary.is_general() && operations.len() > 1;
        is_common.then_some(Common { operations, deviation: CommonDeviation::BrokenRule })
    }
}

/// What operations do wrong alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommonDeviation {
    /// Requests fail only sometimes, whatever they ask for.
    Unreliable,
    /// They do not look at their input.
    UncheckedInput,
    /// They do not look at one member of their input, or not at all of it.
    UncheckedMember {
        /// Path of the member.
        path: String,
        /// How much of it is not looked at.
        extent: Extent,
    },
    /// They refuse invalid input with one error in place of another.
    AnotherError,
    /// They fail where this constraint is broken, whichever member breaks it.
    FailsAt(Constraint),
    /// Their responses have one value in many members, where it breaks this constraint.
    SameValue {
        /// The constraint.
        constraint: Constraint,
        /// Number of the members, by name.
        members: usize,
    },
    /// They break one rule in one way.
    BrokenRule,
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
