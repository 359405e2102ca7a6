//! What a success says agrees with its input, and with itself where it says something twice.

use serde_json::Value;

use super::exchange::Judgement;
use super::finding::{FindingKind, Violation};
use super::{agreement, echo};
use crate::plan::suite::Suites;
use crate::spec::contract::{Contract, Operation};

/// Judges the output of a success by the echoes and agreements of the suites.
pub fn check(contract: &Contract, suites: &Suites, operation: &Operation, input: &Value, judgement: &mut Judgement) {
    let is_wrongly_accepted = |violation: &Violation| violation.kind == FindingKind::AcceptedInvalid;
    if !judgement.is_success() || judgement.violations.iter().any(is_wrongly_accepted) {
        // The contract does not say what an invalid request should come back as.
        return;
    }
    for echo in suites.echoes.iter().filter(|echo| echo.applies_to(&operation.name)) {
        if let Some(clause) = contract.clauses.find(&echo.rule) {
            echo::check(operation, clause, &echo.except, input, judgement);
        }
    }
    for agreed in suites.agreements.iter().filter(|agreed| agreed.applies_to(&operation.name)) {
        if let Some(clause) = contract.clauses.find(&agreed.rule) {
            agreement::check(operation, clause, agreed, judgement);
        }
    }
}
