//! Which responses to a request the contract allows.

use serde::{Deserialize, Serialize};

use super::accepted::Accepted;
use crate::spec::Contract;
use crate::spec::contract::Operation;
use crate::spec::rules::TriggerKind;

/// An error response: code and status together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedError {
    /// Error code.
    pub code: String,
    /// HTTP status.
    pub status: u16,
}

/// The responses that the contract allows to one request; anything else diverges.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expectation {
    /// Whether the documented success is allowed.
    pub success: bool,
    /// Allowed errors, the documented one first.
    pub errors: Vec<ExpectedError>,
    /// Whether any status from 400 to 499 is allowed, with any code.
    pub any_client_error: bool,
}

impl Expectation {
    /// Whether an error is right, among others.
    pub fn allows_errors(&self) -> bool {
        !self.errors.is_empty() || self.any_client_error
    }

    /// Success and nothing else.
    pub fn success() -> Expectation {
        Expectation { success: true, ..Expectation::default() }
    }

    /// One of these errors and no success.
    pub fn refusal(errors: Vec<ExpectedError>) -> Expectation {
        Expectation { errors, ..Expectation::default() }
    }

    /// Success or one of these errors.
    pub fn success_or(errors: Vec<ExpectedError>) -> Expectation {
        Expectation { success: true, errors, ..Expectation::default() }
    }

    /// Any client error and no success: a request so wrong that the contract does not say which.
    pub fn any_refusal(errors: Vec<ExpectedError>) -> Expectation {
        Expectation { errors, any_client_error: true, ..Expectation::default() }
    }

    /// What suites accept of an operation; an error code without a status has those that the contract documents for it.
    pub fn of(contract: &Contract, operation: &Operation, accepted: &[Accepted]) -> Expectation {
        let mut expectation = Expectation::default();
        for accepted in accepted {
            match accepted {
                Accepted::Success => expectation.success = true,
                Accepted::ClientError => expectation.any_client_error = true,
                Accepted::Status(status) => expectation.any_client_error |= (400..500).contains(status),
                Accepted::Error { code, status } => {
                    expectation.errors.push(ExpectedError { code: code.clone(), status: *status });
                }
                Accepted::Code(code) => {
                    let statuses = statuses(contract, operation, code).into_iter();
                    expectation.errors.extend(statuses.map(|status| ExpectedError { code: code.clone(), status }));
                }
            }
        }
        expectation
    }

    /// What is expected, for a sentence: `success`, `ValidationException (400)`, or several joined by `or`.
    pub fn describe(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        if self.success {
            parts.push("success".to_owned());
        }
        parts.extend(self.errors.iter().map(|error| format!("{} ({})", error.code, error.status)));
        if self.any_client_error {
            parts.push("another client error".to_owned());
        }
        parts.join(" or ")
    }
}

/// The statuses of an error code: those that the operation documents, else those that it may have beside these, else
/// those of the errors common to all. None for an error that the operation cannot respond with.
pub fn statuses(contract: &Contract, operation: &Operation, code: &str) -> Vec<u16> {
    if let Some(error) = operation.error(code) {
        return vec![error.status];
    }
    let rules = &contract.rules;
    let others = rules.other_errors.iter().filter(|error| error.operation == operation.name && error.code == code);
    let others: Vec<u16> = others.map(|error| error.status).collect();
    if !others.is_empty() {
        return others;
    }
    rules.common_errors.iter().find(|error| error.code == code).map(|error| error.statuses.clone()).unwrap_or_default()
}

/// How an operation responds to an ARN of nothing.
pub fn not_found_errors(contract: &Contract, operation: &Operation) -> Vec<ExpectedError> {
    let errors = trigger_errors(contract, operation, TriggerKind::AbsentResource);
    if !errors.is_empty() {
        return errors;
    }
    let not_found = operation.errors.iter().filter(|error| error.status == 404 && error.code.contains("NotFound"));
    not_found.map(|error| ExpectedError { code: error.code.clone(), status: error.status }).collect()
}

/// The errors by which an operation responds to a trigger of this kind, with those that are accepted in their place.
pub fn trigger_errors(contract: &Contract, operation: &Operation, kind: TriggerKind) -> Vec<ExpectedError> {
    let triggers = contract.rules.error_triggers.iter().filter(|trigger| trigger.operation == operation.name);
    triggers
        .filter(|trigger| trigger.cause == Some(kind))
        .flat_map(|trigger| {
            let main = ExpectedError { code: trigger.code.clone(), status: trigger.status };
            let others =
                trigger.accepts.iter().map(|error| ExpectedError { code: error.code.clone(), status: error.status });
            std::iter::once(main).chain(others)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::statuses;

    #[test]
    fn an_error_has_the_status_that_the_contract_gives_it() {
        let contract = crate::spec::builtin().unwrap();
        let of = |operation, code| statuses(&contract, contract.operation(operation).unwrap(), code);
        assert_eq!(of("TagResource", "ResourceNotFoundException"), [404]);
        assert_eq!(
            of("TagResource", "ServiceQuotaExceededException"),
            [402],
            "not documented, and allowed all the same"
        );
        assert_eq!(of("TagResource", "ServiceUnavailable"), [503], "common to all");
        assert_eq!(of("TagResource", "ConflictException"), [0u16; 0], "documented by others only");
    }
}
