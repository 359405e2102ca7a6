//! One test's dealings with the target: it binds placeholders to resources, sends, judges, and deletes what it made.

mod deletion;
mod fixtures;
mod memory;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::ledger::ownership_tags::{About, Marks};
use super::look_round::LookRound;
use super::own_name::with_own_name;
use super::settings::Credentials;
use super::shadowing::{Suspected, Watch};
use super::workaround;
use super::worker::Worker;
use crate::generate::Family;
use crate::generate::placeholder;
use crate::judge::sight::{Absence, Shown};
use crate::judge::{Judgement, Violation};
use crate::plan::expectation::Expectation;
use crate::protocol;
use crate::record::{Manner, TrailStep};
use crate::spec::Arn;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Operation;
use crate::wire::Exchange;

/// How long a response may be under way to the worker that asked, while a list already shows what it made.
const UNDER_WAY: Duration = Duration::from_millis(100);

/// Why a test could not do what it needed: the reason, for the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked(pub String);

/// Resources that one call brought into being.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bundle {
    /// ARNs by resource type, in the order of the producing operation's output.
    pub resources: Vec<(String, String)>,
    /// State that the first resource was brought into.
    pub state: Option<String>,
    /// Region that they are in, if not the run's own.
    pub region: Option<String>,
    /// What made them, if tests share them.
    pub made_by: Vec<TrailStep>,
}

impl Bundle {
    pub(super) fn arn(&self, resource: &str) -> Option<&str> {
        self.resources.iter().find(|(known, _)| known == resource).map(|(_, arn)| arn.as_str())
    }
}

/// Whether a test's resources are its own or those that a worker's tests share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixtures {
    /// Shared: the test changes nothing.
    Shared,
    /// Made for this test, deleted after it.
    Own,
}

/// One test's dealings with the target.
pub struct Session<'w> {
    pub(super) worker: &'w mut Worker,
    fixtures: Fixtures,
    pub(super) own: Vec<Bundle>,
    /// ARNs of everything that the test made, gone or not.
    pub(super) made: BTreeSet<String>,
    /// ARNs of what its requests deleted.
    deleted: BTreeSet<String>,
    pub(super) variables: BTreeMap<String, Value>,
    /// Variables that a response should have set and did not, each with the reason.
    pub(super) missing: BTreeMap<String, String>,
    /// What was sent so far, oldest first.
    pub(super) history: Vec<TrailStep>,
    /// Position of the case in the plan.
    pub(super) case: usize,
    /// Tells examples of a case apart.
    pub(super) salt: usize,
    /// Whether the caller sends again by itself until the response is right.
    pub(super) polls: bool,
    /// What the case is about: marks leave that alone.
    pub(super) about: About,
    /// Outputs of the scenario so far, if it is one.
    pub(super) shown: Option<Shown>,
    /// Clauses of the scenario that hold because something is absent.
    pub(super) absences: Vec<Absence>,
    /// Whether its exchanges are handed to the shadow of the target's state.
    pub(super) watch: Watch,
    /// What its last exchanges show otherwise than it is known.
    pub(super) suspected: Suspected,
    /// Whether resources are read around the change that it makes.
    pub(super) looks_round: LookRound,
    /// Whether the suite says that what is read now may be late.
    pub(super) may_wait: bool,
}

