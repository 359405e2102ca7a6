//! Cases: one scenario, or one probe, for each row of a table, which gives its parameters.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::DeValue;

use super::Flaws;
use super::fill::{Budget, Filler};
use super::tree::{Node, Table, elements, set, take};
use crate::spec::did_you_mean;

/// Tables of cases that several entries share: `[tables]`.
#[derive(Default)]
pub(super) struct Tables<'t> {
    rows: BTreeMap<String, Vec<Node<'t>>>,
    /// Where each table stands.
    places: BTreeMap<String, std::ops::Range<usize>>,
    /// Columns that some entry used, by table.
    used: BTreeMap<String, BTreeSet<String>>,
}

impl<'t> Tables<'t> {
    pub fn read(tables: Table<'t>, flaws: &mut Flaws) -> Tables<'t> {
        let mut read = Tables::default();
        for (name, rows) in tables {
            let place = name.span();
            let name = name.into_inner().into_owned();
            let rows = elements(rows, &name, flaws);
            read.places.insert(name.clone(), place);
            read.rows.insert(name, rows);
        }
        read
    }

    /// The rows that an entry runs through.
    fn rows(&mut self, cases: Node<'t>, flaws: &mut Flaws) -> (Option<String>, Vec<Node<'t>>) {
        let DeValue::String(name) = cases.get_ref() else { return (None, elements(cases, "cases", flaws)) };
        let Some(rows) = self.rows.get(name.as_ref()) else {
            let question = did_you_mean(name, self.rows.keys().map(String::as_str));
            let message = format!("the file has no table `{name}`{question}");
            flaws.add(cases.span(), message, "name a table of `[tables]`, or write the cases as a list");
            return (None, Vec::new());
        };
        (Some(name.clone().into_owned()), rows.clone())
    }

    /// Notes tables that nothing uses, and columns.
    pub fn unused(&self, flaws: &mut Flaws) {
        for (name, place) in &self.places {
            let Some(used) = self.used.get(name) else {
                flaws.add(place.clone(), format!("nothing uses the table `{name}`"), "use it, or remove it");
                continue;
            };
            let columns = self.rows.get(name).into_iter().flatten().filter_map(|row| row.get_ref().as_table());
            for (column, _) in
                columns.flat_map(|row| row.iter()).filter(|(column, _)| !used.contains(column.get_ref().as_ref()))
            {
                let message = format!("nothing uses the parameter `{}` of the table `{name}`", column.get_ref());
                flaws.add(column.span(), message, "use it, or remove it");
            }
        }
    }
}

/// What has cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scenario,
    /// Without cases, its texts are what is sent: they have no parameters.
    Probe,
}

impl Kind {
    fn noun(self) -> &'static str {
        match self {
            Kind::Scenario => "scenario",
            Kind::Probe => "probe",
        }
    }
}

/// The entries that a written one stands for: one for each of its cases, with every parameter replaced.
pub(super) fn expand<'t>(
    written: &Node<'t>,
    kind: Kind,
    tables: &mut Tables<'t>,
    budget: &mut Budget,
    flaws: &mut Flaws,
) -> Vec<Node<'t>> {
    let DeValue::Table(table) = written.get_ref() else { return vec![written.clone()] };
    let mut template = table.clone();
    let noun = kind.noun();
    let Some(cases) = take(&mut template, "cases") else {
        if kind == Kind::Probe {
            return vec![written.clone()];
        }
        let owner = format!("a {noun} without `cases`");
        let mut filler = Filler { values: BTreeMap::new(), used: BTreeSet::new(), owner, budget, flaws };
        return vec![filler.fill(written)];
    };
    let place = cases.span();
    let (shared, rows) = tables.rows(cases, flaws);
    if rows.is_empty() {
        flaws.add(place, format!("the {noun} has no cases"), "write a row for each case, or leave out `cases`");
    }
    let mut found = Vec::new();
    for row in rows {
        let DeValue::Table(values) = row.get_ref() else {
            flaws.add(row.span(), "the case is not a table", "write `{ name = \"…\", PARAMETER = VALUE }`");
            continue;
        };
        let mut template = template.clone();
        if !template.contains_key("name") {
            match values.get("name") {
                Some(name) => set(&mut template, "name", name.clone()),
                None => {
                    let help = format!("give the row a `name`, or the {noun} a `name` with parameters");
                    flaws.add(row.span(), "the case has no name", help);
                }
            }
        }
        let owned = values.iter().map(|(name, value)| (name.get_ref().clone().into_owned(), value.clone())).collect();
        let used = if table.contains_key("name") { BTreeSet::new() } else { BTreeSet::from(["name".to_owned()]) };
        let owner = "the case".to_owned();
        let mut filler = Filler { values: owned, used, owner, budget, flaws };
        found.push(filler.fill(&Spanned::new(written.span(), DeValue::Table(template))));
        let used = filler.used;
        match &shared {
            Some(shared) => tables.used.entry(shared.clone()).or_default().extend(used),
            None => unused(noun, values, &used, flaws),
        }
    }
    found
}

fn unused(noun: &str, values: &Table<'_>, used: &BTreeSet<String>, flaws: &mut Flaws) {
    for (name, _) in values.iter().filter(|(name, _)| !used.contains(name.get_ref().as_ref())) {
        let message = format!("the {noun} does not use the parameter `{}`", name.get_ref());
        flaws.add(name.span(), message, format!("write `<{}>` where it belongs, or remove it", name.get_ref()));
    }
}
