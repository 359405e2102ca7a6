//! Hands every exchange to the shadow of the target's state. What a response shows otherwise than it is known is asked
//! again, as long as it may lag, before it counts; what a single read shows as well is blamed on the single read.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::polling::{Polling, Recovery};
use super::session::{Bundle, Session};
use crate::clock;

use crate::judge::shadow::{Basis, Overlapping, Seen, Suspicion};
use crate::judge::{Judgement, Violation};
use crate::plan::expectation::Expectation;
use crate::plan::operation_role::RoleKind;
use crate::plan::sequence::LawKind;
use crate::protocol;
use crate::record::{FindingKey, Manner, Purpose, TrailStep};
use crate::spec::contract::Operation;
use crate::wire::{Exchange, FailureKind, Reply, TransportFailure};

/// Most suspicions of one exchange that are looked into: where a response is wrong throughout, a few say so.
const MOST: usize = 4;

/// Whether a session's exchanges are handed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Watch {
    /// They are.
    #[default]
    On,
    /// They are judged in another way; the shadow learns what they change.
    Off,
}

/// What the last exchanges of a session show otherwise than it is known.
#[derive(Debug, Default)]
pub(super) struct Suspected {
    operation: String,
    input: Value,
    found: Vec<Suspicion>,
    /// What showed it first, for the evidence.
    shown: Option<(Exchange, Vec<TrailStep>)>,
    since: Option<Instant>,
}

