//! What the findings of a cause have in common.

use std::collections::BTreeSet;

use crate::spec::clause::Constraint;

/// What operations do wrong alike, where that is more than the primary finding says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// Their names.
    pub operations: BTreeSet<String>,
    /// What they do wrong.
    pub deviation: CommonDeviation,
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
    /// They fail with a server error where this constraint is broken, whichever member breaks it.
    FailsAt(Constraint),
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
