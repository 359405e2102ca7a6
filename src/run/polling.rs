//! Polling for lag: a step is sent again only while its response can be read and waiting can still make it right.

use std::time::{Duration, Instant};

use super::run_context::RunContext;
use crate::clock;
use crate::judge::step::StepJudgement;
use crate::judge::{FindingKind, Judgement, Violation};
use crate::spec::contract::{BodyClause, Operation};
use crate::wire::{Exchange, Reply};

/// First wait; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(10);
/// Longest wait between two requests.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Share of the patience that a malformed response gets: its form may be why it looks wrong.
const MALFORMED_SHARE: u32 = 10;

/// What waiting can do for a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outlook {
    /// Nothing is wrong that lag can cause.
    Settled,
    /// It is wrong, and lag can be the reason.
    MayChange,
}

/// Whether the body of a response has the documented form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyForm {
    /// As documented.
    WellFormed,
    /// It has not the documented shape.
    Malformed,
}

/// The waits of one step.
#[derive(Debug)]
pub(super) struct Polling {
    started: Instant,
    patience: Duration,
    wait: Duration,
}

impl Polling {
    /// Starts now; `patience` is how long lag may take.
    pub(super) fn new(patience: Duration) -> Polling {
        Polling { started: clock::instant(), patience, wait: FIRST_WAIT }
    }

    /// Started at a moment in the past.
    pub(super) fn since(started: Instant, patience: Duration) -> Polling {
        Polling { started, patience, wait: FIRST_WAIT }
    }

    /// Whether the whole patience is used up.
    pub(super) fn is_over(&self) -> bool {
        self.is_too_late(BodyForm::WellFormed)
    }

    /// Whether the patience is used up.
    pub(super) fn is_too_late(&self, form: BodyForm) -> bool {
        let patience = match form {
            BodyForm::WellFormed => self.patience,
            BodyForm::Malformed => self.patience / MALFORMED_SHARE,
        };
        self.started.elapsed() >= patience
    }

    /// How long it took until now; `None` if nothing was waited for.
    pub(super) fn lag(&self) -> Option<Duration> {
        (self.wait > FIRST_WAIT).then(|| self.started.elapsed())
    }

    /// Waits before the next request, or until the run is stopped.
    pub(super) async fn pause(&mut self, env: &RunContext) {
        env.target.pause(self.wait).await;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
    }
}

/// What waiting can do for what a step showed.
pub(super) fn outlook(operation: &Operation, performed: &StepJudgement) -> Outlook {
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

/// Whether a divergence can come from a change that has not arrived yet. Its form says nothing of when a response is sent.
pub(super) fn can_lag(operation: &Operation, violation: &Violation) -> bool {
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
pub(super) fn form(operation: &Operation, judgement: &Judgement) -> BodyForm {
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
    use super::*;
    use crate::plan::expectation::Expectation;
    use crate::wire::{Coding, Request, Response};
    use serde_json::{Value, json};

    /// What waiting can do for a response to an operation that should succeed.
    fn outlook_of(operation: &str, status: u16, content_type: &str, body: &Value) -> Outlook {
        let contract = crate::spec::builtin().unwrap();
        let operation = contract.operation(operation).unwrap();
        let headers = vec![("content-type".into(), content_type.into())];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let response = Response { status, headers, body: body.into(), coding: Coding::default(), is_truncated: false };
        let request =
            Request { method: "POST".into(), target: "/".into(), headers: Vec::new(), body: Default::default() };
        let exchange = Exchange { request, reply: Reply::Response(response), elapsed: Duration::ZERO, repeats: 0 };
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
