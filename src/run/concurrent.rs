//! Sends the calls of scenarios that are in flight all at once, and hands them over to be judged together.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::session::{Blocked, Session};
use super::worker::Progress;
use crate::clock;
use crate::judge::concurrent::{self, Call};
use crate::judge::expected::Expected;
use crate::judge::linearizability::Span;
use crate::judge::shadow::Overlapping;
use crate::judge::step::StepJudgement;
use crate::judge::{Answer, Judgement};
use crate::plan::suite::Step;
use crate::protocol;
use crate::record::{Manner, TrailStep};
use crate::spec::contract::Operation;
use crate::spec::path;
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
    /// Whether it goes to another region than the run's.
    is_elsewhere: bool,
}

impl Session<'_> {
    /// Sends all repetitions of a step, and of the steps beside it, at once. False if one got no response as expected.
    pub(super) async fn concurrent(&mut self, step: &Step, progress: &mut Progress) -> Result<bool, Blocked> {
        let steps: Vec<&Step> = std::iter::once(step).chain(&step.beside).collect();
        let mut flights = Vec::new();
        let mut landing = JoinSet::new();
        let start = clock::instant();
        for step in &steps {
            for number in 1..=step.times {
                let (flight, region) = self.flight(step, number).await?;
                let target = Arc::clone(&self.worker.env.target);
                let is_about_rates = self.is_about_rates(step);
                let (position, request) = (flights.len(), flight.request.clone());
                self.worker.count_request();
                flights.push(flight);
                landing.spawn(async move {
                    let began = start.elapsed();
                    let exchange = match region.as_deref() {
                        None if is_about_rates => target.send_once(&request).await,
                        region => target.send_in(region, &request).await,
                    };
                    (position, exchange, Span { began, ended: start.elapsed() })
                });
            }
        }
        let mut exchanges = Vec::new();
        while let Some(landed) = landing.join_next().await {
            exchanges.extend(landed.ok());
        }
        exchanges.sort_by_key(|(position, ..)| *position);
        self.landed(&steps, &flights, exchanges, progress).await
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
        let is_elsewhere = region.as_deref().is_some_and(|region| region != env.target.region());
        Ok((Flight { step, number, operation: name, input, request, is_elsewhere }, region))
    }

    /// Has judged what came back; the assertions of a step hold for each of its responses.
    async fn landed(
        &mut self,
        steps: &[&Step],
        flights: &[Flight<'_>],
        exchanges: Vec<(usize, Exchange, Span)>,
        progress: &mut Progress,
    ) -> Result<bool, Blocked> {
        let env = Arc::clone(&self.worker.env);
        let mut all_good = true;
        let mut calls: Vec<Call<'_>> = Vec::new();
        let mut overlapping = Vec::new();
        let mut blocked = None;
        for (position, exchange, span) in exchanges {
            let Some(flight) = flights.get(position) else { continue };
            let Some(operation) = env.contract.operation(&flight.operation) else { continue };
            let Expected { expectation, focus } = Expected::of_step(&env.contract, operation, flight.step);
            let mut judgement = env.judge.exchange(operation, &expectation, focus, &exchange);
            self.after(operation, &flight.input, None, &exchange, &mut judgement);
            if flight.is_elsewhere {
                self.lose_sight(operation, &flight.input, &judgement);
            } else {
                let (input, said) = (flight.input.clone(), judgement.clone());
                overlapping.push(Overlapping { operation, input, judgement: said, span });
            }
            self.history.push(TrailStep::new(&operation.name, &exchange, Manner::Concurrent));
            let output = judgement.body.clone().unwrap_or(Value::Null);
            let (input, answer) = (flight.input.clone(), judgement.answer.clone());
            calls.push(Call { step: flight.step, operation, input, answer, output: output.clone() });
            let mut performed = StepJudgement::of(judgement, exchange, output);
            performed.leave_to_assertions(&env.contract, flight.step, focus);
            // Whatever becomes of one call, the shadow hears of all that were sent.
            match self.conclude_call(flight, operation, performed, progress).await {
                Ok(is_good) => all_good &= is_good,
                Err(reason) => blocked = blocked.or(Some(reason)),
            }
        }
        self.hand_over_overlapping(&overlapping);
        if let Some(reason) = blocked {
            return Err(reason);
        }
        let gathered = self.gather(steps, &calls);
        for judgement in concurrent::check(&env.judge, &env.contract, steps, &calls) {
            self.note_together(judgement, progress);
        }
        gathered.map(|()| all_good)
    }

    /// Has the assertions of one call judged. Whether its response is as expected.
    async fn conclude_call(
        &mut self,
        flight: &Flight<'_>,
        operation: &Operation,
        mut performed: StepJudgement,
        progress: &mut Progress,
    ) -> Result<bool, Blocked> {
        if performed.judgement.is_success() {
            self.variables.insert("index".to_owned(), Value::from(flight.number));
            let (asserts, unbound) = self.bind_asserts(flight.step).await;
            performed.check_asserts(operation, flight.step, &asserts);
            performed.leave_open(unbound);
        }
        self.conclude(flight.step, performed, progress)
    }

    /// Sets the variables that collect a value of each call that succeeded.
    ///
    /// # Errors
    /// A response lacks the value.
    fn gather(&mut self, steps: &[&Step], calls: &[Call<'_>]) -> Result<(), Blocked> {
        let of_call = |call: &Call<'_>| json!({"input": call.input, "output": call.output});
        let successes: Vec<Value> = calls.iter().filter(|call| call.answer == Answer::Success).map(of_call).collect();
        let mut missing = None;
        for (variable, place) in steps.first().into_iter().flat_map(|step| &step.gather) {
            let values: Vec<Value> =
                successes.iter().filter_map(|success| path::find(success, place)).cloned().collect();
            missing = missing.or((values.len() < successes.len()).then_some(place));
            self.variables.insert(variable.clone(), Value::Array(values));
        }
        match missing {
            Some(place) => Err(Blocked(format!("a response has no `{place}`"))),
            None => Ok(()),
        }
    }

    /// Notes what several responses show only together.
    fn note_together(&mut self, judgement: Judgement, progress: &mut Progress) {
        if !judgement.upheld.is_empty() {
            self.worker.tally.uphold(&judgement.operation, &judgement.upheld);
        }
        let Some(last) = self.history.last() else { return };
        let failure = TransportFailure { kind: FailureKind::Protocol, detail: "several responses".to_owned() };
        let exchange = Exchange {
            request: last.request.clone(),
            reply: Reply::Failure(failure),
            elapsed: Duration::ZERO,
            repeats: 0,
        };
        for violation in judgement.violations {
            self.worker.tally.find_after(violation.clone(), self.case, &exchange, &self.history);
            progress.violations.push(violation);
        }
    }
}
