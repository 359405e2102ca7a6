//! What one recorded exchange shows, by what its request allows.

use serde_json::Value;

use super::redacted;
use crate::generate::{Generator, Legality, visit};
use crate::judge::{Answer, FindingKind, Judge, Judgement, Violation, consistency, defaults};
use crate::plan::Plan;
use crate::plan::expectation::{self, Expectation, ExpectedError};
use crate::protocol;
use crate::recording::Recorded;
use crate::spec::clause::{ClauseIndex, ClauseKind, Tier};
use crate::spec::contract::{Contract, Operation};
use crate::spec::rules::ErrorCause;
use crate::wire::{Exchange, Response};

/// Statuses by which whatever stands in front of a service speaks of itself: access, sizes, addresses, load.
/// Source: RFC 9110, section 15; RFC 6585.
const OF_GATEWAYS: [u16; 20] =
    [401, 403, 404, 405, 407, 408, 411, 413, 414, 415, 417, 421, 425, 426, 429, 431, 501, 502, 503, 504];

/// What is known of a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Asked {
    /// Its input, and what the contract says of it.
    Known(Value, Legality),
    /// Nothing, for this reason: the response is judged alone.
    Unknown(&'static str),
}

/// What one exchange shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Shown {
    /// What it says about clauses.
    pub judgement: Judgement,
    /// The clause whose violation was refused, as it should be.
    pub refused: Option<ClauseIndex>,
    /// Whether a legal input was accepted.
    pub is_accepted: bool,
    /// Whether the target says that it does not have the operation.
    pub is_absent: bool,
}

/// Judges single exchanges.
pub(super) struct Single<'c> {
    pub contract: &'c Contract,
    pub plan: &'c Plan,
    pub judge: &'c Judge,
    pub generator: &'c Generator,
}

