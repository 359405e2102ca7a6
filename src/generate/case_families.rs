//! The families of requests that decide a case.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::Value;

use super::errors::{invalid_input_errors, refusal, rule_errors};
use super::family::{Family, Intent};
use super::generator::{Generator, runner};
use super::invalid::Candidate;
use super::set_at_path::set_at_path;
use super::valid::Scope;
use super::{bounds, invalid, valid};
use crate::plan::case::{Case, Check, Form};
use crate::plan::expectation::{Expectation, ExpectedError, not_found_errors};
use crate::plan::resources;
use crate::spec::clause::Constraint;
use crate::spec::contract::{Location, Node, Operation};

impl Generator {
    /// The families of requests of a case; none for scenarios and probes, and for what no request can show.
    pub fn families(&self, case: &Case) -> Vec<Family> {
        let operation = case.operation.as_deref().and_then(|name| self.contract.operation(name));
        let Some((operation, scope)) = operation.and_then(|operation| Some((operation, self.scope(operation)?))) else {
            return Vec::new();
        };
        match &case.check {
            Check::Valid { form } => vec![Family::valid(self.inputs_of_form(scope, *form), *form)],
            Check::Accepts { path, constraint } => self.accepting(operation, scope, path, *constraint),
            Check::Refuses { path, constraint } => self.refusing(operation, scope, path, *constraint),
            Check::RuleAccepts { rule } => self.rule_families(operation, scope, *rule, Side::Keeps),
            Check::RuleRefuses { rule } => self.rule_families(operation, scope, *rule, Side::Breaks),
            Check::UnknownResource { path } => self.unknown(operation, scope, path).into_iter().collect(),
            Check::Condition { code } => vec![self.condition(operation, code)],
            Check::Scenario { .. } | Check::Sequence { .. } | Check::Probe { .. } | Check::Recorded => Vec::new(),
        }
    }

    fn inputs_of_form(&self, scope: Scope<'_>, form: Form) -> Vec<BoxedStrategy<Value>> {
        let root = &scope.operation.input;
        match form {
            Form::Minimal => vec![self.smallest(scope.operation)],
            Form::Full => vec![valid::full(scope, root), valid::any(scope, root)],
            Form::Random => vec![valid::any(scope, root), valid::any(scope, root)],
        }
    }

    fn accepting(&self, operation: &Operation, scope: Scope<'_>, path: &str, constraint: Constraint) -> Vec<Family> {
        let Some(node) = operation.input.find(path) else { return Vec::new() };
        bounds::candidates(scope, node, constraint)
            .into_iter()
            .map(|candidate| {
                let expectation = self.acceptance(operation, node, constraint);
                // What may be refused although it keeps the constraint is outside some rule's unambiguous domain.
                let intent = if expectation.any_client_error { Intent::ByHand } else { Intent::Valid };
                self.planted(scope, path, candidate, expectation, intent)
            })
            .collect()
    }

    fn refusing(&self, operation: &Operation, scope: Scope<'_>, path: &str, constraint: Constraint) -> Vec<Family> {
        let Some(node) = operation.input.find(path) else { return Vec::new() };
        let Some(clause) = node.clause(constraint) else { return Vec::new() };
        let errors = invalid_input_errors(&self.contract, operation, constraint);
        let candidates = invalid::candidates(scope, node, constraint);
        let expectation = refusal(node, constraint, errors);
        let intent = Intent::Breaks(clause);
        let of_one = candidates.first();
        let among = of_one.map(|candidate| self.among_neighbours(scope, path, candidate, &expectation, intent));
        let alone = candidates.iter().cloned();
        let alone = alone.map(|candidate| self.planted(scope, path, candidate, expectation.clone(), intent));
        alone.chain(among.into_iter().flatten()).collect()
    }

    /// Valid requests by a caller for whom every call meets the error.
    fn condition(&self, operation: &Operation, code: &str) -> Family {
        let trigger = self.contract.rules.error_trigger(&operation.name, code);
        let also = trigger.map(|trigger| trigger.accepts.as_slice()).unwrap_or_default();
        let main = operation.error(code).map(|error| ExpectedError { code: error.code.clone(), status: error.status });
        let errors = main
            .into_iter()
            .chain(also.iter().map(|error| ExpectedError { code: error.code.clone(), status: error.status }));
        let mut family = Family::valid(vec![self.smallest(operation)], Form::Minimal);
        family.expectation = Expectation::refusal(errors.collect());
        family.note = format!("a valid request by a caller that meets {code}");
        family
    }

    fn unknown(&self, operation: &Operation, scope: Scope<'_>, path: &str) -> Option<Family> {
        let node = operation.input.find(path)?;
        let resource = resources::resource_of(node)?;
        let errors = not_found_errors(&self.contract, operation);
        let value = Value::from(format!("${{absent:{resource}}}"));
        let candidate = Candidate::exactly("the ARN of a resource that does not exist", value);
        Some(self.planted(scope, path, candidate, Expectation::refusal(errors), Intent::Valid))
    }

