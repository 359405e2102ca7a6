//! The whole course of a resource, in the same order for every type: what random sequences of a few steps do not come to.
//! One is made with many members, deleted, and made again as it was; then each member is updated by itself and all at once,
//! and its tags change, while another one of the same name lives beside it. After each change it is looked at in every way.

use proptest::test_runner::TestRunner;
use serde_json::{Map, Value};

use super::{Binding, Coverage, Label, SequenceGenerator, Transition};
use crate::generate::finished;
use crate::plan::operation_role::{OperationRole, RoleKind};
use crate::run::run_context::RunContext;
use crate::run::settings::Profile;
use crate::spec::contract::Operation;

/// How many inputs are drawn for the values of all members.
const DRAWS: usize = 24;
/// How many members one course changes one after another.
const CHANGES: usize = 10;
/// The same in the deep profile, and where requests take long: there courses go on side by side.
const FEWER_CHANGES: usize = 5;

/// The parts of a course for each resource type that belongs to no other. Also says which steps they take one after another.
pub fn courses(env: &RunContext, binding: &Binding<'_>, runner: &mut TestRunner) -> (Vec<Vec<Transition>>, Coverage) {
    let mut coverage = Coverage::default();
    let mut courses = Vec::new();
    for resource in &binding.sequence.resources {
        let mut generator = SequenceGenerator::new(env, binding, runner, &coverage);
        let Some((maker, input, updates)) = generator.beginnings(resource) else { continue };
        let goes_side_by_side = env.settings.profile == Profile::Deep || env.target.concurrency().is_far();
        let changes = if goes_side_by_side { FEWER_CHANGES } else { CHANGES };
        let members = updates.chunks(changes).map(|some| Part::Members(some.to_vec()));
        for part in std::iter::once(Part::Life).chain(members) {
            let mut generator = SequenceGenerator::new(env, binding, runner, &coverage);
            let Some(transitions) = Course::of(&mut generator, resource, (maker, &input), part) else { continue };
            let done = generator.paths.into_coverage();
            coverage.extend(done);
            courses.push(transitions);
        }
    }
    (courses, coverage)
}

/// What a course is about. The parts of a resource's course are sequences of their own, so that they can go on side by side.
enum Part {
    /// Made again with the same name, and all that happens to it.
    Life,
    /// These updates, one after another.
    Members(Vec<Value>),
}

/// A course as it is written.
struct Course<'g, 'd> {
    generator: &'g mut SequenceGenerator<'d>,
    resource: String,
    transitions: Vec<Transition>,
    /// One with the same name that was made before all others and stays.
    neighbour: Option<Label>,
}

impl<'g, 'd> Course<'g, 'd> {
    /// A part of the course of a type; `input` is what makes one.
    fn of(
        generator: &'g mut SequenceGenerator<'d>,
        resource: &str,
        (maker, input): (usize, &Value),
        part: Part,
    ) -> Option<Vec<Transition>> {
        let operation = generator.operation(maker)?;
        let mut input = input.clone();
        // The name that the run gives is part of the input, so that all have the same.
        generator.env.name_resource(operation, &mut input);
        let mut course = Course { generator, resource: resource.to_owned(), transitions: Vec::new(), neighbour: None };
        course.neighbour = course.make(maker, &input);
        match part {
            Part::Life => {
                let first = course.make(maker, &input)?;
                course.delete(first);
                let again = course.make(maker, &input)?;
                course.change_all_members(again);
                course.change_all_members(again);
                course.retag(again);
                // An update leaves tags as they became.
                course.change_all_members(again);
                course.remake_what_it_owns(again);
                course.delete(again);
            }
            Part::Members(updates) => {
                let one = course.make(maker, &input)?;
                course.change_each_member(one, updates);
            }
        }
        Some(course.transitions)
    }

    /// Makes one, and looks at it. What stands for it.
    fn make(&mut self, maker: usize, input: &Value) -> Option<Label> {
        let id = self.push(maker, Vec::new(), input.clone());
        let is_it = |(label, kind): &&(Label, String)| label.0 == id && *kind == self.resource;
        let label = self.generator.labels.iter().find(is_it).map(|(label, _)| *label)?;
        self.look(label);
        Some(label)
    }

    /// Does the updates, and the first one of them once more.
    fn change_each_member(&mut self, label: Label, updates: Vec<Value>) {
        let Some(updater) = self.position(RoleKind::Update) else { return };
        let twice = updates.first().cloned();
        for input in updates.into_iter().chain(twice) {
            self.push(updater, vec![label], input);
            self.look(label);
        }
    }

    fn change_all_members(&mut self, label: Label) {
        let Some(updater) = self.position(RoleKind::Update) else { return };
        let input = self.generator.operation(updater).and_then(|operation| self.generator.richest(operation));
        if let Some(input) = input {
            self.push(updater, vec![label], input);
            self.look(label);
        }
    }

    /// Tags it twice, and takes tags away twice.
    fn retag(&mut self, label: Label) {
        for kind in [RoleKind::Tag, RoleKind::Tag, RoleKind::Untag, RoleKind::Untag] {
            let of_kind = |role: &OperationRole| role.kind == kind && role.is_about(&self.resource);
            let Some(tagger) = self.generator.binding.roles.iter().position(of_kind) else { return };
            self.draw(tagger, label);
        }
        self.look(label);
    }

