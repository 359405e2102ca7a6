//! Judges one exchange: status, error code, headers, body.

mod judgement;
mod refusal;

use judgement::quoted;
pub use judgement::{Answer, Judgement};
pub use refusal::ACCESS_REFUSED;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::finding::{BYTE_ORDER_MARK, FindingKind, Violation};
use super::output::{self, OutputCheck, OutputRules};
use crate::plan::expectation::Expectation;
use crate::protocol::{self, Unread};
use crate::spec::clause::{ClauseIndex, Tier};
use crate::spec::clause_id::ClauseId;
use crate::spec::contract::{BodyClause, Contract, NodeKind, Operation};
use crate::spec::rules::ErrorCause;
use crate::wire::{Exchange, FailureKind, Reply, Response};

/// Clause on the form of error responses; it holds for every operation.
const ERROR_BODY_CLAUSE: &str = "protocol.error-body-is-json-object";

/// Most bytes of a body that is no JSON that are looked through.
const SCANNED: usize = 64 << 10;

/// Judges exchanges against one contract.
#[derive(Debug, Clone)]
pub struct Judge {
    output_rules: Arc<OutputRules>,
    error_body_clause: Option<ClauseIndex>,
    aliases: Vec<(String, String)>,
    /// Codes of the errors that every operation may respond with.
    common_codes: BTreeSet<String>,
    refusals_of_access: Vec<(String, ErrorCause)>,
    about_signatures: BTreeSet<ClauseIndex>,
    is_model_only: bool,
}

impl Answer {
    /// The response in a few words, e.g. `ValidationException (400)`.
    pub fn describe(&self) -> String {
        match self {
            Answer::Success => "success".to_owned(),
            Answer::Error { status, code: Some(code) } => format!("{} ({status})", quoted(code)),
            Answer::Error { status: status @ 300..400, code: None } => {
                format!("status {status}, a redirect, which is not followed")
            }
            Answer::Error { status: status @ 600.., code: None } => {
                format!("status {status}, which HTTP does not have")
            }
            Answer::Error { status, code: None } => format!("status {status} without an error code"),
            Answer::Page => "success with a page in place of a document".to_owned(),
            Answer::Nothing => "no response".to_owned(),
        }
    }
}

impl Judgement {
    /// Upholds the clauses of further valid values which the same request held and which were accepted with it.
    pub fn accept_also(&mut self, clauses: impl IntoIterator<Item = ClauseIndex>) {
        if self.is_success() && self.violations.is_empty() && self.undecided.is_none() {
            let further: Vec<ClauseIndex> =
                clauses.into_iter().filter(|clause| !self.upheld.contains(clause)).collect();
            self.upheld.extend(further);
        }
    }

    /// Whether the response is one of those expected.
    pub fn is_success(&self) -> bool {
        self.answer == Answer::Success
    }

    /// Whether a divergence from a clause is among those that it shows.
    pub fn blames(&self, clause: ClauseIndex) -> bool {
        self.violations.iter().any(|violation| violation.clause == clause)
    }

    /// Takes back what it says of a clause and of the errors of an operation: the response has another reason.
    pub fn take_back(&mut self, clause: ClauseIndex, operation: &Operation, reason: String) {
        let is_about =
            |index: ClauseIndex| index == clause || operation.errors.iter().any(|error| error.clause == index);
        self.upheld.retain(|upheld| !is_about(*upheld));
        self.violations.retain(|violation| !is_about(violation.clause));
        self.undecided.get_or_insert(reason);
    }
}

impl Judge {
    /// Prepares a contract.
    pub fn new(contract: &Contract) -> Judge {
        let aliases = contract.rules.aliases.iter();
        let pairs = aliases.flat_map(|(code, others)| others.iter().map(move |other| (other.clone(), code.clone())));
        let common = contract.rules.common_errors.iter();
        Judge {
            common_codes: common.clone().map(|error| error.code.clone()).collect(),
            is_model_only: contract.is_model_only(),
            output_rules: Arc::new(OutputRules::of(contract)),
            error_body_clause: contract.clauses.find(ERROR_BODY_CLAUSE),
            aliases: pairs.collect(),
            refusals_of_access: common
                .filter(|error| error.when.refuses_access())
                .map(|error| (error.code.clone(), error.when))
                .collect(),
            about_signatures: contract
                .clauses
                .iter()
                .filter(|(_, clause)| ClauseId::is_about_signatures(&clause.id))
                .map(|(index, _)| index)
                .collect(),
        }
    }

