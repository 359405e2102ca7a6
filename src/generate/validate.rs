//! Proof that a request breaks exactly the clauses it is meant to break, by an independent JSON Schema validator.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Validator, draft202012};
use serde_json::{Value, json};

use super::GenerateError;
use crate::spec::clause::{ClauseIndex, Constraint};
use crate::spec::contract::{Contract, Node, NodeKind, Operation};
use crate::spec::schema;

/// Tells which clauses an input of one operation breaks.
#[derive(Debug)]
pub struct InputValidator {
    shape: Validator,
    rules: Vec<(ClauseIndex, Validator)>,
    /// Legal ARNs to stand in for placeholders, by resource type.
    stand_ins: BTreeMap<String, String>,
}

/// The values of which the reference leaves open whether they are legal in an operation's input, by path.
#[derive(Debug, Default)]
pub struct OpenValues(Vec<(String, Vec<Value>)>);

impl OpenValues {
    /// Those of an operation.
    pub fn of(contract: &Contract, operation: &Operation) -> OpenValues {
        let prefix = format!("{}.input.", operation.name);
        let below =
            contract.rules.lenient_input.iter().filter_map(|lenient| {
                Some((lenient.path.strip_prefix(&prefix)?.to_owned(), lenient.also_allowed.clone()))
            });
        OpenValues(below.collect())
    }

    /// Whether this value at `path` is one of them.
    pub fn contain(&self, path: &str, value: &Value) -> bool {
        self.0.iter().any(|(known, values)| known == path && values.contains(value))
    }
}

impl InputValidator {
    /// Compiles the schemas of an operation.
    ///
    /// # Errors
    /// A schema that does not compile: the contract's rules file holds an invalid fragment.
    pub fn new(
        contract: &Contract,
        operation: &Operation,
        stand_ins: BTreeMap<String, String>,
    ) -> Result<InputValidator, GenerateError> {
        let compile = |schema: &Value| {
            draft202012::new(schema)
                .map_err(|error| GenerateError { operation: operation.name.clone(), reason: error.to_string() })
        };
        let rules = schema::rule_schemas(contract, operation)
            .iter()
            .map(|(clause, schema)| Ok((*clause, compile(schema)?)))
            .collect::<Result<Vec<_>, GenerateError>>()?;
        Ok(InputValidator { shape: compile(&schema::input_schema(contract, operation))?, rules, stand_ins })
    }

    /// The clauses that `input` breaks; placeholders count as legal values.
    pub fn broken(&self, operation: &Operation, mut input: Value) -> BTreeSet<ClauseIndex> {
        self.stand_in(&mut input);
        self.broken_in(operation, &input)
    }

    /// Whether `input` breaks nothing; placeholders count as legal values.
    pub fn keeps_all(&self, operation: &Operation, mut input: Value) -> bool {
        self.stand_in(&mut input);
        let is_valid =
            self.shape.is_valid(&input) && self.rules.iter().all(|(_, validator)| validator.is_valid(&input));
        is_valid || self.broken_in(operation, &input).is_empty()
    }

    fn broken_in(&self, operation: &Operation, input: &Value) -> BTreeSet<ClauseIndex> {
        let mut broken: BTreeSet<ClauseIndex> =
            self.shape.iter_errors(input).filter_map(|error| blame(operation, &error)).collect();
        for (clause, validator) in &self.rules {
            if !validator.is_valid(input) {
                broken.insert(*clause);
            }
        }
        broken
    }

    fn stand_in(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(replacement) = self.replacement(text) {
                    *value = replacement;
                }
            }
            Value::Array(elements) => elements.iter_mut().for_each(|element| self.stand_in(element)),
            Value::Object(members) => members.values_mut().for_each(|member| self.stand_in(member)),
            _ => {}
        }
    }

    fn replacement(&self, text: &str) -> Option<Value> {
        let name = text.strip_prefix("${")?.strip_suffix('}')?;
        if name.starts_with("raw:") {
            return Some(json!(1e308));
        }
        let (_, resource) = name.rsplit_once(':').unwrap_or(("", name));
        let (resource, number) = resource.split_once('#').unwrap_or((resource, ""));
        match self.stand_ins.get(resource) {
            Some(arn) => Some(Value::from(format!("{arn}{number}"))),
            None if resource == crate::spec::Pattern::ANY_RESOURCE => {
                self.stand_ins.values().next().map(|arn| Value::from(arn.as_str()))
            }
            None => None,
        }
    }
}

/// The clause that a schema error speaks of.
fn blame(operation: &Operation, error: &jsonschema::ValidationError<'_>) -> Option<ClauseIndex> {
    let mut node = &operation.input;
    let pointer = error.instance_path().as_str().to_owned();
    for token in pointer.split('/').skip(1) {
        node = step(node, &token.replace("~1", "/").replace("~0", "~"))?;
    }
    match error.kind() {
        ValidationErrorKind::Required { property } => node.member(property.as_str()?)?.clause(Constraint::Required),
        ValidationErrorKind::PropertyNames { error } => match &node.kind {
            NodeKind::Map { key, .. } => key.clause(constraint(error.kind())?),
            _ => None,
        },
        kind => node.clause(constraint(kind)?),
    }
}

fn step<'n>(node: &'n Node, token: &str) -> Option<&'n Node> {
    match &node.kind {
        NodeKind::List { element } => Some(element),
        NodeKind::Map { value, .. } => Some(value),
        _ => node.member(token),
    }
}

fn constraint(kind: &ValidationErrorKind) -> Option<Constraint> {
    match kind.keyword() {
        "type" => Some(Constraint::Type),
        "minLength" | "minItems" | "minProperties" => Some(Constraint::LengthMin),
        "maxLength" | "maxItems" | "maxProperties" => Some(Constraint::LengthMax),
        "pattern" => Some(Constraint::Pattern),
        "enum" | "const" => Some(Constraint::Enum),
        "minimum" => Some(Constraint::RangeMin),
        "maximum" => Some(Constraint::RangeMax),
        "uniqueItems" => Some(Constraint::UniqueItems),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
