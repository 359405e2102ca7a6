//! Fixtures: named sequences of steps that scenarios use in one line.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeArray, DeValue};

use super::Flaws;
use super::fill::{Budget, Filler};
use super::tree::{Node, Table, elements, list, list_mut, set, table_mut, take, take_list, take_table, take_text};
use crate::spec::did_you_mean;

/// The steps of an entry, and whether the entry's rule is the default of their assertions.
#[derive(Clone, Copy)]
pub(super) struct Reach {
    pub key: &'static str,
    pub inherits: bool,
}

/// A named sequence of steps: `[[fixture]]`.
struct Fixture<'t> {
    name: Spanned<String>,
    /// Parameters and what they are unless `with` says otherwise.
    defaults: Table<'t>,
    /// What a scenario that uses it needs of the target.
    needs: Vec<Node<'t>>,
    steps: Node<'t>,
    is_used: bool,
}

/// The fixtures of a file, in order.
#[derive(Default)]
pub(super) struct Fixtures<'t>(Vec<Fixture<'t>>);

impl<'t> Fixtures<'t> {
    pub fn read(written: Option<Node<'t>>, flaws: &mut Flaws) -> Fixtures<'t> {
        let mut found = Fixtures::default();
        for node in written.map(|node| elements(node, "fixture", flaws)).unwrap_or_default() {
            let place = node.span();
            let DeValue::Table(mut table) = node.into_inner() else {
                flaws.add(place, "the fixture is not a table", "write `[[fixture]]`");
                continue;
            };
            let name = take_text(&mut table, "name", flaws);
            let summary = take_text(&mut table, "summary", flaws);
            let defaults = take_table(&mut table, "defaults", flaws);
            let needs = take_list(&mut table, "needs", flaws);
            let steps = take(&mut table, "steps");
            for (key, _) in &table {
                let message = format!("a fixture has no `{}`", key.get_ref());
                flaws.add(key.span(), message, "it has `name`, `summary`, `defaults`, `needs` and `steps`");
            }
            match (name, summary, steps) {
                (Some(name), Some(_), Some(steps)) => {
                    if found.0.iter().any(|fixture| fixture.name == name) {
                        let message = format!("the fixture `{}` is defined twice", name.get_ref());
                        flaws.add(name.span(), message, "give it another name");
                    }
                    found.0.push(Fixture { name, defaults, needs, steps, is_used: false });
                }
                _ => flaws.add(place, "the fixture lacks a `name`, a `summary` or `steps`", "add what is missing"),
            }
        }
        found
    }

    /// Notes fixtures that nothing uses.
    pub fn unused(&self, flaws: &mut Flaws) {
        for fixture in self.0.iter().filter(|fixture| !fixture.is_used) {
            let message = format!("nothing uses the fixture `{}`", fixture.name.get_ref());
            flaws.add(fixture.name.span(), message, "write `{ use = \"NAME\" }` in a list of steps, or remove it");
        }
    }

    /// Puts the steps of fixtures in the place of the steps that use them.
    pub fn expand(&mut self, entry: &mut Table<'t>, reach: Reach, budget: &mut Budget, flaws: &mut Flaws) {
        let Some(steps) = entry.get_mut(reach.key) else { return };
        let place = steps.span();
        let Some(written) = list_mut(steps) else { return };
        let written: Vec<Node<'t>> = std::mem::replace(written, DeArray::new()).into_iter().collect();
        let mut needs = Vec::new();
        let all = self.0.len();
        let expanded = self.steps(written, all, &mut needs, budget, flaws);
        *steps = list(place.clone(), expanded);
        if !needs.is_empty() {
            let mut known: Vec<Node<'t>> = take_list(entry, "needs", flaws);
            let text = |need: &Node<'t>| need.get_ref().as_str().map(str::to_owned);
            for need in needs {
                if !known.iter().any(|known| text(known) == text(&need)) {
                    known.push(need);
                }
            }
            set(entry, "needs", list(place, known));
        }
    }

    /// Steps with those of the first so many fixtures in them.
    fn steps(
        &mut self,
        written: Vec<Node<'t>>,
        known: usize,
        needs: &mut Vec<Node<'t>>,
        budget: &mut Budget,
        flaws: &mut Flaws,
    ) -> Vec<Node<'t>> {
        let mut expanded = Vec::new();
        for mut step in written {
            if budget.is_spent() {
                break;
            }
            let place = step.span();
            let used = table_mut(&mut step).and_then(|table| Some((take_text(table, "use", flaws)?, table)));
            let Some((name, table)) = used else {
                expanded.push(step);
                continue;
            };
            let with = take_table(table, "with", flaws);
            let Some(index) = self.find(&name, known, flaws) else { continue };
            let steps = self.filled(index, &name, with, budget, flaws);
            if let Some(fixture) = self.0.get_mut(index) {
                fixture.is_used = true;
                needs.extend(fixture.needs.iter().cloned());
            }
            let steps = elements(steps, "steps", flaws);
            let mut steps = self.steps(steps, index, needs, budget, flaws);
            if let Some(last) = steps.last_mut().and_then(table_mut) {
                add(last, std::mem::take(table), flaws);
            }
            // What is wrong with the whole of a step is shown where the fixture is used.
            let moved = steps.into_iter().map(|step| Spanned::new(place.clone(), step.into_inner()));
            expanded.extend(moved);
        }
        expanded
    }

