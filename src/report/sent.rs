//! What was sent or returned where a clause was broken: in words, and as a place in the JSON.

use serde_json::Value;

use super::record::FindingRecord;
use super::redact::REDACTED;
use super::text::{sentence, shorten, visible};
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

/// Longest value that a sentence quotes, in characters.
const LONGEST_QUOTE: usize = 60;

/// Steps from the root of a JSON value: names of members, and positions as numbers.
pub type Place = Vec<String>;

/// What the clause promises, and what was sent or returned instead: "`name` has at most 128 characters; 129 were sent."
pub fn promise(finding: &FindingRecord) -> String {
    let promise = match finding.promise.as_str() {
        "" => finding.expected.as_str(),
        promise => promise,
    };
    match instead(finding) {
        Some(instead) => format!("{}; {instead}.", promise.trim_end().trim_end_matches('.')),
        None => sentence(promise),
    }
}

/// What was sent or returned, as the second half of a sentence; `None` if the message does not show it.
fn instead(finding: &FindingRecord) -> Option<String> {
    let (body, path, constraint, verb) = match ClauseId::parse(&finding.clause)? {
        ClauseId::Input { path, constraint, .. } => (&finding.request.body, path, constraint, "sent"),
        ClauseId::Output { path, constraint, .. } => (&finding.response.body, path, constraint, "returned"),
        _ => return None,
    };
    if !body.is_object() {
        return None;
    }
    let values = values(body, path);
    let values: Vec<&Value> = values.iter().collect();
    // How long a secret is, is none of the report's business, and the mark in its place has a length of its own.
    if values.iter().any(|value| value.as_str() == Some(REDACTED)) {
        return None;
    }
    match constraint {
        Constraint::LengthMin => Some(number(values.iter().filter_map(|value| length(value)).min()?, verb)),
        Constraint::LengthMax => Some(number(values.iter().filter_map(|value| length(value)).max()?, verb)),
        Constraint::Required => required(&values, verb),
        Constraint::UniqueItems => None,
        Constraint::Type | Constraint::Pattern | Constraint::Enum | Constraint::RangeMin | Constraint::RangeMax => {
            match values[..] {
                [value] => Some(format!("{} was {verb}", quoted(value))),
                _ => None,
            }
        }
    }
}

fn number(length: usize, verb: &str) -> String {
    format!("{length} {} {verb}", if length == 1 { "was" } else { "were" })
}

fn required(values: &[&Value], verb: &str) -> Option<String> {
    match values {
        [] => Some(format!("none was {verb}")),
        [Value::Null] => Some(format!("null was {verb}")),
        _ => None,
    }
}

fn quoted(value: &Value) -> String {
    format!("`{}`", shorten(&visible(&value.to_string()), LONGEST_QUOTE))
}

/// Characters of a text, elements of a list, entries of a map.
fn length(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.chars().count()),
        Value::Array(elements) => Some(elements.len()),
        Value::Object(members) => Some(members.len()),
        _ => None,
    }
}

/// The values that a clause's path leads to; keys of maps as texts.
fn values(body: &Value, path: &str) -> Vec<Value> {
    let mut found = vec![body.clone()];
    for name in path.split('.') {
        found = found.iter().flat_map(|value| step(value, name)).map(|(_, value)| value).collect();
    }
    found
}

/// Where a step of a clause's path leads to.
fn step(value: &Value, name: &str) -> Vec<(String, Value)> {
    match value {
        Value::Object(members) => match (members.get(name), name) {
            (Some(member), _) => vec![(name.to_owned(), member.clone())],
            (None, "key") => members.keys().map(|key| (key.clone(), Value::from(key.as_str()))).collect(),
            (None, "value") => members.iter().map(|(key, member)| (key.clone(), member.clone())).collect(),
            (None, _) => Vec::new(),
        },
        Value::Array(elements) if name == "member" => {
            elements.iter().enumerate().map(|(index, element)| (index.to_string(), element.clone())).collect()
        }
        _ => Vec::new(),
    }
}

