//! Reads the input of a request: the reverse of [`request`](super::request()).

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::call::Call;
use super::document;
use crate::spec::contract::{Location, Node, NodeKind, Operation};
use crate::wire::Request;

/// Reads the input of a call from its request; `has_body` is false if the request's body is not known.
///
/// # Errors
/// The input cannot be read, for this reason.
pub fn read_input(call: &Call<'_>, request: &Request, has_body: bool) -> Result<Value, &'static str> {
    let mut input = Map::new();
    let operation = call.operation;
    for (name, value) in &call.labels {
        let Some(text) = value else { return Err("the request's path is not UTF-8") };
        let value = operation.input.member(name).map_or_else(|| Value::from(text.as_str()), |node| scalar(node, text));
        input.insert((*name).to_owned(), value);
    }
    query(operation, &request.target, &mut input)?;
    headers(operation, request, &mut input);
    body(operation, request, has_body, &mut input)?;
    Ok(Value::Object(input))
}

fn query(operation: &Operation, target: &str, input: &mut Map<String, Value>) -> Result<(), &'static str> {
    let (_, query) = target.split_once('?').unwrap_or_default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().map(|text| text.into_owned());
        let (Ok(name), Ok(value)) = (decoded(name), decoded(value)) else {
            return Err("the request's query is not UTF-8");
        };
        let members = operation.input.members().iter();
        for member in members {
            match &member.location {
                Location::Query(key) if *key == name => push(member, &value, input),
                Location::QueryParams => return Err("the request's query is a map"),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Adds the value of a query parameter; one that is given again is the next element of a list.
fn push(member: &Node, text: &str, input: &mut Map<String, Value>) {
    match &member.kind {
        NodeKind::List { element } => {
            let list = input.entry(member.name.clone()).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(elements) = list {
                elements.push(scalar(element, text));
            }
        }
        _ => {
            input.insert(member.name.clone(), scalar(member, text));
        }
    }
}

fn headers(operation: &Operation, request: &Request, input: &mut Map<String, Value>) {
    for member in operation.input.members() {
        let Location::Header(name) = &member.location else { continue };
        let header = request.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        if let Some((_, value)) = header {
            push(member, value, input);
        }
    }
}

fn body(
    operation: &Operation,
    request: &Request,
    has_body: bool,
    input: &mut Map<String, Value>,
) -> Result<(), &'static str> {
    let members = operation.input.members();
    let payload = members.iter().find(|member| member.location == Location::Payload);
    let is_in_body = |member: &Node| matches!(member.location, Location::Body);
    if payload.is_none() && !members.iter().any(is_in_body) {
        return Ok(());
    }
    if !has_body || request.body.is_empty() {
        return Err("the recording does not have the request's body");
    }
    let header = |name: &str| request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    if header("content-encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        return Err("the request's body has a content coding");
    }
    let is_json = |value: &str| {
        let essence = value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase();
        essence == "application/json" || essence.starts_with("application/x-amz-json")
    };
    if header("content-type").is_some_and(|value| !is_json(value)) {
        return Err("the request's content type is not JSON");
    }
    let document = document::parse(&request.body).map_err(|_| "the request's body is not read as JSON")?;
    if document.has_byte_order_mark {
        return Err("a byte order mark stands before the request's body");
    }
    if document.repeated.is_some() {
        return Err("a name occurs twice in one object of the request");
    }
    match (payload, document.value) {
        (Some(payload), value) => {
            input.insert(payload.name.clone(), value);
        }
        (None, Value::Object(members)) => {
            // What travels elsewhere is not read from the body.
            let is_elsewhere = |name: &String| operation.input.member(name).is_some_and(|node| !is_in_body(node));
            input.extend(members.into_iter().filter(|(name, _)| !is_elsewhere(name)));
        }
        (None, _) => return Err("the request's body is not a JSON object"),
    }
    Ok(())
}

/// What a text outside the body stands for; one that is not of the member's type stays a text.
fn scalar(node: &Node, text: &str) -> Value {
    let parsed = match &node.kind {
        NodeKind::Integer { .. } | NodeKind::IntEnum(_) => text.parse::<i64>().ok().map(Value::from),
        NodeKind::Float => text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from),
        NodeKind::Boolean => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::from(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::super::request::request;
    use super::*;

    #[test]
    fn what_was_encoded_is_read_back() {
        let contract = crate::spec::builtin().unwrap();
        let arn = "arn:aws:ivs:us-east-1:123456789012:channel/a b+c";
        for (name, input) in [
            ("CreateChannel", json!({"name": "ä", "tags": {"a": "b"}, "insecureIngest": false})),
            ("UntagResource", json!({"resourceArn": arn, "tagKeys": ["a&b", "c d", "+"]})),
            ("TagResource", json!({"resourceArn": arn, "tags": {"k": ""}})),
            ("ListTagsForResource", json!({"resourceArn": arn})),
        ] {
            let operation = contract.operation(name).unwrap();
            let request = request(operation, &input);
            let call = Call::of(&contract, &request.method, &request.target).unwrap();
            assert_eq!((call.operation.name.as_str(), read_input(&call, &request, true)), (name, Ok(input)));
        }
    }
}
