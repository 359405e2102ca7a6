//! Compares lists whose order the contract leaves open: items are matched by what they name.

use serde_json::Value;

use super::difference::{Kind, Pair, Walk};
use super::renaming::Renaming;
use crate::spec::contract::{Node, NodeKind};

/// Compares two lists.
pub(super) fn compare(walk: &mut Walk<'_>, node: &Node, element: &Node, place: &str, a: &[Value], b: &[Value]) {
    let mut left: Vec<(usize, &Value)> = a.iter().enumerate().collect();
    let mut right: Vec<&Value> = b.iter().collect();
    // What corresponds already.
    left.retain(|(position, item)| {
        let name = name_of(walk.renaming, element, item);
        let twin = name.and_then(|name| right.iter().position(|other| has_name(element, other, &name)));
        let Some(twin) = twin else { return true };
        let other = right.remove(twin);
        walk.values(element, &format!("{place}[{position}]"), Pair { a: item, b: other });
        false
    });
    if walk.has_strangers {
        let is_stranger =
            (|item: &Value| !is_known(walk.renaming, item), |item: &Value| !is_known_back(walk.renaming, item));
        let strangers_a: Vec<&Value> = left.iter().map(|(_, item)| *item).filter(|item| is_stranger.0(item)).collect();
        let strangers_b: Vec<&Value> = right.iter().copied().filter(|item| is_stranger.1(item)).collect();
        left.retain(|(_, item)| !is_stranger.0(item));
        right.retain(|item| !is_stranger.1(item));
        walk.note_ghosts(node, element, place, &strangers_a, &strangers_b);
    }
    if left.len() != right.len() {
        let list = |items: Vec<&Value>| Value::Array(items.into_iter().cloned().collect());
        let (a, b) = (list(left.into_iter().map(|(_, item)| item).collect()), list(right));
        walk.note(Kind::Items, node, place, Pair { a: &a, b: &b });
        return;
    }
    // What nothing is known of yet is matched by what it says besides the names that the targets made up.
    left.sort_by_key(|(_, item)| content(walk, element, item));
    right.sort_by_key(|item| content(walk, element, item));
    for ((position, a), b) in left.into_iter().zip(right) {
        walk.values(element, &format!("{place}[{position}]"), Pair { a, b });
    }
}

/// By which text of the second target an item of the first is found: its counterpart's name.
fn name_of(renaming: &Renaming, element: &Node, item: &Value) -> Option<String> {
    match (&element.kind, item) {
        (NodeKind::Structure(members), Value::Object(object)) => members.iter().find_map(|member| {
            let text = object.get(&member.name)?.as_str()?;
            (is_name(member) && renaming.knows_a(text)).then(|| renaming.renamed(text).to_owned())
        }),
        (NodeKind::Structure(_), _) => None,
        (_, Value::String(text)) => Some(renaming.renamed(text).to_owned()),
        (_, other) => Some(other.to_string()),
    }
}

fn has_name(element: &Node, item: &Value, name: &str) -> bool {
    match (&element.kind, item) {
        (NodeKind::Structure(members), Value::Object(object)) => members
            .iter()
            .any(|member| is_name(member) && object.get(&member.name).and_then(Value::as_str) == Some(name)),
        (NodeKind::Structure(_), _) => false,
        (_, Value::String(text)) => text == name,
        (_, other) => {
            let text = other.to_string();
            text == name
        }
    }
}

/// Whether a member may tell items apart: it names a resource, or is an id.
pub(super) fn is_name(member: &Node) -> bool {
    let is_id = member.name.ends_with("Id") || member.name.eq_ignore_ascii_case("id");
    member.resource.is_some() || (is_id && matches!(member.kind, NodeKind::String))
}

/// Whether an item of the first target names something that has a counterpart.
pub(super) fn is_known(renaming: &Renaming, item: &Value) -> bool {
    any_text(item, &|text| renaming.knows_a(text) || renaming.knows_b(text))
}

fn is_known_back(renaming: &Renaming, item: &Value) -> bool {
    any_text(item, &|text| renaming.knows_b(text))
}

fn any_text(value: &Value, holds: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => holds(text),
        Value::Array(elements) => elements.iter().any(|element| any_text(element, holds)),
        Value::Object(members) => members.values().any(|value| any_text(value, holds)),
        _ => false,
    }
}

/// What an item says that two targets say alike, as text to sort by.
fn content(walk: &Walk<'_>, node: &Node, value: &Value) -> String {
    match (&node.kind, value) {
        (NodeKind::Structure(members), Value::Object(object)) => {
            let shown = |member: &Node| {
                // Null stands for an absent member.
                let value = object.get(&member.name).filter(|value| !value.is_null())?;
                Some(format!("{}={};", member.name, content(walk, member, value)))
            };
            members.iter().filter_map(shown).collect()
        }
        (NodeKind::List { element }, Value::Array(elements)) => {
            let mut all: Vec<String> = elements.iter().map(|value| content(walk, element, value)).collect();
            all.sort();
            all.join(",")
        }
        (NodeKind::Map { .. } | NodeKind::Boolean | NodeKind::Enum(_), value) => value.to_string(),
        (NodeKind::String, Value::String(text)) if walk.given.contains(text.as_str()) => text.clone(),
        (NodeKind::String, Value::String(text)) if walk.renaming.knows_a(text) => {
            walk.renaming.renamed(text).to_owned()
        }
        (NodeKind::String, Value::String(text)) if walk.renaming.knows_b(text) => text.clone(),
        // Words that a target says of its own accord, like the names of events.
        (NodeKind::String, Value::String(text)) if node.resource.is_none() && !is_name(node) => text.clone(),
        _ => String::new(),
    }
}