/// Where the offending member stands in the request: where the clause's path leads, else the first member of the name
/// that the finding is about. `None` if the body does not have it.
pub fn place(finding: &FindingRecord) -> Option<Place> {
    let body = &finding.request.body;
    let by_clause = match ClauseId::parse(&finding.clause) {
        Some(ClauseId::Input { path, .. }) => deepest(body, path),
        _ => None,
    };
    let name = finding.member.split_once('$').map_or("", |(_, name)| name);
    by_clause.or_else(|| if name.is_empty() { None } else { first_named(body, name) })
}

/// How far a clause's path leads; the first element where it leads to several.
fn deepest(body: &Value, path: &str) -> Option<Place> {
    let mut place = Place::new();
    let mut value = body.clone();
    for name in path.split('.') {
        let Some((taken, next)) = step(&value, name).into_iter().next() else { break };
        place.push(taken);
        if name == "key" {
            break;
        }
        value = next;
    }
    (!place.is_empty()).then_some(place)
}

fn first_named(value: &Value, name: &str) -> Option<Place> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) if members.contains_key(name) => return Some(vec![name.to_owned()]),
        Value::Object(members) => members.iter().map(|(key, member)| (key.clone(), member)).collect(),
        Value::Array(elements) => {
            elements.iter().enumerate().map(|(index, element)| (index.to_string(), element)).collect()
        }
        _ => return None,
    };
    children.into_iter().find_map(|(step, child)| {
        let mut place = first_named(child, name)?;
        place.insert(0, step);
        Some(place)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::record::FindingKind;
    use crate::report::sample;

    fn finding(clause: &str, request: Value, response: Value) -> FindingRecord {
        let mut finding = sample::finding("f", clause, "CreateChannel", FindingKind::AcceptedInvalid);
        finding.promise = "It is kept.".to_owned();
        finding.request.body = request;
        finding.response.body = response;
        finding
    }

    #[test]
    fn a_promise_says_what_was_sent_instead() {
        for (clause, request, said) in [
            ("CreateChannel.input.name.length.max", json!({"name": "abc"}), "It is kept; 3 were sent."),
            ("CreateChannel.input.name.length.min", json!({"name": "a"}), "It is kept; 1 was sent."),
            ("CreateChannel.input.tags.length.max", json!({"tags": {"a": "", "b": ""}}), "It is kept; 2 were sent."),
            ("CreateChannel.input.tags.key.length.max", json!({"tags": {"abcd": ""}}), "It is kept; 4 were sent."),
            ("CreateChannel.input.type.enum", json!({"type": "odd"}), "It is kept; `\"odd\"` was sent."),
            ("CreateChannel.input.name.required", json!({}), "It is kept; none was sent."),
            ("BatchGetChannel.input.arns.member.pattern", json!({"arns": ["x"]}), "It is kept; `\"x\"` was sent."),
            ("BatchGetChannel.input.arns.member.pattern", json!({"arns": ["x", "y"]}), "It is kept."),
            ("CreateChannel.input.name.length.max", json!("not an object"), "It is kept."),
            ("CreateChannel.input.name.length.max", json!({"name": "[redacted]"}), "It is kept."),
            ("rule.tags-merge", json!({}), "It is kept."),
        ] {
            assert_eq!(promise(&finding(clause, request, Value::Null)), said, "{clause}");
        }
        let returned = finding("GetChannel.output.channel.arn.type", Value::Null, json!({"channel": {"arn": 7}}));
        assert_eq!(promise(&returned), "It is kept; `7` was returned.");
    }

    #[test]
    fn the_offending_member_has_a_place() {
        let place_of = |clause, request| place(&finding(clause, request, Value::Null));
        let arns = place_of("BatchGetChannel.input.arns.member.pattern", json!({"a": 1, "arns": ["x"]}));
        assert_eq!(arns.unwrap(), ["arns", "0"]);
        assert_eq!(place_of("CreateChannel.input.name.required", json!({"type": "x"})), None);
        let mut rule = finding("rule.defaults", json!({"list": [{"preset": "x"}]}), Value::Null);
        assert_eq!(place(&rule), None);
        rule.member = "Channel$preset".to_owned();
        assert_eq!(place(&rule).unwrap(), ["list", "0", "preset"]);
    }
}
