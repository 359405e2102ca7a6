//! Judges steps of scenarios: what the response and the step's assertions say of clauses.

use serde_json::Value;

use super::assertion::{self, Observation};
use super::exchange::Judgement;
use super::finding::{FindingKind, Violation};
use super::sight::{Absence, Counterpart};
use crate::plan::suite::{Assert, Step};
use crate::spec::clause::{ClauseIndex, Tier};
use crate::spec::contract::{BodyClause, Contract, Operation};
use crate::wire::Exchange;

/// An assertion whose placeholders are resolved, with the clause that it decides.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundAssert {
    /// The clause.
    pub clause: ClauseIndex,
    /// The assertion, bound.
    pub assert: Assert,
    /// Its path as it stands in the suite, which is the same in every run.
    pub written_at: String,
}

/// What one performance of a step showed.
#[derive(Debug, Clone, PartialEq)]
pub struct StepJudgement {
    /// What the response says by itself.
    pub judgement: Judgement,
    /// The exchange; the last one of a walk.
    pub exchange: Exchange,
    /// What the step's assertions are about: the document, or the items and pages of a walk.
    pub output: Value,
    /// Violations of the step's assertions.
    failures: Vec<Violation>,
    /// Clauses that its assertions showed upheld.
    upheld: Vec<ClauseIndex>,
    /// Clauses that hold because something is absent, and what must be shown elsewhere.
    pending: Vec<(ClauseIndex, Counterpart)>,
}

/// What a step says of clauses in the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Conclusion {
    /// What its exchange and its assertions say together.
    pub judgement: Judgement,
    /// The exchange.
    pub exchange: Exchange,
    /// What its assertions are about.
    pub output: Value,
    /// Clauses that hold because something is absent.
    pub absences: Vec<Absence>,
    /// Whether the response is one of those that it expects. Only another response stops a scenario; a wrong detail of a
    /// right response does not.
    pub is_as_expected: bool,
}

impl StepJudgement {
    /// What an exchange showed, before its assertions are judged.
    pub fn of(judgement: Judgement, exchange: Exchange, output: Value) -> StepJudgement {
        let (failures, upheld, pending) = (Vec::new(), Vec::new(), Vec::new());
        StepJudgement { judgement, exchange, output, failures, upheld, pending }
    }

    /// Takes back that the response alone upholds the step's rule where it cannot: assertions of the same rule decide it
    /// instead, or success and refusals are both right.
    pub fn leave_to_assertions(&mut self, contract: &Contract, step: &Step, focus: ClauseIndex) {
        let rule = &contract.clauses.get(focus).id;
        let is_asserted = self.judgement.is_success() && step.asserts.iter().any(|assert| assert.rule == *rule);
        if step.rule.as_ref() == Some(rule) && (step.expect.is_open() || is_asserted) {
            self.judgement.upheld.retain(|upheld| *upheld != focus);
        }
    }

    /// Notes that nothing can be said of an output that has no document although it should have one.
    pub fn doubt_unreadable(&mut self, operation: &Operation) {
        if self.judgement.is_success() && self.lacks_document(operation) {
            self.judgement.undecided.get_or_insert_with(|| "the response is no JSON".to_owned());
        }
    }

    /// Whether its assertions can be judged: the response is a success, and its output can be read.
    pub fn is_assertable(&self, operation: &Operation) -> bool {
        self.judgement.is_success() && !self.lacks_document(operation)
    }

    fn lacks_document(&self, operation: &Operation) -> bool {
        matches!(operation.body_clause, BodyClause::ContentType(_)) && self.output.is_null()
    }

    /// Judges the assertions of the step.
    pub fn check_asserts(&mut self, operation: &Operation, step: &Step, asserts: &[BoundAssert]) {
        for BoundAssert { clause, assert, written_at } in asserts {
            match assertion::observe(assert, &self.output) {
                Observation::Holds => self.upheld.push(*clause),
                Observation::HoldsIfShown(counterpart) => self.pending.push((*clause, counterpart)),
                Observation::NotObserved => {}
                Observation::Violated(failure) => self.failures.push(Violation {
                    clause: *clause,
                    operation: operation.name.clone(),
                    detail: (!written_at.is_empty()).then(|| plain_path(written_at)),
                    kind: FindingKind::WrongBehaviour,
                    expected: failure.expected,
                    observed: failure.observed,
                    tier: (assert.inferred || step.inferred).then_some(Tier::Inferred),
                }),
            }
        }
    }

