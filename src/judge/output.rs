//! Judges a success body against the output's shape: types, required members, enums, patterns, lengths, ranges,
//! timestamps, and the prose rules on responses.

mod rules;
mod timestamp;

use rules::{Compiled, OutputRule, with_parents};
use std::collections::HashMap;
pub use timestamp::is_iso_8601;

use serde_json::{Map, Value};

use super::exchange::Judgement;
use super::finding::{FindingKind, Violation};
use crate::protocol;
use crate::spec::clause::{ClauseIndex, Constraint};
use crate::spec::contract::{Contract, Location, Node, NodeKind, Operation, TimestampFormat};
use crate::wire::Response;

/// Longest value shown in a sentence, in characters.
const SHOWN: usize = 80;

/// Paths of one output, and the positions of the rules that hold there.
type Places = Vec<(String, Vec<usize>)>;

/// Prose rules on responses, by operation and path.
#[derive(Debug, Default)]
pub struct OutputRules {
    rules: Vec<OutputRule>,
    /// By operation: few places each, so that looking through them is quicker than a table.
    by_place: HashMap<String, Places>,
    /// Values that the reading allows beyond the model, by shape and member (`Bucket$owner`).
    lenient: HashMap<String, Vec<Value>>,
    is_model_only: bool,
}

impl OutputRules {
    /// The rules of a contract; one whose schema does not compile holds nowhere (`spec check` reports it).
    pub fn of(contract: &Contract) -> OutputRules {
        let mut rules = OutputRules { is_model_only: contract.is_model_only(), ..OutputRules::default() };
        for lenient in &contract.rules.lenient_output {
            rules.lenient.insert(lenient.path.clone(), lenient.also_allowed.clone());
        }
        let rules_of_contract = contract.rules.output_rules.iter();
        let found = rules_of_contract.filter_map(|rule| Some((rule, contract.clauses.find(&rule.id)?)));
        let found: Vec<_> = found.collect();
        for operation in &contract.operations {
            rules.place(operation, found.iter().map(|(rule, _)| rule.paths.as_slice()));
        }
        rules.rules = found.into_iter().map(|(rule, clause)| OutputRule::new(clause, &rule.schema)).collect();
        rules
    }

    /// Notes which members of an operation's output the rules speak of, each given by its paths.
    fn place<'r>(&mut self, operation: &Operation, paths_of_rules: impl Iterator<Item = &'r [String]> + Clone) {
        let mut places = Places::new();
        for (node, parent) in with_parents(&operation.output) {
            let full = format!("{}.output.{}", operation.name, node.path);
            let in_shape = parent.map(|parent| format!("{}${}", parent.shape, node.name));
            let fits = |path: &String| *path == node.shape || *path == full || in_shape.as_ref() == Some(path);
            let speaking = paths_of_rules.clone().enumerate().filter(|(_, paths)| paths.iter().any(fits));
            for (index, _) in speaking {
                match places.iter_mut().find(|(path, _)| *path == node.path) {
                    Some((_, indices)) => indices.push(index),
                    None => places.push((node.path.clone(), vec![index])),
                }
            }
        }
        if !places.is_empty() {
            self.by_place.insert(operation.name.clone(), places);
        }
    }
}

/// The member that is the whole body, if one is.
pub(super) fn payload(operation: &Operation) -> Option<&Node> {
    operation.output.members().iter().find(|member| member.location == Location::Payload)
}

fn is_in_head(member: &Node) -> bool {
    matches!(member.location, Location::Header(_) | Location::PrefixHeaders(_) | Location::StatusCode)
}

/// Judges one output.
pub(super) struct OutputCheck<'j> {
    operation: &'j Operation,
    rules: &'j OutputRules,
    places: &'j [(String, Vec<usize>)],
    judgement: &'j mut Judgement,
}

