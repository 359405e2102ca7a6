//! One test's dealings with the target: it binds placeholders to resources, sends, judges, and deletes what it made.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use super::consequence::UNDER_WAY;
use super::ledger::mark::About;
use super::secrets::Secrets;
use super::settings::Credentials;
use super::target::OTHER_REGIONS;
use super::worker::Worker;
use crate::clock;
use crate::generate::placeholder::{self, Placeholder};
use crate::generate::{Family, encode};
use crate::judge::{Answer, FindingKind, Judgement, Violation, echo, path};
use crate::plan::expectation::Expectation;
use crate::plan::resources::Product;
use crate::plan::suite::State;
use crate::spec::Arn;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::{Node, NodeKind, Operation};
use crate::wire::{Exchange, Request};

/// Variable for the ARN of the resource that is brought into a state.
const SUBJECT: &str = "resource";

/// How often a target is asked whether a stream that was stopped has ended.
const STREAM_END: std::time::Duration = std::time::Duration::from_secs(2);
/// Ends of the error codes that say that an account is full. Source: naming of errors across AWS services.
const FULL: [&str; 2] = ["QuotaExceededException", "LimitExceededException"];
/// How often deleting is tried again for what was in use.
const DELETE_PASSES: u32 = 4;

/// Why a test could not do what it needed: the reason, for the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked(pub String);

/// A future in a box, for functions that call each other in a circle.
type Boxed<'f, T> = Pin<Box<dyn Future<Output = T> + 'f>>;

/// Resources that one call brought into being.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// ARNs by resource type, in the order of the producing operation's output.
    pub resources: Vec<(String, String)>,
    /// State that the first resource was brought into.
    pub state: Option<String>,
    /// Region that they are in, if not the run's own.
    pub region: Option<String>,
}