    fn find(&self, name: &Spanned<String>, known: usize, flaws: &mut Flaws) -> Option<usize> {
        let found = self.0.iter().position(|fixture| fixture.name == *name);
        if found.is_some_and(|index| index < known) {
            return found;
        }
        let (message, help) = match found {
            Some(_) => ("is not defined above", "define a fixture before the fixtures that use it"),
            None => ("is not a fixture of this file", "define it with `[[fixture]]`"),
        };
        let names = self.0.iter().take(known).map(|fixture| fixture.name.get_ref().as_str());
        let question = did_you_mean(name.get_ref(), names);
        flaws.add(name.span(), format!("`{}` {message}{question}", name.get_ref()), help);
        None
    }

    /// The steps of a fixture with its parameters replaced.
    fn filled(
        &self,
        index: usize,
        used: &Spanned<String>,
        with: Table<'t>,
        budget: &mut Budget,
        flaws: &mut Flaws,
    ) -> Node<'t> {
        let Some(fixture) = self.0.get(index) else { return list(used.span(), Vec::new()) };
        let owned = |table: &Table<'t>| -> BTreeMap<String, Node<'t>> {
            table.iter().map(|(name, value)| (name.get_ref().clone().into_owned(), value.clone())).collect()
        };
        let mut values = owned(&fixture.defaults);
        values.extend(owned(&with));
        let owner = format!("the fixture `{}`", used.get_ref());
        let mut filler = Filler { values, used: BTreeSet::new(), owner, budget, flaws };
        let steps = filler.fill(&fixture.steps);
        let needed = filler.used;
        for (given, _) in
            with.iter().chain(&fixture.defaults).filter(|(name, _)| !needed.contains(name.get_ref().as_ref()))
        {
            let message = format!("the fixture `{}` does not use the parameter `{}`", used.get_ref(), given.get_ref());
            let help = format!("write `<{}>` in its steps, or remove the value", given.get_ref());
            flaws.add(given.span(), message, help);
        }
        steps
    }
}

/// Adds what the step that uses a fixture says to the last step of the fixture: members to tables, elements to lists,
/// and everything else as it is.
fn add<'t>(last: &mut Table<'t>, said: Table<'t>, flaws: &mut Flaws) {
    for (key, value) in said {
        let name: Cow<'t, str> = key.get_ref().clone();
        match (last.get_mut(name.as_ref()).map(Spanned::get_mut), value.get_ref()) {
            (Some(DeValue::Table(known)), DeValue::Table(more)) => {
                known.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            (Some(DeValue::Array(known)), DeValue::Array(more)) => {
                more.iter().for_each(|element| known.push(element.clone()));
            }
            (Some(_), _) => {
                let message = format!("the last step of the fixture has a `{name}` of its own");
                flaws.add(key.span(), message, "remove it here, or make it a parameter of the fixture");
            }
            (None, _) => drop(last.insert(key, value)),
        }
    }
}