impl<'j> OutputCheck<'j> {
    /// A check of an operation's output that notes what it sees.
    pub fn new(operation: &'j Operation, rules: &'j OutputRules, judgement: &'j mut Judgement) -> OutputCheck<'j> {
        let places = rules.by_place.get(&operation.name).map(Vec::as_slice).unwrap_or_default();
        OutputCheck { operation, rules, places, judgement }
    }

    /// Judges the members that travel in headers or as the status.
    pub fn head(&mut self, response: &Response) {
        let output = &self.operation.output;
        for member in output.members().iter().filter(|member| is_in_head(member)) {
            match protocol::head_value(member, response) {
                None => self.absent(member),
                Some(value) => {
                    self.uphold(member.clause(Constraint::Required));
                    self.value(output, member, &value);
                }
            }
        }
    }

    /// Judges the whole body of a success.
    pub fn body(&mut self, body: &Value) {
        let output = &self.operation.output;
        if let Some(payload) = payload(self.operation) {
            self.uphold(payload.clause(Constraint::Required));
            return self.value(output, payload, body);
        }
        let empty = Map::new();
        let object = body.as_object().unwrap_or(&empty);
        self.members(&self.operation.output, self.operation.output.members(), object);
    }

    fn members(&mut self, parent: &Node, members: &[Node], object: &Map<String, Value>) {
        for member in members {
            if member.location != Location::Body {
                continue;
            }
            match object.get(&member.name) {
                None | Some(Value::Null) => self.absent(member),
                Some(value) if self.stands_for_absent(member, value) => {}
                Some(value) => {
                    self.uphold(member.clause(Constraint::Required));
                    self.value(parent, member, value);
                }
            }
        }
        let unknown = object.keys().filter(|name| !members.iter().any(|member| member.name == **name)).count();
        self.judgement.unknown_members += unknown;
        let nulls = object.values().filter(|value| value.is_null()).count();
        self.judgement.nulls += nulls;
    }

    /// Services write an empty string for an optional text that is not set. Rules say where they do; where there are none,
    /// such a text says nothing.
    fn stands_for_absent(&self, member: &Node, value: &Value) -> bool {
        self.rules.is_model_only && !member.is_required && value.as_str() == Some("")
    }

    fn absent(&mut self, member: &Node) {
        if let Some(clause) = member.clause(Constraint::Required) {
            self.violate(
                clause,
                format!("`{}` is always there.", member.path),
                format!("`{}` is missing.", member.path),
            );
        }
    }

    fn value(&mut self, parent: &Node, node: &Node, value: &Value) {
        if !self.has_type(node, value) {
            if let Some(clause) = node.clause(Constraint::Type) {
                let expected = format!("`{}` is {}.", node.path, expected_type(node));
                self.violate(clause, expected, format!("`{}` is {}.", node.path, shown(node, value)));
            }
            return;
        }
        self.uphold(node.clause(Constraint::Type).filter(|_| node.can_break(Constraint::Type)));
        self.prose(node, value);
        match (&node.kind, value) {
            (NodeKind::Structure(members) | NodeKind::Union(members), Value::Object(object)) => {
                self.members(node, members, object);
            }
            (NodeKind::List { element }, Value::Array(elements)) => {
                self.length(node, elements.len() as u64, "elements");
                for each in elements {
                    self.value(node, element, each);
                }
            }
            (NodeKind::Map { key, value: entry }, Value::Object(entries)) => {
                self.length(node, entries.len() as u64, "entries");
                for (name, each) in entries {
                    self.text(key, name);
                    self.value(node, entry, each);
                }
            }
            (NodeKind::Enum(values), Value::String(text)) => self.listed(parent, node, values, text),
            (NodeKind::String, Value::String(text)) => self.text(node, text),
            (NodeKind::Integer { .. } | NodeKind::Float, number) => self.range(node, number),
            _ => {}
        }
    }

    fn prose(&mut self, node: &Node, value: &Value) {
        let (rules, places) = (self.rules, self.places);
        let here = places.iter().find(|(path, _)| *path == node.path);
        for index in here.into_iter().flat_map(|(_, indices)| indices) {
            let Some(rule) = rules.rules.get(*index) else { continue };
            let Some(Compiled { validator, watch }) = rule.compiled() else { continue };
            if validator.is_valid(value) {
                self.uphold(Some(rule.clause).filter(|_| watch.sees(value)));
            } else {
                let observed = format!("`{}` breaks the rule: {}.", node.path, shown(node, value));
                self.violate(rule.clause, format!("`{}` follows the rule.", node.path), observed);
            }
        }
    }

    fn listed(&mut self, parent: &Node, node: &Node, values: &[String], text: &str) {
        let Some(clause) = node.clause(Constraint::Enum) else { return };
        let is_lenient = || {
            let place = format!("{}${}", parent.shape, node.name);
            self.rules.lenient.get(&place).is_some_and(|also| also.iter().any(|value| value.as_str() == Some(text)))
        };
        if values.iter().any(|value| value == text) || is_lenient() {
            self.uphold(Some(clause));
        } else {
            let expected = format!("`{}` is one of {}.", node.path, values.join(", "));
            self.violate(clause, expected, format!("`{}` is {}.", node.path, cut(text)));
        }
    }

    fn text(&mut self, node: &Node, text: &str) {
        self.length(node, text.chars().count() as u64, "code points");
        if let (Some(clause), Some(pattern)) = (node.clause(Constraint::Pattern), &node.constraints.pattern) {
            if pattern.is_match(text) {
                self.uphold(Some(clause));
            } else {
                let expected = format!("`{}` matches {}.", node.path, pattern.source);
                let value = Value::from(text);
                self.violate(clause, expected, format!("`{}` is {}.", node.path, shown(node, &value)));
            }
        }
    }

    fn length(&mut self, node: &Node, length: u64, unit: &str) {
        let bounds = node.constraints.length.unwrap_or_default();
        let observed = || format!("`{}` has {length} {unit}.", node.path);
        if let (Some(clause), Some(min)) = (node.clause(Constraint::LengthMin), bounds.min) {
            match length >= min {
                true => self.uphold(Some(clause).filter(|_| node.can_break(Constraint::LengthMin))),
                false => self.violate(clause, format!("`{}` has at least {min} {unit}.", node.path), observed()),
            }
        }
        if let (Some(clause), Some(max)) = (node.clause(Constraint::LengthMax), bounds.max) {
            match length <= max {
                true => self.uphold(Some(clause)),
                false => self.violate(clause, format!("`{}` has at most {max} {unit}.", node.path), observed()),
            }
        }
    }

    fn range(&mut self, node: &Node, number: &Value) {
        let Some(number) = number.as_f64() else { return };
        let bounds = node.constraints.range.unwrap_or_default();
        let observed = || format!("`{}` is {number}.", node.path);
        if let (Some(clause), Some(min)) = (node.clause(Constraint::RangeMin), bounds.min) {
            match number >= min {
                true => self.uphold(Some(clause)),
                false => self.violate(clause, format!("`{}` is at least {min}.", node.path), observed()),
            }
        }
        if let (Some(clause), Some(max)) = (node.clause(Constraint::RangeMax), bounds.max) {
            match number <= max {
                true => self.uphold(Some(clause)),
                false => self.violate(clause, format!("`{}` is at most {max}.", node.path), observed()),
            }
        }
    }

    fn has_type(&self, node: &Node, value: &Value) -> bool {
        match &node.kind {
            NodeKind::Structure(_) | NodeKind::Union(_) | NodeKind::Map { .. } | NodeKind::Recursive => {
                value.is_object()
            }
            NodeKind::List { .. } => value.is_array(),
            NodeKind::String | NodeKind::Enum(_) | NodeKind::Blob => value.is_string(),
            NodeKind::IntEnum(_) => value.is_i64(),
            NodeKind::Integer { lowest, highest } => {
                value.as_i64().is_some_and(|number| (*lowest..=*highest).contains(&number))
            }
            NodeKind::Float | NodeKind::Timestamp(TimestampFormat::EpochSeconds) => value.is_number(),
            NodeKind::Boolean => value.is_boolean(),
            NodeKind::Timestamp(TimestampFormat::DateTime) => value.as_str().is_some_and(is_iso_8601),
            NodeKind::Timestamp(TimestampFormat::HttpDate) => value.is_string(),
            NodeKind::Document => true,
        }
    }

    fn uphold(&mut self, clause: Option<ClauseIndex>) {
        self.judgement.upheld.extend(clause);
    }

    fn violate(&mut self, clause: ClauseIndex, expected: String, observed: String) {
        self.judgement.violations.push(Violation {
            clause,
            operation: self.operation.name.clone(),
            detail: None,
            kind: FindingKind::MalformedResponse,
            expected,
            observed,
            tier: None,
        });
    }
}

fn expected_type(node: &Node) -> &'static str {
    match &node.kind {
        NodeKind::Structure(_) | NodeKind::Union(_) | NodeKind::Map { .. } | NodeKind::Recursive => "an object",
        NodeKind::List { .. } => "an array",
        NodeKind::Integer { .. } | NodeKind::IntEnum(_) => "a whole number",
        NodeKind::Float | NodeKind::Timestamp(TimestampFormat::EpochSeconds) => "a number",
        NodeKind::Boolean => "true or false",
        NodeKind::Timestamp(TimestampFormat::DateTime) => "an ISO 8601 timestamp in a string",
        NodeKind::Document => "any JSON value",
        _ => "a string",
    }
}

/// A value for a sentence; secrets by their length only.
fn shown(node: &Node, value: &Value) -> String {
    match (node.is_sensitive, value) {
        (true, Value::String(text)) => format!("a secret of {} code points", text.chars().count()),
        (true, _) => "a secret".to_owned(),
        (false, Value::Object(members)) => format!("an object with {} members", members.len()),
        (false, Value::Array(elements)) => format!("an array with {} elements", elements.len()),
        (false, other) => cut(&other.to_string()),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
