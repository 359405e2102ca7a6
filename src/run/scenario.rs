//! Runs scenarios step by step.

use std::sync::Arc;

use serde_json::{Value, json};

use super::performed::{Absence, Performed};
use super::polling::{self, Outlook, Polling};
use super::session::{Blocked, Fixtures, Session};
use super::settings::Broadcast;
use super::worker::{Progress, Worker};
use crate::judge::assertion::Observation;
use crate::judge::finding::FindingKind;
use crate::judge::sight::Shown;
use crate::judge::{Judgement, Violation, assertion, path};
use crate::plan::expectation::Expectation;
use crate::plan::suite::{Assert, Expect, Scenario, Step};
use crate::record::TrailStep;
use crate::spec::clause::{ClauseIndex, Tier};
use crate::spec::contract::{BodyClause, Operation};
use crate::wire::Exchange;

/// Most pages that a walk follows.
const MOST_PAGES: usize = 2_000;
/// Most pages in a row that a walk follows though nothing is on them.
const MOST_EMPTY_PAGES: usize = 100;
/// Most bytes of pages that a walk reads.
const MOST_BYTES: usize = 64 << 20;

impl Worker {
    /// Runs a scenario.
    pub(super) async fn scenario(&mut self, index: usize, scenario: usize, progress: &mut Progress) {
        let env = Arc::clone(&self.env);
        let Some(scenario) = env.plan.suites.scenarios.get(scenario) else { return };
        let mut session = Session::new(self, Fixtures::Own, index, 0);
        session.shown = Some(Shown::default());
        session.play(scenario, progress).await;
        session.uphold_absences();
        session.finish().await;
    }
}

