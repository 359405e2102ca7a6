//! Values that just keep a constraint: the bound itself, every listed value, every allowed character.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::invalid::Candidate;
use super::pattern::Template;
use super::valid::{self, Scope};
use crate::spec::clause::Constraint;
use crate::spec::contract::{Node, NodeKind};

/// All ways to just keep `constraint` at `node`; empty if nothing but the ordinary valid values shows it.
pub fn candidates(scope: Scope<'_>, node: &Node, constraint: Constraint) -> Vec<Candidate> {
    match constraint {
        Constraint::LengthMin => shortest(scope, node),
        Constraint::LengthMax => longest(scope, node),
        Constraint::Pattern => matches(node),
        Constraint::Enum => listed(node),
        Constraint::RangeMin => edge(node, "smallest", |range| range.min),
        Constraint::RangeMax => edge(node, "largest", |range| range.max),
        Constraint::Type => vec![Candidate::new("an ordinary value", valid::any(scope, node))],
        Constraint::Required | Constraint::UniqueItems => Vec::new(),
    }
}

fn shortest(scope: Scope<'_>, node: &Node) -> Vec<Candidate> {
    let least = valid::lower_bound(node);
    valid::of_size(scope, node, least)
        .map(|values| Candidate::new(format!("the smallest length, {least}"), values))
        .into_iter()
        .collect()
}

fn longest(scope: Scope<'_>, node: &Node) -> Vec<Candidate> {
    let Some(most) = node.constraints.length.and_then(|length| length.max) else {
        return Vec::new();
    };
    let mut all: Vec<Candidate> = valid::of_size(scope, node, most)
        .map(|values| Candidate::new(format!("the largest length, {most}"), values))
        .into_iter()
        .collect();
    let is_free_text = matches!(node.kind, NodeKind::String)
        && node.constraints.pattern.is_none()
        && scope.domains.get(&scope.operation.name, &node.path).is_none();
    if is_free_text {
        let note = format!("the largest length, {most}, in code points beyond the BMP");
        all.push(Candidate::new(note, valid::astral_text(most)));
    }
    all
}

fn matches(node: &Node) -> Vec<Candidate> {
    let Some(pattern) = &node.constraints.pattern else { return Vec::new() };
    let Some(template) = Template::of(pattern) else { return Vec::new() };
    let bound = node.constraints.length.unwrap_or_default();
    let (shortest, longest) = template.lengths();
    let least = shortest.max(bound.min.unwrap_or(0));
    let most = longest.unwrap_or(u64::MAX).min(bound.max.unwrap_or(u64::MAX)).min(least.saturating_add(30));
    let lengths = [least, (least + most) / 2, most];
    let mut all = Vec::new();
    for length in lengths {
        if let Some(values) = template.of_length(length) {
            all.push(Candidate::new(format!("a match of {length} code points"), values.prop_map(Value::from).boxed()));
        }
    }
    all.dedup_by(|later, earlier| later.note == earlier.note);
    all.extend(every_character(node));
    all
}

/// One value that holds every printable ASCII character that the pattern allows.
fn every_character(node: &Node) -> Option<Candidate> {
    let pattern = node.constraints.pattern.as_ref()?;
    let allowed: String = (' '..='~').filter(|character| pattern.is_match(&character.to_string())).collect();
    let length = allowed.chars().count() as u64;
    let fits = node.constraints.length.and_then(|bound| bound.max).is_none_or(|most| length <= most);
    (length > 1 && fits && pattern.is_match(&allowed))
        .then(|| Candidate::exactly("every allowed ASCII character", Value::from(allowed)))
}

fn listed(node: &Node) -> Vec<Candidate> {
    match &node.kind {
        NodeKind::Enum(values) => {
            values.iter().map(|value| Candidate::exactly(format!("the listed value {value}"), json!(value))).collect()
        }
        NodeKind::IntEnum(values) => {
            values.iter().map(|value| Candidate::exactly(format!("the listed value {value}"), json!(value))).collect()
        }
        _ => Vec::new(),
    }
}

fn edge(node: &Node, note: &str, side: fn(crate::spec::contract::Bounds<f64>) -> Option<f64>) -> Vec<Candidate> {
    match (&node.kind, valid::integer_bound(node.constraints.range, side)) {
        (NodeKind::Integer { .. }, Some(bound)) => {
            vec![Candidate::exactly(format!("the {note} value, {bound}"), json!(bound))]
        }
        (NodeKind::Float, _) => node
            .constraints
            .range
            .and_then(side)
            .map(|bound| Candidate::exactly(format!("the {note} value, {bound}"), json!(bound)))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}
