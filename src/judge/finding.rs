//! Findings: where a target diverges from the contract.

use serde::{Deserialize, Serialize};

use super::exchange::Answer;
use crate::spec::clause::{ClauseIndex, Tier};
use crate::spec::contract::Operation;

/// The detail of findings that a byte order mark stands before a body.
pub const BYTE_ORDER_MARK: &str = "byte-order-mark";

/// One divergence seen in one exchange; findings are violations that share clause, operation, detail and kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The violated clause.
    pub clause: ClauseIndex,
    /// The operation on which it was violated.
    pub operation: String,
    /// Tells defects of one rule apart, e.g. the member that was not returned.
    pub detail: Option<String>,
    /// What kind of divergence.
    pub kind: FindingKind,
    /// What the contract asks for, in one sentence.
    pub expected: String,
    /// What the target did, in one sentence.
    pub observed: String,
    /// How far the reference backs it, where that differs from the clause.
    pub tier: Option<Tier>,
}

impl Violation {
    /// The target does not have an operation; `observed` is the sentence on what it did.
    pub fn not_implemented(operation: &Operation, observed: String) -> Violation {
        Violation {
            clause: operation.status_clause,
            operation: operation.name.clone(),
            detail: None,
            kind: FindingKind::NotImplemented,
            expected: format!("The target has the operation {}.", operation.name),
            observed,
            tier: None,
        }
    }

    /// No well-formed request of an operation succeeds; `last` is the response to the last one that was tried.
    pub fn never_accepted(operation: &Operation, last: &Answer) -> Violation {
        Violation {
            clause: operation.status_clause,
            operation: operation.name.clone(),
            detail: None,
            kind: FindingKind::RejectedValid,
            expected: "Some well-formed request succeeds.".to_owned(),
            observed: format!("The target refused each one that was tried, the last one by {}.", last.describe()),
            tier: Some(Tier::Inferred),
        }
    }

    /// A request that was signed with a wrong secret was served.
    pub fn signatures_unchecked(clause: ClauseIndex, operation: String) -> Violation {
        Violation {
            clause,
            operation,
            detail: None,
            kind: FindingKind::AcceptedInvalid,
            expected: "A request signed with a wrong secret is refused.".to_owned(),
            observed: "The target served it; it does not check signatures.".to_owned(),
            tier: None,
        }
    }

    /// The same divergence, for which another clause is to blame.
    #[must_use]
    pub fn blamed_on(self, clause: ClauseIndex) -> Violation {
        Violation { clause, ..self }
    }
}

/// What kind of divergence a finding is; wire names as in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A request that breaks the contract was accepted.
    AcceptedInvalid,
    /// A request that keeps the contract was refused.
    RejectedValid,
    /// The status is not the documented one.
    WrongStatus,
    /// The error code is not the documented one.
    WrongErrorCode,
    /// The response has not the documented form.
    MalformedResponse,
    /// The response has the right form and says the wrong thing.
    WrongBehaviour,
    /// The target failed with a 5xx that the contract does not explain.
    ServerError,
    /// The target does not have the operation.
    NotImplemented,
    /// No HTTP response arrived.
    Transport,
}

impl FindingKind {
    /// All kinds, in the order of their severity for a reader.
    pub const ALL: [FindingKind; 9] = [
        FindingKind::AcceptedInvalid,
        FindingKind::RejectedValid,
        FindingKind::WrongStatus,
        FindingKind::WrongErrorCode,
        FindingKind::MalformedResponse,
        FindingKind::WrongBehaviour,
        FindingKind::ServerError,
        FindingKind::NotImplemented,
        FindingKind::Transport,
    ];

    /// Whether the target failed, instead of answering wrongly.
    pub fn is_failure(self) -> bool {
        matches!(self, FindingKind::ServerError | FindingKind::Transport)
    }

    /// Whether noise on the way to the target can look like this.
    pub fn may_be_noise(self) -> bool {
        match self {
            FindingKind::ServerError | FindingKind::Transport => true,
            FindingKind::MalformedResponse | FindingKind::WrongStatus | FindingKind::WrongErrorCode => true,
            FindingKind::AcceptedInvalid | FindingKind::RejectedValid => false,
            FindingKind::WrongBehaviour | FindingKind::NotImplemented => false,
        }
    }

    /// Whether a finding that showed so many `times` of the tries that were made says that the target is unreliable, and
    /// nothing of the clause. A wrong state is none of it, however rarely it shows; what noise cannot look like need only
    /// show twice. A page in place of JSON may be noise, whatever it seems to say.
    pub fn is_intermittent(self, of: u64, times: u64, is_page: bool) -> bool {
        let is_shown = self == FindingKind::WrongBehaviour || (times > 1 && !self.may_be_noise());
        times < of && (is_page || !is_shown)
    }

    /// The name in reports and ids.
    pub fn id(self) -> &'static str {
        match self {
            FindingKind::AcceptedInvalid => "accepted_invalid",
            FindingKind::RejectedValid => "rejected_valid",
            FindingKind::WrongStatus => "wrong_status",
            FindingKind::WrongErrorCode => "wrong_error_code",
            FindingKind::MalformedResponse => "malformed_response",
            FindingKind::WrongBehaviour => "wrong_behaviour",
            FindingKind::ServerError => "server_error",
            FindingKind::NotImplemented => "not_implemented",
            FindingKind::Transport => "transport",
        }
    }

    /// What it means, in one sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            FindingKind::AcceptedInvalid => "The target accepted a request that breaks the contract.",
            FindingKind::RejectedValid => "The target refused a request that keeps the contract.",
            FindingKind::WrongStatus => "The target responded with another HTTP status than documented.",
            FindingKind::WrongErrorCode => {
                "The target refused, as it should, but with another error code than documented."
            }
            FindingKind::MalformedResponse => "The response has not the documented form.",
            FindingKind::WrongBehaviour => "The response has the documented form but says the wrong thing.",
            FindingKind::ServerError => "The target failed with a server error that the contract does not explain.",
            FindingKind::NotImplemented => "The target does not have the operation.",
            FindingKind::Transport => "No usable HTTP response arrived.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_sometimes_is_intermittent_unless_noise_cannot_look_like_it() {
        assert!(FindingKind::ServerError.is_intermittent(3, 2, false));
        assert!(FindingKind::RejectedValid.is_intermittent(3, 1, false));
        assert!(!FindingKind::RejectedValid.is_intermittent(3, 2, false));
        assert!(!FindingKind::WrongBehaviour.is_intermittent(3, 1, false));
        assert!(FindingKind::ALL.iter().all(|kind| kind.is_intermittent(3, 2, true)));
        assert!(FindingKind::ALL.iter().all(|kind| !kind.is_intermittent(3, 3, true)));
    }
}
