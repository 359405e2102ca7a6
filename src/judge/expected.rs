//! Which responses are right, and what any other one says.

use crate::plan::expectation::Expectation;
use crate::plan::suite::Step;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::{Contract, Operation};

/// The responses that a request must get, and the clause to blame for any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The responses.
    pub expectation: Expectation,
    /// The clause to blame if the response is none of them.
    pub focus: ClauseIndex,
}

impl Expected {
    /// Success; else the status of success is to blame.
    pub fn success(operation: &Operation) -> Expected {
        Expected { expectation: Expectation::success(), focus: operation.status_clause }
    }

    /// What a step of a scenario expects of its operation. Without a rule of its own, it blames the expected error, or the
    /// status of success.
    pub fn of_step(contract: &Contract, operation: &Operation, step: &Step) -> Expected {
        let expectation = Expectation::of(contract, operation, step.expect.accepted());
        let rule = step.rule.as_deref().and_then(|rule| contract.clauses.find(rule));
        let error = expectation.errors.first().filter(|_| !expectation.success);
        let documented = error.and_then(|error| operation.error(&error.code)).map(|error| error.clause);
        let focus = rule.or(documented).unwrap_or(operation.status_clause);
        Expected { expectation, focus }
    }
}
