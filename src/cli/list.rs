//! `list`: every case and clause that `run` would check. Sends nothing.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::args::{ListArgs, ListFormat, PlanArgs, RunArgs};
use super::config;
use super::environment::Environment;
use super::error::CliError;
use super::exit::Exit;
use super::output::print;
use super::stages;
use crate::plan::{Case, Plan};
use crate::report::text::{count, visible};
use crate::spec::Contract;
use crate::spec::clause::ClauseIndex;

/// Lists what `run` would check.
pub fn list(args: ListArgs, environment: &Environment) -> Result<Exit, CliError> {
    let (flags, config) = config::read(RunArgs { plan: args.plan, ..RunArgs::default() }, environment)?;
    let PlanArgs { mut selection, shard } = config.under(flags).plan;
    let stages::Loaded { contract, suites } = stages::load(selection.spec.as_deref())?;
    stages::select_operations(&mut selection.only, &selection.operation, &contract)?;
    let shard = shard.unwrap_or_default();
    let plan = stages::plan(&contract, &suites, &selection.only, &selection.skip, shard)?;
    print(&match args.format {
        ListFormat::Text => text(&contract, &plan),
        ListFormat::Json => format!("{:#}\n", json(&contract, &plan)),
    });
    Ok(Exit::Success)
}

/// Cases by operation; those about none, such as scenarios, come last.
fn by_operation(plan: &Plan) -> Vec<(&str, Vec<&Case>)> {
    let mut groups: BTreeMap<(bool, &str), Vec<&Case>> = BTreeMap::new();
    for case in &plan.cases {
        let name = case.operation.as_deref();
        groups.entry((name.is_none(), name.unwrap_or("across operations"))).or_default().push(case);
    }
    groups.into_iter().map(|((_, name), cases)| (name, cases)).collect()
}

fn text(contract: &Contract, plan: &Plan) -> String {
    let mut page = String::new();
    for (operation, cases) in by_operation(plan) {
        let _ = writeln!(page, "{} ({})", visible(operation), count(cases.len() as u64, "case"));
        for case in cases {
            let _ = writeln!(page, "  {}", visible(&case.id));
        }
        page.push('\n');
    }
    let deciders = deciders(plan);
    let untested: Vec<(&str, String)> = plan
        .clauses
        .iter()
        .filter(|index| !deciders.contains_key(index))
        .map(|index| (contract.clauses.get(*index).id.as_str(), stages::reason(contract, *index)))
        .collect();
    if !untested.is_empty() {
        let _ = writeln!(page, "without a case ({})", count(untested.len() as u64, "clause"));
        for (clause, reason) in &untested {
            let _ = writeln!(page, "  {}: {}", visible(clause), visible(reason));
        }
        page.push('\n');
    }
    let decided = plan.clauses.iter().filter(|index| deciders.contains_key(index)).count() as u64;
    let _ = writeln!(
        page,
        "{} decide {} of {}",
        count(plan.cases.len() as u64, "case"),
        count(decided, "clause"),
        plan.clauses.len()
    );
    for note in &plan.notes {
        let _ = writeln!(page, "note: {}", visible(note));
    }
    page
}

/// The cases that decide each clause.
fn deciders(plan: &Plan) -> BTreeMap<ClauseIndex, Vec<&str>> {
    let mut deciders: BTreeMap<ClauseIndex, Vec<&str>> = BTreeMap::new();
    for case in &plan.cases {
        for clause in &case.clauses {
            deciders.entry(*clause).or_default().push(&case.id);
        }
    }
    deciders
}

fn json(contract: &Contract, plan: &Plan) -> Value {
    let deciders = deciders(plan);
    let clauses: Vec<Value> = plan
        .clauses
        .iter()
        .map(|index| {
            let clause = contract.clauses.get(*index);
            let cases = deciders.get(index).cloned().unwrap_or_default();
            json!({
                "id": clause.id,
                "operation": clause.operation,
                "tier": clause.tier,
                "section": clause.section,
                "statement": clause.statement,
                "reason": cases.is_empty().then(|| stages::reason(contract, *index)),
                "cases": cases,
            })
        })
        .collect();
    let cases: Vec<Value> = plan
        .cases
        .iter()
        .map(|case| {
            let clauses: Vec<&str> =
                case.clauses.iter().map(|index| contract.clauses.get(*index).id.as_str()).collect();
            json!({"id": case.id, "operation": case.operation, "summary": case.summary, "clauses": clauses})
        })
        .collect();
    json!({
        "schema": "ivs-conformance/list/1",
        "contract": {
            "service": contract.service.name,
            "version": contract.service.version,
            "sha256": contract.sha256,
        },
        "clauses": clauses,
        "cases": cases,
        "notes": plan.notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Suites;
    use crate::run::settings::Shard;

    fn listed(only: &[&str]) -> (Contract, Plan) {
        let contract = crate::spec::builtin().unwrap();
        let only: Vec<String> = only.iter().map(|glob| (*glob).to_owned()).collect();
        let plan = stages::plan(&contract, &Suites::builtin().unwrap(), &only, &[], Shard::default()).unwrap();
        (contract, plan)
    }

    #[test]
    fn every_clause_has_cases_or_a_reason() {
        let (contract, plan) = listed(&[]);
        let list = json(&contract, &plan);
        let clauses = list["clauses"].as_array().unwrap();
        assert_eq!(clauses.len(), contract.clauses.len());
        for clause in clauses {
            let has_cases = !clause["cases"].as_array().unwrap().is_empty();
            assert_ne!(has_cases, clause["reason"].is_string(), "{clause}");
        }
        assert_eq!(list["cases"].as_array().unwrap().len(), plan.cases.len());
    }

    #[test]
    fn the_text_names_every_case_once() {
        let (contract, plan) = listed(&["GetChannel.*"]);
        let page = text(&contract, &plan);
        for case in &plan.cases {
            let lines = page.lines().filter(|line| line.trim() == case.id).count();
            assert_eq!(lines, 1, "{}", case.id);
        }
    }

    #[test]
    fn a_glob_that_matches_nothing_is_refused() {
        let contract = crate::spec::builtin().unwrap();
        let only = ["nothing*".to_owned()];
        let error = stages::plan(&contract, &Suites::builtin().unwrap(), &only, &[], Shard::default()).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert!(error.message().contains("nothing*"));
    }
}
