//! What a scenario asserts of an output.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

use super::echo::same;
use super::path;
use crate::plan::suite::Assert;

/// Why an assertion does not hold: what was expected and what was seen, one sentence each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was expected.
    pub expected: String,
    /// What was seen.
    pub observed: String,
}

/// Judges an assertion whose placeholders are resolved against an output.
///
/// # Errors
/// The first matcher that does not hold.
pub fn check(assert: &Assert, output: &Value) -> Result<(), Failure> {
    let found = path::find(output, &assert.at).unwrap_or(&Value::Null);
    if assert.if_present && found.is_null() {
        return Ok(());
    }
    let stripped;
    let found = if assert.ignoring.is_empty() {
        found
    } else {
        stripped = without(found, &assert.ignoring);
        &stripped
    };
    let assert = &without_ignored(assert);
    let place = if assert.at.is_empty() { "the output".to_owned() } else { format!("`{}`", readable(&assert.at)) };
    let place = place.as_str();
    if let Some(wanted) = &assert.equals {
        equal(readable(&assert.at), found, wanted)?;
    }
    if let Some(other) = &assert.differs {
        ensure(!same(found, other), || format!("{place} is not {}.", shown(other)), place, found)?;
    }
    let list = assert.element_of.as_ref().map(|list| list.as_array().map_or(&[][..], Vec::as_slice));
    for allowed in assert.one_of.as_deref().into_iter().chain(list) {
        let is_listed = allowed.iter().any(|value| same(found, value));
        ensure(is_listed, || format!("{place} is one of {}.", listed(allowed)), place, found)?;
    }
    if let Some(inputs) = &assert.result_of {
        result_of(place, found, inputs)?;
    }
    if let Some(other) = &assert.agrees {
        agrees(place, found, other)?;
    }
    if let Some(present) = assert.present {
        let words = if present { "is there" } else { "is absent" };
        ensure(found.is_null() != present, || format!("{place} {words}."), place, found)?;
    }
    if let Some(item) = &assert.contains {
        ensure(has_item(found, item), || format!("{place} has an item with {}.", shown(item)), place, found)?;
    }
    if let Some(item) = &assert.lacks {
        ensure(!has_item(found, item), || format!("{place} has no item with {}.", shown(item)), place, found)?;
    }
    sizes(assert, place, found)?;
    numbers(assert, place, found)?;
    forms(assert, place, found)
}

fn sizes(assert: &Assert, place: &str, found: &Value) -> Result<(), Failure> {
    let length = length(found);
    let observed = || match length {
        Some(length) => format!("{place} has length {length}."),
        None => format!("{place} is {}.", shown(found)),
    };
    if let Some(wanted) = assert.length
        && length != Some(wanted)
    {
        return Err(Failure { expected: format!("{place} has length {wanted}."), observed: observed() });
    }
    if let Some(most) = assert.length_at_most
        && length.is_none_or(|length| length > most)
    {
        return Err(Failure { expected: format!("{place} has a length of at most {most}."), observed: observed() });
    }
    Ok(())
}

fn forms(assert: &Assert, place: &str, found: &Value) -> Result<(), Failure> {
    if let Some(pattern) = &assert.matches {
        let regex = Regex::new(&format!("^(?:{pattern})$"));
        let is_match = matches!((&regex, found), (Ok(regex), Value::String(text)) if regex.is_match(text));
        ensure(is_match, || format!("{place} matches {pattern}."), place, found)?;
    }
    if let Some(name) = &assert.hides
        && has_member(found, name)
    {
        return Err(Failure {
            expected: format!("{place} has no member `{name}` at any depth."),
            observed: format!("{place} shows `{name}`."),
        });
    }
    if let Some(secret) = &assert.never_shows
        && secret.as_str().is_some_and(|secret| !secret.is_empty() && found.to_string().contains(secret))
    {
        return Err(Failure {
            expected: format!("{place} does not show the secret."),
            observed: format!("{place} shows it."),
        });
    }
    if let Some(member) = &assert.descends_by {
        let values: Vec<&Value> = members(found, member);
        let goes_down = values.windows(2).all(|pair| match pair {
            [Value::String(left), Value::String(right)] => left >= right,
            [left, right] => left.as_f64() >= right.as_f64(),
            _ => true,
        });
        ensure(goes_down, || format!("{place} goes down by `{member}`."), place, found)?;
    }
    if let Some(member) = &assert.distinct_by {
        let mut seen = BTreeSet::new();
        if let Some(value) = members(found, member).into_iter().find(|value| !seen.insert(value.to_string())) {
            return Err(Failure {
                expected: format!("No two items of {place} have the same `{member}`."),
                observed: format!("{} occurs twice.", shown(value)),
            });
        }
    }
    Ok(())
}

