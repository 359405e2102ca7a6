//! Values that follow from requests, on each side in its own way.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Driver;
use crate::compare::difference::{Differing, Kind};
use crate::compare::lists;
use crate::compare::play::{Key, Told};
use crate::compare::record;
use crate::compare::support::{Support, Supports};

/// Pairs of texts of both targets at one place, by the input that they belong to.
type PairsByInput = BTreeMap<String, Vec<(String, String)>>;

/// One of the texts of a pair.
type Pick = fn(&(String, String)) -> &String;

/// How both targets come to their values at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Derived {
    /// Each makes them of the request, in its own way.
    Differently,
    /// The first makes them of the request, the second makes up another one each time.
    ByA,
    /// The other way round.
    ByB,
}

impl Driver<'_> {
    /// Values that targets make of the same part of a request, each in its own way, or only one of them.
    pub(super) fn find_derived(&mut self) {
        let mut places: BTreeMap<(String, String), PairsByInput> = BTreeMap::new();
        for one in std::mem::take(&mut self.corresponding) {
            let inputs = places.entry((one.operation, one.path)).or_default();
            inputs.entry(one.input).or_default().push((one.a, one.b));
        }
        // What an operation names after the request, it may make other values of.
        let named: BTreeSet<String> = places
            .iter()
            .filter(|((operation, path), inputs)| {
                self.is_name(operation, path) && (follows(inputs, |pair| &pair.0) || follows(inputs, |pair| &pair.1))
            })
            .map(|((operation, _), _)| operation.clone())
            .collect();
        for ((operation, path), inputs) in places {
            let is_free = named.contains(&operation) || self.is_name(&operation, &path);
            if let Some(derived) = derived(&inputs).filter(|how| *how == Derived::Differently || !is_free) {
                self.note_derived(operation, path, &inputs, derived);
            }
        }
    }

    fn is_name(&self, operation: &str, path: &str) -> bool {
        let node = self.contract.operation(operation).and_then(|operation| operation.output.find(path));
        node.is_none_or(lists::is_name)
    }

    fn note_derived(&mut self, operation: String, path: String, inputs: &PairsByInput, derived: Derived) {
        let mut pairs = inputs.iter().flat_map(|(input, pairs)| pairs.iter().map(move |pair| (input, pair)));
        let Some((input, (a, b))) = pairs.find(|(_, (a, b))| a != b) else { return };
        let differing = Differing {
            kind: Kind::Derived,
            path: path.clone(),
            place: path.clone(),
            a: Some(Value::from(a.as_str())),
            b: Some(Value::from(b.as_str())),
            is_secret: false,
            ghost: None,
        };
        let input = serde_json::from_str(input).unwrap_or(Value::Null);
        let key = Key { operation: operation.clone(), path, kind: Kind::Derived, answers: None };
        let reason = match derived {
            Derived::Differently => "Both make the value of the request, each in its own way.",
            Derived::ByA => "A makes the value of the request; B shows another one for the same request.",
            Derived::ByB => "B makes the value of the request; A shows another one for the same request.",
        };
        let support = Support { side: Supports::Neither, reason: reason.to_owned(), clauses: Vec::new() };
        let difference = record::derived(self.contract, &operation, input, &differing, &support);
        self.add(&Told { step: 0, key, differing }, support, difference);
    }
}

/// How the values at a place come about, if that tells the targets apart.
fn derived(inputs: &PairsByInput) -> Option<Derived> {
    let (by_a, by_b) = (follows(inputs, |pair| &pair.0), follows(inputs, |pair| &pair.1));
    let is_one_pair_each = inputs.values().all(|pairs| pairs.iter().all(|pair| pairs.first() == Some(pair)));
    let differ = inputs.values().flatten().any(|(a, b)| a != b);
    match (by_a, by_b) {
        (true, true) => (differ && is_one_pair_each).then_some(Derived::Differently),
        (true, false) => makes_up(inputs, |pair| &pair.0, |pair| &pair.1).then_some(Derived::ByA),
        (false, true) => makes_up(inputs, |pair| &pair.1, |pair| &pair.0).then_some(Derived::ByB),
        (false, false) => None,
    }
}

/// Whether one target makes up what the other one makes of the request, and does not merely repeat.
fn makes_up(inputs: &PairsByInput, made_of_it: Pick, made_up: Pick) -> bool {
    let repeats = |(input, pairs): (&String, &Vec<(String, String)>)| {
        pairs.iter().all(|pair| input.contains(made_of_it(pair).as_str()))
    };
    !is_function(inputs, made_up) && !inputs.iter().all(repeats)
}

/// Whether the values of a target are the same for the same input, which came several times, and others for others.
fn follows(inputs: &PairsByInput, pick: Pick) -> bool {
    let is_repeated = inputs.values().any(|pairs| pairs.len() > 1);
    let values: BTreeSet<&String> = inputs.values().flatten().map(pick).collect();
    is_repeated && values.len() > 1 && is_function(inputs, pick)
}

fn is_function(inputs: &PairsByInput, pick: Pick) -> bool {
    inputs.values().all(|pairs| pairs.iter().map(pick).collect::<BTreeSet<_>>().len() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[(&str, &str, &str)]) -> Option<Derived> {
        let mut inputs = PairsByInput::new();
        for (input, a, b) in rows {
            inputs.entry((*input).to_owned()).or_default().push(((*a).to_owned(), (*b).to_owned()));
        }
        derived(&inputs)
    }

    #[test]
    fn what_follows_from_requests_is_told_from_what_is_made_up() {
        let (x, again, y) = (("x", "1", "1"), ("x", "1", "1"), ("y", "2", "2"));
        assert_eq!(of(&[x, again, y]), None, "both alike");
        assert_eq!(of(&[("x", "1", "3"), ("x", "1", "3"), ("y", "2", "4")]), Some(Derived::Differently));
        assert_eq!(of(&[("x", "1", "3"), ("x", "1", "5"), ("y", "2", "4")]), Some(Derived::ByA));
        assert_eq!(of(&[("x", "3", "1"), ("x", "5", "1"), ("y", "4", "2")]), Some(Derived::ByB));
        assert_eq!(of(&[("x", "3", "1"), ("x", "5", "2"), ("y", "4", "6")]), None, "both make it up");
        assert_eq!(of(&[("x", "1", "3"), ("x", "1", "5"), ("y", "1", "4")]), None, "always the same");
        assert_eq!(of(&[("x", "1", "3"), ("y", "2", "4")]), None, "no request came again");
        assert_eq!(of(&[("x", "x", "3"), ("x", "x", "5"), ("y", "y", "4")]), None, "the request's own text");
    }
}
