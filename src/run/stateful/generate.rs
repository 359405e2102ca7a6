//! Draws sequences: which operation on which resource, with which input.

mod course;
mod inputs;
mod untried;

use std::collections::{BTreeMap, BTreeSet};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value};

pub use course::courses;

use super::coverage::{Coverage, Paths};
use crate::generate::Family;
use crate::judge::sequence::{Label, SequenceRules};
use crate::plan::operation_role::{OperationRole, RoleKind};
use crate::plan::sequence::Sequence;
use crate::run::run_context::RunContext;

/// Of so many transitions all but one are changes in an order that was not tried yet, as long as there are any.
const UNTRIED_OF: usize = 4;

/// One operation of a sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// Its number in the sequence as it was drawn; transitions that are left out change no other's number.
    pub id: usize,
    /// Position among the roles of the sequence.
    pub role: usize,
    /// The resources that it is about; the owner of a new one.
    pub about: Vec<Label>,
    /// Input, but for the members that name resources of the sequence.
    pub input: Value,
    /// Decides which of several resources a reference names.
    pub choice: usize,
}

/// What takes part in a sequence.
pub struct Binding<'c> {
    /// What all workers share.
    pub env: &'c RunContext,
    /// The sequence.
    pub sequence: &'c Sequence,
    /// What the target's operations do to its resources.
    pub roles: Vec<OperationRole>,
}

impl Binding<'_> {
    /// By which the sequence is judged.
    pub fn rules(&self) -> SequenceRules<'_> {
        let env = self.env;
        SequenceRules {
            contract: &env.contract,
            laws: &env.plan.suites.laws,
            sequence: self.sequence,
            roles: &self.roles,
        }
    }

    /// The operation that has a role for a resource type.
    pub fn role(&self, kind: RoleKind, resource: &str) -> Option<&OperationRole> {
        self.roles.iter().find(|role| role.kind == kind && role.resource == resource)
    }
}

/// How often a part is chosen, against the others.
fn weight(kind: RoleKind) -> usize {
    match kind {
        RoleKind::Create => 3,
        RoleKind::Update => 6,
        RoleKind::Tag | RoleKind::Untag => 3,
        RoleKind::Delete | RoleKind::List | RoleKind::Batch => 2,
        RoleKind::Get | RoleKind::Tags => 1,
    }
}

/// The keys of a map of tags.
fn keys(tags: Option<&Value>) -> BTreeSet<String> {
    tags.and_then(Value::as_object).map(|tags| tags.keys().cloned().collect()).unwrap_or_default()
}

struct SequenceGenerator<'d> {
    env: &'d RunContext,
    binding: &'d Binding<'d>,
    runner: &'d mut TestRunner,
    /// What earlier sequences did one step after another.
    coverage: &'d Coverage,
    /// What this one did to each resource.
    paths: Paths,
    /// What it deleted.
    deleted: BTreeSet<Label>,
    /// Keys of the tags that a resource has.
    tagged: BTreeMap<Label, BTreeSet<String>>,
    /// What may live by now, with its type.
    labels: Vec<(Label, String)>,
    families: BTreeMap<String, Option<Family>>,
    tags: Vec<(String, Value)>,
}

/// Draws `length` transitions, and behind them the reads of all that they made. Steps on one resource in an order that no
/// earlier sequence had come first: `coverage` says which these had. Also says which orders these have.
pub fn generate(
    env: &RunContext,
    binding: &Binding<'_>,
    length: usize,
    runner: &mut TestRunner,
    coverage: &Coverage,
) -> (Vec<Transition>, Coverage) {
    let mut drawing = SequenceGenerator::new(env, binding, runner, coverage);
    let mut transitions = Vec::new();
    for id in 0..length {
        transitions.extend(drawing.step(id));
    }
    transitions.extend(drawing.sweep(length));
    (transitions, drawing.paths.into_coverage())
}

