//! The smallest valid input of an operation, and what the target accepted.

use proptest::strategy::ValueTree;
use serde_json::Value;

use crate::generate::family::Family;
use crate::generate::generator::*;
use crate::generate::valid::{self};
use crate::plan::case::Form;
use crate::spec::contract::Operation;

impl Generator {
    /// A smallest valid input of an operation, the same at every call: the one that was seen to be accepted, if there is
    /// one.
    pub fn minimal_input(&self, operation: &Operation) -> Value {
        let details = self.details.get(&operation.name);
        if let Some(accepted) = details.and_then(|details| details.accepted.read().clone()) {
            return accepted.smallest;
        }
        let known = self.details.get(&operation.name).and_then(|details| details.minimal.get());
        if let Some(known) = known {
            return known.clone();
        }
        let found = self.find_minimal(operation);
        if let Some(details) = self.details.get(&operation.name) {
            let _ = details.minimal.set(found.clone());
        }
        found
    }

    /// Remembers inputs that the target accepted: other requests start from them.
    pub fn accept(&self, operation: &Operation, accepted: Accepted) {
        if let Some(details) = self.details.get(&operation.name) {
            *details.accepted.write() = Some(accepted);
        }
    }

    /// The input to make a resource with that tests look at: the one with most members that was seen to be accepted, so
    /// that responses show them, else a smallest one.
    pub fn telling_input(&self, operation: &Operation) -> Value {
        let accepted = self.details.get(&operation.name).and_then(|details| details.accepted.read().clone());
        accepted.map_or_else(|| self.minimal_input(operation), |accepted| accepted.richest)
    }

    /// Valid inputs of an operation to look for one that a target accepts, the likeliest first; all follow from the model.
    pub fn starting_points(&self, operation: &Operation) -> Vec<Value> {
        let mut found = vec![self.minimal_input(operation)];
        let Some(scope) = self.scope(operation) else { return found };
        let root = &operation.input;
        let mut runner = runner(2, &operation.name);
        for (inputs, times) in
            [(valid::small(scope, root), 1), (valid::full(scope, root), 2), (valid::any(scope, root), 16)]
        {
            let family = Family::valid(vec![inputs], Form::Random);
            let drawn = (0..times).filter_map(|_| self.draw_plain(operation, &family, &mut runner));
            found.extend(drawn.map(|(_, input)| finished(input)));
        }
        let mut seen: Vec<Value> = Vec::new();
        found.retain(|input| {
            !seen.contains(input) && {
                seen.push(input.clone());
                true
            }
        });
        found
    }

    /// Required members only, where that is valid; else a random valid input, shrunk as far as it stays valid.
    pub(super) fn find_minimal(&self, operation: &Operation) -> Value {
        let empty = Value::Object(serde_json::Map::new());
        let Some(scope) = self.scope(operation) else { return empty };
        let mut runner = runner(0, &operation.name);
        let root = &operation.input;
        for inputs in [vec![valid::minimal(scope, root)], vec![valid::any(scope, root)]] {
            let family = Family::valid(inputs, Form::Minimal);
            if let Some((mut tree, mut smallest)) = self.draw(operation, &family, &mut runner) {
                let mut steps = 0;
                while steps < 400 && tree.simplify() {
                    steps += 1;
                    while !self.is_intended(operation, &family, &tree.current()) && tree.complicate() {
                        steps += 1;
                    }
                    if self.is_intended(operation, &family, &tree.current()) {
                        smallest = tree.current();
                    }
                }
                return finished(smallest);
            }
        }
        empty
    }
}

/// Inputs of one operation that a target accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The one with the fewest members.
    pub smallest: Value,
    /// The one with the most members.
    pub richest: Value,
}
