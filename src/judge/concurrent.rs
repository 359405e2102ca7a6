//! Judges calls that were in flight all at once: what came of them is what some order of them allows.

use serde_json::Value;

use super::exchange::{Answer, Judge, Judgement};
use super::expected::Expected;
use super::finding::{FindingKind, Violation};
use super::probe::fits;
use crate::plan::accepted::Accepted;
use crate::plan::suite::Step;
use crate::spec::clause::{ClauseIndex, Tier};
use crate::spec::contract::{Contract, Operation};

/// One of the calls that were in flight at once, with its response.
#[derive(Debug, Clone)]
pub struct Call<'s> {
    /// The step that it repeats.
    pub step: &'s Step,
    /// The operation.
    pub operation: &'s Operation,
    /// The input that was sent, placeholders bound.
    pub input: Value,
    /// What kind of response came back.
    pub answer: Answer,
    /// The document of the response; null if there is none.
    pub output: Value,
}

/// Judges whether the responses to each of `steps`, which were in flight together, came as often as they should. One
/// judgement for each step, without what the exchanges say by themselves.
pub fn check(judge: &Judge, contract: &Contract, steps: &[&Step], calls: &[Call<'_>]) -> Vec<Judgement> {
    let of_step =
        |step: &Step| calls.iter().filter(|call| std::ptr::eq(call.step, step)).map(|call| &call.answer).collect();
    let judged = |step: &&Step| {
        let operation = contract.operation(step.call.as_deref()?)?;
        let focus = Expected::of_step(contract, operation, step).focus;
        Some(Responses { judge, operation, step, focus, answers: of_step(step) }.check())
    };
    steps.iter().filter_map(judged).collect()
}

/// The responses to the repetitions of one step.
struct Responses<'a> {
    judge: &'a Judge,
    operation: &'a Operation,
    step: &'a Step,
    focus: ClauseIndex,
    answers: Vec<&'a Answer>,
}

impl Responses<'_> {
    fn check(&self) -> Judgement {
        let Responses { step, answers, .. } = self;
        let mut judgement = Judgement { operation: self.operation.name.clone(), ..Judgement::default() };
        for wanted in step.among.iter().filter(|wanted| self.number(wanted) == 0) {
            let expected = format!("Of {} requests at once at least one is answered with {wanted}.", answers.len());
            judgement.violations.push(self.violation(format!("among {wanted}"), expected, "None is.".to_owned()));
        }
        for (wanted, count) in step.counts.iter().filter(|(wanted, count)| self.number(wanted) != **count) {
            let expected = format!("Of {} requests at once {count} is answered with {wanted}.", answers.len());
            let observed = format!("It is {} of them.", self.number(wanted));
            judgement.violations.push(self.violation(format!("number of {wanted}"), expected, observed));
        }
        let is_asked = step.rule.is_some() && step.among.len() + step.counts.len() > 0;
        if is_asked && judgement.violations.is_empty() {
            judgement.upheld.push(self.focus);
        }
        judgement
    }

    fn number(&self, wanted: &Accepted) -> u64 {
        self.answers.iter().filter(|answer| fits(wanted, self.judge, answer)).count() as u64
    }

    fn violation(&self, detail: String, expected: String, observed: String) -> Violation {
        Violation {
            clause: self.focus,
            operation: self.operation.name.clone(),
            detail: Some(detail),
            kind: FindingKind::WrongBehaviour,
            expected,
            observed,
            tier: self.step.inferred.then_some(Tier::Inferred),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

    use super::*;
    use crate::spec;

    /// What is said of a stream key's creation, four times at once, of which so many succeeded.
    fn judged(successes: usize) -> Judgement {
        let contract = spec::builtin().unwrap();
        let judge = Judge::new(&contract);
        let operation = contract.operation("CreateStreamKey").unwrap();
        let step = Step {
            call: Some(operation.name.clone()),
            counts: BTreeMap::from([(Accepted::Success, 1)]),
            rule: Some("rule.one-stream-key-per-channel".to_owned()),
            ..Step::default()
        };
        let refused = Answer::Error { status: 402, code: Some("ServiceQuotaExceededException".to_owned()) };
        let answer = |number| if number < successes { Answer::Success } else { refused.clone() };
        let call =
            |number| Call { step: &step, operation, input: Value::Null, answer: answer(number), output: Value::Null };
        let calls: Vec<Call<'_>> = (0..4).map(call).collect();
        check(&judge, &contract, &[&step], &calls).remove(0)
    }

    #[test]
    fn responses_are_counted_among_all_that_were_in_flight() {
        let one = judged(1);
        assert_eq!((one.upheld.len(), one.violations.len()), (1, 0));
        for wrong in [0, 2] {
            let judgement = judged(wrong);
            assert_eq!(judgement.upheld, []);
            assert_eq!(judgement.violations.first().unwrap().observed, format!("It is {wrong} of them."));
        }
    }
}
