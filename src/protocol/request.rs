//! Turns an input into an HTTP request by the restJson1 protocol (Smithy 2.0, "AWS restJson1 protocol").

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::spec::contract::{Location, Operation, UriSegment};
use crate::wire::{Request, Text};

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const UNRESERVED_AND_SLASH: &AsciiSet = &UNRESERVED.remove(b'/');

const ACCEPT: Text = Text::new_static("accept");
const CONTENT_TYPE: Text = Text::new_static("content-type");
const JSON: Text = Text::new_static("application/json");

/// The members that travel in the body.
struct Members<'v>(Vec<(&'v String, &'v Value)>);

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// The request for an input whose placeholders are resolved.
pub fn request(operation: &Operation, input: &Value) -> Request {
    let empty = Map::new();
    let members = input.as_object().unwrap_or(&empty);
    let mut headers = vec![(ACCEPT, JSON)];
    let mut body = Members(Vec::new());
    let mut query: Vec<String> = Vec::new();
    let mut payload = None;
    for (name, value) in members {
        let location = operation.input.member(name).map_or(&Location::Body, |node| &node.location);
        match location {
            Location::Body | Location::StatusCode => {
                body.0.push((name, value));
            }
            Location::Label => {}
            Location::Query(key) => push_query(&mut query, key, value),
            Location::QueryParams => push_entries(&mut query, value),
            Location::Header(header) => headers.push((header.to_lowercase().into(), plain(value).into())),
            Location::PrefixHeaders(prefix) => push_headers(&mut headers, prefix, value),
            Location::Payload => payload = Some(value),
        }
    }
    let body = match payload {
        Some(payload) => json_text(payload),
        None if has_body(operation) => json_text(&body),
        None => String::new(),
    };
    if !body.is_empty() {
        headers.push((CONTENT_TYPE, JSON));
    }
    Request {
        method: operation.method.as_str().into(),
        target: target(operation, members, &query).into(),
        headers,
        body: Bytes::from(body),
    }
}

/// Whether requests of the operation carry a JSON object: they do if any member travels in it. A `POST` whose input
/// has no members at all sends an empty object.
fn has_body(operation: &Operation) -> bool {
    let members = operation.input.members();
    let in_body = members.iter().any(|member| matches!(member.location, Location::Body));
    in_body || (members.is_empty() && operation.method == "POST")
}

fn target(operation: &Operation, members: &Map<String, Value>, query: &[String]) -> String {
    let mut path = String::new();
    let mut fixed_query = String::new();
    for segment in &operation.uri {
        path.push('/');
        match segment {
            UriSegment::Literal(text) => match text.split_once('?') {
                Some((text, literal_query)) => {
                    path.push_str(text);
                    fixed_query.push_str(literal_query);
                }
                None => path.push_str(text),
            },
            UriSegment::Label { member, is_greedy } => {
                let value = members.get(member).map(plain).unwrap_or_default();
                let set = if *is_greedy { UNRESERVED_AND_SLASH } else { UNRESERVED };
                path.extend(utf8_percent_encode(&value, set));
            }
        }
    }
    if path.is_empty() {
        path.push('/');
    }
    let all: Vec<&str> = std::iter::once(fixed_query.as_str())
        .filter(|part| !part.is_empty())
        .chain(query.iter().map(String::as_str))
        .collect();
    if !all.is_empty() {
        path.push('?');
        path.push_str(&all.join("&"));
    }
    path
}

fn push_query(query: &mut Vec<String>, key: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Array(elements) => elements.iter().for_each(|element| push_query(query, key, element)),
        other => {
            let key = utf8_percent_encode(key, UNRESERVED);
            let text = plain(other);
            query.push(format!("{key}={}", utf8_percent_encode(&text, UNRESERVED)));
        }
    }
}

fn push_entries(query: &mut Vec<String>, value: &Value) {
    if let Value::Object(entries) = value {
        for (key, value) in entries {
            push_query(query, key, value);
        }
    }
}

fn push_headers(headers: &mut Vec<(Text, Text)>, prefix: &str, value: &Value) {
    if let Value::Object(entries) = value {
        for (key, value) in entries {
            headers.push((format!("{prefix}{key}").to_lowercase().into(), plain(value).into()));
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// JSON text, with `"${raw:TEXT}"` replaced by `TEXT`.
fn json_text(value: &impl Serialize) -> String {
    // What is made of JSON values can be written down as JSON.
    let text = serde_json::to_string(value).unwrap_or_default();
    if !text.contains("\"${raw:") {
        return text;
    }
    let mut parts = text.split("\"${raw:");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("}\"") {
            Some((raw, rest)) => {
                result.push_str(raw);
                result.push_str(rest);
            }
            None => result.push_str(part),
        }
    }
    result
}
