//! Members of the input that stand in the path and the query.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::has;
use crate::reference::fault::ProtocolFault;
use crate::reference::operation::Operation;
use crate::reference::service::Service;

/// Adds what a tag operation carries in its path and query.
pub(super) fn add_uri_members(
    service: &Service,
    operation: Operation,
    resource: &str,
    query: Option<&str>,
    members: &mut Map<String, Value>,
) {
    let is_raw = has_lower_escapes(resource) && has(service, ProtocolFault::UpperHexOnly);
    let decoded = percent_decode_str(resource).decode_utf8_lossy();
    let arn = if is_raw { resource.to_owned() } else { decoded.into_owned() };
    members.insert("resourceArn".to_owned(), Value::String(arn));
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

/// Whether the digits of some percent escape are in lower case.
fn has_lower_escapes(text: &str) -> bool {
    let digits = text.split('%').skip(1).filter_map(|part| part.get(..2));
    digits.into_iter().any(|digits| digits.bytes().any(|digit| digit.is_ascii_lowercase()))
}

fn form_decoded(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
    } else {
        percent_decode_str(text).decode_utf8_lossy()
    }
}
