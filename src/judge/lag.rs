//! Whether a response that is wrong may become right by waiting: a change that has not arrived everywhere yet shows the
//! same divergences as a change that was lost.

use super::exchange::Judgement;
use super::finding::{FindingKind, Violation};
use super::step::StepJudgement;
use crate::spec::contract::{BodyClause, Operation};
use crate::wire::{Exchange, Reply};

/// What waiting can do for a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// Nothing is wrong that lag can cause.
    Settled,
    /// It is wrong, and lag can be the reason.
    MayChange,
}

/// Whether the body of a response has the documented form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyForm {
    /// As documented.
    WellFormed,
    /// It has not the documented shape.
    Malformed,
}

/// What waiting can do for what a step showed.
pub fn outlook(operation: &Operation, performed: &StepJudgement) -> Outlook {
    let exchange = &performed.exchange;
    if is_busy(exchange) {
        // It was refused for now: sent again, it is sent for the first time.
        return if performed.is_good() { Outlook::Settled } else { Outlook::MayChange };
    }
    let status = exchange.response().map_or(0, |response| response.status);
    let is_repeatable = match operation.is_readonly {
        true => status < 500 && matches!(exchange.reply, Reply::Response(_)),
        // What was accepted is done, and what failed may be: only a refusal changed nothing.
        false => (400..500).contains(&status),
    };
    let can_lag = performed.violations().any(|violation| can_lag(operation, violation));
    match is_repeatable && performed.judgement.undecided.is_none() && can_lag {
        true => Outlook::MayChange,
        false => Outlook::Settled,
    }
}

/// What waiting can do for a read that nothing says may be late: a busy target was asked again already.
pub fn outlook_of_read(operation: &Operation, performed: &StepJudgement) -> Outlook {
    if is_busy(&performed.exchange) { Outlook::Settled } else { outlook(operation, performed) }
}

/// Whether a divergence can come from a change that has not arrived yet. Its form says nothing of when a response is sent.
pub fn can_lag(operation: &Operation, violation: &Violation) -> bool {
    match violation.kind {
        FindingKind::RejectedValid => true,
        FindingKind::AcceptedInvalid | FindingKind::WrongErrorCode | FindingKind::WrongBehaviour => {
            operation.is_readonly
        }
        FindingKind::WrongStatus | FindingKind::MalformedResponse => false,
        FindingKind::ServerError | FindingKind::NotImplemented | FindingKind::Transport => false,
    }
}

/// The form of the body, whatever its headers say.
pub fn form(operation: &Operation, judgement: &Judgement) -> BodyForm {
    let of_header = match operation.body_clause {
        BodyClause::ContentType(clause) => Some(clause),
        BodyClause::Empty(_) => None,
    };
    let is_malformed =
        |violation: &Violation| violation.kind == FindingKind::MalformedResponse && Some(violation.clause) != of_header;
    match judgement.violations.iter().any(is_malformed) {
        true => BodyForm::Malformed,
        false => BodyForm::WellFormed,
    }
}

fn is_busy(exchange: &Exchange) -> bool {
    exchange.response().is_some_and(|response| matches!(response.status, 429 | 503))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::plan::expectation::Expectation;
    use crate::wire::sample;
    use serde_json::{Value, json};

    /// What waiting can do for a response to an operation that should succeed.
    fn outlook_of(operation: &str, status: u16, content_type: &str, body: &Value) -> Outlook {
        let contract = crate::spec::builtin().unwrap();
        let operation = contract.operation(operation).unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let response = sample::response(status, &[("content-type", content_type)], &body);
        let exchange = sample::exchange(sample::request("/", ""), response);
        let judge = crate::judge::Judge::new(&contract);
        let judgement = judge.exchange(operation, &Expectation::success(), operation.status_clause, &exchange);
        let output = judgement.body.clone().unwrap_or(Value::Null);
        outlook(operation, &StepJudgement::of(judgement, exchange, output))
    }

    #[test]
    fn a_mutation_is_repeated_only_if_it_was_refused() {
        let conflict = json!({"__type": "ConflictException"});
        let outlook =
            |status, body: &Value| outlook_of("DeleteRecordingConfiguration", status, "application/json", body);
        assert_eq!(outlook(409, &conflict), Outlook::MayChange);
        assert_eq!(outlook(429, &json!({})), Outlook::MayChange);
        for status in [200, 202, 204, 500, 502] {
            assert_eq!(outlook(status, &json!({})), Outlook::Settled, "{status}");
        }
    }

    #[test]
    fn a_read_is_repeated_only_if_lag_can_be_the_reason() {
        let not_found = json!({"__type": "ResourceNotFoundException"});
        let json = "application/json";
        assert_eq!(outlook_of("GetStream", 404, json, &not_found), Outlook::MayChange);
        assert_eq!(outlook_of("GetStream", 200, "text/html", &json!({})), Outlook::Settled);
        assert_eq!(outlook_of("GetStream", 200, json, &json!([])), Outlook::Settled);
        assert_eq!(outlook_of("GetStream", 201, json, &json!({})), Outlook::Settled);
        assert_eq!(outlook_of("GetStream", 500, json, &json!({})), Outlook::Settled);
        assert_eq!(outlook_of("ListChannels", 502, "text/html", &Value::Null), Outlook::Settled);
    }
}