/// The value without members of these names, at any depth.
fn without(value: &Value, names: &[String]) -> Value {
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
fn without_ignored(assert: &Assert) -> Assert {
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

fn numbers(assert: &Assert, place: &str, found: &Value) -> Result<(), Failure> {
    if let Some(earliest) = &assert.not_before {
        let is_later = match (found.as_str(), earliest.as_str()) {
            (Some(found), Some(earliest)) => moment(found) >= moment(earliest),
            _ => false,
        };
        ensure(is_later, || format!("{place} is not before {}.", shown(earliest)), place, found)?;
    }
    if let Some(most) = assert.each_at_most {
        let elements = found.as_array().map_or(&[][..], Vec::as_slice);
        let holds = elements.iter().all(|element| element.as_u64().is_some_and(|number| number <= most));
        ensure(holds, || format!("No number in {place} is above {most}."), place, found)?;
    }
    let Some(page) = assert.page_of else { return Ok(()) };
    let object = found.as_object();
    let items = object.and_then(|members| members.values().find_map(Value::as_array)).map_or(0, Vec::len) as u64;
    let token = object.and_then(|members| members.get("nextToken")).and_then(Value::as_str);
    let has_token = token.is_some_and(|token| !token.is_empty());
    let holds = if has_token { items == page } else { items <= page };
    if holds {
        return Ok(());
    }
    let more = if has_token { "and a token" } else { "and no token" };
    Err(Failure {
        expected: format!("A page has at most {page} items, and {page} if another follows."),
        observed: format!("The page has {items} items {more}."),
    })
}

/// A timestamp in a form whose text order is the order in time, as far as one target writes them all alike.
fn moment(text: &str) -> (String, String) {
    let (head, tail) = text.split_at_checked(19).unwrap_or((text, ""));
    (head.to_owned(), tail.trim_end_matches('Z').to_owned())
}

fn ensure(holds: bool, expected: impl FnOnce() -> String, place: &str, found: &Value) -> Result<(), Failure> {
    if holds {
        return Ok(());
    }
    let observed =
        if found.is_null() { format!("{place} is absent.") } else { format!("{place} is {}.", shown(found)) };
    Err(Failure { expected: expected(), observed })
}

/// Whether two values are equal; if they are not, the first place below `at` where they part is named.
fn equal(at: String, found: &Value, wanted: &Value) -> Result<(), Failure> {
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

/// Whether some order of inputs, each of which sets the members that it gives, leaves this object behind.
fn result_of(place: &str, found: &Value, inputs: &Value) -> Result<(), Failure> {
    let inputs: Vec<&serde_json::Map<String, Value>> =
        inputs.as_array().into_iter().flatten().filter_map(Value::as_object).collect();
    let names: BTreeSet<&String> = inputs.iter().flat_map(|input| input.keys()).collect();
    for name in names {
        let given: Vec<Value> = inputs.iter().filter_map(|input| input.get(name)).cloned().collect();
        let value = found.get(name).unwrap_or(&Value::Null);
        if !given.iter().any(|given| same(given, value)) {
            return Err(Failure {
                expected: format!("`{name}` of {place} is {}.", listed(&given)),
                observed: format!("`{name}` of {place} is {}.", shown(value)),
            });
        }
    }
    Ok(())
}

fn agrees(place: &str, found: &Value, other: &Value) -> Result<(), Failure> {
    let (Value::Object(left), Value::Object(right)) = (found, other) else {
        return ensure(same(found, other), || format!("{place} is {}.", shown(other)), place, found);
    };
    let differing = left.iter().find(|(name, value)| right.get(*name).is_some_and(|twin| !same(value, twin)));
    match differing {
        None => Ok(()),
        Some((name, value)) => Err(Failure {
            expected: format!("`{name}` of {place} is {}.", shown(right.get(name).unwrap_or(&Value::Null))),
            observed: format!("`{name}` of {place} is {}.", shown(value)),
        }),
    }
}

fn has_item(list: &Value, wanted: &Value) -> bool {
    list.as_array().is_some_and(|items| items.iter().any(|item| includes(item, wanted)))
}

fn includes(item: &Value, wanted: &Value) -> bool {
    match (item, wanted) {
        (Value::Object(item), Value::Object(wanted)) => {
            wanted.iter().all(|(name, value)| includes(item.get(name).unwrap_or(&Value::Null), value))
        }
        _ => same(item, wanted),
    }
}

fn has_member(value: &Value, name: &str) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(key, value)| (key == name && !value.is_null()) || has_member(value, name))
        }
        Value::Array(elements) => elements.iter().any(|element| has_member(element, name)),
        _ => false,
    }
}

