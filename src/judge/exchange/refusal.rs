//! Judges responses that are errors.

use serde_json::Value;

use crate::judge::exchange::judgement::Answer;
use crate::judge::exchange::*;
use crate::judge::finding::FindingKind;
use crate::plan::expectation::ExpectedError;
use crate::protocol::{self, Unread};
use crate::spec::clause::{ClauseIndex, Tier};
use crate::spec::rules::ErrorCause;
use crate::wire::Response;

/// How the reason of a case begins that a refusal of access keeps from deciding anything.
pub const ACCESS_REFUSED: &str = "access was refused";

impl View<'_> {
    pub(super) fn error(&mut self, response: &Response) {
        let body = self.judgement.body.as_ref();
        let code = protocol::error_code(response, body).map(|code| self.judge.canonical(&code).to_owned());
        self.judgement.answer = Answer::Error { status: response.status, code: code.clone() };
        self.error_body(response);
        let code = code.as_deref();
        let expected_code = |error: &&ExpectedError| Some(self.judge.canonical(&error.code)) == code;
        let same_code: Vec<&ExpectedError> = self.expectation.errors.iter().filter(expected_code).collect();
        if same_code.iter().any(|error| error.status == response.status) {
            self.judgement.upheld.push(self.focus);
            self.judgement.upheld.extend(self.documented(code));
        } else if let Some(error) = same_code.first() {
            self.judgement.upheld.push(self.focus);
            let clause = self.documented(code).unwrap_or(self.focus);
            let expected = format!("{} has status {}.", error.code, error.status);
            let observed = format!("{} has status {}.", error.code, response.status);
            self.violate(clause, FindingKind::WrongStatus, expected, observed);
        } else if self.expectation.any_client_error && (400..500).contains(&response.status) {
            self.uphold_focus();
        } else {
            self.other_error(response.status, code);
        }
    }

    pub(super) fn error_body(&mut self, response: &Response) {
        let Some(clause) = self.judge.error_body_clause else { return };
        // A HEAD-like empty response of a gateway is judged, too: the reference promises JSON for errors.
        if self.judgement.body.as_ref().is_some_and(Value::is_object) {
            self.judgement.upheld.push(clause);
            self.unique_names(clause);
            self.byte_order_mark(clause);
        } else if !matches!(self.judgement.unread, Some(Unread::Bound(_))) {
            self.no_object(clause, "An error has a JSON object as its body.", response);
        }
    }

    /// A response without a code of which not everything was read may have named one.
    pub(super) fn unread_code(&self, code: Option<&str>) -> Option<String> {
        match (code, &self.judgement.unread) {
            (None, Some(Unread::Bound(reason))) => Some(reason.clone()),
            _ => None,
        }
    }

    /// An error that is none of the expected ones.
    pub(super) fn other_error(&mut self, status: u16, code: Option<&str>) {
        // A target that was provoked to be busy is judged by how it says so.
        let is_throttling = |code: &str| code.contains("Throttl");
        let mut expected = self.expectation.errors.iter();
        let was_provoked = expected.any(|error| is_throttling(&error.code) && error.status == status);
        let is_busy = status == 429 || status == 503 || code.is_some_and(is_throttling);
        let is_throttled = is_busy && !was_provoked;
        let is_about_access = self.is_about_access(code);
        let observed = format!("The target responded with {}.", self.judgement.answer.describe());
        if is_throttled {
            // Whatever stands in front of the service says so in its own form: that is no divergence either.
            self.judgement.violations.clear();
            self.judgement.undecided = Some(format!("the target was busy: {}", self.judgement.answer.describe()));
        } else if is_about_access {
            self.judgement.undecided = Some(format!("{ACCESS_REFUSED}: {}", self.judgement.answer.describe()));
        } else if status >= 500 {
            self.violate(self.focus, FindingKind::ServerError, self.expected(), observed);
        } else if let Some(reason) = self.unread_code(code) {
            self.judgement.undecided = Some(reason);
        } else if self.is_unexplained(status, code) {
            self.judgement.undecided = Some(format!(
                "the target responded with {}, and the model alone does not say that every well-formed request succeeds",
                self.judgement.answer.describe()
            ));
        } else if self.expectation.success && self.expectation.errors.iter().all(|error| error.status != status) {
            self.violate(self.focus, FindingKind::RejectedValid, self.expected(), observed);
        } else {
            self.wrong_refusal(status, code, observed);
        }
    }

    /// Whether a well-formed request met an error that its operation documents, and only rules could tell whether it
    /// should have: states, limits and what values mean are no matter of a model.
    pub(super) fn is_unexplained(&self, status: u16, code: Option<&str>) -> bool {
        let documented = code.and_then(|code| self.operation.error(code));
        self.judge.is_model_only
            && self.expectation.success
            && documented.is_some_and(|error| error.status == status && status < 500)
    }

    /// Whether who sent the request was refused, and not the request: that decides nothing, unless signatures are the
    /// matter.
    pub(super) fn is_about_access(&self, code: Option<&str>) -> bool {
        let known = |(known, _): &&(String, ErrorCause)| Some(known.as_str()) == code;
        match self.judge.refusals_of_access.iter().find(known) {
            Some((_, ErrorCause::Authentication | ErrorCause::Signature)) => {
                !self.judge.about_signatures.contains(&self.focus)
            }
            Some(_) => true,
            None => false,
        }
    }

    /// Refused, as it should be, but not in the documented way. If nothing but the code is unusual, the defect is the
    /// operation's error as such and not the constraint that was broken.
    pub(super) fn wrong_refusal(&mut self, status: u16, code: Option<&str>, observed: String) {
        let documented = code.and_then(|code| self.operation.error(code));
        let is_documented_elsewhere = documented.is_some_and(|error| error.status == status);
        let same_status = self.expectation.errors.iter().find(|error| error.status == status);
        let clause = same_status
            .filter(|_| !is_documented_elsewhere)
            .and_then(|error| self.operation.error(&error.code))
            .map(|error| error.clause);
        if let Some(clause) = clause {
            self.judgement.upheld.push(self.focus);
            self.violate(clause, FindingKind::WrongErrorCode, self.expected(), observed);
        } else {
            let kind = if code.is_some() { FindingKind::WrongErrorCode } else { FindingKind::WrongStatus };
            self.violate(self.focus, kind, self.expected(), observed);
            // Which of its errors an operation responds with is prose.
            let is_guess = self.judge.is_model_only && is_documented_elsewhere;
            if let Some(violation) = self.judgement.violations.last_mut().filter(|_| is_guess) {
                violation.tier = Some(Tier::Inferred);
            }
        }
    }

    pub(super) fn documented(&self, code: Option<&str>) -> Option<ClauseIndex> {
        self.operation.error(code?).map(|error| error.clause)
    }
}
