//! The written form of suites: fixtures, cases, loops and default rules, expanded into the entries that they stand for.
//!
//! The expansion works on the values of the file with their places, before they are read into types. So whatever is
//! wrong with an expanded entry is shown at the place where it is written.

mod cases;
mod fill;
mod fixtures;
mod rules;
#[cfg(test)]
mod tests;
mod tree;

use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use crate::spec::Flaw;
use cases::{Kind, Tables};
use fill::Budget;
use fixtures::{Fixtures, Reach};
use tree::{Node, list_mut, table_mut, take, take_table};

/// Reads a file and expands it.
///
/// # Errors
/// Text that is not TOML, and everything that is wrong with fixtures, cases, loops and default rules.
pub(super) fn expand(text: &str) -> Result<Spanned<DeTable<'_>>, Vec<Flaw>> {
    let mut root = DeTable::parse(text).map_err(|error| {
        let help = "write the file in TOML, e.g. as `suites/scenarios/regions.toml` is".to_owned();
        vec![(error.span().unwrap_or(0..0), error.message().trim().to_owned(), help)]
    })?;
    let file = root.get_mut();
    let mut flaws = Flaws::default();
    let mut fixtures = Fixtures::read(take(file, "fixture"), &mut flaws);
    let mut tables = Tables::read(take_table(file, "tables", &mut flaws), &mut flaws);
    let mut budget = Budget::default();
    if let Some(scenarios) = file.get_mut("scenario").and_then(list_mut) {
        let mut expanded = Vec::new();
        for scenario in scenarios.iter() {
            expanded.extend(cases::expand(scenario, Kind::Scenario, &mut tables, &mut budget, &mut flaws));
        }
        for scenario in &mut expanded {
            let reach = Reach { key: "steps", inherits: true };
            finish(scenario, reach, &mut fixtures, &mut budget, &mut flaws);
        }
        *scenarios = expanded.into_iter().collect();
    }
    if let Some(probes) = file.get_mut("probe").and_then(list_mut) {
        let expand = |probe: &_| cases::expand(probe, Kind::Probe, &mut tables, &mut budget, &mut flaws);
        *probes = probes.iter().flat_map(expand).collect();
    }
    for state in file.get_mut("state").and_then(list_mut).into_iter().flat_map(|states| states.iter_mut()) {
        for key in ["reach", "leave"] {
            finish(state, Reach { key, inherits: false }, &mut fixtures, &mut budget, &mut flaws);
        }
    }
    if let Some(ingest) = file.get_mut("ingest") {
        finish(ingest, Reach { key: "steps", inherits: false }, &mut fixtures, &mut budget, &mut flaws);
    }
    fixtures.unused(&mut flaws);
    tables.unused(&mut flaws);
    if flaws.0.is_empty() { Ok(root) } else { Err(flaws.0) }
}

/// Expands the steps of an entry: fixtures first, then default rules and groups of assertions.
fn finish<'t>(entry: &mut Node<'t>, reach: Reach, fixtures: &mut Fixtures<'t>, budget: &mut Budget, flaws: &mut Flaws) {
    let Some(table) = table_mut(entry) else { return };
    fixtures.expand(table, reach, budget, flaws);
    let rule = if reach.inherits { take(table, "rule") } else { None };
    rules::apply(table, reach.key, rule, flaws);
}

/// What is wrong with a file.
#[derive(Debug, Default)]
struct Flaws(Vec<Flaw>);

impl Flaws {
    fn add(&mut self, place: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.0.push((place, message.into(), help.into()));
    }
}
