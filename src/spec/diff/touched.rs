//! What a change touches beyond the clause itself: rules that speak of it.

use std::collections::BTreeSet;

use super::super::contract::Contract;
use super::super::globs::is_match;

/// Whether a path of a rule, scenario or baseline speaks of what changed: one leads to the other. Both are ids or paths
/// such as `Operation`, `Operation.input.path` or `Operation.input.path.length.max`.
pub fn speaks_of(path: &str, changed: &str) -> bool {
    let leads =
        |from: &str, to: &str| to.strip_prefix(from).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    leads(path, changed) || leads(changed, path)
}

/// Ids of the rules, defaults, error triggers and errata of a contract that speak of a change, by id.
pub fn rules_of(contract: &Contract, changed: &str) -> Vec<String> {
    let rules = &contract.rules;
    let operation = changed.split('.').next().unwrap_or(changed);
    let is_about = |path: &String| speaks_of(path, changed);
    let names = |operations: &[String]| changed == operation && operations.iter().any(|name| name == operation);
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut keep = |id: &str, is_touched: bool| {
        if is_touched {
            found.insert(id.to_owned());
        }
    };
    for rule in &rules.input_rules {
        keep(&rule.id, rule.id == changed || rule.paths.iter().any(is_about) || names(&rule.operations));
    }
    for rule in &rules.output_rules {
        keep(&rule.id, rule.id == changed || rule.paths.iter().any(is_about));
    }
    for rule in &rules.scenario_rules {
        keep(&rule.id, rule.id == changed || names(&rule.operations));
    }
    for rule in &rules.defaults {
        let places =
            [format!("{}.input.{}", rule.operation, rule.member), format!("{}.output.{}", rule.operation, rule.output)];
        keep(&rule.id, rule.id == changed || places.iter().any(is_about));
    }
    for trigger in &rules.error_triggers {
        let id = format!("{}.error.{}", trigger.operation, trigger.code);
        keep(&id, speaks_of(&id, changed));
    }
    for erratum in &rules.errata {
        keep(&erratum.id, erratum.places.iter().any(|glob| is_match(glob, changed)));
    }
    found.into_iter().collect()
}
