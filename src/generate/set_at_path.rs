//! Puts a value at a path into an input, making what must be around it.

use serde_json::{Map, Value};

use super::invalid::ABSENT;
use crate::spec::contract::{Node, NodeKind};

/// Valid values for what is missing on the way to the planted one.
pub type Filler<'f> = dyn Fn(&Node) -> Value + 'f;

/// Puts `value` at `path` below `parent` into `base`, in the first element of lists and the first entry of maps.
pub fn set_at_path(parent: &Node, base: &mut Value, path: &str, value: Value, filler: &Filler<'_>) {
    let Some(node) = parent.children().into_iter().find(|child| leads_to(child, path)) else {
        *base = value;
        return;
    };
    match &parent.kind {
        NodeKind::List { .. } => plant_element(node, base, path, value, filler),
        NodeKind::Map { .. } => plant_entry(node, base, path, value, filler),
        _ => plant_member(node, base, path, value, filler),
    }
}

fn leads_to(node: &Node, path: &str) -> bool {
    path.strip_prefix(node.path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn plant_member(node: &Node, base: &mut Value, path: &str, value: Value, filler: &Filler<'_>) {
    if !base.is_object() {
        *base = Value::Object(Map::new());
    }
    let Value::Object(object) = base else { return };
    if node.path == path {
        match value.as_str() {
            Some(ABSENT) => object.remove(&node.name),
            _ => object.insert(node.name.clone(), value),
        };
        return;
    }
    let slot = object.entry(node.name.clone()).or_insert(Value::Null);
    plant_below(node, slot, path, value, filler);
}

fn plant_element(node: &Node, base: &mut Value, path: &str, value: Value, filler: &Filler<'_>) {
    if !base.is_array() {
        *base = Value::Array(Vec::new());
    }
    let Value::Array(elements) = base else { return };
    if elements.is_empty() {
        elements.push(Value::Null);
    }
    let Some(first) = elements.first_mut() else { return };
    if node.path == path {
        *first = value;
    } else {
        plant_below(node, first, path, value, filler);
    }
}

fn plant_entry(node: &Node, base: &mut Value, path: &str, value: Value, filler: &Filler<'_>) {
    if !base.is_object() {
        *base = Value::Object(Map::new());
    }
    let Value::Object(entries) = base else { return };
    let first = entries.keys().next().cloned();
    let kept = first.as_ref().and_then(|key| entries.get(key)).cloned().unwrap_or_else(|| Value::from("value"));
    if node.name == "key" {
        if let Some(first) = first {
            entries.remove(&first);
        }
        if let Value::String(key) = value {
            entries.insert(key, kept);
        }
        return;
    }
    let slot = entries.entry(first.unwrap_or_else(|| "key".to_owned())).or_insert(Value::Null);
    if node.path == path {
        *slot = value;
    } else {
        plant_below(node, slot, path, value, filler);
    }
}

/// What is absent or empty on the way becomes a valid value first, so that only the planted value is special.
fn plant_below(node: &Node, slot: &mut Value, path: &str, value: Value, filler: &Filler<'_>) {
    let is_empty = match &*slot {
        Value::Null => true,
        Value::Array(elements) => elements.is_empty(),
        Value::Object(_) => false,
        _ => true,
    };
    if is_empty {
        *slot = filler(node);
    }
    set_at_path(node, slot, path, value, filler);
}
