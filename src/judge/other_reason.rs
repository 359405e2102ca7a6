//! Takes back what an exchange seems to say of a clause where the response may have another reason.

use super::exchange::{Answer, Judgement};
use super::finding::{FindingKind, Violation};
use crate::spec::clause::ClauseIndex;

/// Ends of the error codes that say that an account is full. Source: naming of errors across AWS services.
const FULL: [&str; 2] = ["QuotaExceededException", "LimitExceededException"];

/// Whether an error code says that an account is full.
pub fn says_full(code: &str) -> bool {
    FULL.iter().any(|end| code.ends_with(end))
}

impl Judgement {
    /// An account that others use may have no room left: that says nothing about the service.
    pub fn excuse_full_account(&mut self) {
        if let Answer::Error { code: Some(code), .. } = &self.answer
            && says_full(code)
        {
            self.undecided = Some(format!("the account has no room left: {}", self.answer.describe()));
            self.violations.clear();
        }
    }

    /// Keeps only what a request shows that had to be refused and was sent in another state than it needs: that it was
    /// refused shows nothing, for it is wrong in two ways; that it was accepted, or made the target fail, does. `reason`
    /// says why the state could not be reached.
    pub fn keep_what_shows_in_any_state(&mut self, focus: ClauseIndex, reason: String) {
        let shows_it = |violation: &Violation| {
            violation.clause == focus
                && matches!(violation.kind, FindingKind::AcceptedInvalid | FindingKind::ServerError)
        };
        self.violations.retain(shows_it);
        self.upheld.clear();
        if self.violations.is_empty() {
            self.undecided = Some(reason);
        }
    }

    /// A target that does not verify signatures serves every request: that it served this one shows nothing.
    pub fn say_nothing_of_success(&mut self, clause: ClauseIndex, reason: &str) {
        self.upheld.retain(|upheld| *upheld != clause);
        if self.is_success() {
            self.undecided.get_or_insert_with(|| reason.to_owned());
        }
    }

    /// Whether the response shows a clause only if the same request without its violation is accepted: what must be
    /// refused was.
    pub fn needs_control(&self, expects_success: bool) -> bool {
        !expects_success && self.undecided.is_none() && matches!(self.answer, Answer::Error { .. })
    }

    /// Whether asking again would give the same refusal: server errors, missing responses and refusals for want of
    /// capacity come and go.
    pub fn is_settled_refusal(&self) -> bool {
        let is_refusal = matches!(&self.answer, Answer::Error { status, .. } if *status < 500);
        is_refusal && self.undecided.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_noise_cannot_cause_is_settled() {
        let of = |answer, undecided: Option<&str>| {
            Judgement { answer, undecided: undecided.map(str::to_owned), ..Judgement::default() }.is_settled_refusal()
        };
        let error = |status| Answer::Error { status, code: None };
        assert!(of(error(400), None));
        assert!(!of(error(500), None) && !of(Answer::Nothing, None) && !of(error(429), Some("the target was busy")));
    }
}
