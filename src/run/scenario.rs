//! Runs scenarios step by step.

mod asserts;
mod continuation;
mod pages;
mod repetitions;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

pub(in crate::run) use self::continuation::Standing;
use super::polling::Polling;
use super::session::{Blocked, Fixtures, Session};
use super::settings::Broadcast;
use super::worker::{Progress, Worker};
use crate::judge::expected::Expected;
use crate::judge::lag::{self, Outlook};
use crate::judge::sight::Shown;
use crate::judge::step::StepJudgement;
use crate::plan::suite::{BroadcastState, Expect, Step};
use crate::record::TrailStep;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Operation;
use crate::spec::path;

impl Worker {
    /// Runs a scenario.
    pub(super) async fn scenario(&mut self, index: usize, scenario: usize, progress: &mut Progress) {
        let env = Arc::clone(&self.env);
        let Some(scenario) = env.plan.suites.scenarios.get(scenario) else { return };
        let left = self.standing_for(index, scenario).await;
        let taken = left.as_ref().map_or(0, |left| left.steps);
        let left_to_next = self.left_to_next(index, scenario).filter(|steps| *steps >= taken);
        let end = left_to_next.unwrap_or(scenario.steps.len());
        let mut session = Session::new(self, Fixtures::Own, index, 0);
        session.shown = Some(Shown::default());
        left.into_iter().for_each(|left| session.take_up(left));
        let mut standing = None;
        if session.play(scenario.steps.get(taken..end).unwrap_or_default(), progress).await {
            standing = left_to_next.map(|steps| session.standing(steps));
            session.play(scenario.steps.get(end..).unwrap_or_default(), progress).await;
        }
        session.uphold_absences();
        let has_found = !progress.is_clean() || !session.worker.shown_otherwise.is_empty();
        match standing.filter(|_| !has_found) {
            Some(standing) => {
                session.return_to(&standing).await;
                session.lend();
                self.standing = Some(standing);
            }
            None => session.finish().await,
        }
    }
}

