//! Members of the input that stand in the path and the query.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::reference::operation::Operation;

/// Adds what a tag operation carries in its path and query.
pub(crate) fn add_uri_members(
    operation: Operation,
    resource: &str,
    query: Option<&str>,
    members: &mut Map<String, Value>,
) {
    let arn = percent_decode_str(resource).decode_utf8_lossy();
    members.insert("resourceArn".to_owned(), Value::String(arn.into_owned()));
    if operation != Operation::UntagResource {
        return;
    }
    let keys: Vec<Value> = query
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| match pair.split_once('=').unwrap_or((pair, "")) {
            ("tagKeys", key) => Some(Value::String(form_decoded(key).into_owned())),
            _ => None,
        })
        .collect();
    if !keys.is_empty() {
        members.insert("tagKeys".to_owned(), Value::Array(keys));
    }
}

fn form_decoded(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
    } else {
        percent_decode_str(text).decode_utf8_lossy()
    }
}
