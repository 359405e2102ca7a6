//! Whether an input that somebody else made up is legal, as far as the contract tells for certain.

use serde_json::Value;

use super::errors::{invalid_input_errors, refusal, rule_errors};
use super::generator::{Details, Generator};
use super::placeholder::{self, Placeholder};
use super::valid;
use crate::plan::expectation::Expectation;
use crate::spec::Arn;
use crate::spec::clause::{ClauseIndex, ClauseKind, Constraint};
use crate::spec::contract::{Node, NodeKind, Operation};
use crate::spec::rules::{Generator as Source, InputRule};

/// What the contract says of an input.
#[derive(Debug, Clone, PartialEq)]
pub enum Legality {
    /// It keeps every constraint.
    Legal {
        /// Why it may be refused as invalid all the same; none if it may not.
        doubt: Option<&'static str>,
    },
    /// The contract does not say, for this reason.
    Open(&'static str),
    /// It breaks these clauses, each with the responses that the contract allows.
    Broken(Vec<(ClauseIndex, Expectation)>),
}

impl Generator {
    /// What the contract says of an input. Without any knowledge of the target's state, and never more than is certain.
    pub fn legality(&self, operation: &Operation, input: &Value) -> Legality {
        let (Some(details), Some(prover)) = (self.details.get(&operation.name), self.prover(operation)) else {
            return Legality::Open("the contract says too little of the operation");
        };
        if input.to_string().contains("${") {
            return Legality::Open("a value has the form of a placeholder");
        }
        if self.has_open_value(operation, details, input) {
            return Legality::Open("the contract leaves open whether a value is legal");
        }
        let without_nulls = without_nulls(input.clone());
        let broken = prover.broken(operation, without_nulls.clone());
        let mut roots: Vec<(ClauseIndex, Expectation)> = Vec::new();
        for clause in broken.iter().filter(|clause| self.is_root(**clause, broken.iter())) {
            match self.expected_refusal(operation, *clause, &without_nulls) {
                Some(expectation) => roots.push((*clause, expectation)),
                None => continue,
            }
        }
        if !roots.is_empty() {
            return Legality::Broken(roots);
        }
        if !broken.is_empty() {
            return Legality::Open("the contract leaves open whether the input is legal");
        }
        if without_nulls != *input {
            return Legality::Open("a member is null, which may stand for an absent one");
        }
        Legality::Legal { doubt: self.doubt(operation, details, input) }
    }

    /// Whether an input, perhaps with placeholders, breaks something, and nothing that is refused for certain.
    pub fn is_left_open(&self, operation: &Operation, input: &Value) -> bool {
        let Some(prover) = self.prover(operation) else { return false };
        let broken = prover.broken(operation, input.clone());
        !broken.is_empty() && broken.iter().all(|clause| self.expected_refusal(operation, *clause, input).is_none())
    }

    /// Whether a broken clause does not merely follow from another broken one.
    fn is_root<'c>(&self, clause: ClauseIndex, mut broken: impl Iterator<Item = &'c ClauseIndex>) -> bool {
        !broken.any(|other| *other != clause && self.follows(clause, *other))
    }

    /// The responses to an input that breaks a clause; `None` if it may succeed.
    fn expected_refusal(&self, operation: &Operation, clause: ClauseIndex, input: &Value) -> Option<Expectation> {
        let found = self.contract.clauses.get(clause);
        let expectation = match &found.kind {
            ClauseKind::Input { path, constraint } => {
                let node = operation.input.find(path)?;
                refusal(node, *constraint, invalid_input_errors(&self.contract, operation, *constraint))
            }
            // What breaks a rule's schema is not necessarily invalid, but what has the form of its examples is.
            ClauseKind::Rule => {
                let rule = self.contract.rules.input_rule(&found.id)?;
                let is_certain = !rule.given.contains_key(&operation.name) && self.has_example(operation, rule, input);
                is_certain.then(|| Expectation::refusal(rule_errors(rule)))?
            }
            _ => return None,
        };
        (!expectation.success).then_some(expectation)
    }

    fn has_open_value(&self, operation: &Operation, details: &Details, input: &Value) -> bool {
        let mut is_open = false;
        visit(&operation.input, input, &mut |node, value| {
            is_open |= details.open.contain(&node.path, value);
            is_open |= matches!(value, Value::String(text) if self.most_bytes(operation, node) < text.len());
        });
        is_open
    }

