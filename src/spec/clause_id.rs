//! Clause ids, read once into what they say.

use std::fmt;

use super::clause::Constraint;

/// What a clause is about, read from its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClauseId<'a> {
    /// A constraint on a member of the input.
    Input {
        /// The operation.
        operation: &'a str,
        /// The member's path.
        path: &'a str,
        /// The constraint.
        constraint: Constraint,
    },
    /// A constraint on a member of the output.
    Output {
        /// The operation.
        operation: &'a str,
        /// The member's path.
        path: &'a str,
        /// The constraint.
        constraint: Constraint,
    },
    /// The status of success, or the form of its body.
    Success {
        /// The operation.
        operation: &'a str,
        /// `status`, `content_type` or `empty_body`.
        part: &'a str,
    },
    /// A documented error.
    Error {
        /// The operation.
        operation: &'a str,
        /// The error code.
        code: &'a str,
    },
    /// What holds for several operations.
    General {
        /// `rule`, `protocol` or `auth`.
        family: &'a str,
        /// The name within the family.
        name: &'a str,
    },
}

/// The family of clauses about signatures and permissions.
const SIGNATURES: &str = "auth";

impl<'a> ClauseId<'a> {
    /// Whether another clause promises the same, of whatever operation or member.
    pub fn promises_like(self, other: ClauseId<'_>) -> bool {
        match (self, other) {
            (ClauseId::Input { constraint: one, .. }, ClauseId::Input { constraint: other, .. })
            | (ClauseId::Output { constraint: one, .. }, ClauseId::Output { constraint: other, .. }) => one == other,
            (ClauseId::Success { part: one, .. }, ClauseId::Success { part: other, .. }) => one == other,
            (ClauseId::Error { code: one, .. }, ClauseId::Error { code: other, .. }) => one == other,
            (one, other) => one == other,
        }
    }

    /// Whether a clause is about signatures and permissions.
    pub fn is_about_signatures(id: &str) -> bool {
        matches!(ClauseId::parse(id), Some(ClauseId::General { family: SIGNATURES, .. }))
    }

    /// The operation that the clause is about; the family of a clause that holds for several.
    pub fn group(&self) -> &'a str {
        match self {
            ClauseId::Input { operation, .. }
            | ClauseId::Output { operation, .. }
            | ClauseId::Success { operation, .. }
            | ClauseId::Error { operation, .. } => operation,
            ClauseId::General { family, .. } => family,
        }
    }

    /// Reads an id; `None` if it has not the form of one.
    pub fn parse(id: &'a str) -> Option<ClauseId<'a>> {
        let (first, rest) = id.split_once('.')?;
        if !first.starts_with(|first: char| first.is_ascii_uppercase()) {
            return Some(ClauseId::General { family: first, name: rest });
        }
        let operation = first;
        let constrained = |rest: &'a str| {
            let path = |constraint: Constraint| rest.strip_suffix(constraint.id())?.strip_suffix('.');
            Constraint::ALL.into_iter().find_map(|constraint| Some((path(constraint)?, constraint)))
        };
        match rest.split_once('.') {
            None => Some(ClauseId::Success { operation, part: rest }),
            Some(("error", code)) => Some(ClauseId::Error { operation, code }),
            Some(("input", rest)) => {
                constrained(rest).map(|(path, constraint)| ClauseId::Input { operation, path, constraint })
            }
            Some(("output", rest)) => {
                constrained(rest).map(|(path, constraint)| ClauseId::Output { operation, path, constraint })
            }
            Some(_) => None,
        }
    }
}

impl fmt::Display for ClauseId<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClauseId::Input { operation, path, constraint } => {
                write!(formatter, "{operation}.input.{path}.{constraint}")
            }
            ClauseId::Output { operation, path, constraint } => {
                write!(formatter, "{operation}.output.{path}.{constraint}")
            }
            ClauseId::Success { operation, part } => write!(formatter, "{operation}.{part}"),
            ClauseId::Error { operation, code } => write!(formatter, "{operation}.error.{code}"),
            ClauseId::General { family, name } => write!(formatter, "{family}.{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::spec;

    #[test]
    fn every_clause_of_the_contract_is_read_and_written_again() {
        let contract = spec::builtin().unwrap();
        for (_, clause) in contract.clauses.iter() {
            let parsed = ClauseId::parse(&clause.id).unwrap_or_else(|| panic!("{}", clause.id));
            assert_eq!(parsed.to_string(), clause.id);
        }
    }

    #[test]
    fn a_member_may_be_called_like_a_constraint() {
        let parsed = ClauseId::parse("CreateChannel.input.type.enum");
        assert_eq!(
            parsed,
            Some(ClauseId::Input { operation: "CreateChannel", path: "type", constraint: Constraint::Enum })
        );
        assert_eq!(ClauseId::parse("CreateChannel.elsewhere.type"), None);
    }
}
