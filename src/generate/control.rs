//! Controls: what a request that must be refused is without its violation.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::Value;

use super::case_families::fillers;
use super::family::Family;
use super::generator::{Generator, finished, runner};
use super::invalid::ABSENT;
use super::set_at_path::set_at_path;
use super::valid;
use crate::spec::contract::{Node, Operation};

impl Generator {
    /// The valid request closest to `input`, an input of the family; `None` if no such request is known.
    pub fn control(&self, operation: &Operation, family: &Family, input: &Value) -> Option<Value> {
        let repaired = family.path.as_deref().into_iter().flat_map(|path| self.repaired(operation, path, input));
        let without = family.position.as_ref().and_then(|position| position.left_out(input));
        let others = family.base.iter().cloned().chain([self.minimal_input(operation)]);
        let mut candidates = without.into_iter().chain(repaired).chain(others).map(finished);
        candidates.find(|candidate| self.is_valid(operation, candidate))
    }

    /// The input with a small valid value at the path, or without the member, if it is optional.
    fn repaired(&self, operation: &Operation, path: &str, input: &Value) -> Vec<Value> {
        let (Some(node), Some(scope)) = (operation.input.find(path), self.scope(operation)) else { return Vec::new() };
        let top = path.split('.').next().unwrap_or(path);
        let fillers = fillers(scope, path);
        let filler = |node: &Node| fillers.get(&node.path).cloned().unwrap_or(Value::Null);
        let planted = |path: &str, value: Value| {
            let mut repaired = input.clone();
            set_at_path(&operation.input, &mut repaired, path, value, &filler);
            repaired
        };
        // What valid requests leave out has no value that is legal in every state.
        let has_legal_value = !scope.left_out.iter().any(|left_out| left_out == top || left_out == path);
        let small = valid::minimal(scope, node).new_tree(&mut runner(0, path)).ok().map(|tree| tree.current());
        let is_optional = operation.input.member(top).is_some_and(|member| !member.is_required);
        let with_value = small.filter(|_| has_legal_value).map(|value| planted(path, value));
        let without = is_optional.then(|| planted(top, Value::from(ABSENT)));
        with_value.into_iter().chain(without).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::plan::case::Check;
    use crate::plan::{Filter, Suites, plan};

    #[test]
    fn every_negative_case_has_a_valid_control() {
        let contract = Arc::new(crate::spec::builtin().unwrap());
        let plan = plan(&contract, &Suites::builtin().unwrap(), &Filter::default()).unwrap();
        let generator = Generator::new(Arc::clone(&contract), &BTreeSet::new()).unwrap();
        let mut number = 0;
        for case in &plan.cases {
            let is_negative =
                matches!(case.check, Check::Refuses { .. } | Check::RuleRefuses { .. } | Check::UnknownResource { .. });
            let Some(operation) = case.operation.as_deref().and_then(|name| contract.operation(name)) else { continue };
            for family in generator.families(case).iter().filter(|_| is_negative) {
                let Some((_, input)) = generator.draw(operation, family, &mut runner(1, &case.id)) else { continue };
                let control = generator.control(operation, family, &input).unwrap();
                assert!(generator.is_valid(operation, &control), "{}: {control}", case.id);
                assert_ne!(control, finished(input), "{}", case.id);
                number += 1;
            }
        }
        assert!(number > 1_000, "{number}");
    }
}