    /// Whether an input has the form of an example that breaks the rule.
    fn has_example(&self, operation: &Operation, rule: &InputRule, input: &Value) -> bool {
        if rule.paths.is_empty() {
            return rule.violating.iter().any(|example| self.holds(input, example));
        }
        let examples = rule.violating.iter().filter(|example| placeholder::names(example).is_empty());
        let examples: Vec<&Value> = examples.collect();
        let mut found = false;
        visit(&operation.input, input, &mut |node, value| {
            let path = format!("{}.input.{}", operation.name, node.path);
            found |= rule.paths.contains(&path) && examples.contains(&value);
        });
        found
    }

    /// Whether an object has all that the example has.
    fn holds(&self, value: &Value, example: &Value) -> bool {
        match (value, example) {
            (Value::Object(value), Value::Object(example)) => {
                example.iter().all(|(name, below)| value.get(name).is_some_and(|value| self.holds(value, below)))
            }
            (Value::String(text), Value::String(example)) => {
                text == example || placeholder::whole(example).is_some_and(|name| self.may_be(text, name))
            }
            _ => value == example,
        }
    }

    /// Whether a text is an ARN of the type that a placeholder stands for.
    fn may_be(&self, text: &str, name: &str) -> bool {
        let resource = match Placeholder::parse(name) {
            Placeholder::Resource { resource, .. } | Placeholder::Absent { resource, .. } => resource,
            Placeholder::Variable(resource) => resource,
            Placeholder::PublicKey { .. } => return false,
        };
        let form = |text: &str| Arn::parse(text).map(|arn| (arn.service.to_owned(), arn.resource_type.to_owned()));
        let wanted = self.stand_in(&resource).and_then(form);
        wanted.is_some() && wanted == form(text)
    }

    /// The longest text in bytes that a rule allows at a node.
    fn most_bytes(&self, operation: &Operation, node: &Node) -> usize {
        let limits = rules_at(&self.contract.rules.input_rules, operation, node).filter_map(|rule| rule.max_utf8_bytes);
        limits.min().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
    }

    /// Why an input that keeps every constraint may be refused as invalid.
    fn doubt(&self, operation: &Operation, details: &Details, input: &Value) -> Option<&'static str> {
        let mut doubt = None;
        visit(&operation.input, input, &mut |node, value| {
            let is_token = operation.pagination.as_ref().is_some_and(|pages| pages.input_token == node.path);
            let must_be_known =
                |rule: &InputRule| matches!(rule.generator, Some(Source::EcdsaPublicKey(_) | Source::Target));
            let mut rules = rules_at(&self.contract.rules.input_rules, operation, node);
            if valid::is_reference(node) || node.resource.is_some() || details.left_out.contains(&node.path) || is_token
            {
                doubt = doubt.or(Some("it names a resource, whose state is not known"));
            } else if rules.any(must_be_known) {
                doubt = doubt.or(Some("it holds a value of which the contract says only in part which are legal"));
            }
            if details.distinct.contains(&node.path) && has_twins(value) {
                doubt = doubt.or(Some("it has a list with the same element twice"));
            }
            if has_unknown_members(node, value) {
                doubt = doubt.or(Some("it has a member that the contract does not know"));
            }
        });
        doubt
    }
}

/// Calls back for every value that the shape has a node for, from the outside in. Keys of maps count.
pub fn visit(node: &Node, value: &Value, each: &mut dyn FnMut(&Node, &Value)) {
    each(node, value);
    match (&node.kind, value) {
        (NodeKind::Structure(members) | NodeKind::Union(members), Value::Object(object)) => {
            for member in members {
                if let Some(value) = object.get(&member.name) {
                    visit(member, value, each);
                }
            }
        }
        (NodeKind::List { element }, Value::Array(elements)) => {
            elements.iter().for_each(|value| visit(element, value, each));
        }
        (NodeKind::Map { key, value: below }, Value::Object(entries)) => {
            for (name, value) in entries {
                each(key, &Value::from(name.as_str()));
                visit(below, value, each);
            }
        }
        _ => {}
    }
}

