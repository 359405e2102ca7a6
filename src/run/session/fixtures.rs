//! What requests need: placeholders are bound to resources that the test makes.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use super::{Blocked, Bundle, Fixtures, Session};
use crate::generate::placeholder::{self, Placeholder};
use crate::judge::Judgement;
use crate::plan::expectation::Expectation;
use crate::plan::suite::State;
use crate::record::{Purpose, TrailStep};
use crate::run::lists::{self, Pages};
use crate::run::workaround;
use crate::spec::Arn;
use crate::spec::contract::Operation;
use crate::spec::path;

/// Variable for the ARN of the resource that is brought into a state.
const SUBJECT: &str = "resource";

/// Most pages of a list that are read to find what was made.
const MOST_PAGES: usize = 20;
/// Resources that a list shows at least while it is tried.
const LISTED: usize = 2;

/// A future in a box, for functions that call each other in a circle.
type Boxed<'f, T> = Pin<Box<dyn Future<Output = T> + 'f>>;

impl Session<'_> {
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
        if let Some(reason) = name.split(['.', '[']).next().and_then(|head| self.missing.get(head)) {
            return Err(Blocked(reason.clone()));
        }
        match Placeholder::parse(name) {
            Placeholder::Absent { resource, number } => {
                let arn = self.worker.env.absent_arn(&resource, number);
                arn.map(Value::from).ok_or_else(|| Blocked(format!("no ARN of a `{resource}` can be made up")))
            }
            Placeholder::PublicKey { curve, name: key } => {
                let pem = self.worker.env.public_key(curve).map(Value::from);
                let pem = pem.ok_or_else(|| Blocked("no key could be made".to_owned()))?;
                if !key.is_empty() {
                    self.variables.insert(name.to_owned(), pem.clone());
                }
                Ok(pem)
            }
            Placeholder::Resource { resource, state } => self.resource(&resource, state).await,
            Placeholder::Variable(path) if self.is_below_a_variable(&path) => {
                Err(Blocked(format!("an earlier response did not show `{path}`")))
            }
            Placeholder::Variable(variable) => self.resource(&variable, None).await,
        }
    }

    /// Whether a path leads into a value that an earlier response gave.
    fn is_below_a_variable(&self, path: &str) -> bool {
        let head = path.find(['.', '[']).and_then(|end| path.get(..end));
        head.is_some_and(|head| self.variables.contains_key(head))
    }

    fn variable(&mut self, name: &str) -> Option<Value> {
        if let Some(value) = self.variables.get(name) {
            return Some(value.clone());
        }
        if name == "region" {
            return Some(Value::from(self.worker.env.target.region()));
        }
        if name == "other-region" {
            return self.worker.env.target.other_regions().next().map(Value::from);
        }
        if name == "unique" || name.starts_with("unique-") {
            let value = Value::from(self.worker.env.unique_name());
            self.variables.insert(name.to_owned(), value.clone());
            return Some(value);
        }
        let (head, below) = name.split_at(name.find(['.', '['])?);
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
            let arn = arn.to_owned();
            self.recall(&arn);
            return Ok(Value::from(arn));
        }
        let spare = match self.fixtures {
            Fixtures::Own => None,
            Fixtures::Shared => self.worker.take_spare(&resource, state.as_deref()),
        };
        if let Some(arn) = spare.and_then(|bundle| bundle.arn(&resource)).map(str::to_owned) {
            self.recall(&arn);
            return Ok(Value::from(arn));
        }
        let outer = self.worker.enter(Purpose::Fixture);
        let made = self.make(resource, state).await;
        self.worker.purpose = outer;
        Ok(Value::from(made?))
    }

    /// Puts what made a shared resource into the history of this test, which needs it as much.
    fn recall(&mut self, arn: &str) {
        let makes_it = |bundle: &&Bundle| bundle.resources.iter().any(|(_, known)| known == arn);
        let Some(bundle) = self.worker.shared.iter().find(makes_it) else { return };
        let is_new = |step: &&TrailStep| !self.history.iter().any(|known| known.is_same(step));
        let steps: Vec<TrailStep> = bundle.made_by.iter().filter(is_new).map(TrailStep::shared).collect();
        self.history.extend(steps);
    }

    /// Makes what a list shows, if it is not there: an empty list, and a list of one, hide defects that show as soon as
    /// others use it. In an account one has to do.
    pub(in crate::run) async fn hold_listed(&mut self, operation: &Operation) {
        let env = std::sync::Arc::clone(&self.worker.env);
        let Some(kind) = env.plan.resources.listed_by(&operation.name).filter(|_| operation.pagination.is_some())
        else {
            return;
        };
        let wanted = if env.target.is_loopback() { LISTED } else { 1 };
        let held = loop {
            let shared = self.worker.shared.iter().filter(|bundle| bundle.state.is_none());
            let held: Vec<String> = shared.filter_map(|bundle| bundle.arn(kind)).map(str::to_owned).collect();
            if held.len() >= wanted || self.worker.take_spare(kind, None).is_none() {
                break held;
            }
        };
        held.iter().take(LISTED).for_each(|arn| self.recall(arn));
        for _ in held.len()..wanted {
            // One that cannot be made is missed by the cases that need it.
            if self.make(kind.to_owned(), None).await.is_err() {
                return;
            }
        }
    }

    /// One of the resource types, another one for every example of a case.
    fn some_type(&self) -> Result<String, Blocked> {
        let env = &self.worker.env;
        let can_be_made = |kind: &&str| {
            let is_of_use = |name: &str| !env.not_implemented.contains(name) && !env.rejecting.contains(name);
            env.plan.resources.producer(kind).is_some_and(is_of_use)
        };
        let types: Vec<&str> = env.plan.resources.types().filter(can_be_made).collect();
        let chosen = types.get(self.salt % types.len().max(1));
        chosen.map(|kind| (*kind).to_owned()).ok_or_else(|| Blocked("no resource can be made".to_owned()))
    }

    pub(super) fn state(&self, name: &str, resource: &str) -> Option<&State> {
        let states = &self.worker.env.plan.suites.states;
        states.iter().find(|state| state.name == name && state.resource == resource)
    }

    /// Makes a resource and brings it into the state.
    fn make(&mut self, resource: String, state: Option<String>) -> Boxed<'_, Result<String, Blocked>> {
        Box::pin(async move {
            let mut bundle = self.bundle_with(&resource).await?;
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
                Fixtures::Shared => {
                    bundle.made_by.clone_from(&self.history);
                    self.worker.shared.push(bundle);
                }
            }
            Ok(arn)
        })
    }

    /// Makes a resource by the first of the operations that make it and does.
    async fn bundle_with(&mut self, resource: &str) -> Result<Bundle, Blocked> {
        let env = std::sync::Arc::clone(&self.worker.env);
        let hindrances = self.worker.hindrances.len();
        let mut first = None;
        for maker in env.plan.resources.makers(resource) {
            let Some(operation) = env.contract.operation(maker) else { continue };
            match self.made_by(operation, resource).await {
                Ok(bundle) => {
                    // What another operation makes as well was hindered by nothing.
                    self.worker.hindrances.truncate(hindrances);
                    return Ok(bundle);
                }
                Err(blocked) => drop(first.get_or_insert(blocked)),
            }
        }
        Err(first.unwrap_or_else(|| Blocked(format!("no operation makes a `{resource}`"))))
    }

    async fn made_by(&mut self, operation: &Operation, resource: &str) -> Result<Bundle, Blocked> {
        let env = std::sync::Arc::clone(&self.worker.env);
        if env.not_implemented.contains(&operation.name) {
            return Err(Blocked(format!("{} is not implemented", operation.name)));
        }
        let known = env.workarounds.known(&operation.name);
        let before = self.own.len();
        let (mut judgement, mut name) = self.ask_for(operation).await?;
        if !judgement.is_success() && env.workarounds.known(&operation.name) > known {
            (judgement, name) = self.ask_for(operation).await?;
        }
        let mut since = self.own.split_off(before.min(self.own.len()));
        let made = since.pop();
        // What it needed is deleted with the test.
        self.own.extend(since);
        let made = match judgement.is_success() {
            true => self.with_arn(resource, made, name.as_deref()).await,
            false => made,
        };
        match made {
            Some(bundle) if judgement.is_success() && bundle.arn(resource).is_some() => Ok(bundle),
            made => {
                // What it made instead is deleted with the test.
                self.own.extend(made);
                self.worker.hindrances.extend(judgement.violations);
                let answer = judgement.undecided.unwrap_or_else(|| judgement.answer.describe());
                Err(Blocked(format!("{} made no `{resource}`: {answer}", operation.name)))
            }
        }
    }

    /// What a request made, with the ARN that a list shows if the response shows none or one of another form. Only on this
    /// machine.
    async fn with_arn(&mut self, resource: &str, made: Option<Bundle>, name: Option<&str>) -> Option<Bundle> {
        let env = std::sync::Arc::clone(&self.worker.env);
        let is_one = |arn: &str| Arn::parse(arn).is_some_and(|arn| arn.resource_type == resource);
        let is_shown = made.as_ref().and_then(|bundle| bundle.arn(resource)).is_some_and(is_one);
        let Some(name) = name.filter(|_| !is_shown && env.target.is_loopback()) else { return made };
        let Some(finder) = env.plan.resources.finder(&env.contract, resource) else { return made };
        let pages = Pages::Largest(MOST_PAGES);
        let items = lists::items(&env.contract, &env.target, &finder, None, pages).await.unwrap_or_default();
        let has_name = |item: &&Value| env.marker.marks_in(item).name.as_deref() == Some(name);
        let arn = items.iter().find(has_name).and_then(|item| path::find(item, &finder.arn)).and_then(Value::as_str);
        let Some(arn) = arn.filter(|arn| is_one(arn)) else { return made };
        env.remains.note_made(arn);
        self.made.insert(arn.to_owned());
        self.history.push(TrailStep::looked_up());
        let mut bundle = made.unwrap_or_default();
        bundle.resources.retain(|(known, _)| known != resource);
        bundle.resources.insert(0, (resource.to_owned(), arn.to_owned()));
        Some(bundle)
    }

    /// Sends the smallest request that makes something, with a name. What came of it, and the name.
    async fn ask_for(&mut self, operation: &Operation) -> Result<(Judgement, Option<String>), Blocked> {
        let env = std::sync::Arc::clone(&self.worker.env);
        let mut input = env.generator.telling_input(operation);
        workaround::name_resource(&env, operation, &mut input);
        let asked = input;
        let input = self.bind(&asked).await?;
        let (mut judgement, exchange) =
            self.exchange(operation, &input, &Expectation::success(), operation.status_clause, None).await;
        if judgement.is_success() {
            self.note_accepted(operation, &asked);
        }
        self.note(&mut judgement, &exchange);
        let name = input.get(env.marker.name_member()).and_then(Value::as_str).map(str::to_owned);
        Ok((judgement, name))
    }

    /// Brings what was made last into a state of the suites.
    ///
    /// # Errors
    /// What the target did instead.
    pub(in crate::run) async fn reach_newest(&mut self, resource: &str, state: &str) -> Result<(), Blocked> {
        match self.own.last().cloned() {
            Some(bundle) => self.reach(&bundle, resource, state).await,
            None => Ok(()),
        }
    }

    /// Leaves a resource that is gone out of what is deleted at the end.
    pub(in crate::run) fn forget(&mut self, arn: &str) {
        for bundle in &mut self.own {
            bundle.resources.retain(|(_, known)| known != arn);
        }
        self.own.retain(|bundle| !bundle.resources.is_empty());
    }

    async fn reach(&mut self, bundle: &Bundle, resource: &str, state: &str) -> Result<(), Blocked> {
        let Some(state) = self.state(state, resource).cloned() else { return Ok(()) };
        self.take_steps(bundle, &state.reach).await.map_err(|Blocked(reason)| {
            Blocked(format!("the {resource} could not be brought into the state {}: {reason}", state.name))
        })
    }

    pub(super) async fn take_steps(
        &mut self,
        bundle: &Bundle,
        steps: &[crate::plan::suite::Step],
    ) -> Result<(), Blocked> {
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
}
