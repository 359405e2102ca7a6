//! A value that breaks a constraint, among good neighbours: in the first, a middle and the last place of a collection.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Map, Value};

use super::case_families::fillers;
use super::family::{Family, Intent};
use super::generator::{Generator, runner};
use super::invalid::Candidate;
use super::set_at_path::set_at_path;
use super::valid::{self, Scope};
use crate::plan::expectation::Expectation;
use crate::spec::contract::{Node, NodeKind, Operation};

/// How many elements a short collection has.
const SHORT: u64 = 3;
/// How many a long one has at most.
const LONG: u64 = 12;
/// How many keys are drawn for each entry of a map, so that enough of them sort on either side of a special key.
const KEYS_PER_ENTRY: usize = 4;
/// How often a special key is drawn to see whether it can stand in a place at all: the empty one sorts before all others.
const TRIALS: usize = 8;

/// Where the special value of a family stands: the path of the collection, and the position in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    collection: String,
    index: usize,
}

impl Position {
    /// The input without the element or entry at the position.
    pub(super) fn left_out(&self, input: &Value) -> Option<Value> {
        let mut rest = input.clone();
        match at(&mut rest, &self.collection)? {
            Value::Array(elements) if self.index < elements.len() => drop(elements.remove(self.index)),
            Value::Object(entries) => {
                let key = entries.keys().nth(self.index).cloned()?;
                entries.remove(&key);
            }
            _ => return None,
        }
        Some(rest)
    }
}

impl Generator {
    /// Families with a candidate's value among good neighbours; none if the path leads through no collection.
    pub(super) fn among_neighbours(
        &self,
        scope: Scope<'_>,
        path: &str,
        candidate: &Candidate,
        expectation: &Expectation,
        intent: Intent,
    ) -> Vec<Family> {
        let Some(collection) = collection_of(scope.operation, path) else { return Vec::new() };
        let most = collection.constraints.length.and_then(|length| length.max).unwrap_or(LONG).min(LONG);
        // What checks one place only checks the first: the last tells most, and a run that asks little asks it first.
        let places = [(2, SHORT), (1, SHORT), (0, SHORT), (most.saturating_sub(1), most)];
        let fitting = places.into_iter().filter(|(index, of)| *of <= most && *index < *of && *of > 1);
        fitting
            .filter_map(|(index, of)| {
                let index = usize::try_from(index).ok()?;
                let inputs = match is_key_of(collection, path) {
                    true => self.key_at_position(scope, collection, candidate, (index, of))?,
                    false => self.at_position(scope, path, collection, candidate, (index, of))?,
                };
                let note = format!("{}, in place {} of {of}", candidate.note, index + 1);
                let position = Position { collection: collection.path.clone(), index };
                let family = Family::new(note, expectation.clone(), vec![inputs], intent);
                Some(Family { position: Some(position), ..family })
            })
            .collect()
    }

    fn at_position(
        &self,
        scope: Scope<'_>,
        path: &str,
        collection: &Node,
        candidate: &Candidate,
        (index, of): (usize, u64),
    ) -> Option<BoxedStrategy<Value>> {
        let neighbours = valid::of_size(scope, collection, of)?;
        let contract = std::sync::Arc::clone(self.contract());
        let (name, path, place) = (scope.operation.name.clone(), path.to_owned(), collection.path.clone());
        let fillers = fillers(scope, &path);
        let base = self.minimal_input(scope.operation);
        let values = (neighbours, candidate.values.clone()).prop_map(move |(neighbours, value)| {
            let mut input = base.clone();
            if let Some(operation) = contract.operation(&name) {
                let filler = |node: &Node| fillers.get(&node.path).cloned().unwrap_or(Value::Null);
                set_at_path(&operation.input, &mut input, &place, neighbours, &filler);
                set_at_path(&operation.input, &mut input, &path, value, &filler);
                move_to(&mut input, &place, index);
            }
            input
        });
        Some(values.boxed())
    }
}

impl Generator {
    /// Inputs with a special key among good ones. A map is sent in the order of its keys, so the good ones are chosen by how
    /// they sort; none if no special key sorts as the place asks.
    fn key_at_position(
        &self,
        scope: Scope<'_>,
        collection: &Node,
        candidate: &Candidate,
        (index, of): (usize, u64),
    ) -> Option<BoxedStrategy<Value>> {
        let NodeKind::Map { key, value } = &collection.kind else { return None };
        let number = usize::try_from(of).ok()?;
        let good = vec(valid::any(scope, key), number * KEYS_PER_ENTRY);
        let contents = vec(valid::any(scope, value), number);
        let contract = std::sync::Arc::clone(self.contract());
        let (name, path) = (scope.operation.name.clone(), collection.path.clone());
        let fillers = fillers(scope, &path);
        let base = self.minimal_input(scope.operation);
        let drawn = (good, contents, candidate.values.clone());
        let inputs = drawn.prop_map(move |(good, contents, special)| {
            let entries = keyed(special.as_str()?, &good, contents, index)?;
            let mut input = base.clone();
            let filler = |node: &Node| fillers.get(&node.path).cloned().unwrap_or(Value::Null);
            set_at_path(&contract.operation(&name)?.input, &mut input, &path, entries, &filler);
            Some(input)
        });
        let mut runner = runner(0, &collection.path);
        let can_stand_there = |_| inputs.new_tree(&mut runner).is_ok_and(|tree| tree.current().is_some());
        let is_possible = (0..TRIALS).any(can_stand_there);
        is_possible
            .then(|| inputs.prop_filter_map("good keys sort on both sides of the special one", |input| input).boxed())
    }
}