impl Session<'_> {
    /// Hands an exchange over. What it shows otherwise is kept until [`Session::settle_suspicions`].
    pub(super) fn hand_over(
        &mut self,
        operation: &Operation,
        input: &Value,
        expectation: &Expectation,
        exchange: &Exchange,
        judgement: &Judgement,
    ) {
        if self.watch == Watch::Off && operation.is_readonly {
            return;
        }
        let is_open = expectation.success && (!expectation.errors.is_empty() || expectation.any_client_error);
        let seen = Seen { operation, input, judgement, is_open };
        let found = self.worker.shadow.take(&self.worker.env.views, seen);
        if self.watch == Watch::Off {
            // What it deletes must not be listed later either.
            return;
        }
        let input = beginning(operation, input);
        if self.suspected.operation != operation.name || self.suspected.input != input {
            self.suspected = Suspected { operation: operation.name.clone(), input, ..Suspected::default() };
        } else if is_first_page(operation, &seen) {
            // The same request again, or the same walk from its beginning: what it shows now counts.
            self.suspected.found.clear();
            self.suspected.shown = None;
        }
        if found.is_empty() {
            return;
        }
        self.suspected.since.get_or_insert_with(clock::instant);
        self.suspected.found.extend(found);
        self.suspected.shown.get_or_insert_with(|| (exchange.clone(), self.history.clone()));
    }

    /// Hands over exchanges that were in flight at once. What they show that no order of them explains is a finding.
    pub(super) fn hand_over_overlapping(&mut self, calls: &[Overlapping<'_>]) {
        if self.watch == Watch::Off {
            return;
        }
        let env = Arc::clone(&self.worker.env);
        for suspicion in self.worker.shadow.take_overlapping(&env.views, calls) {
            let positions = suspicion.calls.iter().flatten();
            let steps = self.last_overlap();
            let telling = positions.filter_map(|position| self.history.get(steps.start + position)).next_back();
            let exchange = telling.map(answerless);
            let violation = env.views.violation(&env.contract, &suspicion);
            if let (Some(violation), Some(exchange)) = (violation, exchange) {
                let history = self.history.clone();
                self.convict(&suspicion, violation, &exchange, &history);
            }
        }
    }

    /// Where the calls that were in flight at once last stand among what was sent.
    fn last_overlap(&self) -> Range<usize> {
        overlap_in(&self.history)
    }

    /// Hands over an exchange of which nothing can be said but that it may have changed what it names.
    pub(super) fn lose_sight(&mut self, operation: &Operation, input: &Value, judgement: &Judgement) {
        if !operation.is_readonly {
            self.worker.shadow.forget_named(input);
            judgement.body.iter().for_each(|body| self.worker.shadow.forget_named(body));
        }
    }

    /// Looks into what the last exchanges show otherwise than it is known; what stays is a finding.
    pub(super) async fn settle_suspicions(&mut self) {
        if self.suspected.found.is_empty() {
            return;
        }
        let mut suspected = std::mem::take(&mut self.suspected);
        suspected.found.truncate(MOST);
        let env = Arc::clone(&self.worker.env);
        let Some(operation) = env.contract.operation(&suspected.operation) else { return };
        let Some((exchange, history)) = suspected.shown.take() else { return };
        let outer = self.worker.enter(Purpose::Reread);
        if operation.is_readonly {
            self.wait_for(operation, &mut suspected).await;
        }
        for suspicion in std::mem::take(&mut suspected.found) {
            self.delete_again(&suspicion).await;
            if self.blames_the_single_read(&suspicion).await {
                continue;
            }
            let Some(violation) = env.views.violation(&env.contract, &suspicion) else { continue };
            self.convict(&suspicion, violation, &exchange, &history);
        }
        self.worker.purpose = outer;
    }

    /// Asks again until what was suspected has gone, or no lag can be the reason any more.
    async fn wait_for(&mut self, operation: &Operation, suspected: &mut Suspected) {
        let env = Arc::clone(&self.worker.env);
        let is_late_by_contract = env.views.may_lag(operation) || self.may_wait;
        let may_lag = is_late_by_contract || operation.pagination.is_some() || !env.target.is_loopback();
        let patience = if may_lag { env.patience(&operation.name) } else { env.patience_of_read(&operation.name) };
        let mut polling = Polling::since(suspected.since.unwrap_or_else(clock::instant), patience);
        loop {
            let known = &self.worker.tally.findings;
            suspected.found.retain(|suspicion| {
                let violation = env.views.violation(&env.contract, suspicion);
                let is_known = violation.is_some_and(|violation| known.contains_key(&FindingKey::from(&violation)));
                !is_known || operation.pagination.is_none()
            });
            if suspected.found.is_empty() || env.target.is_stopped() {
                return;
            }
            let again = self.ask_again(operation, &suspected.input).await;
            suspected.found.retain(|suspicion| again.iter().any(|other| other.is_same(suspicion)));
            let violations: Vec<Violation> =
                suspected.found.iter().filter_map(|one| env.views.violation(&env.contract, one)).collect();
            let is_too_late = polling.is_over();
            match (is_too_late, may_lag) {
                (true, true) => env.waits.note_in_vain(violations.iter()),
                (true, false) => env.note_read_in_vain(violations.iter(), &polling),
                (false, _) => {}
            }
            let recovery = (suspected.found.is_empty() && !is_late_by_contract).then(|| polling.recovery());
            if let Some(Recovery::ByWaiting(lag)) = recovery {
                self.worker.note_read_lag(lag);
            }
            if suspected.found.is_empty() || is_too_late || env.waits.stays(violations.iter()) {
                return;
            }
            polling.pause(|wait| env.target.pause(wait)).await;
        }
    }

    /// Sends a read again, all pages of it. What it shows otherwise than it is known.
    async fn ask_again(&mut self, operation: &Operation, input: &Value) -> Vec<Suspicion> {
        let env = Arc::clone(&self.worker.env);
        let mut found = Vec::new();
        let mut input = input.clone();
        for _ in 0..MOST_PAGES {
            let request = protocol::request(operation, &input);
            self.worker.count_request();
            let exchange = env.target.send_in(None, &request).await;
            let success = Expectation::success();
            let judgement = env.judge.exchange(operation, &success, operation.status_clause, &exchange);
            let seen = Seen { operation, input: &input, judgement: &judgement, is_open: false };
            found.extend(self.worker.shadow.take(&env.views, seen));
            let next = operation.pagination.as_ref().and_then(|pagination| {
                let token = judgement.body.as_ref()?.get(&pagination.output_token)?.as_str()?;
                (!token.is_empty()).then(|| (pagination.input_token.clone(), token.to_owned()))
            });
            let (Some((name, token)), Value::Object(members)) = (next, &mut input) else { break };
            if members.insert(name, Value::from(token.as_str())) == Some(Value::from(token)) {
                break;
            }
        }
        found
    }

    /// Deletes once more what another test deleted and is shown all the same: if the deletion was lost by chance, no later look
    /// shows it again.
    async fn delete_again(&mut self, suspicion: &Suspicion) {
        let is_of_another = suspicion.law == Basis::Law(LawKind::DeletedIsGone) && !self.made.contains(&suspicion.arn);
        if !is_of_another || suspicion.calls.is_some() {
            return;
        }
        let resource = (suspicion.resource.clone(), suspicion.arn.clone());
        let bundle = Bundle { resources: vec![resource], ..Bundle::default() };
        if Box::pin(self.delete_in_order(vec![bundle])).await.is_empty() {
            self.worker.env.remains.note_repeated_deletion();
        }
    }

    /// Whether the single read of a resource, or of its tags, shows the same otherwise: then that is to blame.
    async fn blames_the_single_read(&mut self, suspicion: &Suspicion) -> bool {
        if !matches!(suspicion.part, RoleKind::Batch | RoleKind::List) || suspicion.member.is_none() {
            return false;
        }
        let env = Arc::clone(&self.worker.env);
        let about_tags = suspicion.law.is_about_tags();
        let parts = if about_tags { [RoleKind::Tags, RoleKind::Get].as_slice() } else { [RoleKind::Get].as_slice() };
        for part in parts {
            let role = env.views.performer(*part, &suspicion.resource);
            let role = role.filter(|role| !env.is_unavailable(&role.operation));
            let operation = role.and_then(|role| env.contract.operation(&role.operation));
            let subject = role.and_then(|role| role.subject.clone());
            let (Some(operation), Some(subject)) = (operation, subject) else { continue };
            let input = Value::Object(Map::from_iter([(subject, Value::from(suspicion.arn.as_str()))]));
            let request = protocol::request(operation, &input);
            self.worker.count_request();
            let exchange = env.target.send_in(None, &request).await;
            let success = Expectation::success();
            let judgement = env.judge.exchange(operation, &success, operation.status_clause, &exchange);
            let seen = Seen { operation, input: &input, judgement: &judgement, is_open: false };
            let found = self.worker.shadow.take(&env.views, seen);
            let same = found.into_iter().find(|other| other.member == suspicion.member);
            let Some(single) = same else { continue };
            if let Some(violation) = env.views.violation(&env.contract, &single) {
                let mut history = self.history.clone();
                history.push(TrailStep::new(&operation.name, &exchange, Manner::AsRun));
                self.convict(&single, violation, &exchange, &history);
            }
            return true;
        }
        false
    }

    /// Notes a finding, and forgets what it is about: one defect shows once.
    fn convict(&mut self, suspicion: &Suspicion, violation: Violation, exchange: &Exchange, history: &[TrailStep]) {
        self.worker.shadow.forget(&suspicion.arn, suspicion.member.as_deref(), &suspicion.law);
        let history = match &suspicion.calls {
            Some(calls) => shortest(history, calls),
            None => history.to_vec(),
        };
        self.worker.tally.find_after(violation.clone(), self.case, exchange, &history);
        self.worker.shown_otherwise.push(violation);
    }
}

