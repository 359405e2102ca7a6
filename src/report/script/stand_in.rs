//! Request bodies without their secrets: stand-ins of the same length and kind keep what a finding is about.

use serde_json::Value;

use super::{Subject, Unfaithful, words};
use crate::spec::contract::Node;

/// A marked body in which every secret member has a stand-in.
///
/// # Errors
/// It may hold a secret, and is not JSON in which it could be found.
pub fn without_secrets(subject: &Subject<'_>, operation: &str, body: &str) -> Result<String, Unfaithful> {
    let shape = subject.contract.operation(operation).map(|operation| &operation.input);
    let Some(shape) = shape.filter(|shape| shape.holds_secret) else { return Ok(body.to_owned()) };
    let secrets: Vec<&Node> = shape.walk().into_iter().filter(|node| node.is_sensitive).collect();
    if !secrets.iter().any(|node| body.contains(node.name.as_str())) {
        return Ok(body.to_owned());
    }
    let value: Value = serde_json::from_str(body).map_err(|_| {
        Unfaithful::because("Its request may hold a secret, and is not JSON in which it could be found.")
    })?;
    Ok(replaced(value, shape).to_string())
}

fn replaced(value: Value, shape: &Node) -> Value {
    match value {
        value if shape.is_sensitive => stand_in(value),
        Value::Object(members) => {
            let member = |(name, value): (String, Value)| match shape.member(&name) {
                Some(below) => (name, replaced(value, below)),
                None => (name, value),
            };
            Value::Object(members.into_iter().map(member).collect())
        }
        other => other,
    }
}

fn stand_in(value: Value) -> Value {
    match value {
        Value::String(text) if words::has_mark(&text) => Value::String(text),
        Value::String(text) => Value::String(text.chars().map(like).collect()),
        Value::Array(elements) => elements.into_iter().map(stand_in).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, stand_in(value))).collect())
        }
        Value::Number(_) => Value::from(1),
        other => other,
    }
}

/// A character of the same length in UTF-8.
fn like(c: char) -> char {
    match c.len_utf8() {
        1 if c.is_control() => c,
        1 => 'x',
        2 => 'é',
        3 => '€',
        _ => '😀',
    }
}