    /// Notes why some of the assertions cannot be judged.
    pub fn leave_open(&mut self, reason: Option<String>) {
        if let Some(reason) = reason {
            self.judgement.undecided.get_or_insert(reason);
        }
    }

    /// Divergences of the response and of the assertions.
    pub fn violations(&self) -> impl Iterator<Item = &Violation> {
        self.judgement.violations.iter().chain(&self.failures)
    }

    /// Whether the response and all assertions are right.
    pub fn is_good(&self) -> bool {
        self.judgement.violations.is_empty() && self.judgement.undecided.is_none() && self.failures.is_empty()
    }

    /// Whether nothing but the form of the response is wrong.
    pub fn is_right_in_content(&self) -> bool {
        let is_form =
            |violation: &Violation| matches!(violation.kind, FindingKind::WrongStatus | FindingKind::MalformedResponse);
        self.judgement.undecided.is_none() && self.violations().all(is_form)
    }

    /// What the step says of clauses in the end.
    pub fn conclude(self, step: &Step) -> Conclusion {
        let StepJudgement { mut judgement, exchange, output, failures, upheld, pending } = self;
        let is_right = judgement.violations.is_empty();
        if step.inferred {
            judgement.violations.iter_mut().for_each(|violation| violation.tier = Some(Tier::Inferred));
        }
        judgement.violations.extend(failures);
        judgement.upheld.extend(upheld);
        let operation = step.call.as_deref().or(step.walk.as_deref()).unwrap_or_default();
        let absence = |(clause, counterpart)| Absence { clause, operation: operation.to_owned(), counterpart };
        let absences = pending.into_iter().map(absence).collect();
        let is_as_expected = is_right || (step.expect.allows_success() && judgement.is_success());
        Conclusion { judgement, exchange, output, absences, is_as_expected }
    }
}

/// The path of an assertion with placeholders shortened.
fn plain_path(at: &str) -> String {
    at.replace("${", "").replace('}', "")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::judge::Answer;
    use crate::spec;
    use crate::wire::{FailureKind, Reply, Request, TransportFailure};

    fn exchange() -> Exchange {
        let request = Request { method: "POST".into(), target: "/".into(), headers: vec![], body: Default::default() };
        let failure = TransportFailure { kind: FailureKind::Protocol, detail: String::new() };
        Exchange { request, reply: Reply::Failure(failure), elapsed: Duration::ZERO, repeats: 0 }
    }

    /// What a step says whose list should have an item with an ARN.
    fn concluded(items: Value) -> Conclusion {
        let contract = spec::builtin().unwrap();
        let operation = contract.operation("ListChannels").unwrap();
        let step = Step { walk: Some(operation.name.clone()), ..Step::default() };
        let assert = Assert { at: "items[arn=a].name".to_owned(), equals: Some(json!("x")), ..Assert::default() };
        let written_at = "items[arn=${channel}].name".to_owned();
        let bound = BoundAssert { clause: operation.status_clause, assert, written_at };
        let judgement = Judgement { answer: Answer::Success, ..Judgement::default() };
        let mut judged = StepJudgement::of(judgement, exchange(), json!({"items": items}));
        judged.check_asserts(operation, &step, &[bound]);
        judged.conclude(&step)
    }

    #[test]
    fn a_finding_is_named_by_the_path_in_the_suite() {
        let wrong = concluded(json!([{"arn": "a", "name": "y"}]));
        let detail = wrong.judgement.violations.first().unwrap().detail.clone();
        assert_eq!(detail.as_deref(), Some("items[arn=channel].name"), "the same in every run");
        assert!(wrong.is_as_expected, "a wrong detail of a right response does not stop the scenario");
    }

    #[test]
    fn an_assertion_that_holds_upholds_its_clause() {
        let right = concluded(json!([{"arn": "a", "name": "x"}]));
        assert_eq!((right.judgement.upheld.len(), right.judgement.violations.len()), (1, 0));
    }
}