/// The last calls of a history that were in flight at once.
fn overlap_in(history: &[TrailStep]) -> Range<usize> {
    let is_concurrent = |step: &TrailStep| step.manner == Manner::Concurrent;
    let end = history.iter().rposition(is_concurrent).map_or(0, |last| last + 1);
    let before = history.get(..end).unwrap_or_default();
    let start = before.iter().rposition(|step| !is_concurrent(step)).map_or(0, |last| last + 1);
    start..end
}

/// A history without the calls in flight at once that it does not take to show a finding.
fn shortest(history: &[TrailStep], calls: &[usize]) -> Vec<TrailStep> {
    let overlap = overlap_in(history);
    let is_needed = |index: &usize| !overlap.contains(index) || calls.contains(&(index - overlap.start));
    history.iter().enumerate().filter(|(index, _)| is_needed(index)).map(|(_, step)| step.clone()).collect()
}

/// One of several requests whose responses show something only together.
fn answerless(step: &TrailStep) -> Exchange {
    let failure = TransportFailure { kind: FailureKind::Protocol, detail: "several responses".to_owned() };
    let reply = Reply::Failure(failure);
    Exchange { request: step.request.clone(), reply, elapsed: Duration::ZERO, repeats: 0 }
}

/// Most pages of a list that are read again.
const MOST_PAGES: usize = 200;

/// The input of the first page of a walk.
fn beginning(operation: &Operation, input: &Value) -> Value {
    let mut input = input.clone();
    if let (Some(pagination), Value::Object(members)) = (&operation.pagination, &mut input) {
        members.remove(&pagination.input_token);
    }
    input
}

fn is_first_page(operation: &Operation, seen: &Seen<'_>) -> bool {
    let token = operation.pagination.as_ref().and_then(|pagination| seen.input.get(&pagination.input_token));
    token.is_none_or(|token| token.as_str().unwrap_or_default().is_empty())
}