impl<'w> Session<'w> {
    /// Begins a test of a case.
    pub fn new(worker: &'w mut Worker, fixtures: Fixtures, case: usize, salt: usize) -> Session<'w> {
        let about = worker.env.about(case);
        worker.leave_shadows();
        Session {
            worker,
            fixtures,
            own: Vec::new(),
            made: BTreeSet::new(),
            deleted: BTreeSet::new(),
            variables: BTreeMap::new(),
            missing: BTreeMap::new(),
            history: Vec::new(),
            case,
            salt,
            polls: false,
            about,
            shown: None,
            absences: Vec::new(),
            watch: Watch::default(),
            suspected: Suspected::default(),
            looks_round: LookRound::default(),
            may_wait: false,
        }
    }

    /// Sends an input with its placeholders bound, and judges what comes back. Divergences are noted.
    ///
    /// # Errors
    /// A resource that it needs could not be made.
    pub async fn example(
        &mut self,
        operation: &Operation,
        input: Value,
        expectation: &Expectation,
        focus: ClauseIndex,
    ) -> Result<(Judgement, Exchange), Blocked> {
        let asked = input;
        let input = if placeholder::names(&asked).is_empty() { asked.clone() } else { self.bind(&asked).await? };
        let first = self.history.len();
        self.look_round(&input).await;
        let reads = self.history.len();
        let (judgement, exchange) = self.exchange(operation, &input, expectation, focus, None).await;
        let told = self.history.len();
        if judgement.is_success() && expectation.success {
            self.note_accepted(operation, &asked);
        }
        if judgement.is_success() && self.looks_round != LookRound::Never {
            let shown = judgement.body.clone().unwrap_or_default();
            self.look_round(&Value::Array(vec![input, shown])).await;
        }
        // What the reads show has its evidence already; what the exchange shows does not need them.
        self.history.truncate(told);
        self.history.drain(first.min(told)..reads.min(told));
        Ok((judgement, exchange))
    }

    /// Sends an input that must be refused although a resource could not be brought into the state that it needs. That
    /// it is refused shows nothing, for it is wrong in two ways; that it is accepted, or makes the target fail, does.
    ///
    /// # Errors
    /// `reason`, if the input needs no state, or a resource could not be made at all.
    pub async fn in_any_state(
        &mut self,
        operation: &Operation,
        input: &Value,
        expectation: &Expectation,
        focus: ClauseIndex,
        reason: String,
    ) -> Result<(Judgement, Exchange), Blocked> {
        let Some(input) = placeholder::without_states(input) else { return Err(Blocked(reason)) };
        let Ok((mut judgement, exchange)) = self.example(operation, input, expectation, focus).await else {
            return Err(Blocked(reason));
        };
        judgement.keep_what_shows_in_any_state(focus, reason);
        Ok((judgement, exchange))
    }

    /// Sends a family's smallest input as another caller, and judges and notes what comes back.
    ///
    /// # Errors
    /// A resource that it needs could not be made.
    pub async fn as_caller(
        &mut self,
        operation: &Operation,
        family: &Family,
        focus: ClauseIndex,
        credentials: &Credentials,
    ) -> Result<(Vec<Violation>, Option<String>), Blocked> {
        let env = std::sync::Arc::clone(&self.worker.env);
        let input = self.bind(&env.generator.minimal_input(operation)).await?;
        let mut input = input;
        env.mark(operation, &mut input, self.about);
        let request = protocol::request(operation, &input);
        self.worker.count_request();
        let exchange = env.target.send_as(&request, credentials).await;
        let mut judgement = env.judge.exchange(operation, &family.expectation, focus, &exchange);
        self.after(operation, &input, None, &exchange, &mut judgement);
        self.lose_sight(operation, &input, &judgement);
        self.history.push(TrailStep::new(&operation.name, &exchange, Manner::OtherCaller));
        let violations = self.note(&mut judgement, &exchange);
        Ok((violations, judgement.undecided))
    }

    /// Sends a bound input and judges what comes back; nothing is noted.
    pub async fn exchange(
        &mut self,
        operation: &Operation,
        input: &Value,
        expectation: &Expectation,
        focus: ClauseIndex,
        region: Option<&str>,
    ) -> (Judgement, Exchange) {
        let named = with_own_name(&self.worker.env, operation, input, self.case);
        let input = named.as_ref().unwrap_or(input);
        let marked = self.worker.env.marked(operation, input, self.about);
        let marked = marked.as_ref().unwrap_or(input);
        let around = workaround::around(&self.worker.env, operation, marked, input, self.case);
        let sent = around.as_ref().unwrap_or(marked);
        let exchanged = self.exchange_once(operation, sent, expectation, focus, region).await;
        let must_succeed = expectation.success && expectation.errors.is_empty() && region.is_none();
        if !must_succeed || !self.finds_way_round(operation, &exchanged.0).await {
            return exchanged;
        }
        self.history.pop();
        let around = workaround::around(&self.worker.env, operation, marked, input, self.case);
        self.exchange_once(operation, around.as_ref().unwrap_or(marked), expectation, focus, region).await
    }

    async fn exchange_once(
        &mut self,
        operation: &Operation,
        input: &Value,
        expectation: &Expectation,
        focus: ClauseIndex,
        region: Option<&str>,
    ) -> (Judgement, Exchange) {
        let request = protocol::request(operation, input);
        let is_about_rates = expectation.errors.iter().any(|error| error.status == 429);
        let target = std::sync::Arc::clone(&self.worker.env.target);
        self.worker.count_request();
        let exchange = match region {
            None if is_about_rates || (self.polls && target.is_loopback()) => target.send_once(&request).await,
            region => target.send_in(region, &request).await,
        };
        let judgement = self.received(operation, (input, &exchange), expectation, focus, region).await;
        (judgement, exchange)
    }

    /// Judges what came back for a bound input, and remembers what it made.
    pub(super) async fn received(
        &mut self,
        operation: &Operation,
        (input, exchange): (&Value, &Exchange),
        expectation: &Expectation,
        focus: ClauseIndex,
        region: Option<&str>,
    ) -> Judgement {
        let target = std::sync::Arc::clone(&self.worker.env.target);
        let mut judgement = self.worker.env.judge.exchange(operation, expectation, focus, exchange);
        if !target.is_loopback() && expectation.success {
            judgement.excuse_full_account();
        }
        self.after(operation, input, region, exchange, &mut judgement);
        let is_doubtful = !operation.is_readonly && self.is_doubtful(operation, exchange, &judgement);
        if judgement.is_success() && !operation.is_readonly && !is_doubtful {
            self.note_deletion(&operation.name, input);
        }
        if operation.is_readonly {
            let again = |other: &Exchange| self.worker.env.judge.exchange(operation, expectation, focus, other);
            self.leave_out_consequences(exchange, &mut judgement, again).await;
        }
        let manner = match region {
            Some(other) if other != target.region() => Manner::InRegion(other.to_owned()),
            _ => Manner::AsRun,
        };
        self.history.push(TrailStep::new(&operation.name, exchange, manner));
        match region {
            Some(other) if other != target.region() => self.lose_sight(operation, input, &judgement),
            _ if is_doubtful => self.lose_sight(operation, input, &judgement),
            _ => self.hand_over(operation, input, expectation, exchange, &judgement),
        }
        if !self.polls {
            self.settle_suspicions().await;
        }
        judgement
    }

    /// Whether a success of a deletion may not have deleted anything.
    fn is_doubtful(&self, operation: &Operation, exchange: &Exchange, judgement: &Judgement) -> bool {
        let env = &self.worker.env;
        let status = exchange.response().map(|response| response.status);
        let success = status.filter(|_| judgement.is_success() && env.plan.resources.deletes(&operation.name));
        success.is_some_and(|status| env.target.usual_success().is_broken_by(operation, status))
    }

    /// Divergences of a list that only what other requests wrongly made shows are found where it was made.
    async fn leave_out_consequences(
        &self,
        exchange: &Exchange,
        judgement: &mut Judgement,
        judge: impl Fn(&Exchange) -> Judgement,
    ) {
        let env = &self.worker.env;
        if !judgement.is_success() || !env.causes.may_explain(&env.contract, &judgement.violations) {
            return;
        }
        let is_shared = judgement.body.as_ref().is_some_and(|body| env.marker.shows_another_run(body));
        let is_of_others = |element: &Value| {
            is_shared && env.marker.marks_in(element) == Marks::default() && !env.marker.resembles_own(element)
        };
        env.causes.explain(&env.contract, exchange, judgement, is_of_others, &judge);
        if env.target.concurrency().is_parallel() && env.causes.may_explain(&env.contract, &judgement.violations) {
            env.target.pause(UNDER_WAY).await;
            env.causes.explain(&env.contract, exchange, judgement, is_of_others, &judge);
        }
        env.causes.note_uncaused(&judgement.violations);
    }
}

/// The first ARN of a resource type in a text.
fn arn_in(text: &str, resource: &str) -> Option<String> {
    let is_wanted = |word: &&str| Arn::parse(word).is_some_and(|arn| arn.resource_type == resource);
    text.split(['"', '\'', ' ', ',', '<', '>']).find(is_wanted).map(str::to_owned)
}