impl Single<'_> {
    /// What a response to a request shows.
    pub fn shown(
        &self,
        operation: &Operation,
        asked: &Asked,
        recorded: &Recorded,
        response: &Response,
        exchange: &Exchange,
    ) -> Shown {
        let body = protocol::read(response).ok().map(|document| document.value);
        let mut shown = match self.judge.is_success(operation, response, body.as_ref()) {
            true => self.success(operation, asked, exchange),
            false if recorded.is_provoked => {
                self.undecided(operation, exchange, "its failure was provoked, as the recording says".to_owned())
            }
            false => self.error(operation, asked, (response, body.as_ref()), exchange),
        };
        if !recorded.has_response_body {
            without_body(operation, &mut shown.judgement);
        }
        if let Some(body) = &shown.judgement.body {
            let taken_out = redacted::clauses(&operation.output, body);
            shown.judgement.violations.retain(|violation| !taken_out.contains(&violation.clause));
            shown.judgement.upheld.retain(|clause| !taken_out.contains(clause));
        }
        shown
    }

    fn success(&self, operation: &Operation, asked: &Asked, exchange: &Exchange) -> Shown {
        let focus = operation.status_clause;
        if let Asked::Known(_, Legality::Broken(roots)) = asked {
            return self.accepted(operation, roots, exchange);
        }
        let mut judgement = self.judge.exchange(operation, &Expectation::success(), focus, exchange);
        let mut is_accepted = false;
        if let Asked::Known(input, Legality::Legal { .. }) = asked {
            is_accepted = true;
            consistency::check(self.contract, &self.plan.suites, operation, input, &mut judgement);
            let violations = defaults::check(self.contract, operation, input, &mut judgement);
            judgement.violations.extend(violations);
        }
        Shown { judgement, is_accepted, ..Shown::default() }
    }

    /// An input that breaks clauses was accepted: each of them is violated.
    fn accepted(&self, operation: &Operation, roots: &[(ClauseIndex, Expectation)], exchange: &Exchange) -> Shown {
        let mut whole: Option<Judgement> = None;
        for (clause, expectation) in roots {
            let judgement = self.judge.exchange(operation, expectation, *clause, exchange);
            match &mut whole {
                Some(whole) => whole.violations.extend(judgement.violations),
                None => whole = Some(judgement),
            }
        }
        Shown { judgement: whole.unwrap_or_default(), ..Shown::default() }
    }

    fn error(
        &self,
        operation: &Operation,
        asked: &Asked,
        (response, body): (&Response, Option<&Value>),
        exchange: &Exchange,
    ) -> Shown {
        let code = protocol::error_code(response, body).map(|code| self.judge.canonical(&code).to_owned());
        let status = response.status;
        if (300..400).contains(&status)
            || (code.is_none() && !is_object(body) && (OF_GATEWAYS.contains(&status) || status > 504))
        {
            let reason =
                format!("status {status} without an error code may come from something in front of the target");
            return self.undecided(operation, exchange, reason);
        }
        let cause = code.as_deref().and_then(|code| self.cause(code));
        if cause == Some(ErrorCause::Routing) && operation.error(code.as_deref().unwrap_or_default()).is_none() {
            return absent(operation, status, code.as_deref().unwrap_or_default());
        }
        match code.as_deref().and_then(|code| Some((code, operation.error(code)?))) {
            Some((code, documented)) => {
                let error = ExpectedError { code: code.to_owned(), status: documented.status };
                self.documented_error(operation, asked, error, documented.clause, exchange)
            }
            None => self.other_error(operation, asked, code.as_deref(), status, exchange),
        }
    }

    /// An error that the operation documents.
    fn documented_error(
        &self,
        operation: &Operation,
        asked: &Asked,
        error: ExpectedError,
        clause: ClauseIndex,
        exchange: &Exchange,
    ) -> Shown {
        let is_about_input = self.generator.codes_of_invalid_input(operation).contains(&error.code);
        match asked {
            Asked::Known(_, Legality::Legal { doubt: None }) if is_about_input => {
                let expectation = Expectation::success();
                self.judged(operation, &expectation, operation.status_clause, exchange)
            }
            Asked::Known(input, Legality::Broken(roots)) => match &roots[..] {
                [(root, expectation)]
                    if expectation.errors.iter().any(|known| known.code == error.code)
                        || self.cannot_be_absent(operation, input, *root, &error) =>
                {
                    self.refused(operation, expectation, *root, exchange)
                }
                _ => self.judged(operation, &Expectation::refusal(vec![error]), clause, exchange),
            },
            _ => self.judged(operation, &Expectation::refusal(vec![error]), clause, exchange),
        }
    }

    /// An error that the operation does not document, or none that is known.
    fn other_error(
        &self,
        operation: &Operation,
        asked: &Asked,
        code: Option<&str>,
        status: u16,
        exchange: &Exchange,
    ) -> Shown {
        let statuses = code.map(|code| expectation::statuses(self.contract, operation, code)).unwrap_or_default();
        if status >= 500 {
            return self.server_error(operation, asked, statuses.contains(&status), exchange);
        }
        if let Some(code) = code.filter(|_| !statuses.is_empty()) {
            let errors = statuses.iter().map(|status| ExpectedError { code: code.to_owned(), status: *status });
            let expectation = Expectation { any_client_error: true, ..Expectation::success_or(errors.collect()) };
            return self.judged(operation, &expectation, operation.status_clause, exchange);
        }
        let focus = operation.status_clause;
        match asked {
            Asked::Known(_, Legality::Legal { doubt: None }) => {
                self.judged(operation, &Expectation::success(), focus, exchange)
            }
            Asked::Known(_, Legality::Legal { doubt: Some(_) }) => {
                let errors = operation.errors.iter();
                let errors = errors.map(|error| ExpectedError { code: error.code.clone(), status: error.status });
                self.judged(operation, &Expectation::success_or(errors.collect()), focus, exchange)
            }
            Asked::Known(_, Legality::Broken(roots)) => match &roots[..] {
                [(root, expectation)] => self.refused(operation, expectation, *root, exchange),
                _ => self.any_error(operation, exchange),
            },
            Asked::Known(_, Legality::Open(_)) | Asked::Unknown(_) => self.any_error(operation, exchange),
        }
    }

    /// A failure of the server that the operation does not list. One that the contract has for other operations or for all
    /// (`is_known`) is no divergence of the document alone.
    fn server_error(&self, operation: &Operation, asked: &Asked, is_known: bool, exchange: &Exchange) -> Shown {
        let mut shown = match asked {
            Asked::Known(_, Legality::Broken(roots)) => match &roots[..] {
                [(root, expectation)] => self.judged(operation, expectation, *root, exchange),
                _ => self.any_error(operation, exchange),
            },
            Asked::Known(_, Legality::Legal { .. }) => {
                self.judged(operation, &Expectation::success(), operation.status_clause, exchange)
            }
            _ => self.any_error(operation, exchange),
        };
        let failures = shown.judgement.violations.iter_mut();
        for violation in failures.filter(|violation| is_known && violation.kind == FindingKind::ServerError) {
            violation.tier = Some(Tier::Inferred);
        }
        shown
    }

    /// Any client error is right; a fault of the server is not.
    fn any_error(&self, operation: &Operation, exchange: &Exchange) -> Shown {
        let expectation = Expectation { any_client_error: true, ..Expectation::success() };
        self.judged(operation, &expectation, operation.status_clause, exchange)
    }

    /// An error as the judge sees it. What it shows of the status of success is nothing.
    fn judged(
        &self,
        operation: &Operation,
        expectation: &Expectation,
        focus: ClauseIndex,
        exchange: &Exchange,
    ) -> Shown {
        let mut judgement = self.judge.exchange(operation, expectation, focus, exchange);
        judgement.upheld.retain(|clause| *clause != operation.status_clause);
        Shown { judgement, ..Shown::default() }
    }

    /// The refusal of an input that breaks one clause. That it is refused counts once legal inputs are known to be accepted.
    fn refused(
        &self,
        operation: &Operation,
        expectation: &Expectation,
        root: ClauseIndex,
        exchange: &Exchange,
    ) -> Shown {
        let mut shown = self.judged(operation, expectation, root, exchange);
        let is_upheld = shown.judgement.upheld.contains(&root);
        shown.judgement.upheld.retain(|upheld| *upheld != root);
        shown.refused = is_upheld.then_some(root);
        shown
    }

    /// Whether an error says that a resource is absent, though the input names none but where it is broken.
    fn cannot_be_absent(&self, operation: &Operation, input: &Value, root: ClauseIndex, error: &ExpectedError) -> bool {
        let not_found = expectation::not_found_errors(self.contract, operation);
        let ClauseKind::Input { path: broken, .. } = &self.contract.clauses.get(root).kind else { return false };
        let mut names_another = false;
        visit(&operation.input, input, &mut |node, _| {
            names_another |= node.resource.is_some() && node.path != *broken;
        });
        not_found.iter().any(|known| known.code == error.code) && !names_another
    }

    fn undecided(&self, operation: &Operation, exchange: &Exchange, reason: String) -> Shown {
        let mut shown = self.any_error(operation, exchange);
        shown.judgement.upheld.clear();
        shown.judgement.violations.clear();
        shown.judgement.undecided = Some(reason);
        shown
    }

    fn cause(&self, code: &str) -> Option<ErrorCause> {
        self.contract.rules.common_errors.iter().find(|error| error.code == code).map(|error| error.when)
    }
}

fn is_object(body: Option<&Value>) -> bool {
    body.is_some_and(Value::is_object)
}

/// The target says that it does not have the operation.
fn absent(operation: &Operation, status: u16, code: &str) -> Shown {
    let observed = format!("The target responds {code} ({status}).");
    let judgement = Judgement {
        operation: operation.name.clone(),
        violations: vec![Violation::not_implemented(operation, observed)],
        answer: Answer::Error { status, code: Some(code.to_owned()) },
        ..Judgement::default()
    };
    Shown { judgement, is_absent: true, ..Shown::default() }
}

/// Takes back all that only the body shows.
fn without_body(operation: &Operation, judgement: &mut Judgement) {
    let is_about_head = |clause: ClauseIndex| {
        clause == operation.status_clause || operation.errors.iter().any(|error| error.clause == clause)
    };
    let names_code = matches!(judgement.answer, Answer::Success | Answer::Error { code: Some(_), .. });
    judgement.upheld.retain(|clause| names_code && is_about_head(*clause));
    judgement.violations.retain(|violation| names_code && violation.kind != FindingKind::MalformedResponse);
    judgement.undecided.get_or_insert_with(|| "the recording does not have the response's body".to_owned());
}
