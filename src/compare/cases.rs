//! Programs from the cases of a plan: what a case sends, after what it needs, and looks at what became of it.

use serde_json::{Map, Value};

use super::builder::{Builder, Materials};
use super::program::Program;
use crate::generate::{finished, runner};
use crate::plan::case::{Case, Check};
use crate::run::settings::Profile;

/// Families of inputs of a case that are tried, and how often each.
fn effort(profile: Profile) -> (usize, usize) {
    match profile {
        Profile::Quick => (1, 1),
        Profile::Deep => (usize::MAX, 3),
        _ => (6, 1),
    }
}

/// Most calls of a scenario that is played.
fn patience(profile: Profile) -> u64 {
    match profile {
        Profile::Quick => 8,
        Profile::Deep => u64::MAX,
        _ => 60,
    }
}

/// The programs of a case; none for one that is not about inputs or a scenario.
pub fn of_case(materials: Materials<'_>, case: &Case, profile: Profile, seed: u64) -> Vec<Program> {
    match &case.check {
        Check::Scenario { scenario } => of_scenario(materials, case, *scenario, profile).into_iter().collect(),
        // Requests of other callers and requests that are not inputs are tested by `run` only.
        Check::Condition { .. } | Check::Probe { .. } | Check::Sequence { .. } | Check::Recorded => Vec::new(),
        Check::Valid { .. }
        | Check::Accepts { .. }
        | Check::Refuses { .. }
        | Check::RuleAccepts { .. }
        | Check::RuleRefuses { .. }
        | Check::UnknownResource { .. } => of_inputs(materials, case, profile, seed),
    }
}

fn of_inputs(materials: Materials<'_>, case: &Case, profile: Profile, seed: u64) -> Vec<Program> {
    let Some(operation) = case.operation.as_deref().and_then(|name| materials.contract.operation(name)) else {
        return Vec::new();
    };
    let (families, times) = effort(profile);
    let mut runner = runner(seed, &case.id);
    let mut programs = Vec::new();
    for family in materials.generator.families(case).into_iter().take(families) {
        for _ in 0..times {
            let Some((_, input)) = materials.generator.draw(operation, &family, &mut runner) else { break };
            let mut builder = Builder::new(materials, &case.id, programs.len());
            let Some(input) = builder.bind(&finished(input)) else { continue };
            builder.call(&operation.name, input);
            if let (Some(step), Some(focus)) = (builder.steps.last_mut(), case.clauses.first()) {
                step.expected = Some((family.expectation.clone(), *focus));
            }
            if !operation.is_readonly {
                look(&mut builder);
            }
            programs.push(builder.finish());
        }
    }
    programs
}

/// Looks at everything that the program has made.
fn look(builder: &mut Builder<'_>) {
    let Materials { contract, plan, .. } = builder.materials;
    for handle in builder.handles.clone() {
        if let Some((reader, member)) = plan.resources.reader(contract, &handle.kind) {
            builder.call(reader, Value::Object(Map::from_iter([(member, Value::from(handle.name))])));
        }
    }
}

fn of_scenario(materials: Materials<'_>, case: &Case, scenario: usize, profile: Profile) -> Option<Program> {
    let scenario = materials.plan.suites.scenarios.get(scenario)?;
    if scenario.weight() > patience(profile) {
        return None;
    }
    let mut builder = Builder::new(materials, &case.id, 0);
    for number in 1..=9 {
        let name = format!("compare-{number}");
        builder
            .variables
            .insert(if number == 1 { "unique".to_owned() } else { format!("unique-{number}") }, name.into());
    }
    for step in &scenario.steps {
        for name in names(step) {
            if name.starts_with("unique") && !builder.variables.contains_key(&name) {
                let value = format!("compare-{}", name.trim_start_matches("unique-"));
                builder.variables.insert(name, Value::from(value));
            }
        }
        builder.variables.entry("other-region".to_owned()).or_insert_with(|| Value::from("eu-west-1"));
        builder.suite_step(step)?;
    }
    Some(builder.finish())
}

fn names(step: &crate::plan::suite::Step) -> Vec<String> {
    crate::generate::placeholder::names(&step.input).into_iter().map(str::to_owned).collect()
}
