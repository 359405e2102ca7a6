//! Which operations the cases of a plan take, so that before them nothing else is asked of a target; and which of them
//! cannot be decided, whatever the target responds.

use std::collections::BTreeSet;

use serde_json::Value;

use super::run_context::RunContext;
use super::worker::rounds;
use crate::generate::placeholder::{self, Placeholder};
use crate::generate::{Family, finished, runner};
use crate::plan::accepted::Accepted;
use crate::plan::operation_role::{self, OperationRole, RoleKind};
use crate::plan::resources::resource_of;
use crate::plan::sequence::Sequence;
use crate::plan::suite::Step;
use crate::plan::{Case, Check};
use crate::spec::Pattern;
use crate::spec::clause_id::ClauseId;
use crate::spec::contract::Operation;

/// The operations that the cases call, and those that make and delete what these calls name.
pub fn operations(env: &RunContext) -> BTreeSet<String> {
    let mut needs = Needs::new(env, Breadth::Everything);
    env.plan.cases.iter().for_each(|case| needs.case(case));
    if signatures(env) {
        needs.found.extend(signature_witnesses(env).map(|operation| operation.name.clone()));
    }
    needs.found
}

/// Whether a case starts a broadcast.
pub fn broadcasts(env: &RunContext) -> bool {
    let mut needs = Needs::new(env, Breadth::Everything);
    env.plan.cases.iter().any(|case| {
        needs.case(case);
        needs.broadcasts
    })
}

/// An operation that a case cannot do without, and that the target does not have.
pub fn lacking(env: &RunContext, case: &Case) -> Option<String> {
    first_of(env, case, &env.not_implemented)
}

/// An operation that a case cannot do without, and that refuses access, with how it does.
pub fn refused<'e>(env: &'e RunContext, case: &Case) -> Option<(String, &'e str)> {
    let operations: BTreeSet<String> = env.refused.keys().cloned().collect();
    let operation = first_of(env, case, &operations)?;
    let refusal = env.refused.get(&operation)?;
    Some((operation, refusal))
}

/// The first of these operations that a case cannot do without.
fn first_of(env: &RunContext, case: &Case, operations: &BTreeSet<String>) -> Option<String> {
    let missing = |breadth: Breadth| {
        let mut needs = Needs::new(env, breadth);
        needs.case(case);
        needs.found.into_iter().find(|name| operations.contains(name))
    };
    // To find out what a case really sends takes longer than what it may send.
    if operations.is_empty() { None } else { missing(Breadth::Everything).and(missing(Breadth::Sent)) }
}

/// How much of what a case may call is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Breadth {
    /// Whatever it may call, and what deletes what that makes.
    Everything,
    /// What it does call with the run's seed.
    Sent,
}

/// Whether a case depends on what the target makes of signatures.
pub fn signatures(env: &RunContext) -> bool {
    env.plan.cases.iter().any(|case| is_about_signatures(env, case))
}

/// Whether this case does.
pub fn is_about_signatures(env: &RunContext, case: &Case) -> bool {
    let mut clauses = case.clauses.iter().map(|clause| env.contract.clauses.get(*clause));
    matches!(case.check, Check::Condition { .. }) || clauses.any(|clause| ClauseId::is_about_signatures(&clause.id))
}

/// Whether this case says nothing of a target that does not verify signatures. Valid requests that are signed in some
/// unusual way are not such a case: a target that refuses them, or fails, diverges whatever it makes of signatures.
pub fn needs_verification(env: &RunContext, case: &Case) -> bool {
    let must_succeed = match &case.check {
        Check::Probe { probe } => {
            let probe = env.plan.suites.probes.get(*probe);
            probe.is_some_and(|probe| probe.accepts.iter().all(|accepted| *accepted == Accepted::Success))
        }
        _ => false,
    };
    is_about_signatures(env, case) && !(must_succeed && env.target.signs())
}

/// Operations that show what the target makes of signatures: they change nothing and need nothing.
pub fn signature_witnesses(env: &RunContext) -> impl Iterator<Item = &Operation> {
    let is_simple = |operation: &&Operation| {
        operation.is_readonly && operation.input.members().iter().all(|member| !member.is_required)
    };
    env.contract.operations.iter().filter(is_simple)
}

/// The inputs that a generated case sends with the run's seed.
fn inputs(env: &RunContext, case: &Case, operation: &Operation) -> Vec<Value> {
    let mut runner = runner(env.settings.seed, &case.id);
    let families = env.generator.families(case);
    let rounds = rounds(env.settings.profile, &case.check);
    let draw = |family: &Family| env.generator.draw(operation, family, &mut runner);
    let drawn = (0..rounds).flat_map(|_| families.iter()).filter_map(draw);
    drawn.map(|(_, input)| finished(input)).collect()
}

