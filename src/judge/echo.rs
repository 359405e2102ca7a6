//! What was given comes back: members of a request found again in the object that the response describes.

use serde_json::Value;

use super::exchange::Judgement;
use super::finding::{FindingKind, Violation};
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::{Node, NodeKind, Operation};

/// Judges the echo of `input` in the output of a success; `except` names members (paths below the input) that need
/// not come back. Members that the output has no place for are left out of account.
pub fn check(operation: &Operation, clause: ClauseIndex, except: &[String], input: &Value, judgement: &mut Judgement) {
    let Some(output) = judgement.body.take() else { return };
    compare(operation, clause, except, (input, &output), judgement);
    judgement.body = Some(output);
}

fn compare(
    operation: &Operation,
    clause: ClauseIndex,
    except: &[String],
    (input, output): (&Value, &Value),
    judgement: &mut Judgement,
) {
    for member in operation.input.members() {
        if except.contains(&member.path) {
            continue;
        }
        let Some(given) = input.get(&member.name).filter(|given| !given.is_null()) else { continue };
        let Some((place, object)) = home(operation, member, output) else { continue };
        let returned = object.get(&member.name).unwrap_or(&Value::Null);
        match difference(member, given, returned) {
            None if shows(member, given, returned) => judgement.upheld.push(clause),
            None => {}
            Some(path) => judgement.violations.push(Violation {
                clause,
                operation: operation.name.clone(),
                detail: Some(path.clone()),
                kind: FindingKind::WrongBehaviour,
                expected: format!("`{place}` shows `{path}` as it was given."),
                observed: observed(member, returned, &path),
                tier: None,
            }),
        }
    }
}

/// The structure of the output that has a place for the member: same name, same kind of value.
fn home<'v>(operation: &Operation, member: &Node, output: &'v Value) -> Option<(String, &'v Value)> {
    let is_place = |node: &&Node| {
        matches!(node.kind, NodeKind::Structure(_))
            && node.member(&member.name).is_some_and(|twin| twin.shape == member.shape || same_kind(twin, member))
    };
    let place = operation.output.members().iter().find(is_place)?;
    Some((place.path.clone(), output.get(&place.name)?))
}

fn same_kind(left: &Node, right: &Node) -> bool {
    std::mem::discriminant(&left.kind) == std::mem::discriminant(&right.kind)
}

/// The path at which what came back is not what was given; objects may come back with more members.
fn difference(node: &Node, given: &Value, returned: &Value) -> Option<String> {
    if is_nothing(given) && is_nothing(returned) {
        return None;
    }
    match (&node.kind, given, returned) {
        (NodeKind::Structure(members), Value::Object(given), Value::Object(_)) => members.iter().find_map(|member| {
            let given = given.get(&member.name).filter(|given| !given.is_null())?;
            difference(member, given, returned.get(&member.name).unwrap_or(&Value::Null))
        }),
        (_, given, returned) if same(given, returned) => None,
        _ => Some(node.path.clone()),
    }
}

/// Whether something that was given came back, so that it could have come back as something else.
fn shows(node: &Node, given: &Value, returned: &Value) -> bool {
    match (&node.kind, given, returned) {
        (NodeKind::Structure(members), Value::Object(given), Value::Object(returned)) => members.iter().any(|member| {
            let pair = given.get(&member.name).zip(returned.get(&member.name));
            pair.is_some_and(|(given, returned)| shows(member, given, returned))
        }),
        (_, given, returned) => !is_nothing(given) && !is_nothing(returned),
    }
}

/// Nothing at all, null, or empty through and through.
pub fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.values().all(is_nothing),
        _ => false,
    }
}

/// Equal, with null members counting as absent and numbers compared by value.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let names = left.keys().chain(right.keys());
            names
                .into_iter()
                .all(|name| same(left.get(name).unwrap_or(&Value::Null), right.get(name).unwrap_or(&Value::Null)))
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        _ => left == right,
    }
}

fn observed(member: &Node, returned: &Value, path: &str) -> String {
    match (member.is_sensitive, returned) {
        (_, Value::Null) => format!("`{path}` is not there."),
        (true, _) => format!("`{path}` has another value."),
        (false, returned) => format!("`{}` is {}.", member.path, cut(&returned.to_string())),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
