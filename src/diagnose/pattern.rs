//! What the findings of a cause have in common.

use std::collections::BTreeSet;

/// What the findings of a cause have in common, beyond what the primary one says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Pattern {
    /// The primary finding says it all.
    #[default]
    Plain,
    /// Requests fail only sometimes, whatever they ask for.
    Unreliable,
    /// Operations do not look at their input.
    UncheckedInput {
        /// Their names.
        operations: BTreeSet<String>,
    },
    /// Operations do not look at one member of their input, or not at all of it.
    UncheckedMember {
        /// Their names.
        operations: BTreeSet<String>,
        /// Path of the member.
        path: String,
        /// How much of it is not looked at.
        extent: Extent,
    },
    /// Several operations refuse invalid input with one error in place of another.
    AnotherError {
        /// Their names.
        operations: BTreeSet<String>,
    },
    /// Operations fail with a server error where one constraint is broken, whichever member breaks it.
    FailsAtConstraint {
        /// Their names.
        operations: BTreeSet<String>,
    },
}

/// How much of a member is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Nothing of it, or of what is in it.
    All,
    /// Its value, beyond the type.
    Value,
    /// The one constraint that the primary finding names.
    OneConstraint,
}

impl Pattern {
    /// The operations that it names; none if the findings say which they are.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        let operations = match self {
            Pattern::Plain | Pattern::Unreliable => None,
            Pattern::UncheckedInput { operations }
            | Pattern::UncheckedMember { operations, .. }
            | Pattern::AnotherError { operations }
            | Pattern::FailsAtConstraint { operations } => Some(operations),
        };
        operations.into_iter().flatten().map(String::as_str)
    }
}
