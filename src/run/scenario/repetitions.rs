//! Repetitions of a step that do not depend on each other, several of them in flight where each takes long.

use std::ops::RangeInclusive;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::Value;

use crate::judge::expected::Expected;
use crate::judge::step::StepJudgement;
use crate::plan::suite::{Expect, Step};
use crate::protocol;
use crate::run::session::{Blocked, Session};
use crate::run::workaround;
use crate::run::worker::Progress;
use crate::spec::contract::Operation;

impl Session<'_> {
    /// How many repetitions of a step may be in flight: several if no repetition needs what an earlier one showed, and the
    /// target takes long to respond.
    pub(super) fn lanes_of(&self, step: &Step) -> u32 {
        let is_plain = step.call.is_some() && step.region.is_none() && step.expect == Expect::default();
        let is_independent = step.save.is_empty() && !step.concurrent && !step.optional && !self.may_lag(step);
        let lanes = if is_plain && is_independent { self.worker.env.target.concurrency().lanes() } else { 1 };
        u32::try_from(lanes).unwrap_or(1)
    }

    /// Does repetitions of a step side by side; false if one got no response as expected.
    ///
    /// # Errors
    /// Something could not be decided. What the requests made is remembered all the same.
    pub(super) async fn repetitions(
        &mut self,
        step: &Step,
        numbers: RangeInclusive<u32>,
        progress: &mut Progress,
    ) -> Result<bool, Blocked> {
        let env = Arc::clone(&self.worker.env);
        let mut inputs = Vec::new();
        for number in numbers {
            self.variables.insert("index".to_owned(), Value::from(number));
            let (name, input, _) = self.prepare(step).await?;
            let operation = env.contract.operation(&name).ok_or_else(|| Blocked(format!("{name} is unknown")))?;
            let input = env.marked(operation, &input, self.about).unwrap_or(input);
            let input = workaround::around(&env, operation, &input, &input, self.case).unwrap_or(input);
            inputs.push((number, operation, input));
        }
        inputs.iter().for_each(|_| self.worker.count_request());
        let send = |(_, operation, input): &(u32, &Operation, Value)| {
            let request = protocol::request(operation, input);
            let target = &env.target;
            async move { target.send(&request).await }
        };
        let exchanges = join_all(inputs.iter().map(send)).await;
        let mut all_good = Ok(true);
        for ((number, operation, input), exchange) in inputs.iter().zip(exchanges) {
            self.variables.insert("index".to_owned(), Value::from(*number));
            let Expected { expectation, focus } = Expected::of_step(&env.contract, operation, step);
            let judgement = self.received(operation, (input, &exchange), &expectation, focus, None).await;
            let output = judgement.body.clone().unwrap_or(Value::Null);
            let performed = StepJudgement::of(judgement, exchange, output);
            let is_good = self.judged(operation, step, focus, performed).await;
            let is_good = is_good.and_then(|performed| self.conclude(step, performed, progress));
            all_good = all_good.and_then(|all_good| Ok(is_good? && all_good));
        }
        all_good
    }
}
