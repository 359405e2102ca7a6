//! Builds programs: placeholders of generated inputs and of scenarios become references to steps that make what they
//! stand for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::program::{Action, Program, Step, read_reference, reference};
use crate::generate::Generator;
use crate::generate::placeholder::{self, Curve, Placeholder};
use crate::plan::Plan;
use crate::plan::suite::{Assert, State, Step as SuiteStep};
use crate::spec::{Contract, Pattern};

/// Deepest chain of resources that need each other.
const MOST_DEPTH: usize = 8;

/// A resource that a program makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Handle {
    /// Its type.
    pub kind: String,
    /// The state that it was brought into, if any.
    pub state: Option<String>,
    /// Reference to its ARN or id.
    pub name: String,
}

/// What programs are made from.
#[derive(Debug, Clone, Copy)]
pub struct Materials<'m> {
    pub contract: &'m Contract,
    pub plan: &'m Plan,
    pub generator: &'m Generator,
    /// Whether both targets can start broadcasts.
    pub can_broadcast: bool,
}

/// A program in the making.
pub struct Builder<'b> {
    pub materials: Materials<'b>,
    origin: String,
    pub steps: Vec<Step>,
    /// What the program has made so far.
    pub handles: Vec<Handle>,
    /// Variables of a scenario, as references.
    pub variables: BTreeMap<String, Value>,
    keys: BTreeMap<String, usize>,
    depth: usize,
    /// Picks one of several resources for a placeholder, if the program has its own way to do so.
    pub salt: usize,
}

impl<'b> Builder<'b> {
    pub fn new(materials: Materials<'b>, origin: &str, salt: usize) -> Builder<'b> {
        Builder {
            materials,
            origin: origin.to_owned(),
            steps: Vec::new(),
            handles: Vec::new(),
            variables: BTreeMap::new(),
            keys: BTreeMap::new(),
            depth: 0,
            salt,
        }
    }

    pub fn finish(self) -> Program {
        Program { origin: self.origin, steps: self.steps }
    }

    /// Adds a step; its number.
    pub fn push(&mut self, action: Action) -> usize {
        let id = self.steps.len();
        self.steps.push(Step::new(id, action));
        id
    }

    /// Adds a call whose input has references, and notes what it makes.
    pub fn call(&mut self, operation: &str, input: Value) -> usize {
        let id = self.push(Action::Call { operation: operation.to_owned(), input, region: None });
        for product in self.materials.plan.resources.products(operation) {
            let name = reference(id, &product.path);
            self.handles.push(Handle { kind: product.resource.clone(), state: None, name });
        }
        id
    }

    /// The input with references for placeholders; steps that make what they stand for come before. `None` if something
    /// cannot be made.
    pub fn bind(&mut self, value: &Value) -> Option<Value> {
        let mut bound: BTreeMap<String, Value> = BTreeMap::new();
        for name in placeholder::names(value) {
            if !bound.contains_key(name) {
                let replacement = self.resolve(name)?;
                bound.insert(name.to_owned(), replacement);
            }
        }
        placeholder::replace(value, &mut |name| bound.get(name).cloned().ok_or(())).ok()
    }

    fn resolve(&mut self, name: &str) -> Option<Value> {
        if read_reference(name).is_some() {
            return Some(Value::from(format!("${{{name}}}")));
        }
        if let Some(known) = self.variable(name) {
            return Some(known);
        }
        match Placeholder::parse(name) {
            Placeholder::Absent { .. } => Some(Value::from(format!("${{{name}}}"))),
            Placeholder::PublicKey { name, curve } => {
                let fresh = self.keys.len() + 1;
                let name = if name.is_empty() { format!("fresh {fresh}") } else { name };
                let number = *self.keys.entry(name).or_insert(fresh);
                Some(named(curve, &number.to_string()))
            }
            Placeholder::Resource { resource, state } => self.resource(&resource, state.as_deref()).map(Value::from),
            Placeholder::Variable(name) if name == "region" => Some(Value::from("${region}")),
            Placeholder::Variable(resource) => self.resource(&resource, None).map(Value::from),
        }
    }

    /// Placeholder for one of the public keys that the program gave before.
    pub fn key_again(&self, curve: Curve, choice: usize) -> Option<Value> {
        let position = choice.checked_rem(self.keys.len())?;
        self.keys.keys().nth(position).map(|name| named(curve, name))
    }

    fn variable(&self, name: &str) -> Option<Value> {
        if let Some(known) = self.variables.get(name) {
            return Some(known.clone());
        }
        let (head, below) = name.split_at(name.find(['.', '['])?);
        let text = self.variables.get(head)?.as_str()?;
        let inner = text.strip_suffix('}').filter(|_| placeholder::whole(text).is_some())?;
        Some(Value::from(format!("{inner}{below}}}")))
    }

    /// Reference to a resource, perhaps in a state; it is made if there is none.
    pub fn resource(&mut self, kind: &str, state: Option<&str>) -> Option<String> {
        let Materials { plan, .. } = self.materials;
        let kind = if kind == Pattern::ANY_RESOURCE {
            let kinds: Vec<&str> = plan.resources.types().collect();
            (*kinds.get(self.salt % kinds.len().max(1))?).to_owned()
        } else {
            kind.to_owned()
        };
        let state = state.and_then(|state| self.state(state, &kind));
        let wanted = state.map(|state| state.name.clone());
        let fits = |handle: &&Handle| handle.kind == kind && (handle.state == wanted || wanted.is_none());
        if let Some(known) = self.handles.iter().find(fits) {
            return Some(known.name.clone());
        }
        self.make(&kind, state)
    }

    fn state(&self, name: &str, kind: &str) -> Option<&'b State> {
        let states = &self.materials.plan.suites.states;
        states.iter().find(|state| state.name == name && state.resource == kind)
    }