struct Needs<'e> {
    env: &'e RunContext,
    breadth: Breadth,
    found: BTreeSet<String>,
    /// Resource types and states that were looked at.
    seen: BTreeSet<String>,
    /// Variables that the steps so far have set.
    saved: BTreeSet<String>,
    /// Whether a step starts or ends a broadcast.
    broadcasts: bool,
}

impl<'e> Needs<'e> {
    fn new(env: &'e RunContext, breadth: Breadth) -> Needs<'e> {
        let (found, seen, saved) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        Needs { env, breadth, found, seen, saved, broadcasts: false }
    }

    fn case(&mut self, case: &Case) {
        let env = self.env;
        self.saved.clear();
        match &case.check {
            Check::Scenario { scenario } => {
                let scenario = env.plan.suites.scenarios.get(*scenario);
                scenario.into_iter().flat_map(|scenario| &scenario.steps).for_each(|step| self.step(step));
            }
            Check::Sequence { sequence } => {
                env.plan.suites.sequences.get(*sequence).into_iter().for_each(|sequence| self.sequence(sequence));
            }
            _ => {}
        }
        let Some(operation) = case.operation.as_deref().and_then(|name| env.contract.operation(name)) else { return };
        self.found.insert(operation.name.clone());
        match (self.breadth, &case.check) {
            (Breadth::Sent, Check::Probe { .. } | Check::Condition { .. } | Check::Scenario { .. }) => {
                self.placeholders(&env.generator.minimal_input(operation));
            }
            (Breadth::Sent, _) => inputs(env, case, operation).iter().for_each(|input| self.placeholders(input)),
            (Breadth::Everything, _) => {
                operation.input.walk().into_iter().filter_map(resource_of).for_each(|resource| self.resource(resource));
                let preconditions = env.contract.rules.preconditions.iter();
                preconditions
                    .filter(|needed| needed.operation == operation.name)
                    .for_each(|needed| self.state(&needed.state));
            }
        }
    }

    /// A sequence uses whatever the target has for its resources, but what makes and shows them must be there.
    fn sequence(&mut self, sequence: &Sequence) {
        let env = self.env;
        for resource in &sequence.resources {
            let roles = operation_role::roles(&env.contract, &env.plan.resources, resource);
            let is_needed = |role: &OperationRole| {
                self.breadth == Breadth::Everything || matches!(role.kind, RoleKind::Create | RoleKind::Get)
            };
            self.found.extend(roles.into_iter().filter(is_needed).map(|role| role.operation));
            self.resource(resource);
        }
        sequence.states.values().for_each(|state| self.state(state));
    }

    fn step(&mut self, step: &Step) {
        let name = step.call.as_deref().or(step.walk.as_deref());
        if let Some(operation) = name.and_then(|name| self.env.contract.operation(name)) {
            self.found.insert(operation.name.clone());
            if step.complete {
                self.placeholders(&self.env.generator.minimal_input(operation));
            }
        }
        self.placeholders(&step.input);
        if let Some(broadcast) = &step.broadcast {
            self.broadcasts = true;
            self.placeholders(&Value::from(broadcast.resource.as_str()));
        }
        step.beside.iter().for_each(|step| self.step(step));
        self.saved.extend(step.save.keys().chain(step.gather.keys()).cloned());
    }

    fn placeholders(&mut self, value: &Value) {
        for name in placeholder::names(value) {
            match Placeholder::parse(name) {
                Placeholder::Resource { resource, state } => {
                    self.resource(&resource);
                    state.iter().for_each(|state| self.state(state));
                }
                Placeholder::Variable(name) if self.saved.contains(&name) => {}
                // A name that no variable has is that of a resource type.
                Placeholder::Variable(name) => self.resource(&name),
                Placeholder::Absent { .. } | Placeholder::PublicKey { .. } => {}
            }
        }
    }

    fn state(&mut self, name: &str) {
        if !self.seen.insert(format!("state {name}")) {
            return;
        }
        let states = self.env.plan.suites.states.iter().filter(|state| state.name == name);
        states.flat_map(|state| state.reach.iter().chain(&state.leave)).for_each(|step| self.step(step));
    }

    fn resource(&mut self, resource: &str) {
        let resources = &self.env.plan.resources;
        if !self.seen.insert(format!("resource {resource}")) {
            return;
        }
        if resource == Pattern::ANY_RESOURCE && self.breadth == Breadth::Everything {
            resources.types().for_each(|resource| self.resource(resource));
        }
        let Some(producer) = resources.producer(resource).and_then(|name| self.env.contract.operation(name)) else {
            return;
        };
        self.found.insert(producer.name.clone());
        self.placeholders(&self.env.generator.minimal_input(producer));
        if self.breadth == Breadth::Everything {
            let products = resources.products(&producer.name).iter();
            let deleters = products.filter_map(|product| resources.deleter(&product.resource));
            self.found.extend(deleters.map(|(deleter, _)| deleter.to_owned()));
        }
    }
}
