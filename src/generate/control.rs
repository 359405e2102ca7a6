//! Controls: what a request that must be refused is without its violation.

use std::cell::OnceCell;
use std::iter::once_with;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::Value;

use super::case_families::fillers;
use super::family::Family;
use super::generator::{Generator, finished, runner};
use super::set_at_path::set_at_path;
use super::valid;
use crate::spec::contract::{Node, Operation};

impl Generator {
    /// The valid request closest to `input`, an input of the family; `None` if no such request is known.
    pub fn control(&self, operation: &Operation, family: &Family, input: &Value) -> Option<Value> {
        let path = family.path.as_deref();
        let with_value = path.iter().filter_map(|path| self.with_small_value(operation, path, input));
        let omitting = path.iter().filter_map(|path| without_optional_member(operation, path, input));
        let without = family.position.as_ref().and_then(|position| position.left_out(input));
        let others = family.base.iter().cloned().chain(once_with(|| self.minimal_input(operation)));
        let mut candidates = without.into_iter().chain(with_value).chain(omitting).chain(others).map(finished);
        candidates.find(|candidate| self.is_valid(operation, candidate))
    }

    /// The input with a small valid value at the path. `None` if no value there is legal in every state: valid requests leave
    /// it out.
    fn with_small_value(&self, operation: &Operation, path: &str, input: &Value) -> Option<Value> {
        let (node, scope) = (operation.input.find(path)?, self.scope(operation)?);
        if scope.left_out.iter().any(|left_out| left_out == top_of(path) || left_out == path) {
            return None;
        }
        let small = valid::minimal(scope, node).new_tree(&mut runner(0, path)).ok()?.current();
        let around = OnceCell::new();
        let filler = |node: &Node| {
            let fillers = around.get_or_init(|| fillers(scope, path));
            fillers.get(&node.path).cloned().unwrap_or(Value::Null)
        };
        let mut repaired = input.clone();
        set_at_path(&operation.input, &mut repaired, path, small, &filler);
        Some(repaired)
    }
}

/// The input without the optional member that the path leads into.
fn without_optional_member(operation: &Operation, path: &str, input: &Value) -> Option<Value> {
    let name = top_of(path);
    operation.input.member(name).filter(|member| !member.is_required)?;
    let mut without = input.clone();
    without.as_object_mut()?.remove(name);
    Some(without)
}

/// The member of the input that a path begins with.
fn top_of(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
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
