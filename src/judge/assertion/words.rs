//! Values and paths in sentences.

use serde_json::Value;

/// Values, one after another.
pub(super) fn listed(values: &[Value]) -> String {
    values.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// Run-specific values make poor reading: an ARN is shown by its type.
pub(super) fn readable(path: &str) -> String {
    let Some((head, tail)) = path.split_once("=arn:") else { return path.to_owned() };
    match tail.split_once(']') {
        Some((_, rest)) => format!("{head}=…]{rest}"),
        None => path.to_owned(),
    }
}

/// A value, short enough for a sentence.
pub(super) fn shown(value: &Value) -> String {
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