fn has_unknown_members(node: &Node, value: &Value) -> bool {
    match (&node.kind, value) {
        (NodeKind::Structure(_) | NodeKind::Union(_), Value::Object(object)) => {
            object.keys().any(|name| node.member(name).is_none())
        }
        _ => false,
    }
}

fn has_twins(value: &Value) -> bool {
    let elements = value.as_array().map(Vec::as_slice).unwrap_or_default();
    elements
        .iter()
        .enumerate()
        .any(|(position, element)| elements.iter().skip(position + 1).any(|other| other == element))
}

/// The rules on the values at one node.
fn rules_at<'r>(
    rules: &'r [InputRule],
    operation: &Operation,
    node: &Node,
) -> impl Iterator<Item = &'r InputRule> + use<'r> {
    let path = format!("{}.input.{}", operation.name, node.path);
    rules.iter().filter(move |rule| rule.paths.contains(&path))
}

/// The value without members that are null.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(elements) => Value::Array(elements.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

impl Generator {
    /// The error codes by which an operation refuses an input as invalid.
    pub fn codes_of_invalid_input(&self, operation: &Operation) -> Vec<String> {
        let errors = invalid_input_errors(&self.contract, operation, Constraint::Type);
        errors.into_iter().map(|error| error.code).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    fn legality(operation: &str, input: Value) -> Legality {
        let contract = Arc::new(crate::spec::builtin().unwrap());
        let generator = Generator::new(Arc::clone(&contract), &BTreeSet::new()).unwrap();
        generator.legality(contract.operation(operation).unwrap(), &input)
    }

    fn broken(operation: &str, input: Value) -> Vec<String> {
        let contract = crate::spec::builtin().unwrap();
        match legality(operation, input) {
            Legality::Broken(roots) => {
                roots.iter().map(|(clause, _)| contract.clauses.get(*clause).id.clone()).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn what_is_certain_is_said() {
        assert_eq!(legality("CreateChannel", json!({"name": "a"})), Legality::Legal { doubt: None });
        assert_eq!(broken("CreateChannel", json!({"name": "a".repeat(129)})), ["CreateChannel.input.name.length.max"]);
        assert_eq!(broken("CreateChannel", json!({"type": 1})), ["CreateChannel.input.type.type"]);
        assert_eq!(
            broken("CreateChannel", json!({"type": "X", "name": "ä"})),
            ["CreateChannel.input.name.pattern", "CreateChannel.input.type.enum"]
        );
        assert_eq!(broken("GetChannel", json!({})), ["GetChannel.input.arn.required"]);
        let recording = "arn:aws:ivs:us-east-1:123456789012:recording-configuration/abcdefgh1234";
        let both = json!({"filterByName": "ivs-conformance-none", "filterByRecordingConfigurationArn": recording});
        assert_eq!(broken("ListChannels", both), ["rule.list-channels-filters-are-exclusive"]);
        let policy = json!({"allowedCountries": ["ZZ"]});
        assert_eq!(broken("CreatePlaybackRestrictionPolicy", policy), ["rule.country-is-officially-assigned"]);
    }

    #[test]
    fn what_is_not_certain_is_open_or_in_doubt() {
        let in_doubt = |operation, input| matches!(legality(operation, input), Legality::Legal { doubt: Some(_) });
        assert!(in_doubt("GetChannel", json!({"arn": "arn:aws:ivs:us-east-1:123456789012:channel/abcdefgh1234"})));
        assert!(in_doubt("ListChannels", json!({"nextToken": "abc"})));
        assert!(in_doubt("CreateChannel", json!({"newMember": 1})));
        let arn = "arn:aws:ivs:us-east-1:123456789012:channel/abcdefgh1234";
        assert!(in_doubt("BatchGetChannel", json!({"arns": [arn, arn]})));
        assert!(in_doubt("ImportPlaybackKeyPair", json!({"publicKeyMaterial": "-----BEGIN PUBLIC KEY-----"})));
        let is_open = |operation, input| matches!(legality(operation, input), Legality::Open(_));
        assert!(is_open("CreateChannel", json!({"preset": ""})));
        assert!(is_open("CreateChannel", json!({"name": null})));
        assert!(is_open("CreatePlaybackRestrictionPolicy", json!({"allowedCountries": ["QQ"]})));
    }
}
