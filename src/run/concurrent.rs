//! Steps of scenarios whose calls are in flight all at once: what comes of them is what some order of them allows.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::performed::Performed;
use super::session::{Blocked, Session};
use super::worker::Progress;
use crate::judge::finding::FindingKind;
use crate::judge::{Answer, Violation, path, probe};
use crate::plan::accepted::Accepted;
use crate::plan::suite::Step;
use crate::protocol;
use crate::record::{Manner, TrailStep};
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Operation;
use crate::spec::rules::ErrorCause;
use crate::wire::{Exchange, FailureKind, Reply, Request, TransportFailure};

/// One call of those that are in flight.
struct Flight<'s> {
    step: &'s Step,
    /// Which repetition of its step it is, from 1.
    number: u32,
    operation: String,
    input: Value,
    request: Request,
}

impl Session<'_> {
    /// Sends all repetitions of a step, and of the steps beside it, at once. False if one got no response as expected.
    pub(super) async fn concurrent(&mut self, step: &Step, progress: &mut Progress) -> Result<bool, Blocked> {
        let steps: Vec<&Step> = std::iter::once(step).chain(&step.beside).collect();
        let mut flights = Vec::new();
        let mut landing = JoinSet::new();
        for step in &steps {
            for number in 1..=step.times {
                let (flight, region) = self.flight(step, number).await?;
                let target = Arc::clone(&self.worker.env.target);
                let is_about_rates = self.is_about_rates(step);
                let (position, request) = (flights.len(), flight.request.clone());
                self.worker.requests += 1;
                flights.push(flight);
                landing.spawn(async move {
                    let exchange = match region.as_deref() {
                        None if is_about_rates => target.send_once(&request).await,
                        region => target.send_in(region, &request).await,
                    };
                    (position, exchange)
                });
            }
        }
        let mut exchanges = Vec::new();
        while let Some(landed) = landing.join_next().await {
            exchanges.extend(landed.ok());
        }
        exchanges.sort_by_key(|(position, _)| *position);
        self.landed(step, &flights, exchanges, progress).await
    }

    /// Whether a step expects to be told that it comes too often.
    fn is_about_rates(&self, step: &Step) -> bool {
        let rules = &self.worker.env.contract.rules;
        let mut throttled = rules.common_codes(ErrorCause::Throttling);
        throttled.any(|code| step.expect.names(code))
    }

    async fn flight<'s>(&mut self, step: &'s Step, number: u32) -> Result<(Flight<'s>, Option<String>), Blocked> {
        let env = Arc::clone(&self.worker.env);
        self.variables.insert("index".to_owned(), Value::from(number));
        let (name, mut input, region) = self.prepare(step).await?;
        let operation = env.contract.operation(&name).ok_or_else(|| Blocked(format!("{name} is unknown")))?;
        env.mark(operation, &mut input, self.about);
        let request = protocol::request(operation, &input);
        Ok((Flight { step, number, operation: name, input, request }, region))
    }

    /// Judges what came back; the assertions of a step hold for each of its responses.
    async fn landed(
        &mut self,
        step: &Step,
        flights: &[Flight<'_>],
        exchanges: Vec<(usize, Exchange)>,
        progress: &mut Progress,
    ) -> Result<bool, Blocked> {
        let env = Arc::clone(&self.worker.env);
        let mut all_good = true;
        let mut answers: Vec<(&Flight<'_>, Answer)> = Vec::new();
        let mut successes = Vec::new();
        for (position, exchange) in exchanges {
            let Some(flight) = flights.get(position) else { continue };
            let Some(operation) = env.contract.operation(&flight.operation) else { continue };
            let expectation = self.expectation(operation, flight.step);
            let focus = self.focus(operation, flight.step, &expectation);
            let mut judgement = env.judge.exchange(operation, &expectation, focus, &exchange);
            self.after(operation, &flight.input, None, &exchange, &mut judgement);
            self.lose_sight(operation, &flight.input, &judgement);
            self.history.push(TrailStep::new(&operation.name, &exchange, Manner::Concurrent));
            answers.push((flight, judgement.answer.clone()));
            let output = judgement.body.clone().unwrap_or(Value::Null);
            if judgement.is_success() {
                successes.push(json!({"input": flight.input, "output": output}));
            }
            let mut performed = Performed::of(judgement, exchange, output);
            performed.leave_to_assertions(&env, flight.step, focus);
            if performed.judgement.is_success() {
                self.variables.insert("index".to_owned(), Value::from(flight.number));
                self.judge_asserts(operation, flight.step, &mut performed).await?;
            }
            all_good &= self.conclude(flight.step, performed, progress)?;
        }
        let mut missing = None;
        for (variable, place) in &step.gather {
            let values: Vec<Value> =
                successes.iter().filter_map(|success| path::find(success, place)).cloned().collect();
            missing = missing.or((values.len() < successes.len()).then_some(place));
            self.variables.insert(variable.clone(), Value::Array(values));
        }
        for step in std::iter::once(step).chain(&step.beside) {
            let of_step = answers.iter().filter(|(flight, _)| std::ptr::eq(flight.step, step));
            let of_step: Vec<&Answer> = of_step.map(|(_, answer)| answer).collect();
            self.judge_numbers(step, &of_step, progress);
        }
        if let Some(place) = missing {
            return Err(Blocked(format!("a response has no `{place}`")));
        }
        Ok(all_good)
    }

    /// Whether the responses came as often as they should.
    fn judge_numbers(&mut self, step: &Step, answers: &[&Answer], progress: &mut Progress) {
        let env = Arc::clone(&self.worker.env);
        let Some(operation) = step.call.as_deref().and_then(|name| env.contract.operation(name)) else { return };
        let focus = self.focus(operation, step, &self.expectation(operation, step));
        let number =
            |wanted: &Accepted| answers.iter().filter(|answer| probe::fits(wanted, &env.judge, answer)).count() as u64;
        let all_came = step.among.iter().all(|wanted| number(wanted) > 0);
        let all_as_often = step.counts.iter().all(|(wanted, count)| number(wanted) == *count);
        if step.rule.is_some() && all_came && all_as_often && step.among.len() + step.counts.len() > 0 {
            self.worker.tally.uphold(&operation.name, &[focus]);
        }
        for wanted in step.among.iter().filter(|wanted| number(wanted) == 0) {
            let expected = format!("Of {} requests at once at least one is answered with {wanted}.", answers.len());
            self.blame_all(
                operation,
                step,
                focus,
                format!("among {wanted}"),
                expected,
                "None is.".to_owned(),
                progress,
            );
        }
        for (wanted, count) in step.counts.iter().filter(|(wanted, count)| number(wanted) != **count) {
            let expected = format!("Of {} requests at once {count} is answered with {wanted}.", answers.len());
            let observed = format!("It is {} of them.", number(wanted));
            self.blame_all(operation, step, focus, format!("number of {wanted}"), expected, observed, progress);
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn blame_all(
        &mut self,
        operation: &Operation,
        step: &Step,
        clause: ClauseIndex,
        detail: String,
        expected: String,
        observed: String,
        progress: &mut Progress,
    ) {
        let violation = Violation {
            clause,
            operation: operation.name.clone(),
            detail: Some(detail),
            kind: FindingKind::WrongBehaviour,
            expected,
            observed,
            tier: step.inferred.then_some(crate::spec::clause::Tier::Inferred),
        };
        let Some(last) = self.history.last() else { return };
        let failure = TransportFailure { kind: FailureKind::Protocol, detail: "several responses".to_owned() };
        let exchange = Exchange {
            request: last.request.clone(),
            reply: Reply::Failure(failure),
            elapsed: Duration::ZERO,
            repeats: 0,
        };
        self.worker.tally.find_after(violation.clone(), self.case, &exchange, &self.history);
        progress.violations.push(violation);
    }
}
