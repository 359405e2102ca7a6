//! Lists show what other requests made. A divergence that only such elements show is found where they were made.

use serde_json::Value;

use super::exchange::Judgement;
use super::finding::{FindingKind, Violation};
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Contract;
use crate::wire::{Exchange, Reply};

/// Stands in the id of a clause on what every element of a list has.
const ELEMENT: &str = ".member.";

/// Removes the selected divergences (`is_meant`) that only elements with a known defect show. `rest` returns the document
/// without the elements that are known to break a clause; `judge` judges the same exchange with another body.
pub fn leave_out(
    exchange: &Exchange,
    judgement: &mut Judgement,
    is_meant: impl Fn(&Violation) -> bool,
    rest: impl Fn(&Value, ClauseIndex) -> Value,
    judge: impl Fn(&Exchange) -> Judgement,
) {
    let Some(body) = judgement.body.clone() else { return };
    judgement.violations.retain(|violation| {
        if !is_meant(violation) {
            return true;
        }
        let rest = rest(&body, violation.clause);
        rest == body || judge(&with_body(exchange, &rest)).blames(violation.clause)
    });
}

/// Whether a divergence is about the form of the elements of a list.
pub fn is_about_elements(contract: &Contract, violation: &Violation) -> bool {
    let id = &contract.clauses.get(violation.clause).id;
    let is_rule = contract.clauses.get(violation.clause).operation.is_none();
    violation.kind == FindingKind::MalformedResponse && (is_rule || id.contains(ELEMENT))
}

fn with_body(exchange: &Exchange, body: &Value) -> Exchange {
    let mut other = exchange.clone();
    if let Reply::Response(response) = &mut other.reply {
        response.body = body.to_string().into();
    }
    other
}