    /// The same for a target that verified signatures of the caller and accepted them: that a signature of its does not match
    /// is a divergence then.
    pub fn of_accepted_signatures(&self) -> Judge {
        let mut judge = self.clone();
        judge.refusals_of_access.retain(|(_, cause)| *cause != ErrorCause::Signature);
        judge
    }

    /// Judges an exchange of `operation`. `focus` is the clause to blame if the response is none of the expected ones.
    pub fn exchange(
        &self,
        operation: &Operation,
        expectation: &Expectation,
        focus: ClauseIndex,
        exchange: &Exchange,
    ) -> Judgement {
        let mut judgement = Judgement { operation: operation.name.clone(), ..Judgement::default() };
        match &exchange.reply {
            // What was not asked or could not be asked says nothing about the clause.
            Reply::Failure(failure)
                if matches!(failure.kind, FailureKind::Connect | FailureKind::Tls | FailureKind::Withheld) =>
            {
                judgement.undecided = Some(failure.detail.clone());
            }
            Reply::Failure(failure) => {
                judgement.violations.push(Violation {
                    clause: focus,
                    operation: operation.name.clone(),
                    detail: None,
                    kind: FindingKind::Transport,
                    expected: format!("An HTTP response: {}.", expectation.describe()),
                    observed: format!("No response: {}.", failure.detail),
                    tier: None,
                });
            }
            Reply::Response(response) => {
                match protocol::read(response) {
                    Ok(document) => {
                        judgement.body = Some(document.value);
                        judgement.repeated = document.repeated;
                        judgement.has_byte_order_mark = document.has_byte_order_mark;
                    }
                    Err(unread) => {
                        let head = response.body.get(..SCANNED).unwrap_or(&response.body);
                        judgement.unreadable = (!head.is_empty()).then(|| String::from_utf8_lossy(head).into_owned());
                        judgement.unread = Some(unread);
                    }
                }
                let is_success = self.is_success(operation, response, judgement.body.as_ref());
                let mut view = View { judge: self, operation, expectation, focus, judgement: &mut judgement };
                match is_success {
                    true => view.success(response),
                    false => view.error(response),
                }
            }
        }
        judgement
    }

    /// Whether a response reports success: by its status, and not by a header that names an error, or a body that names one of
    /// those that the operation may respond with.
    pub fn is_success(&self, operation: &Operation, response: &Response, body: Option<&Value>) -> bool {
        let names_error = || {
            let code = protocol::error_code(response, body);
            let code = code.as_deref().map(|code| self.canonical(code));
            code.is_some_and(|code| operation.error(code).is_some() || self.common_codes.contains(code))
        };
        let has_header = response.header(protocol::ERROR_HEADER).is_some_and(|code| !code.trim().is_empty());
        (200..300).contains(&response.status) && !has_header && !names_error()
    }

    /// The code that an alias stands for.
    pub fn canonical<'a>(&'a self, code: &'a str) -> &'a str {
        self.aliases.iter().find(|(alias, _)| alias == code).map_or(code, |(_, code)| code)
    }
}

struct View<'j> {
    judge: &'j Judge,
    operation: &'j Operation,
    expectation: &'j Expectation,
    focus: ClauseIndex,
    judgement: &'j mut Judgement,
}