fn members<'v>(list: &'v Value, member: &str) -> Vec<&'v Value> {
    let items = list.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(|item| item.get(member)).collect()
}

fn length(value: &Value) -> Option<u64> {
    match value {
        Value::Array(elements) => Some(elements.len() as u64),
        Value::Object(members) => Some(members.len() as u64),
        Value::String(text) => Some(text.chars().count() as u64),
        _ => None,
    }
}

fn listed(values: &[Value]) -> String {
    values.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// Run-specific values make poor reading: an ARN is shown by its type.
fn readable(path: &str) -> String {
    let Some((head, tail)) = path.split_once("=arn:") else { return path.to_owned() };
    match tail.split_once(']') {
        Some((_, rest)) => format!("{head}=…]{rest}"),
        None => path.to_owned(),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "absent".to_owned(),
        Value::Object(members) if members.len() > 4 => format!("an object with {} members", members.len()),
        Value::Array(elements) if elements.len() > 4 => format!("an array with {} elements", elements.len()),
        other => {
            let text = other.to_string();
            match text.char_indices().nth(80) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(assert: Assert, output: &Value) -> bool {
        check(&assert, output).is_ok()
    }

    #[test]
    fn concurrent_calls_leave_what_some_order_allows() {
        let given = json!([{"name": "a", "type": "X"}, {"name": "b"}]);
        let result_of = |output: Value| holds(Assert { result_of: Some(given.clone()), ..Assert::default() }, &output);
        assert!(result_of(json!({"name": "a", "type": "X", "other": 1})));
        assert!(result_of(json!({"name": "b", "type": "X"})));
        assert!(!result_of(json!({"name": "c", "type": "X"})), "nobody gave it");
        assert!(!result_of(json!({"name": "b", "type": "Y"})), "the only one who gave it lost");
        assert!(!result_of(json!({"name": "b"})), "it is not there");
    }

    #[test]
    fn what_is_not_equal_is_named_where_it_parts() {
        let of = |name: Value| json!({"channels": [{"a": 1, "b": 2, "c": 3, "d": 4, "name": name, "none": null}]});
        let assert =
            Assert { at: "channels".to_owned(), equals: Some(of(json!("x"))["channels"].clone()), ..Assert::default() };
        assert!(holds(assert.clone(), &of(json!("x"))));
        let failure = check(&assert, &of(json!(7))).unwrap_err();
        assert_eq!(failure.expected, "`channels[0].name` is \"x\".");
        assert_eq!(failure.observed, "`channels[0].name` is 7.");
        let failure = check(&assert, &json!({"channels": []})).unwrap_err();
        assert_eq!(failure.observed, "`channels` is [].");
    }

    #[test]
    fn an_element_of_a_list_is_equal_to_one_of_them() {
        let element_of = |output: Value| {
            let list = Some(json!([{"name": "a"}, {"name": "b", "tags": null}]));
            holds(Assert { element_of: list, ..Assert::default() }, &output)
        };
        assert!(element_of(json!({"name": "b"})));
        assert!(!element_of(json!({"name": "c"})));
        let nobody = Assert { element_of: Some(json!([])), ..Assert::default() };
        assert!(!holds(nobody, &json!({"name": "a"})), "without successes nothing is allowed");
    }
}