/// A map with a special key in a place of the order of its keys; none if too few good keys sort on either side of it.
fn keyed(special: &str, good: &[Value], contents: Vec<Value>, index: usize) -> Option<Value> {
    let good: BTreeSet<&str> = good.iter().filter_map(Value::as_str).collect();
    let after = contents.len().checked_sub(index + 1)?;
    let below: Vec<&str> = good.iter().copied().filter(|key| *key < special).take(index).collect();
    let above: Vec<&str> = good.iter().copied().filter(|key| *key > special).take(after).collect();
    if below.len() < index || above.len() < after {
        return None;
    }
    let keys = below.into_iter().chain([special]).chain(above).map(str::to_owned);
    Some(Value::Object(keys.zip(contents).collect::<Map<_, _>>()))
}

/// The outermost list or map that a path leads into.
fn collection_of<'c>(operation: &'c Operation, path: &str) -> Option<&'c Node> {
    let holds = |node: &&Node| {
        let is_collection = matches!(node.kind, NodeKind::List { .. } | NodeKind::Map { .. });
        is_collection && path.strip_prefix(node.path.as_str()).is_some_and(|rest| rest.starts_with('.'))
    };
    operation.input.walk().into_iter().filter(holds).min_by_key(|node| node.path.len())
}

fn is_key_of(collection: &Node, path: &str) -> bool {
    matches!(&collection.kind, NodeKind::Map { key, .. } if key.path == path)
}

/// Moves what stands first in a collection to another place.
fn move_to(input: &mut Value, collection: &str, index: usize) {
    match at(input, collection) {
        Some(Value::Array(elements)) if index < elements.len() => elements.swap(0, index),
        Some(Value::Object(entries)) => {
            let keys: Vec<String> = entries.keys().cloned().collect();
            let (Some(first), Some(other)) = (keys.first(), keys.get(index)) else { return };
            let (one, two) = (entries.get(first).cloned(), entries.get(other).cloned());
            if let (Some(one), Some(two)) = (one, two) {
                entries.insert(first.clone(), two);
                entries.insert(other.clone(), one);
            }
        }
        _ => {}
    }
}

/// What stands at a path of members.
fn at<'v>(value: &'v mut Value, path: &str) -> Option<&'v mut Value> {
    path.split('.').try_fold(value, |value, name| value.get_mut(name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::*;
    use crate::plan::case::{Case, Check};
    use crate::plan::{Filter, Suites, plan};

    #[test]
    fn a_bad_element_stands_in_every_place_and_its_control_lacks_it() {
        let contract = Arc::new(crate::spec::builtin().unwrap());
        let plan = plan(&contract, &Suites::builtin().unwrap(), &Filter::default()).unwrap();
        let generator = Generator::new(Arc::clone(&contract), &BTreeSet::new()).unwrap();
        let is_about = |case: &&Case| {
            let is_pattern = matches!(&case.check, Check::Refuses { path, constraint }
                if path == "arns.member" && *constraint == crate::spec::clause::Constraint::Pattern);
            is_pattern && case.operation.as_deref() == Some("BatchGetChannel")
        };
        let case = plan.cases.iter().find(is_about).unwrap();
        let operation = contract.operation("BatchGetChannel").unwrap();
        let mut places = BTreeSet::new();
        for family in generator.families(case) {
            let Some(position) = &family.position else { continue };
            let (_, input) = generator.draw(operation, &family, &mut runner(1, "positions")).unwrap();
            let number = input["arns"].as_array().unwrap().len();
            let control = generator.control(operation, &family, &input).unwrap();
            assert_eq!(control["arns"].as_array().unwrap().len(), number - 1, "{control}");
            places.insert((position.index, number));
        }
        assert_eq!(places, BTreeSet::from([(0, 3), (1, 3), (2, 3), (11, 12)]));
    }

    #[test]
    fn a_bad_key_stands_in_every_place_of_the_order_and_its_control_lacks_it() {
        let contract = Arc::new(crate::spec::builtin().unwrap());
        let plan = plan(&contract, &Suites::builtin().unwrap(), &Filter::default()).unwrap();
        let generator = Generator::new(Arc::clone(&contract), &BTreeSet::new()).unwrap();
        let operation = contract.operation("TagResource").unwrap();
        let places = |wanted: crate::spec::clause::Constraint| {
            let is_about = |case: &&Case| {
                let is_key = matches!(&case.check, Check::Refuses { path, constraint }
                    if path == "tags.key" && *constraint == wanted);
                is_key && case.operation.as_deref() == Some("TagResource")
            };
            let case = plan.cases.iter().find(is_about).unwrap();
            let is_bad = |key: &&String| !(1..=128).contains(&key.chars().count());
            let mut places = BTreeSet::new();
            for family in generator.families(case).iter().filter(|family| family.is_among_neighbours()) {
                for seed in 0..20 {
                    let (_, input) = generator.draw(operation, family, &mut runner(seed, "keys")).unwrap();
                    let tags = input["tags"].as_object().unwrap();
                    let bad: Vec<usize> =
                        (0..).zip(tags.keys()).filter(|(_, key)| is_bad(key)).map(|(at, _)| at).collect();
                    assert_eq!(bad, [family.position.as_ref().unwrap().index], "{input}");
                    let control = generator.control(operation, family, &input).unwrap();
                    assert_eq!(control["tags"].as_object().unwrap().len(), tags.len() - 1, "{control}");
                    places.insert((bad[0], tags.len()));
                }
            }
            places
        };
        let anywhere = BTreeSet::from([(0, 3), (1, 3), (2, 3), (11, 12)]);
        assert_eq!(places(crate::spec::clause::Constraint::LengthMax), anywhere);
        // Nothing sorts before the empty key.
        assert_eq!(places(crate::spec::clause::Constraint::LengthMin), BTreeSet::from([(0, 3)]));
    }
}
