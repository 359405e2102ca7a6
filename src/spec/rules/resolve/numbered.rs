//! The numbered statements of the reference, with what became of each.

use std::collections::BTreeMap;

use super::super::extend::Gone;
use super::super::sources::Place;
use super::super::words::RulePlace;
use super::super::written::{File, Rule};
use super::super::{NumberedRule, Rules};

/// All statements by number. The ids of a statement are those of its own erratum, ambiguity and clauses, then those of
/// other rules that bear on it, then what it covers of the model.
pub(super) fn statements(files: &[File], gone: &Gone, rules: &Rules) -> Vec<(NumberedRule, Place)> {
    let bearing = bearing(rules);
    let mut found: Vec<(NumberedRule, Place)> = Vec::new();
    for (position, file) in files.iter().enumerate() {
        for (index, rule) in file.rule.iter().enumerate() {
            let Some(number) = rule.number.filter(|number| !gone.has(position, &format!("rule:{number}"))) else {
                continue;
            };
            let bearing = bearing.get(&number).into_iter().flatten().map(|id| (*id).to_owned());
            let ids = bearing.chain(rule.covers.iter().cloned()).collect();
            let statement = NumberedRule {
                number,
                place: rule.place.unwrap_or_else(|| place(rule)),
                ids,
                sections: rule.sections.clone(),
                statement: rule.statement.clone().unwrap_or_default(),
                reading: reading(rule),
                tier: rule.tier,
            };
            found.push((statement, Place::of(position, "rule", index)));
        }
    }
    found.sort_by_key(|(rule, _)| rule.number);
    found
}

/// Ids of all entries by the numbers that they bear on, those of the rule itself first.
fn bearing(rules: &Rules) -> BTreeMap<u32, Vec<&str>> {
    let mut own: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    let mut others: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    let mut add = |id, numbers: &[u32]| {
        for (position, number) in numbers.iter().enumerate() {
            let of = if position == 0 { &mut own } else { &mut others };
            of.entry(*number).or_default().push(id);
        }
    };
    rules.errata.iter().for_each(|entry| add(entry.id.as_str(), &entry.rules));
    rules.ambiguities.iter().for_each(|entry| add(entry.id.as_str(), &entry.rules));
    rules.input_rules.iter().for_each(|entry| add(entry.id.as_str(), &entry.rules));
    rules.output_rules.iter().for_each(|entry| add(entry.id.as_str(), &entry.rules));
    rules.scenario_rules.iter().for_each(|entry| add(entry.id.as_str(), &entry.rules));
    rules.defaults.iter().for_each(|entry| add(entry.id.as_str(), &entry.rules));
    let defined = rules.untestable.iter().filter(|entry| is_defined(&entry.clause));
    defined.for_each(|entry| add(entry.clause.as_str(), &entry.rules));
    for (number, ids) in others {
        own.entry(number).or_default().extend(ids);
    }
    own
}

/// Whether an entry without a case defines a clause of its own.
fn is_defined(clauses: &str) -> bool {
    super::super::super::clause_numbering::rule_kind(clauses).is_some()
}

/// What the harness accepts: as it is written, or as the erratum or the ambiguity says it.
fn reading(rule: &Rule) -> String {
    let of_erratum = || rule.erratum.as_ref().map(|erratum| erratum.reading.clone());
    let of_ambiguity = || rule.ambiguity.as_ref().map(|ambiguity| ambiguity.effect.clone());
    rule.reading.clone().or_else(of_erratum).or_else(of_ambiguity).unwrap_or_default()
}

/// What became of a rule, by what stands in it.
fn place(rule: &Rule) -> RulePlace {
    if rule.erratum.is_some() {
        return RulePlace::Erratum;
    }
    if rule.ambiguity.is_some() {
        return RulePlace::Ambiguity;
    }
    let ids = rule.input.iter().map(|entry| &entry.id);
    let ids = ids.chain(rule.output.iter().map(|entry| &entry.id));
    let ids = ids.chain(rule.scenario.iter().map(|entry| &entry.id));
    let mut ids = ids.chain(rule.default.iter().map(|entry| &entry.id));
    match ids.next().and_then(|id| id.split_once('.')) {
        Some(("protocol", _)) => RulePlace::Protocol,
        Some(("auth", _)) => RulePlace::Auth,
        Some(_) => RulePlace::Rule,
        None if rule.untestable.iter().flat_map(|entry| &entry.clauses).any(|clause| is_defined(clause)) => {
            RulePlace::Untestable
        }
        None => RulePlace::Model,
    }
}