impl Session<'_> {
    /// Takes steps one after another; false if one of them makes the further ones pointless.
    async fn play(&mut self, steps: &[Step], progress: &mut Progress) -> bool {
        for step in steps {
            let mut number = 0;
            while number < step.times.max(1) {
                number += 1;
                if self.worker.env.target.is_stopped() {
                    progress.blocked("the run was stopped".to_owned());
                    return false;
                }
                // The first repetition is sent alone: it shows whether the request has to be changed to succeed.
                let lanes = self.lanes_of(step);
                if number > 1 && lanes > 1 {
                    let last = step.times.min(number + lanes - 1);
                    match self.repetitions(step, number..=last, progress).await {
                        Ok(true) => number = last,
                        Ok(false) => {
                            progress.ended();
                            return false;
                        }
                        Err(Blocked(reason)) => {
                            progress.blocked(reason);
                            return false;
                        }
                    }
                    continue;
                }
                if step.concurrent && number > 1 {
                    break;
                }
                self.variables.insert("index".to_owned(), Value::from(number));
                match self.step(step, progress).await {
                    Ok(true) => {}
                    Ok(false) if step.optional => break,
                    Ok(false) => {
                        progress.ended();
                        return false;
                    }
                    Err(Blocked(reason)) if step.optional => {
                        progress.blocked(reason);
                        break;
                    }
                    Err(Blocked(reason)) => {
                        progress.blocked(reason);
                        return false;
                    }
                }
            }
        }
        true
    }

    /// Does one step of bringing a resource into a state: it must work.
    ///
    /// # Errors
    /// What the target did instead.
    pub(super) async fn must(&mut self, step: &Step) -> Result<(), Blocked> {
        let mut progress = Progress::default();
        match self.step(step, &mut progress).await? {
            true => Ok(()),
            false => {
                let what = progress.violations.first().map(|violation| violation.observed.clone());
                Err(Blocked(what.or(progress.undecided).unwrap_or_else(|| "a step failed".to_owned())))
            }
        }
    }

    /// Does a step; false if it got no response as expected.
    async fn step(&mut self, step: &Step, progress: &mut Progress) -> Result<bool, Blocked> {
        if !step.when.is_empty() && !step.when.iter().any(|variable| self.variables.contains_key(variable)) {
            return Ok(true);
        }
        if let Some(broadcast) = &step.broadcast {
            let resource = self.bind(&Value::from(broadcast.resource.as_str())).await?;
            let target = Arc::clone(&self.worker.env.target);
            let resource = resource.as_str().unwrap_or_default();
            self.worker.count_request();
            match self.worker.env.settings.broadcast.clone() {
                Broadcast::Command(command) => {
                    self.stream(&command, resource, broadcast).await?;
                    let env = Arc::clone(&self.worker.env);
                    self.worker.shadow.lose_activities(&env.views, resource);
                    self.history.push(TrailStep::stream());
                }
                _ => {
                    let health = broadcast.health.as_deref();
                    target.broadcast(resource, broadcast.state, health).await.map_err(Blocked)?;
                    let env = Arc::clone(&self.worker.env);
                    match broadcast.state {
                        BroadcastState::Live => self.worker.shadow.began(&env.views, resource),
                        BroadcastState::Offline => self.worker.shadow.ended(&env.views, resource),
                    }
                    let request = target.control_request(resource, broadcast.state, health);
                    self.history.extend(request.map(TrailStep::control));
                }
            }
            return Ok(true);
        }
        if step.concurrent {
            return self.concurrent(step, progress).await;
        }
        self.polls = self.may_lag(step);
        self.may_wait = step.eventually;
        let performed = self.perform_until_good(step).await;
        self.polls = false;
        self.settle_suspicions().await;
        self.may_wait = false;
        let performed = performed?;
        self.conclude(step, performed, progress)
    }

    /// Whether the response may be late: where the suite says so, and for everything that only reads.
    fn may_lag(&self, step: &Step) -> bool {
        let called = called(step);
        let reads = self.worker.env.contract.operation(called).is_some_and(|operation| operation.is_readonly);
        step.eventually || (reads && !self.worker.env.patience_of_read(called).is_zero())
    }

    async fn perform_until_good(&mut self, step: &Step) -> Result<StepJudgement, Blocked> {
        let waits = Arc::clone(&self.worker.env.waits);
        let called = called(step);
        let patience = match step.eventually {
            true => self.worker.env.patience(called),
            false => self.worker.env.patience_of_read(called),
        };
        let mut polling = Polling::new(patience);
        let mut first = None;
        loop {
            let performed = self.perform(step).await?;
            if step.eventually && step.expect == Expect::default() && !performed.judgement.is_success() {
                self.broadcasts_go_on()?;
            }
            let env = Arc::clone(&self.worker.env);
            let Some(operation) = env.contract.operation(called) else { return Ok(performed) };
            let outlook = match step.eventually {
                true => lag::outlook(operation, &performed),
                false => lag::outlook_of_read(operation, &performed),
            };
            if let (Outlook::Settled, true, Some(lag)) = (outlook, operation.is_readonly, polling.lag()) {
                // A change that is accepted again later was throttled before.
                if performed.is_right_in_content() {
                    if let Some((first, sent)) = first.take().filter(|_| !step.eventually && env.is_chance(&polling)) {
                        self.history.truncate(sent);
                        return Ok(first);
                    }
                    self.note_lag(operation, step, lag);
                }
            }
            let is_endless = step.walk.as_deref().is_some_and(|name| env.is_endless(name));
            if !self.polls || outlook == Outlook::Settled || is_endless || env.target.is_stopped() {
                return Ok(performed);
            }
            let lagging = || performed.violations().filter(|violation| lag::can_lag(operation, violation));
            let is_too_late = polling.is_too_late(lag::form(operation, &performed.judgement));
            match is_too_late {
                true if step.eventually => waits.note_in_vain(lagging()),
                true => env.note_read_in_vain(lagging(), &polling),
                false => {}
            }
            // A busy target shows no divergence that could stay.
            if is_too_late || (lagging().next().is_some() && waits.stays(lagging())) {
                return Ok(performed);
            }
            first.get_or_insert((performed, self.history.len()));
            polling.pause(|wait| env.target.pause(wait)).await;
        }
    }

    /// Notes how long it took until a response was right. What a list shows may have been changed by other cases meanwhile.
    fn note_lag(&mut self, operation: &Operation, step: &Step, lag: Duration) {
        if step.eventually {
            self.worker.env.waits.note_lag(lag);
            self.worker.tally.lagged(lag);
        } else if operation.pagination.is_none() || !self.worker.env.target.is_loopback() {
            self.worker.note_read_lag(lag);
        }
    }

    async fn perform(&mut self, step: &Step) -> Result<StepJudgement, Blocked> {
        let (operation, input, region) = self.prepare(step).await?;
        let env = Arc::clone(&self.worker.env);
        let operation = env.contract.operation(&operation).ok_or_else(|| Blocked("unknown operation".to_owned()))?;
        let Expected { expectation, focus } = Expected::of_step(&env.contract, operation, step);
        let performed = if step.walk.is_some() {
            if env.is_endless(&operation.name) {
                return Err(Blocked(format!("the pages of {} do not end", operation.name)));
            }
            self.walk(operation, &input, &expectation, focus, region.as_deref()).await
        } else {
            let (judgement, exchange) = self.exchange(operation, &input, &expectation, focus, region.as_deref()).await;
            let output = judgement.body.clone().unwrap_or(Value::Null);
            StepJudgement::of(judgement, exchange, output)
        };
        self.judged(operation, step, focus, performed).await
    }

    /// What a step showed, with what its assertions say.
    async fn judged(
        &mut self,
        operation: &Operation,
        step: &Step,
        focus: ClauseIndex,
        mut performed: StepJudgement,
    ) -> Result<StepJudgement, Blocked> {
        performed.leave_to_assertions(&self.worker.env.contract, step, focus);
        performed.doubt_unreadable(operation);
        if performed.is_assertable(operation) {
            let (asserts, unbound) = self.bind_asserts(step).await;
            performed.check_asserts(operation, step, &asserts);
            performed.leave_open(unbound);
        }
        Ok(performed)
    }

    pub(super) async fn prepare(&mut self, step: &Step) -> Result<(String, Value, Option<String>), Blocked> {
        let env = Arc::clone(&self.worker.env);
        let name = step.call.as_deref().or(step.walk.as_deref());
        let name = name.ok_or_else(|| Blocked("the step calls nothing".to_owned()))?;
        let operation = env.contract.operation(name).ok_or_else(|| Blocked(format!("{name} is unknown")))?;
        if env.not_implemented.contains(name) {
            return Err(Blocked(format!("{name} is not implemented")));
        }
        let mut input = if step.complete { env.generator.minimal_input(operation) } else { json!({}) };
        if let (Value::Object(input), Value::Object(given)) = (&mut input, &step.input) {
            input.extend(given.clone());
        }
        let input = self.bind(&input).await?;
        if let Some(arn) = self.of_another_test(name, &input) {
            return Err(Blocked(format!("it would delete {arn}, which another case made")));
        }
        let region = match step.region.as_deref() {
            Some(region) => self.bind(&Value::from(region)).await?.as_str().map(str::to_owned),
            None => None,
        };
        let is_elsewhere = region.as_deref().is_some_and(|region| region != env.target.region());
        if is_elsewhere && !env.target.signs() {
            return Err(Blocked("a request names its region by its signature, and the run does not sign".to_owned()));
        }
        Ok((name.to_owned(), input, region))
    }

    /// Notes what a step showed, sets its variables; false if it got no response as expected.
    pub(super) fn conclude(
        &mut self,
        step: &Step,
        performed: StepJudgement,
        progress: &mut Progress,
    ) -> Result<bool, Blocked> {
        let mut concluded = performed.conclude(step);
        self.absences.append(&mut concluded.absences);
        let violations = self.note(&mut concluded.judgement, &concluded.exchange);
        progress.violations.extend(violations);
        if let Some(reason) = concluded.judgement.undecided {
            return Err(Blocked(reason));
        }
        progress.decided += 1;
        if concluded.judgement.is_success() {
            self.save(step, &concluded.output);
        }
        Ok(concluded.is_as_expected)
    }

    /// Upholds the clauses that hold because something is absent whose like the target showed along the scenario.
    fn uphold_absences(&mut self) {
        let Some(shown) = self.shown.take() else { return };
        for absence in std::mem::take(&mut self.absences) {
            if shown.upholds(&absence) {
                self.worker.tally.uphold(&absence.operation, &[absence.clause]);
            }
        }
    }

    fn save(&mut self, step: &Step, output: &Value) {
        for (variable, place) in &step.save {
            match path::find(output, place) {
                Some(value) if !value.is_null() => {
                    self.missing.remove(variable);
                    self.variables.insert(variable.clone(), value.clone());
                }
                _ => {
                    self.variables.remove(variable);
                    self.missing.insert(variable.clone(), format!("the response has no `{place}`"));
                }
            }
        }
    }
}

/// The operation that a step calls, if it calls any.
fn called(step: &Step) -> &str {
    step.call.as_deref().or(step.walk.as_deref()).unwrap_or_default()
}