    /// Deletes what belongs to it and makes that again, twice.
    fn remake_what_it_owns(&mut self, owner: Label) {
        let roles = self.generator.binding.roles.clone();
        let makes_owned = |(_, role): &(usize, &OperationRole)| {
            role.kind == RoleKind::Create && role.owner.as_deref() == Some(self.resource.as_str())
        };
        let makers: Vec<(usize, &OperationRole)> = roles.iter().enumerate().filter(makes_owned).collect();
        for (maker, role) in makers {
            let deletes = |other: &OperationRole| other.kind == RoleKind::Delete && other.resource == role.resource;
            let Some(deleter) = roles.iter().position(deletes) else { continue };
            for _ in 0..2 {
                let owned = self.generator.labels.iter().rev().find(|(_, kind)| *kind == role.resource);
                let Some((owned, _)) = owned.cloned() else { break };
                self.draw(deleter, owned);
                self.draw(maker, owner);
                self.look_at_what_it_owns(owner);
            }
        }
    }

    fn delete(&mut self, label: Label) {
        if let Some(deleter) = self.position(RoleKind::Delete) {
            self.draw(deleter, label);
            self.look(label);
            self.look_at_what_it_owns(label);
        }
    }

    /// Lists it, and reads it in a batch; the single read follows every change anyway.
    fn look(&mut self, label: Label) {
        self.look_by(label, |role, resource| role.resource == resource && role.owner.is_none());
    }

    /// Lists what belongs to it.
    fn look_at_what_it_owns(&mut self, label: Label) {
        self.look_by(label, |role, resource| role.owner.as_deref() == Some(resource));
    }

    fn look_by(&mut self, label: Label, is_about: impl Fn(&OperationRole, &str) -> bool) {
        let shows = |role: &OperationRole| {
            matches!(role.kind, RoleKind::List | RoleKind::Batch) && is_about(role, &self.resource)
        };
        let roles = self.generator.binding.roles.iter().enumerate();
        let readers: Vec<(usize, RoleKind)> =
            roles.filter(|(_, role)| shows(role)).map(|(index, role)| (index, role.kind)).collect();
        for (reader, kind) in readers {
            // The neighbour comes first: what is at the last of several places is the one that changes.
            let neighbour = self.neighbour.filter(|neighbour| kind == RoleKind::Batch && *neighbour != label);
            self.push(reader, neighbour.into_iter().chain([label]).collect(), Value::Object(Map::new()));
        }
    }

    fn position(&self, kind: RoleKind) -> Option<usize> {
        self.generator.by_itself(kind, &self.resource)
    }

    /// Adds a transition whose input is drawn.
    fn draw(&mut self, role: usize, label: Label) {
        let Some(of) = self.generator.binding.roles.get(role).cloned() else { return };
        let input = self.generator.operation(role).and_then(|one| self.generator.input(one, &of, Some(label)));
        if let Some(input) = input {
            self.push(role, vec![label], input);
        }
    }

    fn push(&mut self, role: usize, about: Vec<Label>, input: Value) -> usize {
        let id = self.transitions.len();
        if let Some(of) = self.generator.binding.roles.get(role).cloned() {
            self.generator.note(id, role, &of, &about, &input);
        }
        self.transitions.push(Transition { id, role, about, input, choice: 0 });
        id
    }
}

impl<'d> SequenceGenerator<'d> {
    /// The operation that makes a resource of a type by itself, an input for it, and updates of one member each; none if no
    /// operation does.
    fn beginnings(&mut self, resource: &str) -> Option<(usize, Value, Vec<Value>)> {
        let maker = self.by_itself(RoleKind::Create, resource)?;
        let input = self.richest(self.operation(maker)?)?;
        let updater = self.by_itself(RoleKind::Update, resource).and_then(|updater| self.operation(updater));
        let updates = updater.map(|operation| self.member_by_member(operation, &input)).unwrap_or_default();
        Some((maker, input, updates))
    }

    /// Position of the operation that has a part in the life of a resource which belongs to no other.
    fn by_itself(&self, kind: RoleKind, resource: &str) -> Option<usize> {
        let is_it = |role: &OperationRole| role.kind == kind && role.resource == resource && role.owner.is_none();
        self.binding.roles.iter().position(is_it)
    }

    fn operation(&self, role: usize) -> Option<&'d Operation> {
        self.env.contract.operation(&self.binding.roles.get(role)?.operation)
    }

    /// Of some legal inputs the one with most members.
    fn richest(&mut self, operation: &Operation) -> Option<Value> {
        let drawn = (0..DRAWS).filter_map(|_| self.drawn(operation));
        drawn.max_by_key(|input| input.as_object().map_or(0, Map::len))
    }

    /// Legal inputs that give one member each beside the required ones: another value than the resource was made with, for
    /// as many members as were drawn so.
    fn member_by_member(&mut self, operation: &Operation, made_with: &Value) -> Vec<Value> {
        let Some(family) = self.family(operation) else { return Vec::new() };
        let smallest = self.env.generator.minimal_input(operation);
        let mut inputs: Vec<(String, Value)> = Vec::new();
        for _ in 0..DRAWS {
            let Some(Value::Object(drawn)) = self.drawn(operation) else { continue };
            for (name, value) in drawn {
                let mut input = smallest.clone();
                let is_known = inputs.iter().any(|(known, _)| *known == name) || input.get(&name).is_some();
                let is_as_made = made_with.get(&name) == Some(&value);
                let Some(members) = input.as_object_mut().filter(|_| !is_known && !is_as_made) else { continue };
                members.insert(name.clone(), value);
                if self.env.generator.is_intended(operation, &family, &finished(input.clone())) {
                    inputs.push((name, input));
                }
            }
        }
        // By what lists can be filtered by last: until then a list shows others of the same name beside it.
        let filters: Vec<&String> =
            self.binding.roles.iter().filter_map(|role| Some(&role.filter.as_ref()?.1)).collect();
        inputs.sort_by_key(|(name, _)| filters.contains(&name));
        inputs.into_iter().map(|(_, input)| input).collect()
    }
}
