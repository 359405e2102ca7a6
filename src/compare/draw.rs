//! Random programs: any operation on any resource in any order. Nothing is known here of what operations do; what they
//! need and make follows from the contract's shapes.

mod course;
mod input;
mod sweep;

use std::collections::{BTreeMap, BTreeSet};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value};

use super::builder::{Builder, Handle, Materials};
use super::program::{Action, Program};
use crate::generate::{Family, runner};
use crate::plan::case::{Case, Check, Form};
use crate::plan::suite::BroadcastState;
use crate::spec::Pattern;
use crate::spec::contract::{Node, NodeKind, Operation};

/// How much likelier a change is that no program made right after the resource's last change.
const UNTRIED: usize = 8;
/// How likely a list of everything is, against other steps.
const LISTS: usize = 6;
/// Of so many values that come again in a read one is cut, in a change.
const CUT_OF: (usize, usize) = (3, 10);
/// One of so many changes has members that do not go with each other, if the contract leaves open what becomes of it.
const CROSSED: usize = 8;
/// How often such an input is looked for.
const CROSSINGS: usize = 8;
/// Largest page that is asked for.
const LARGEST_PAGE: usize = MOST_OF_A_KIND;
/// Most resources of a type at once.
const MOST_OF_A_KIND: usize = 3;
/// One of so many public keys that are given was given before.
const KEY_AGAIN: usize = 3;
/// Most values of a shape that a program knows.
const POOL: usize = 4;

/// Pairs of changes of one resource that came right after one another in a program.
pub type Pairs = BTreeSet<(String, String)>;

/// What random programs have in common.
pub struct Drawing<'d> {
    pub materials: Materials<'d>,
    pub seed: u64,
    /// Operations of which at least one target accepts nothing.
    pub unusable: BTreeSet<String>,
    /// Whether programs may ask in other regions: a request names its region by its signature.
    pub has_regions: bool,
    pairs: Pairs,
    families: BTreeMap<String, Option<Family>>,
}

/// A program that is being drawn.
struct Draft<'p, 'd> {
    drawing: &'p mut Drawing<'d>,
    builder: Builder<'d>,
    runner: TestRunner,
    kinds: BTreeSet<String>,
    pool: BTreeMap<String, Vec<String>>,
    last: BTreeMap<String, String>,
    deleted: BTreeSet<String>,
    cut_of: usize,
}

/// A step that could come next.
struct Choice<'d> {
    operation: &'d Operation,
    subject: Option<(&'d Node, Handle)>,
    weight: usize,
}

impl<'d> Drawing<'d> {
    pub fn new(materials: Materials<'d>, seed: u64, has_regions: bool) -> Drawing<'d> {
        Drawing {
            materials,
            seed,
            unusable: BTreeSet::new(),
            has_regions,
            pairs: Pairs::new(),
            families: BTreeMap::new(),
        }
    }

    /// The random program with a number.
    pub fn program(&mut self, origin: &str, number: usize, length: usize) -> Program {
        let materials = self.materials;
        let runner = runner(self.seed, &format!("compare/{number}"));
        let builder = Builder::new(materials, origin, number);
        let mut draft = Draft {
            drawing: self,
            builder,
            runner,
            kinds: BTreeSet::new(),
            pool: BTreeMap::new(),
            last: BTreeMap::new(),
            deleted: BTreeSet::new(),
            cut_of: CUT_OF.1,
        };
        draft.choose_kinds(number);
        draft.begin(number);
        draft.change_one(number);
        while draft.builder.steps.len() < length {
            if draft.step().is_none() {
                break;
            }
        }
        draft.sweep(number);
        draft.look_after_deletion(number);
        draft.builder.finish()
    }

    fn family(&mut self, operation: &Operation) -> Option<Family> {
        let materials = self.materials;
        let make = || {
            let case = Case {
                id: String::new(),
                clauses: Vec::new(),
                operation: Some(operation.name.clone()),
                summary: String::new(),
                check: Check::Valid { form: Form::Random },
                position: 0,
            };
            materials.generator.families(&case).into_iter().next()
        };
        self.families.entry(operation.name.clone()).or_insert_with(make).clone()
    }
}

impl<'d> Draft<'_, 'd> {
    fn below(&mut self, bound: usize) -> usize {
        (0..bound.max(1)).new_tree(&mut self.runner).map_or(0, |tree| tree.current())
    }