impl View<'_> {
    fn success(&mut self, response: &Response) {
        let is_page = response.is_page();
        self.judgement.answer = if is_page { Answer::Page } else { Answer::Success };
        if !self.expectation.success {
            let observed = format!("The target accepted it with status {}.", response.status);
            self.violate(self.focus, FindingKind::AcceptedInvalid, self.expected(), observed);
            return;
        }
        let documented = self.operation.success_status;
        if response.status != documented {
            self.violate(
                self.operation.status_clause,
                FindingKind::WrongStatus,
                format!("Success has status {documented}."),
                format!("Success has status {}.", response.status),
            );
        } else if !is_page {
            self.judgement.upheld.push(self.operation.status_clause);
        }
        if !is_page {
            self.uphold_focus();
        }
        OutputCheck::new(self.operation, &self.judge.output_rules, self.judgement).head(response);
        match self.operation.body_clause {
            BodyClause::Empty(clause) => self.empty_body(clause, response),
            BodyClause::ContentType(clause) => self.json_body(clause, response),
        }
    }

    fn empty_body(&mut self, clause: ClauseIndex, response: &Response) {
        let is_empty = response.body.is_empty();
        let is_empty_object =
            self.judgement.body.as_ref().and_then(Value::as_object).is_some_and(serde_json::Map::is_empty);
        if is_empty || (is_empty_object && self.operation.success_status == 200) {
            self.judgement.upheld.push(clause);
        } else {
            let observed = format!("The body has {} bytes.", response.body.len());
            self.violate(clause, FindingKind::MalformedResponse, "Success has no body.".to_owned(), observed);
        }
    }

    fn json_body(&mut self, clause: ClauseIndex, response: &Response) {
        let content_type = response.header("content-type");
        let essence = content_type.map(|value| value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase());
        if essence.as_deref() == Some("application/json") {
            self.judgement.upheld.push(clause);
        } else {
            let observed = match content_type {
                Some(value) => format!("The content type is `{}`.", quoted(value)),
                None => "There is no content type.".to_owned(),
            };
            let expected = "The content type is application/json.".to_owned();
            self.violate(clause, FindingKind::MalformedResponse, expected, observed);
        }
        let payload = output::payload(self.operation);
        let is_payload = payload.is_some_and(|payload| !matches!(payload.kind, NodeKind::Structure(_)));
        match self.judgement.body.take() {
            None if payload.is_some_and(|payload| !payload.is_required) && response.body.is_empty() => {}
            Some(body) if body.is_object() || is_payload => {
                OutputCheck::new(self.operation, &self.judge.output_rules, self.judgement).body(&body);
                self.judgement.body = Some(body);
                self.unique_names(clause);
                self.byte_order_mark(clause);
            }
            other => {
                self.judgement.body = other;
                self.no_object(clause, "The body is a JSON object.", response);
            }
        }
    }

    /// The body is no JSON object; of one that is beyond what is read, nobody can say so.
    fn no_object(&mut self, clause: ClauseIndex, expected: &str, response: &Response) {
        let bytes = response.body.len();
        let observed = match &self.judgement.unread {
            Some(Unread::Bound(reason)) => {
                self.judgement.undecided.get_or_insert_with(|| reason.clone());
                return;
            }
            Some(Unread::Empty) => "There is no body.".to_owned(),
            Some(Unread::NoJson(reason)) => format!("The body of {bytes} bytes is no JSON object: {reason}."),
            None => format!("The body of {bytes} bytes is JSON, but no object."),
        };
        self.violate(clause, FindingKind::MalformedResponse, expected.to_owned(), observed);
    }

    /// RFC 8259, section 8.1: who writes JSON puts no byte order mark before it; many readers refuse it.
    fn byte_order_mark(&mut self, clause: ClauseIndex) {
        if self.judgement.has_byte_order_mark {
            self.judgement.violations.push(Violation {
                clause,
                operation: self.operation.name.clone(),
                detail: Some(BYTE_ORDER_MARK.to_owned()),
                kind: FindingKind::MalformedResponse,
                expected: "The body begins with the JSON text.".to_owned(),
                observed: "It begins with a byte order mark.".to_owned(),
                tier: None,
            });
        }
    }

    /// RFC 8259 recommends that names within an object are unique; who reads the others sees another response.
    fn unique_names(&mut self, clause: ClauseIndex) {
        let Some(name) = self.judgement.repeated.take() else { return };
        self.judgement.violations.push(Violation {
            clause,
            operation: self.operation.name.clone(),
            detail: Some("names".to_owned()),
            kind: FindingKind::MalformedResponse,
            expected: "No two members of an object have the same name.".to_owned(),
            observed: format!("`{name}` occurs twice in one object; the last one was judged."),
            tier: Some(Tier::Inferred),
        });
    }

    /// A response that is right upholds the clause in question, unless success and every refusal are right alike.
    fn uphold_focus(&mut self) {
        if !(self.expectation.success && self.expectation.any_client_error) {
            self.judgement.upheld.push(self.focus);
        }
    }

    fn expected(&self) -> String {
        format!("The response is {}.", self.expectation.describe())
    }

    fn violate(&mut self, clause: ClauseIndex, kind: FindingKind, expected: String, observed: String) {
        self.judgement.violations.push(Violation {
            clause,
            operation: self.operation.name.clone(),
            detail: None,
            kind,
            expected,
            observed,
            tier: None,
        });
    }
}

#[cfg(test)]
mod tests;
