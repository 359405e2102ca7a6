//! The errors that are right responses to what is sent.

use super::valid;
use crate::plan::expectation::{Expectation, ExpectedError, trigger_errors};
use crate::spec::clause::Constraint;
use crate::spec::contract::{Contract, Location, Node, NodeKind, Operation};
use crate::spec::rules::{InputRule, TriggerKind};

/// The documented refusal; any client error where the request without its label is no longer the operation's, and
/// success as well where an absent list of a query is an empty one, which is within its bounds.
pub(super) fn refusal(node: &Node, constraint: Constraint, errors: Vec<ExpectedError>) -> Expectation {
    let is_empty = matches!(constraint, Constraint::Required | Constraint::LengthMin);
    let may_be_empty = matches!(node.kind, NodeKind::List { .. }) && valid::lower_bound(node) == 0;
    match &node.location {
        Location::Label if is_empty => Expectation::any_refusal(errors),
        Location::Query(_) if is_empty && may_be_empty => Expectation::success_or(errors),
        _ => Expectation::refusal(errors),
    }
}

/// How an operation responds to a request that breaks its constraints.
pub(super) fn invalid_input_errors(
    contract: &Contract,
    operation: &Operation,
    constraint: Constraint,
) -> Vec<ExpectedError> {
    // Other errors that input alone causes belong to prose rules, e.g. filters that exclude each other.
    let mut errors = trigger_errors(contract, operation, TriggerKind::InvalidInput);
    errors.retain(|error| error.status == 400);
    if errors.is_empty() {
        let documented = operation
            .error("ValidationException")
            .or_else(|| operation.errors.iter().find(|error| error.status == 400 && error.code.contains("alidation")));
        match documented {
            Some(error) => errors.push(ExpectedError { code: error.code.clone(), status: error.status }),
            None if contract.is_model_only() => errors.extend(bad_requests(operation)),
            None => {}
        }
        if errors.is_empty() {
            errors.push(ExpectedError { code: "ValidationException".to_owned(), status: 400 });
        }
    }
    if constraint == Constraint::Type {
        errors.push(ExpectedError { code: "SerializationException".to_owned(), status: 400 });
    }
    errors
}

/// Every error of status 400: which of them is about input, a model does not say.
fn bad_requests(operation: &Operation) -> impl Iterator<Item = ExpectedError> + '_ {
    let errors = operation.errors.iter().filter(|error| error.status == 400);
    errors.map(|error| ExpectedError { code: error.code.clone(), status: error.status })
}

pub(super) fn rule_errors(rule: &InputRule) -> Vec<ExpectedError> {
    rule.errors.iter().map(|error| ExpectedError { code: error.code.clone(), status: error.status }).collect()
}