    /// The types of resources that the program is about: each in turn, and some others.
    fn choose_kinds(&mut self, number: usize) {
        let kinds: Vec<String> = self.builder.materials.plan.resources.types().map(str::to_owned).collect();
        if let Some(main) = kinds.get(number % kinds.len().max(1)) {
            self.kinds.insert(main.clone());
        }
        for kind in &kinds {
            if self.below(4) == 0 {
                self.kinds.insert(kind.clone());
            }
        }
        // What comes along with another resource is nothing without it.
        let Materials { contract, plan, .. } = self.builder.materials;
        for kind in self.kinds.clone() {
            let producer = plan.resources.producer(&kind).and_then(|producer| contract.operation(producer));
            self.kinds.extend(producer.into_iter().flat_map(owners));
            let siblings = plan.resources.producer(&kind).map(|producer| plan.resources.products(producer));
            self.kinds.extend(siblings.into_iter().flatten().map(|product| product.resource.clone()));
        }
    }

    fn step(&mut self) -> Option<()> {
        if self.builder.materials.can_broadcast && self.below(12) == 0 && self.broadcast().is_some() {
            return Some(());
        }
        let choices = self.choices();
        let mut point = self.below(choices.iter().map(|choice| choice.weight).sum());
        let chosen = choices.into_iter().find(|choice| match point.checked_sub(choice.weight) {
            Some(rest) => {
                point = rest;
                false
            }
            None => true,
        })?;
        self.take(&chosen);
        Some(())
    }

    /// Starts or ends a broadcast.
    fn broadcast(&mut self) -> Option<()> {
        // Only what can be live has a state of that name.
        let states = &self.builder.materials.plan.suites.states;
        let kind =
            states.iter().find(|state| state.reach.iter().any(|step| step.broadcast.is_some()))?.resource.clone();
        let handles: Vec<Handle> = self.builder.handles.iter().filter(|handle| handle.kind == kind).cloned().collect();
        let chosen = self.below(handles.len());
        let handle = handles.get(chosen).filter(|handle| !self.deleted.contains(&handle.name))?;
        let state = if self.below(3) > 0 { BroadcastState::Live } else { BroadcastState::Offline };
        self.set_broadcast(&handle.clone(), state);
        Some(())
    }

    /// Adds the start or end of a broadcast.
    fn set_broadcast(&mut self, handle: &Handle, state: BroadcastState) {
        self.builder.push(Action::Broadcast { resource: Value::from(handle.name.as_str()), state });
        self.last.insert(handle.name.clone(), format!("broadcast {}", state.id()));
    }

