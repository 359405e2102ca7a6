//! Values that just keep a constraint: the bound itself, every listed value, every allowed character.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::invalid::Candidate;
use super::pattern::Template;
use super::valid::{self, Scope};
use crate::spec::clause::Constraint;
use crate::spec::contract::{Bounds, Node, NodeKind};

/// All ways to just keep `constraint` at `node`; empty if nothing but the ordinary valid values shows it.
pub fn candidates(scope: Scope<'_>, node: &Node, constraint: Constraint) -> Vec<Candidate> {
    match constraint {
        Constraint::LengthMin => shortest(scope, node),
        Constraint::LengthMax => longest(scope, node),
        Constraint::Pattern => matches(node),
        Constraint::Enum => listed(node),
        Constraint::RangeMin => edge(node, "smallest", |range| range.min, 1),
        Constraint::RangeMax => edge(node, "largest", |range| range.max, -1),
        Constraint::Type if matches!(node.kind, NodeKind::Boolean) => both_booleans(),
        Constraint::Type => vec![Candidate::new("an ordinary value", valid::any(scope, node))],
        Constraint::Required | Constraint::UniqueItems => Vec::new(),
    }
}

fn shortest(scope: Scope<'_>, node: &Node) -> Vec<Candidate> {
    let least = valid::lower_bound(node);
    let most = node.constraints.length.and_then(|length| length.max);
    let mut all = of_length(scope, node, "the smallest length", least);
    if most.is_none_or(|most| least < most) {
        all.extend(of_length(scope, node, "the smallest length but one", least.saturating_add(1)));
    }
    all
}

fn longest(scope: Scope<'_>, node: &Node) -> Vec<Candidate> {
    let Some(most) = node.constraints.length.and_then(|length| length.max) else {
        return Vec::new();
    };
    let mut all = of_length(scope, node, "the largest length", most);
    if most > valid::lower_bound(node) {
        all.extend(of_length(scope, node, "the largest length but one", most - 1));
    }
    let is_free_text = matches!(node.kind, NodeKind::String)
        && node.constraints.pattern.is_none()
        && !scope.is_model_only
        && scope.domains.get(&scope.operation.name, &node.path).is_none();
    if is_free_text {
        let note = format!("the largest length, {most}, in code points beyond the BMP");
        all.push(Candidate::new(note, valid::astral_text(most)));
    }
    all
}

fn of_length(scope: Scope<'_>, node: &Node, note: &str, length: u64) -> Vec<Candidate> {
    let values = valid::of_size(scope, node, length);
    values.map(|values| Candidate::new(format!("{note}, {length}"), values)).into_iter().collect()
}

fn matches(node: &Node) -> Vec<Candidate> {
    let Some(pattern) = &node.constraints.pattern else { return Vec::new() };
    let Some(template) = Template::of(pattern) else { return Vec::new() };
    let bound = node.constraints.length.unwrap_or_default();
    let (shortest, longest) = template.lengths();
    let least = shortest.max(bound.min.unwrap_or(0));
    let most = longest.unwrap_or(u64::MAX).min(bound.max.unwrap_or(u64::MAX)).min(least.saturating_add(30));
    let lengths = [least, (least + most) / 2, most];
    // What shows most comes first: the quick profile takes no more.
    let mut all: Vec<Candidate> = every_character(node).into_iter().collect();
    for length in lengths {
        if let Some(values) = template.of_length(length) {
            all.push(Candidate::new(format!("a match of {length} code points"), values.prop_map(Value::from).boxed()));
        }
    }
    all.dedup_by(|later, earlier| later.note == earlier.note);
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

fn both_booleans() -> Vec<Candidate> {
    [false, true].into_iter().map(|value| Candidate::exactly(format!("the value {value}"), json!(value))).collect()
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

/// The bound itself and, of whole numbers, the one beside it within the range.
fn edge(node: &Node, note: &str, side: fn(Bounds<f64>) -> Option<f64>, inwards: i64) -> Vec<Candidate> {
    let range = node.constraints.range;
    match (&node.kind, valid::integer_bound(range, side)) {
        (NodeKind::Integer { .. }, Some(bound)) => {
            let inner = bound.saturating_add(inwards);
            let is_above = valid::integer_bound(range, |range| range.min).is_none_or(|least| inner >= least);
            let is_below = valid::integer_bound(range, |range| range.max).is_none_or(|most| inner <= most);
            let mut all = vec![Candidate::exactly(format!("the {note} value, {bound}"), json!(bound))];
            if is_above && is_below {
                all.push(Candidate::exactly(format!("the {note} value but one, {inner}"), json!(inner)));
            }
            all
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
