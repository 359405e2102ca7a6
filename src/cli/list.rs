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

/// What is listed under one operation.
#[derive(Default)]
struct Group<'a> {
    clauses: Vec<ClauseIndex>,
    cases: Vec<&'a Case>,
}

/// Clauses and cases by operation; those about none, such as rules and scenarios, come last.
fn by_operation<'a>(contract: &'a Contract, plan: &'a Plan) -> Vec<(&'a str, Group<'a>)> {
    let key = |name: Option<&'a str>| (name.is_none(), name.unwrap_or("across operations"));
    let mut groups: BTreeMap<(bool, &str), Group<'_>> = BTreeMap::new();
    for index in &plan.clauses {
        let operation = contract.clauses.get(*index).operation.as_deref();
        groups.entry(key(operation)).or_default().clauses.push(*index);
    }
    for case in &plan.cases {
        groups.entry(key(case.operation.as_deref())).or_default().cases.push(case);
    }
    groups.into_iter().map(|((_, name), group)| (name, group)).collect()
}

fn text(contract: &Contract, plan: &Plan) -> String {
    let mut page = String::new();
    let deciders = deciders(plan);
    for (operation, Group { clauses, cases }) in by_operation(contract, plan) {
        let _ = writeln!(page, "{}", visible(operation));
        let _ = writeln!(page, "  {}", count(clauses.len() as u64, "clause"));
        for index in clauses {
            let id = visible(&contract.clauses.get(index).id);
            let reason = match deciders.contains_key(&index) {
                true => String::new(),
                false => format!(" (no case: {})", visible(&stages::reason(contract, index))),
            };
            let _ = writeln!(page, "    {id}{reason}");
        }
        let _ = writeln!(page, "  {}", count(cases.len() as u64, "case"));
        for case in cases {
            let _ = writeln!(page, "    {}", visible(&case.id));
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
    fn the_text_names_every_clause_and_every_case_once() {
        let (contract, plan) = listed(&["GetChannel.*"]);
        let page = text(&contract, &plan);
        let cases = plan.cases.iter().map(|case| case.id.as_str());
        let clauses = plan.clauses.iter().map(|index| contract.clauses.get(*index).id.as_str());
        let ids: Vec<&str> = cases.chain(clauses).collect();
        for id in &ids {
            let lines = page.lines().filter(|line| line.split_whitespace().next() == Some(id)).count();
            // An id may be both a clause's and a case's.
            assert_eq!(lines, ids.iter().filter(|other| *other == id).count(), "{id}");
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

    #[test]
    fn a_glob_that_lacks_its_star_or_a_letter_is_told_the_right_one() {
        let contract = crate::spec::builtin().unwrap();
        for (glob, meant) in [("GetChannel", "`GetChannel.*`"), ("GetChanel.*", "`GetChannel.*`")] {
            let only = [glob.to_owned()];
            let error = stages::plan(&contract, &Suites::builtin().unwrap(), &only, &[], Shard::default()).unwrap_err();
            assert!(error.message().contains(meant), "{}", error.message());
        }
    }
}