impl Bundle {
    fn arn(&self, resource: &str) -> Option<&str> {
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
    own: Vec<Bundle>,
    pub(super) variables: BTreeMap<String, Value>,
    /// Requests sent so far, oldest first.
    pub(super) history: Vec<Request>,
    /// Position of the case in the plan.
    pub(super) case: usize,
    /// Tells examples of a case apart.
    salt: usize,
    /// Whether the caller sends again by itself until the answer is right.
    pub(super) polls: bool,
    /// What the case is about: marks leave that alone.
    pub(super) about: About,
}

impl<'w> Session<'w> {
    /// Begins a test of a case.
    pub fn new(worker: &'w mut Worker, fixtures: Fixtures, case: usize, salt: usize) -> Session<'w> {
        let about = worker.env.about(case);
        Session {
            worker,
            fixtures,
            own: Vec::new(),
            variables: BTreeMap::new(),
            history: Vec::new(),
            case,
            salt,
            polls: false,
            about,
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
        let input = if placeholder::names(&input).is_empty() { input } else { self.bind(&input).await? };
        Ok(self.exchange(operation, &input, expectation, focus, None).await)
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
        let request = encode::request(operation, &input);
        self.worker.requests += 1;
        let exchange = env.target.send_as(&request, credentials).await;
        let mut judgement = env.judge.exchange(operation, &family.expectation, focus, &exchange);
        self.after(operation, &input, None, &mut judgement);
        self.history.push(request);
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
        let marked = self.worker.env.marked(operation, input, self.about);
        let input = marked.as_ref().unwrap_or(input);
        let request = encode::request(operation, input);
        let is_about_rates = expectation.errors.iter().any(|error| error.status == 429);
        let target = std::sync::Arc::clone(&self.worker.env.target);
        self.worker.requests += 1;
        let exchange = match region {
            None if is_about_rates || (self.polls && target.is_loopback()) => target.send_once(&request).await,
            region => target.send_in(region, &request).await,
        };
        let mut judgement = self.worker.env.judge.exchange(operation, expectation, focus, &exchange);
        if !target.is_loopback() && expectation.success {
            excuse_full_account(&mut judgement);
        }
        self.after(operation, input, region, &mut judgement);
        if operation.is_readonly {
            let again = |other: &Exchange| self.worker.env.judge.exchange(operation, expectation, focus, other);
            self.leave_out_consequences(&exchange, &mut judgement, again).await;
        }
        self.history.push(request);
        (judgement, exchange)
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
        env.causes.explain(&env.contract, exchange, judgement, &judge);
        if env.settings.jobs > 1 && env.causes.may_explain(&env.contract, &judgement.violations) {
            env.target.pause(UNDER_WAY).await;
            env.causes.explain(&env.contract, exchange, judgement, &judge);
        }
        env.causes.note_uncaused(&judgement.violations);
    }

    /// What follows every exchange: new resources are remembered, secrets noted, echoes judged.
    pub fn after(&mut self, operation: &Operation, input: &Value, region: Option<&str>, judgement: &mut Judgement) {
        let secrets = &mut self.worker.tally.secrets;
        note_secrets(&operation.input, input, secrets);
        if let Some(body) = &judgement.body {
            note_secrets(&operation.output, body, secrets);
        }
        if !judgement.is_success() {
            return;
        }
        self.remember(operation, region, judgement);
        if !operation.is_readonly {
            self.worker.env.causes.note(input, judgement);
        }
        let is_wrongly_accepted = |violation: &Violation| violation.kind == FindingKind::AcceptedInvalid;
        if judgement.violations.iter().any(is_wrongly_accepted) {
            // What an invalid request should come back as, nobody says.
            return;
        }
        let env = std::sync::Arc::clone(&self.worker.env);
        for echo in env.plan.suites.echoes.iter().filter(|echo| echo.applies_to(&operation.name)) {
            if let Some(clause) = env.contract.clauses.find(&echo.rule) {
                echo::check(operation, clause, &echo.except, input, judgement);
            }
        }
    }

    fn remember(&mut self, operation: &Operation, region: Option<&str>, judgement: &Judgement) {
        let products = self.worker.env.plan.resources.products(&operation.name);
        let find = |product: &Product| match (&judgement.body, &judgement.unreadable) {
            (Some(body), _) => path::find(body, &product.path)?.as_str().map(str::to_owned),
            // What it made must be deleted even if it cannot say so in JSON.
            (None, Some(text)) => arn_in(text, &product.resource),
            (None, None) => None,
        };
        let resources: Vec<(String, String)> =
            products.iter().filter_map(|product| Some((product.resource.clone(), find(product)?))).collect();
        if resources.is_empty() {
            return;
        }
        for (_, arn) in &resources {
            self.worker.env.learn_account(arn);
        }
        self.own.push(Bundle { resources, state: None, region: region.map(str::to_owned) });
    }

    /// Notes a judgement in the worker's tally. The keys of its violations.
    pub fn note(&mut self, judgement: &mut Judgement, exchange: &Exchange) -> Vec<Violation> {
        let before = self.history.len().saturating_sub(1);
        let setup = self.history.get(..before).unwrap_or_default();
        let tally = &mut self.worker.tally;
        tally.uphold(&judgement.upheld);
        tally.unknown_members += judgement.unknown_members as u64;
        tally.nulls += judgement.nulls as u64;
        for violation in &judgement.violations {
            tally.find(violation.clone(), self.case, exchange, setup);
        }
        judgement.violations.clone()
    }

    /// The value with its placeholders replaced.
    ///
    /// # Errors
    /// A resource that it needs could not be made, or a variable is not set.
    pub async fn bind(&mut self, value: &Value) -> Result<Value, Blocked> {
        let mut bound: BTreeMap<String, Value> = BTreeMap::new();
        for name in placeholder::names(value) {
            if !bound.contains_key(name) {
                let replacement = self.resolve(name).await?;
                bound.insert(name.to_owned(), replacement);
            }
        }
        placeholder::replace(value, &mut |name| {
            bound.get(name).cloned().ok_or_else(|| Blocked(format!("nothing is known of `{name}`")))
        })
    }

    async fn resolve(&mut self, name: &str) -> Result<Value, Blocked> {
        if let Some(value) = self.variable(name) {
            return Ok(value);
        }
        match Placeholder::parse(name) {
            Placeholder::Absent { resource, number } => {
                let arn = self.worker.env.absent_arn(&resource, number);
                arn.map(Value::from).ok_or_else(|| Blocked(format!("no ARN of a `{resource}` can be made up")))
            }
            Placeholder::PublicKey { name: key } => {
                let pem = self.worker.env.public_key().map(Value::from);
                let pem = pem.ok_or_else(|| Blocked("no key could be made".to_owned()))?;
                if !key.is_empty() {
                    self.variables.insert(name.to_owned(), pem.clone());
                }
                Ok(pem)
            }
            Placeholder::Resource { resource, state } => self.resource(&resource, state).await,
            Placeholder::Variable(variable) => self.resource(&variable, None).await,
        }
    }

    fn variable(&mut self, name: &str) -> Option<Value> {
        if let Some(value) = self.variables.get(name) {
            return Some(value.clone());
        }
        if name == "region" {
            return Some(Value::from(self.worker.env.target.region()));
        }
        if name == "other-region" {
            let own = self.worker.env.target.region();
            return OTHER_REGIONS.iter().find(|region| **region != own).map(|region| Value::from(*region));
        }
        if name == "unique" || name.starts_with("unique-") {
            let value = Value::from(self.worker.env.unique_name());
            self.variables.insert(name.to_owned(), value.clone());
            return Some(value);
        }
        let (head, rest) = name.split_once(['.', '['])?;
        let below = name.get(head.len()..)?;
        let _ = rest;
        path::find(self.variables.get(head)?, below).cloned()
    }

    async fn resource(&mut self, resource: &str, state: Option<String>) -> Result<Value, Blocked> {
        let resource =
            if resource == crate::spec::Pattern::ANY_RESOURCE { self.some_type()? } else { resource.to_owned() };
        let state = state.filter(|state| self.state(state, &resource).is_some());
        let is_match = |bundle: &&Bundle| bundle.state == state || state.is_none();
        let known = match self.fixtures {
            Fixtures::Own => self.own.iter().filter(is_match).find_map(|bundle| bundle.arn(&resource)),
            Fixtures::Shared => self
                .worker
                .shared
                .iter()
                .filter(|bundle| bundle.state == state)
                .find_map(|bundle| bundle.arn(&resource)),
        };
        if let Some(arn) = known {
            return Ok(Value::from(arn));
        }
        let arn = self.make(resource, state).await?;
        Ok(Value::from(arn))
    }

    /// One of the resource types, another one for every example of a case.
    fn some_type(&self) -> Result<String, Blocked> {
        let env = &self.worker.env;
        let can_be_made = |kind: &&str| {
            env.plan.resources.producer(kind).is_some_and(|producer| !env.not_implemented.contains(producer))
        };
        let types: Vec<&str> = env.plan.resources.types().filter(can_be_made).collect();
        let chosen = types.get(self.salt % types.len().max(1));
        chosen.map(|kind| (*kind).to_owned()).ok_or_else(|| Blocked("no resource can be made".to_owned()))
    }

    fn state(&self, name: &str, resource: &str) -> Option<&State> {
        let states = &self.worker.env.plan.suites.states;
        states.iter().find(|state| state.name == name && state.resource == resource)
    }

    /// Makes a resource and brings it into the state.
    fn make(&mut self, resource: String, state: Option<String>) -> Boxed<'_, Result<String, Blocked>> {
        Box::pin(async move {
            let env = std::sync::Arc::clone(&self.worker.env);
            let producer = env.plan.resources.producer(&resource);
            let operation = producer
                .and_then(|producer| env.contract.operation(producer))
                .ok_or_else(|| Blocked(format!("no operation makes a `{resource}`")))?;
            if env.not_implemented.contains(&operation.name) {
                return Err(Blocked(format!("{} is not implemented", operation.name)));
            }
            let mut input = env.generator.minimal_input(operation);
            env.name_resource(operation, &mut input);
            let input = self.bind(&input).await?;
            let (mut judgement, exchange) =
                self.exchange(operation, &input, &Expectation::success(), operation.status_clause, None).await;
            self.note(&mut judgement, &exchange);
            let made = self.own.pop().filter(|_| judgement.is_success());
            let Some(mut bundle) = made.filter(|bundle| bundle.arn(&resource).is_some()) else {
                let answer = judgement.undecided.unwrap_or_else(|| judgement.answer.describe());
                return Err(Blocked(format!("{} made no `{resource}`: {answer}", operation.name)));
            };
            let arn = bundle.arn(&resource).unwrap_or_default().to_owned();
            if let Some(state) = &state
                && let Err(blocked) = self.reach(&bundle, &resource, state).await
            {
                // It is there all the same, and is deleted with the test.
                self.own.push(bundle);
                return Err(blocked);
            }
            bundle.state = state;
            match self.fixtures {
                Fixtures::Own => self.own.push(bundle),
                Fixtures::Shared => self.worker.shared.push(bundle),
            }
            Ok(arn)
        })
    }

    /// Brings what was made last into a state of the suites.
    ///
    /// # Errors
    /// What the target did instead.
    pub(super) async fn reach_newest(&mut self, resource: &str, state: &str) -> Result<(), Blocked> {
        match self.own.last().cloned() {
            Some(bundle) => self.reach(&bundle, resource, state).await,
            None => Ok(()),
        }
    }

    /// Leaves a resource that is gone out of what is deleted at the end.
    pub(super) fn forget(&mut self, arn: &str) {
        for bundle in &mut self.own {
            bundle.resources.retain(|(_, known)| known != arn);
        }
        self.own.retain(|bundle| !bundle.resources.is_empty());
    }

    async fn reach(&mut self, bundle: &Bundle, resource: &str, state: &str) -> Result<(), Blocked> {
        let Some(state) = self.state(state, resource).cloned() else { return Ok(()) };
        self.take_steps(bundle, &state.reach)
            .await
            .map_err(|Blocked(reason)| Blocked(format!("the {resource} could not be made {}: {reason}", state.name)))
    }

    async fn take_steps(&mut self, bundle: &Bundle, steps: &[crate::plan::suite::Step]) -> Result<(), Blocked> {
        let outer = self.variables.clone();
        for (kind, arn) in &bundle.resources {
            self.variables.insert(kind.clone(), Value::from(arn.as_str()));
        }
        if let Some((_, arn)) = bundle.resources.first() {
            self.variables.insert(SUBJECT.to_owned(), Value::from(arn.as_str()));
        }
        let mut result = Ok(());
        for step in steps {
            if result.is_ok() {
                result = self.must(step).await;
            }
        }
        self.variables = outer;
        result
    }

    /// Deletes what the test made.
    pub async fn finish(mut self) {
        let bundles = std::mem::take(&mut self.own);
        self.variables.clear();
        self.delete_all(bundles).await;
    }

    /// Deletes the resources that the worker's tests share: at the end, and when a request may have changed them which
    /// should have been refused.
    pub async fn delete_shared(&mut self) {
        let bundles = std::mem::take(&mut self.worker.shared);
        self.delete_all(bundles).await;
    }

    /// Deletes newest first, and again what was still in use by what was deleted after it.
    async fn delete_all(&mut self, bundles: Vec<Bundle>) {
        let mut left = bundles;
        for _ in 0..DELETE_PASSES {
            let mut in_use = Vec::new();
            for bundle in left.into_iter().rev() {
                match self.delete(&bundle).await {
                    Deleted::Gone => {}
                    Deleted::InUse => in_use.push(bundle),
                    Deleted::Unanswered => self.worker.tally.unanswered_deletions += 1,
                }
            }
            in_use.reverse();
            left = in_use;
            if left.is_empty() {
                return;
            }
        }
        self.worker.tally.left_over += left.len() as u64;
    }

    async fn delete(&mut self, bundle: &Bundle) -> Deleted {
        let env = std::sync::Arc::clone(&self.worker.env);
        let leave = bundle.state.as_ref().and_then(|name| {
            let (resource, _) = bundle.resources.first()?;
            self.state(name, resource).map(|state| state.leave.clone())
        });
        if let Some(steps) = leave {
            // Deleting goes on whatever the target says: what is left is reported at the end.
            let _ = self.take_steps(bundle, &steps).await;
        }
        let mut deleted = Deleted::Gone;
        for (resource, arn) in bundle.resources.iter().rev() {
            let Some((deleter, member)) = env.plan.resources.deleter(resource) else { continue };
            let Some(operation) = env.contract.operation(deleter) else { continue };
            if env.not_implemented.contains(deleter) {
                continue;
            }
            let input = Value::Object(serde_json::Map::from_iter([(member.to_owned(), Value::from(arn.as_str()))]));
            let request = encode::request(operation, &input);
            self.worker.requests += 1;
            let was_streaming = self.stop_streaming(arn).await;
            let mut exchange = env.target.send_in(bundle.region.as_deref(), &request).await;
            let deadline = clock::instant() + env.settings.patience;
            while was_streaming && is_conflict(&exchange) && clock::instant() < deadline {
                // The target needs a while to see that nothing comes any more.
                tokio::time::sleep(STREAM_END).await;
                exchange = env.target.send_in(bundle.region.as_deref(), &request).await;
            }
            if is_conflict(&exchange) && env.target.has_control_path() {
                // A channel that is still live; for other resources this changes nothing.
                let _ = env.target.broadcast(arn, crate::plan::suite::BroadcastState::Offline, None).await;
                exchange = env.target.send_in(bundle.region.as_deref(), &request).await;
            }
            if is_conflict(&exchange) {
                deleted = Deleted::InUse;
            } else if exchange.response().is_none() {
                deleted = Deleted::Unanswered;
            }
        }
        deleted
    }
}

/// An account that others use may have no room left: that says nothing about the service.
fn excuse_full_account(judgement: &mut Judgement) {
    if let Answer::Error { code: Some(code), .. } = &judgement.answer
        && FULL.iter().any(|end| code.ends_with(end))
    {
        judgement.undecided = Some(format!("the account has no room left: {}", judgement.answer.describe()));
        judgement.violations.clear();
    }
}

fn is_conflict(exchange: &Exchange) -> bool {
    exchange.response().is_some_and(|response| response.status == 409)
}

/// What became of an attempt to delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deleted {
    /// It is gone, or cannot be deleted at all.
    Gone,
    /// Something else still needs it.
    InUse,
    /// Nobody knows.
    Unanswered,
}

/// The first ARN of a resource type in a text.
fn arn_in(text: &str, resource: &str) -> Option<String> {
    let is_wanted = |word: &&str| Arn::parse(word).is_some_and(|arn| arn.resource_type == resource);
    text.split(['"', '\'', ' ', ',', '<', '>']).find(is_wanted).map(str::to_owned)
}

/// Collects the values of sensitive members.
fn note_secrets(node: &Node, value: &Value, secrets: &mut Secrets) {
    if !node.holds_secret {
        return;
    }
    if node.is_sensitive {
        if let Value::String(text) = value {
            secrets.insert(text);
        }
        return;
    }
    match (&node.kind, value) {
        (NodeKind::Structure(members) | NodeKind::Union(members), Value::Object(object)) => {
            for member in members {
                if let Some(value) = object.get(&member.name) {
                    note_secrets(member, value, secrets);
                }
            }
        }
        (NodeKind::List { element }, Value::Array(elements)) => {
            elements.iter().for_each(|value| note_secrets(element, value, secrets));
        }
        _ => {}
    }
}