impl Session<'_> {
    async fn play(&mut self, scenario: &Scenario, progress: &mut Progress) {
        for step in &scenario.steps {
            for number in 1..=step.times.max(1) {
                if self.worker.env.target.is_stopped() {
                    progress.blocked("the run was stopped".to_owned());
                    return;
                }
                if step.concurrent && number > 1 {
                    break;
                }
                self.variables.insert("index".to_owned(), Value::from(number));
                match self.step(step, progress).await {
                    Ok(true) => {}
                    Ok(false) if step.optional => break,
                    Ok(false) => return,
                    Err(Blocked(reason)) if step.optional => {
                        progress.blocked(reason);
                        break;
                    }
                    Err(Blocked(reason)) => {
                        progress.blocked(reason);
                        return;
                    }
                }
            }
        }
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

    /// Does a step; false if it was not answered as expected.
    async fn step(&mut self, step: &Step, progress: &mut Progress) -> Result<bool, Blocked> {
        if let Some(broadcast) = &step.broadcast {
            let resource = self.bind(&Value::from(broadcast.resource.as_str())).await?;
            let target = Arc::clone(&self.worker.env.target);
            let resource = resource.as_str().unwrap_or_default();
            self.worker.requests += 1;
            match self.worker.env.settings.broadcast.clone() {
                Broadcast::Command(command) => {
                    self.stream(&command, resource, broadcast).await?;
                    self.history.push(TrailStep::stream());
                }
                _ => {
                    let health = broadcast.health.as_deref();
                    target.broadcast(resource, broadcast.state, health).await.map_err(Blocked)?;
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
        let performed = self.perform_until_good(step).await;
        self.polls = false;
        let performed = performed?;
        self.conclude(step, performed, progress)
    }

    /// Whether the answer may be late: where the suite says so, and elsewhere for everything that only reads.
    fn may_lag(&self, step: &Step) -> bool {
        let env = &self.worker.env;
        step.eventually || (!env.target.is_loopback() && self.reads(step))
    }

    fn reads(&self, step: &Step) -> bool {
        let name = step.call.as_deref().or(step.walk.as_deref());
        let operation = name.and_then(|name| self.worker.env.contract.operation(name));
        operation.is_some_and(|operation| operation.is_readonly)
    }

    async fn perform_until_good(&mut self, step: &Step) -> Result<Performed, Blocked> {
        let mut polling = Polling::new(self.worker.env.settings.patience);
        loop {
            let performed = self.perform(step).await?;
            if step.eventually && step.expect == Expect::default() && !performed.judgement.is_success() {
                self.broadcasts_go_on()?;
            }
            let env = Arc::clone(&self.worker.env);
            let called = step.call.as_deref().or(step.walk.as_deref());
            let Some(operation) = called.and_then(|name| env.contract.operation(name)) else { return Ok(performed) };
            let outlook = polling::outlook(operation, &performed);
            if let (Outlook::Settled, true, Some(lag)) = (outlook, operation.is_readonly, polling.lag()) {
                // A change that is accepted again later was throttled before.
                let is_form = |violation: &Violation| {
                    matches!(violation.kind, FindingKind::WrongStatus | FindingKind::MalformedResponse)
                };
                if performed.judgement.undecided.is_none() && performed.violations().all(is_form) {
                    self.worker.tally.lagged(lag);
                }
            }
            let is_endless = step.walk.as_deref().is_some_and(|name| env.is_endless(name));
            if !self.polls || outlook == Outlook::Settled || is_endless || env.target.is_stopped() {
                return Ok(performed);
            }
            let lagging = || performed.violations().filter(|violation| polling::can_lag(operation, violation));
            let is_too_late = polling.is_too_late(polling::form(operation, &performed.judgement));
            if is_too_late {
                env.note_wait_in_vain(lagging());
            }
            // A busy target shows no divergence that could stay.
            if is_too_late || (lagging().next().is_some() && env.stays(lagging())) {
                return Ok(performed);
            }
            polling.pause(&env).await;
        }
    }

    async fn perform(&mut self, step: &Step) -> Result<Performed, Blocked> {
        let (operation, input, region) = self.prepare(step).await?;
        let env = Arc::clone(&self.worker.env);
        let operation = env.contract.operation(&operation).ok_or_else(|| Blocked("unknown operation".to_owned()))?;
        let expectation = self.expectation(operation, step);
        let focus = self.focus(operation, step, &expectation);
        let mut performed = if step.walk.is_some() {
            if env.is_endless(&operation.name) {
                return Err(Blocked(format!("the pages of {} do not end", operation.name)));
            }
            self.walk(operation, &input, &expectation, focus, region.as_deref()).await
        } else {
            let (judgement, exchange) = self.exchange(operation, &input, &expectation, focus, region.as_deref()).await;
            let output = judgement.body.clone().unwrap_or(Value::Null);
            Performed::of(judgement, exchange, output)
        };
        performed.leave_to_assertions(&env, step, focus);
        let has_document = matches!(operation.body_clause, BodyClause::ContentType(_));
        if performed.judgement.is_success() && has_document && performed.output.is_null() {
            performed.judgement.undecided.get_or_insert_with(|| "the answer is no JSON".to_owned());
        } else if performed.judgement.is_success() {
            self.judge_asserts(operation, step, &mut performed).await?;
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

    pub(super) fn expectation(&self, operation: &Operation, step: &Step) -> Expectation {
        Expectation::of(&self.worker.env.contract, operation, step.expect.accepted())
    }

    /// The clause to blame if the answer is none of the expected ones.
    pub(super) fn focus(&self, operation: &Operation, step: &Step, expectation: &Expectation) -> ClauseIndex {
        let rule = step.rule.as_deref().and_then(|rule| self.worker.env.contract.clauses.find(rule));
        let error = expectation.errors.first().filter(|_| !expectation.success);
        let documented = error.and_then(|error| operation.error(&error.code)).map(|error| error.clause);
        rule.or(documented).unwrap_or(operation.status_clause)
    }

    pub(super) async fn judge_asserts(
        &mut self,
        operation: &Operation,
        step: &Step,
        performed: &mut Performed,
    ) -> Result<(), Blocked> {
        for assert in &step.asserts {
            let Some(clause) = self.worker.env.contract.clauses.find(&assert.rule) else { continue };
            let bound = self.bind_assert(assert).await?;
            match assertion::observe(&bound, &performed.output) {
                Observation::Holds => performed.upheld.push(clause),
                Observation::HoldsIfShown(counterpart) => performed.pending.push((clause, counterpart)),
                Observation::NotObserved => {}
                Observation::Violated(failure) => performed.failures.push(Violation {
                    clause,
                    operation: operation.name.clone(),
                    detail: (!assert.at.is_empty()).then(|| plain_path(&assert.at)),
                    kind: FindingKind::WrongBehaviour,
                    expected: failure.expected,
                    observed: failure.observed,
                    tier: (assert.inferred || step.inferred).then_some(Tier::Inferred),
                }),
            }
        }
        Ok(())
    }

    async fn bind_assert(&mut self, assert: &Assert) -> Result<Assert, Blocked> {
        let mut bound = assert.clone();
        if let Value::String(at) = self.bind(&Value::from(assert.at.as_str())).await? {
            bound.at = at;
        }
        let values = [
            &mut bound.equals,
            &mut bound.differs,
            &mut bound.agrees,
            &mut bound.contains,
            &mut bound.lacks,
            &mut bound.element_of,
            &mut bound.result_of,
            &mut bound.never_shows,
            &mut bound.not_before,
        ];
        for value in values {
            if let Some(unbound) = value.take() {
                *value = Some(self.bind(&unbound).await?);
            }
        }
        if let Some(unbound) = bound.one_of.take()
            && let Value::Array(values) = self.bind(&Value::Array(unbound)).await?
        {
            bound.one_of = Some(values);
        }
        if let Some(pattern) = bound.matches.take()
            && let Value::String(pattern) = self.bind(&Value::from(pattern)).await?
        {
            bound.matches = Some(pattern);
        }
        Ok(bound)
    }

    /// Notes what a step showed, sets its variables; false if it was not answered as expected.
    pub(super) fn conclude(
        &mut self,
        step: &Step,
        mut performed: Performed,
        progress: &mut Progress,
    ) -> Result<bool, Blocked> {
        let answered_well = performed.judgement.violations.is_empty();
        if step.inferred {
            for violation in &mut performed.judgement.violations {
                violation.tier = Some(Tier::Inferred);
            }
        }
        performed.judgement.violations.append(&mut performed.failures);
        performed.judgement.upheld.append(&mut performed.upheld);
        let operation = step.call.as_deref().or(step.walk.as_deref()).unwrap_or_default();
        self.absences.extend(performed.pending.drain(..).map(|(clause, counterpart)| Absence {
            clause,
            operation: operation.to_owned(),
            counterpart,
        }));
        if let Some(exchange) = &performed.exchange {
            let violations = self.note(&mut performed.judgement, exchange);
            progress.violations.extend(violations);
        }
        if let Some(reason) = &performed.judgement.undecided {
            return Err(Blocked(reason.clone()));
        }
        progress.decided += 1;
        // Only a wrong answer stops the scenario; a wrong detail of a right answer does not.
        let expects_success = step.expect.allows_success();
        let is_as_expected = answered_well || (expects_success && performed.judgement.is_success());
        if performed.judgement.is_success() {
            self.save(step, &performed.output)?;
        }
        Ok(is_as_expected)
    }

    fn save(&mut self, step: &Step, output: &Value) -> Result<(), Blocked> {
        for (variable, place) in &step.save {
            match path::find(output, place) {
                Some(value) if !value.is_null() => {
                    self.variables.insert(variable.clone(), value.clone());
                }
                _ => return Err(Blocked(format!("the answer has no `{place}`"))),
            }
        }
        Ok(())
    }

    /// Follows the pages of a list to their end: what the last exchange showed, and all items.
    pub(super) async fn walk_items(
        &mut self,
        operation: &Operation,
        input: &Value,
        focus: ClauseIndex,
    ) -> (Judgement, Option<Exchange>, Vec<Value>) {
        let walked = self.walk(operation, input, &Expectation::success(), focus, None).await;
        let items = path::find(&walked.output, "items").and_then(Value::as_array).cloned().unwrap_or_default();
        (walked.judgement, walked.exchange, items)
    }

    /// Follows the pages of a list to their end; a refusal that is expected is the end, too.
    async fn walk(
        &mut self,
        operation: &Operation,
        input: &Value,
        expectation: &Expectation,
        focus: ClauseIndex,
        region: Option<&str>,
    ) -> Performed {
        let mut items = Vec::new();
        let mut pages = Vec::new();
        let mut tokens: Vec<String> = Vec::new();
        let mut input = input.clone();
        let mut upheld = Vec::new();
        let mut violations = Vec::new();
        let mut empty_pages = 0;
        let mut bytes = 0;
        loop {
            let (mut judgement, exchange) = self.exchange(operation, &input, expectation, focus, region).await;
            upheld.append(&mut judgement.upheld);
            // A defect of a page's form, say of its content type, is no reason to stop reading.
            violations.append(&mut judgement.violations);
            let page = judgement.body.clone().unwrap_or(Value::Null);
            let (page_items, token) = page_parts(operation, &page);
            pages.push(Value::from(page_items.len()));
            empty_pages = if page_items.is_empty() { empty_pages + 1 } else { 0 };
            bytes += exchange.response().map_or(0, |response| response.body.len());
            items.extend(page_items);
            let is_over = token.is_none() || !judgement.is_success();
            let token = token.unwrap_or_default();
            let is_unreadable = judgement.is_success() && judgement.body.is_none();
            let is_too_much = tokens.len() >= MOST_PAGES || empty_pages >= MOST_EMPTY_PAGES || bytes >= MOST_BYTES;
            let is_endless = !is_over && (is_too_much || tokens.contains(&token));
            if is_endless {
                self.worker.env.note_endless(&operation.name);
                violations.push(endless(operation, focus, tokens.len()));
            }
            if is_over || is_endless {
                judgement.upheld = upheld;
                judgement.violations = violations;
                let output = match is_unreadable {
                    true => Value::Null,
                    false => json!({"items": items, "pages": pages}),
                };
                if let Some(shown) = &mut self.shown {
                    shown.note(&operation.name, &output);
                }
                return Performed::of(judgement, exchange, output);
            }
            if let (Value::Object(members), Some(pagination)) = (&mut input, &operation.pagination) {
                members.insert(pagination.input_token.clone(), Value::from(token.as_str()));
            }
            tokens.push(token);
        }
    }
}

fn endless(operation: &Operation, clause: ClauseIndex, pages: usize) -> Violation {
    Violation {
        clause,
        operation: operation.name.clone(),
        detail: Some("end".to_owned()),
        kind: FindingKind::WrongBehaviour,
        expected: "Following the tokens ends.".to_owned(),
        observed: format!("After {} pages a token came again, or the pages go on for ever.", pages + 1),
        tier: None,
    }
}

fn page_parts(operation: &Operation, page: &Value) -> (Vec<Value>, Option<String>) {
    let Some(pagination) = &operation.pagination else { return (Vec::new(), None) };
    let by_name = pagination.items.as_deref().and_then(|place| path::find(page, place));
    let first_array = || page.as_object().and_then(|members| members.values().find(|value| value.is_array()));
    let items = by_name.or_else(first_array).and_then(Value::as_array).cloned().unwrap_or_default();
    let token = path::find(page, &pagination.output_token).and_then(Value::as_str).filter(|token| !token.is_empty());
    (items, token.map(str::to_owned))
}

/// The path of an assertion as it stands in the suite, with placeholders shortened: the same in every run.
fn plain_path(at: &str) -> String {
    at.replace("${", "").replace('}', "")
}
