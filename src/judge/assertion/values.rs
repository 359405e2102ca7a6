//! Values of a document as assertions compare them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::judge::assertion::words::shown;
use crate::judge::assertion::*;
use crate::judge::echo::same;
use crate::plan::suite::Assert;

/// The value without members of these names, at any depth.
pub(super) fn without(value: &Value, names: &[String]) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(name, _)| !names.contains(name))
                .map(|(name, member)| (name.clone(), without(member, names)))
                .collect(),
        ),
        Value::Array(elements) => Value::Array(elements.iter().map(|element| without(element, names)).collect()),
        other => other.clone(),
    }
}

/// The assertion with the ignored members left out of what it compares with.
pub(super) fn without_ignored(assert: &Assert) -> Assert {
    let mut assert = assert.clone();
    if assert.ignoring.is_empty() {
        return assert;
    }
    let names = assert.ignoring.clone();
    for compared in [
        &mut assert.equals,
        &mut assert.differs,
        &mut assert.element_of,
        &mut assert.agrees,
        &mut assert.contains,
        &mut assert.lacks,
    ] {
        *compared = compared.take().map(|value| without(&value, &names));
    }
    assert
}

/// Whether two values are equal; if they are not, the first place below `at` where they part is named.
pub(super) fn equal(at: String, found: &Value, wanted: &Value) -> Result<(), Failure> {
    if same(found, wanted) {
        return Ok(());
    }
    let below = |step: String, found: &Value, wanted: &Value| equal(format!("{at}{step}"), found, wanted);
    match (found, wanted) {
        (Value::Object(has), Value::Object(wants)) => {
            let dot = if at.is_empty() { "" } else { "." };
            let names: BTreeSet<&String> = has.keys().chain(wants.keys()).collect();
            let of = |members: &serde_json::Map<String, Value>, name: &String| {
                members.get(name).cloned().unwrap_or_default()
            };
            names.into_iter().try_for_each(|name| below(format!("{dot}{name}"), &of(has, name), &of(wants, name)))
        }
        (Value::Array(has), Value::Array(wants)) if has.len() == wants.len() => {
            let pairs = has.iter().zip(wants).enumerate();
            pairs.into_iter().try_for_each(|(index, (has, wants))| below(format!("[{index}]"), has, wants))
        }
        _ => {
            let place = if at.is_empty() { "the output".to_owned() } else { format!("`{at}`") };
            ensure(false, || format!("{place} is {}.", shown(wanted)), &place, found)
        }
    }
}

pub(super) fn includes(item: &Value, wanted: &Value) -> bool {
    match (item, wanted) {
        (Value::Object(item), Value::Object(wanted)) => {
            wanted.iter().all(|(name, value)| includes(item.get(name).unwrap_or(&Value::Null), value))
        }
        _ => same(item, wanted),
    }
}

/// Whether there is any text, in which a secret could stand.
pub(super) fn shows_text(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => elements.iter().any(shows_text),
        Value::Object(members) => members.values().any(shows_text),
        _ => false,
    }
}

pub(super) fn has_member(value: &Value, name: &str) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(key, value)| (key == name && !value.is_null()) || has_member(value, name))
        }
        Value::Array(elements) => elements.iter().any(|element| has_member(element, name)),
        _ => false,
    }
}

pub(super) fn members<'v>(list: &'v Value, member: &str) -> Vec<&'v Value> {
    let items = list.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(|item| item.get(member)).collect()
}

pub(super) fn length(value: &Value) -> Option<u64> {
    match value {
        Value::Array(elements) => Some(elements.len() as u64),
        Value::Object(members) => Some(members.len() as u64),
        Value::String(text) => Some(text.chars().count() as u64),
        _ => None,
    }
}

/// A timestamp in a form whose text order is the order in time, as far as one target writes them all alike.
pub(super) fn moment(text: &str) -> (String, String) {
    let (head, tail) = text.split_at_checked(19).unwrap_or((text, ""));
    (head.to_owned(), tail.trim_end_matches('Z').to_owned())
}