    fn rule_families(&self, operation: &Operation, scope: Scope<'_>, rule: usize, side: Side) -> Vec<Family> {
        let Some(rule) = self.contract.rules.input_rules.get(rule) else { return Vec::new() };
        let (values, expectation, noun) = match side {
            Side::Keeps => (&rule.accepted, Expectation::success(), "example"),
            Side::Breaks => (&rule.violating, Expectation::refusal(rule_errors(rule)), "breach"),
        };
        let given = rule.given.get(&operation.name);
        let prefix = format!("{}.input.", operation.name);
        let paths: Vec<&str> = rule.paths.iter().filter_map(|path| path.strip_prefix(&prefix)).collect();
        let mut families = Vec::new();
        for (number, value) in (1..).zip(values) {
            let note = format!("{noun} {number}");
            if paths.is_empty() {
                families.push(self.merged(scope, &note, given, value, expectation.clone()));
            }
            for path in &paths {
                let candidate = Candidate::exactly(note.clone(), value.clone());
                families.push(self.planted(scope, path, candidate, expectation.clone(), Intent::ByHand));
            }
        }
        let first_breach = values.first().filter(|_| side == Side::Breaks);
        families.extend(first_breach.into_iter().flat_map(|value| {
            let candidate = Candidate::exactly(format!("{noun} 1"), value.clone());
            let at = |path: &&str| self.among_neighbours(scope, path, &candidate, &expectation, Intent::ByHand);
            paths.iter().flat_map(at).collect::<Vec<_>>()
        }));
        families
    }

    /// Valid inputs with one special value.
    fn planted(
        &self,
        scope: Scope<'_>,
        path: &str,
        candidate: Candidate,
        expectation: Expectation,
        intent: Intent,
    ) -> Family {
        let contract = Arc::clone(&self.contract);
        let operation_name = scope.operation.name.clone();
        let fillers = fillers(scope, path);
        let bases = [self.smallest(scope.operation), valid::any(scope, &scope.operation.input)];
        let with_value = |base: BoxedStrategy<Value>| {
            let (contract, name, fillers, path) =
                (Arc::clone(&contract), operation_name.clone(), fillers.clone(), path.to_owned());
            (base, candidate.values.clone())
                .prop_map(move |(mut input, value)| {
                    if let Some(operation) = contract.operation(&name) {
                        let filler = |node: &Node| fillers.get(&node.path).cloned().unwrap_or(Value::Null);
                        set_at_path(&operation.input, &mut input, &path, value, &filler);
                    }
                    input
                })
                .boxed()
        };
        let varied = self.pooled(scope.operation).map(with_value);
        let inputs = bases.into_iter().map(with_value).collect();
        Family { varied, path: Some(path.to_owned()), ..Family::new(candidate.note, expectation, inputs, intent) }
    }

    /// The smallest valid input with the given members on top.
    fn merged(
        &self,
        scope: Scope<'_>,
        note: &str,
        given: Option<&serde_json::Map<String, Value>>,
        members: &Value,
        expectation: Expectation,
    ) -> Family {
        let (given, members) = (given.cloned().unwrap_or_default(), members.clone());
        let mut base = self.minimal_input(scope.operation);
        if let Value::Object(base) = &mut base {
            base.extend(given.clone());
        }
        let input = self.smallest(scope.operation).prop_map(move |mut input| {
            if let (Value::Object(input), Value::Object(members)) = (&mut input, &members) {
                input.extend(given.clone());
                input.extend(members.clone());
            }
            input
        });
        let family = Family::new(note.to_owned(), expectation, vec![input.boxed()], Intent::ByHand);
        Family { base: Some(base), ..family }
    }

    fn smallest(&self, operation: &Operation) -> BoxedStrategy<Value> {
        Just(self.minimal_input(operation)).boxed()
    }

    /// A value at a bound is accepted; an ARN or identifier made up for the purpose may name nothing, a token that no
    /// page gave out may be refused, and so may what the reference leaves open.
    fn acceptance(&self, operation: &Operation, node: &Node, constraint: Constraint) -> Expectation {
        let is_token = operation.pagination.as_ref().is_some_and(|pages| pages.input_token == node.path);
        let is_empty = constraint == Constraint::LengthMin && valid::lower_bound(node) == 0;
        let is_open =
            self.details.get(&operation.name).is_some_and(|details| details.open.contain(&node.path, &Value::from("")));
        if is_empty && (is_token || is_open || matches!(node.location, Location::Query(_))) {
            let mut expectation = Expectation::success();
            expectation.any_client_error = true;
            return expectation;
        }
        let names_something = valid::is_reference(node)
            || self.details.get(&operation.name).is_some_and(|details| details.left_out.contains(&node.path));
        match names_something {
            true => Expectation::success_or(not_found_errors(&self.contract, operation)),
            false => Expectation::success(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Keeps,
    Breaks,
}

/// Valid values for the containers on the way to `path`.
pub(super) fn fillers(scope: Scope<'_>, path: &str) -> BTreeMap<String, Value> {
    let mut runner = runner(0, path);
    let mut values = BTreeMap::new();
    for node in scope.operation.input.walk() {
        let is_on_the_way = path.strip_prefix(node.path.as_str()).is_some_and(|rest| rest.starts_with('.'));
        if is_on_the_way && let Ok(tree) = valid::minimal(scope, node).new_tree(&mut runner) {
            values.insert(node.path.clone(), tree.current());
        }
    }
    values
}