    fn choices(&self) -> Vec<Choice<'d>> {
        let Materials { contract, plan, .. } = self.builder.materials;
        let mut choices = Vec::new();
        for operation in &contract.operations {
            if self.drawing.unusable.contains(&operation.name) {
                continue;
            }
            let subject = operation.input.members().iter().find(|member| member.is_required && names(member).is_some());
            let products = plan.resources.products(&operation.name);
            let has_room = products.iter().all(|product| self.count(&product.resource) < MOST_OF_A_KIND);
            let fits = products.iter().any(|product| self.kinds.contains(&product.resource));
            let base = match (products.is_empty(), operation.is_readonly) {
                (false, _) if has_room && fits => 3,
                (false, _) => continue,
                (true, true) => 1,
                (true, false) if plan.resources.deletes(&operation.name) => 1,
                (true, false) => 3,
            };
            match subject {
                None if operation.is_readonly => choices.push(Choice { operation, subject: None, weight: LISTS }),
                None => choices.push(Choice { operation, subject: None, weight: base }),
                Some(member) => {
                    let fitting = self.builder.handles.iter().filter(|handle| self.can_be(member, handle));
                    choices.extend(fitting.map(|handle| Choice {
                        operation,
                        subject: Some((member, handle.clone())),
                        weight: base * self.interest(operation, handle),
                    }));
                }
            }
        }
        choices
    }

    /// How much likelier a step is because it changes a resource in an order that was not tried.
    fn interest(&self, operation: &Operation, handle: &Handle) -> usize {
        if operation.is_readonly || self.deleted.contains(&handle.name) {
            return 1;
        }
        let last = self.last.get(&handle.name).cloned().unwrap_or_default();
        if self.drawing.pairs.contains(&(last, operation.name.clone())) { 2 } else { UNTRIED }
    }

    fn count(&self, kind: &str) -> usize {
        let alive = |handle: &&Handle| handle.kind == kind && !self.deleted.contains(&handle.name);
        self.builder.handles.iter().filter(alive).count()
    }

    fn can_be(&self, member: &Node, handle: &Handle) -> bool {
        names(member).is_some_and(|kind| kind == Pattern::ANY_RESOURCE || kind == handle.kind)
            && self.kinds.contains(&handle.kind)
    }

    fn take(&mut self, choice: &Choice<'d>) -> Option<()> {
        let input = self.input(choice.operation)?;
        self.send(choice, &input)
    }

    /// Adds a call with an input that may have placeholders.
    fn send(&mut self, choice: &Choice<'d>, input: &Value) -> Option<()> {
        let (operation, mut input) = (choice.operation, input.clone());
        if let (Some((member, handle)), Value::Object(members)) = (&choice.subject, &mut input) {
            let value = match &member.kind {
                NodeKind::List { .. } => self.several(handle),
                _ => Value::from(handle.name.as_str()),
            };
            members.insert(member.name.clone(), value);
        }
        let input = self.with_known(&input);
        let input = self.builder.bind(&input)?;
        let id = self.builder.call(&operation.name, input);
        if operation.is_readonly && self.drawing.has_regions && self.below(12) == 0 {
            self.elsewhere(id);
        }
        self.note(operation, choice.subject.as_ref().map(|(_, handle)| handle));
        Some(())
    }

    /// Asks in another region.
    fn elsewhere(&mut self, id: usize) {
        if let Some(step) = self.builder.steps.get_mut(id)
            && let Action::Call { region, .. } = &mut step.action
        {
            *region = Some("${other-region}".to_owned());
        }
    }

    fn several(&mut self, handle: &Handle) -> Value {
        let alike: Vec<String> = self
            .builder
            .handles
            .iter()
            .filter(|other| other.kind == handle.kind)
            .map(|other| other.name.clone())
            .collect();
        let some: Vec<Value> =
            alike.into_iter().filter(|name| *name == handle.name || self.below(3) > 0).map(Value::from).collect();
        Value::Array(some)
    }

    fn note(&mut self, operation: &Operation, subject: Option<&Handle>) {
        let (Some(handle), false) = (subject, operation.is_readonly) else { return };
        let last = self.last.insert(handle.name.clone(), operation.name.clone()).unwrap_or_default();
        self.drawing.pairs.insert((last, operation.name.clone()));
        if self.builder.materials.plan.resources.deletes(&operation.name) {
            self.deleted.insert(handle.name.clone());
        }
        if self.below(2) == 0 {
            self.read(handle);
        }
    }

    fn read(&mut self, handle: &Handle) {
        let Materials { contract, plan, .. } = self.builder.materials;
        if let Some((reader, member)) = plan.resources.reader(contract, &handle.kind) {
            self.builder.call(reader, Value::Object(Map::from_iter([(member, Value::from(handle.name.as_str()))])));
        }
    }
}

/// The type of the resource that a member names, or that the elements of a list name.
fn names(member: &Node) -> Option<&str> {
    let node = match &member.kind {
        NodeKind::List { element } => element,
        _ => member,
    };
    node.resource.as_ref().map(|named| named.kind.as_str())
}

/// Types without which an operation cannot make anything.
fn owners(operation: &Operation) -> impl Iterator<Item = String> + '_ {
    let required = operation.input.members().iter().filter(|member| member.is_required);
    required.filter_map(names).map(str::to_owned)
}