    /// Makes another resource, and brings it into a state.
    pub fn make(&mut self, kind: &str, state: Option<&'b State>) -> Option<String> {
        let Materials { contract, plan, generator, can_broadcast, .. } = self.materials;
        if self.depth >= MOST_DEPTH || state.is_some_and(|state| !state.needs.is_empty() && !can_broadcast) {
            return None;
        }
        self.depth += 1;
        let operation = contract.operation(plan.resources.producer(kind)?)?;
        let input = self.bind(&generator.minimal_input(operation))?;
        let before = self.handles.len();
        self.call(&operation.name, input);
        let made = self.handles.get(before..)?;
        let position = before + made.iter().position(|handle| handle.kind == kind)?;
        let name = self.handles.get(position)?.name.clone();
        if let Some(state) = state {
            let outer = self.variables.clone();
            self.variables.insert("resource".to_owned(), Value::from(name.as_str()));
            for step in &state.reach {
                self.suite_step(step)?;
            }
            self.variables = outer;
            self.handles.get_mut(position)?.state = Some(state.name.clone());
        }
        self.depth -= 1;
        Some(name)
    }

    /// Adds a step of a suite. `None` if it does what programs do not do.
    pub fn suite_step(&mut self, step: &SuiteStep) -> Option<()> {
        let is_unusual = step.concurrent || !step.beside.is_empty() || !step.unknown.is_empty();
        if is_unusual || !step.counts.is_empty() || !step.among.is_empty() {
            return None;
        }
        for number in 1..=step.times.max(1) {
            self.variables.insert("index".to_owned(), Value::from(number));
            self.once(step)?;
        }
        Some(())
    }

    fn once(&mut self, step: &SuiteStep) -> Option<()> {
        if let Some(broadcast) = &step.broadcast {
            let resource = self.bind(&Value::from(broadcast.resource.as_str()))?;
            let can_do = self.materials.can_broadcast && broadcast.health.is_none();
            can_do.then(|| self.push(Action::Broadcast { resource, state: broadcast.state }))?;
            return Some(());
        }
        let name = step.call.as_deref().or(step.walk.as_deref())?;
        let operation = self.materials.contract.operation(name)?;
        let mut input = if step.complete {
            self.materials.generator.minimal_input(operation)
        } else {
            Value::Object(Default::default())
        };
        if let (Value::Object(input), Value::Object(given)) = (&mut input, &step.input) {
            input.extend(given.clone());
        }
        let input = self.bind(&input)?;
        let asserts = step.asserts.iter().map(|assert| self.assert(assert)).collect::<Option<Vec<_>>>()?;
        let region = match step.region.as_deref() {
            Some(region) => Some(self.bind(&Value::from(region))?.as_str()?.to_owned()),
            None => None,
        };
        let items = operation.pagination.as_ref().and_then(|pagination| pagination.items.clone());
        let id = self.call(name, input);
        for (variable, path) in &step.save {
            let path = match (path.strip_prefix("items"), &items) {
                (Some(rest), Some(items)) if step.walk.is_some() => format!("{items}{rest}"),
                _ => path.clone(),
            };
            if path.contains("${") || path.starts_with("pages") {
                return None;
            }
            self.variables.insert(variable.clone(), Value::from(reference(id, &path)));
        }
        let added = self.steps.last_mut()?;
        // Assertions on walks speak of pages, which are joined here.
        added.asserts = if step.walk.is_some() { Vec::new() } else { asserts };
        added.awaits = step.eventually.then(|| step.expect.clone());
        if let Action::Call { region: own, .. } = &mut added.action {
            *own = region;
        }
        Some(())
    }

    /// An assertion with references; `None` if a part of it cannot be bound.
    fn assert(&mut self, assert: &Assert) -> Option<Assert> {
        let mut bound = assert.clone();
        for value in bound.values_mut() {
            *value = self.bind(value)?;
        }
        bound.at = self.bind(&Value::from(assert.at.as_str()))?.as_str()?.to_owned();
        Some(bound)
    }
}

/// The placeholder for a public key that has a name.
fn named(curve: Curve, name: &str) -> Value {
    Value::from(format!("{}-{name}}}", curve.public_key().trim_end_matches('}')))
}