impl<'d> SequenceGenerator<'d> {
    fn new(
        env: &'d RunContext,
        binding: &'d Binding<'d>,
        runner: &'d mut TestRunner,
        coverage: &'d Coverage,
    ) -> SequenceGenerator<'d> {
        let mut generator = SequenceGenerator {
            env,
            binding,
            runner,
            coverage,
            paths: Paths::default(),
            deleted: BTreeSet::new(),
            tagged: BTreeMap::new(),
            labels: Vec::new(),
            families: BTreeMap::new(),
            tags: Vec::new(),
        };
        generator.fill_tag_pool();
        generator
    }

    fn below(&mut self, bound: usize) -> usize {
        let tree = (0..bound.max(1)).new_tree(self.runner);
        tree.map_or(0, |tree| tree.current())
    }

    fn step(&mut self, id: usize) -> Option<Transition> {
        let untried = self.untried();
        let (index, about) = if !untried.is_empty() && self.below(UNTRIED_OF) > 0 {
            let weights = untried.iter().map(|(role, _)| self.weight(*role)).collect();
            let (index, label) = *untried.get(self.weighted(weights))?;
            (index, vec![label])
        } else {
            let possible: Vec<usize> = (0..self.binding.roles.len()).filter(|role| self.is_possible(*role)).collect();
            let weights = possible.iter().map(|role| self.weight(*role)).collect();
            let index = *possible.get(self.weighted(weights))?;
            (index, self.about(self.binding.roles.get(index)?))
        };
        let role = self.binding.roles.get(index)?.clone();
        let operation = self.env.contract.operation(&role.operation)?;
        let input = self.input(operation, &role, about.first().copied())?;
        self.note(id, index, &role, &about, &input);
        Some(Transition { id, role: index, about, input, choice: self.below(usize::from(u16::MAX)) })
    }

    /// Remembers what a transition makes, and what it does to what was made.
    fn note(&mut self, id: usize, index: usize, role: &OperationRole, about: &[Label], input: &Value) {
        if role.kind == RoleKind::Create {
            let products = self.env.plan.resources.products(&role.operation);
            let new = products.iter().enumerate().map(|(number, product)| ((id, number), product.resource.clone()));
            let new: Vec<_> = new.filter(|(_, kind)| self.binding.sequence.resources.contains(kind)).collect();
            let tags = self.tags_member(role).map_or_else(BTreeSet::new, |name| keys(input.get(&name)));
            self.tagged.extend(new.iter().map(|(label, _)| (*label, tags.clone())));
            new.iter().for_each(|(label, kind)| self.paths.made(*label, kind, index));
            self.labels.extend(new);
            return;
        }
        if role.kind == RoleKind::Batch {
            for label in about {
                let step = (index, self.finds(*label));
                self.paths.done(*label, step);
            }
            return;
        }
        let Some(label) = about.first() else { return };
        // To take away a tag that is not there changes nothing, so that what follows is not put to the test.
        let has_changed = self.retag(role, *label, input) || role.kind != RoleKind::Untag;
        if has_changed {
            let step = (index, self.finds(*label));
            self.paths.done(*label, step);
        }
        if role.kind == RoleKind::Delete {
            self.deleted.insert(*label);
        }
    }

    /// Follows what tagging and untagging do to a resource; whether they change its keys.
    fn retag(&mut self, role: &OperationRole, label: Label, input: &Value) -> bool {
        let given = role.tags.as_ref().and_then(|name| input.get(name));
        let tagged = self.tagged.entry(label).or_default();
        let before = tagged.len();
        match role.kind {
            RoleKind::Tag => tagged.extend(keys(given)),
            RoleKind::Untag => {
                let removed = given.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
                let removed: BTreeSet<&str> = removed.collect();
                tagged.retain(|key| !removed.contains(key.as_str()));
            }
            _ => {}
        }
        tagged.len() != before
    }

    fn weight(&self, role: usize) -> usize {
        self.binding.roles.get(role).map_or(0, |role| weight(role.kind))
    }

    /// A position, each as likely as its weight.
    fn weighted(&mut self, weights: Vec<usize>) -> usize {
        let mut point = self.below(weights.iter().sum());
        let chosen = weights.iter().position(|weight| match point.checked_sub(*weight) {
            Some(rest) => {
                point = rest;
                false
            }
            None => true,
        });
        chosen.unwrap_or_default()
    }

    /// Whether something lives, or lived, that the role can be about.
    fn is_possible(&self, role: usize) -> bool {
        let Some(role) = self.binding.roles.get(role) else { return false };
        let number = |kind: &str| self.labels.iter().filter(|(_, known)| known == kind).count();
        match (&role.owner, role.kind) {
            (Some(owner), _) => number(owner) > 0,
            (None, RoleKind::Create) => number(&role.resource) < 2 * self.binding.sequence.at_once,
            (None, _) => number(&role.resource) > 0,
        }
    }

    fn about(&mut self, role: &OperationRole) -> Vec<Label> {
        let kind = role.owner.as_ref().unwrap_or(&role.resource).clone();
        let fitting: Vec<Label> =
            self.labels.iter().filter(|(_, known)| *known == kind).map(|(label, _)| *label).collect();
        match role.kind {
            RoleKind::Create if role.owner.is_none() => Vec::new(),
            RoleKind::Batch => {
                let some: Vec<Label> = fitting.iter().copied().filter(|_| self.below(4) > 0).collect();
                if some.is_empty() { fitting } else { some }
            }
            _ => {
                let chosen = self.below(fitting.len());
                fitting.get(chosen).copied().into_iter().collect()
            }
        }
    }

    /// Reads of all that there was: one batch of each type, and a list for every resource or owner.
    fn sweep(&mut self, first: usize) -> Vec<Transition> {
        let mut transitions = Vec::new();
        for (index, role) in self.binding.roles.iter().enumerate() {
            let kind = role.owner.as_ref().unwrap_or(&role.resource);
            let all: Vec<Label> =
                self.labels.iter().filter(|(_, known)| known == kind).map(|(label, _)| *label).collect();
            let read = |about| Transition { id: 0, role: index, about, input: Value::Object(Map::new()), choice: 0 };
            match role.kind {
                RoleKind::Batch if !all.is_empty() => transitions.push(read(all)),
                RoleKind::List => transitions.extend(all.into_iter().map(|label| read(vec![label]))),
                _ => {}
            }
        }
        (first..).zip(transitions).map(|(id, read)| Transition { id, ..read }).collect()
    }
}
