//! What a recorded exchange holds of a call: its input, and what is shown of it.

use std::time::Duration;

use serde_json::{Map, Value};

use super::redacted;
use crate::protocol::{self, Call};
use crate::recording::Recorded;
use crate::spec::contract::{Location, Operation};
use crate::wire::{Exchange, Reply, Request, Response};

/// Headers of requests that are kept as evidence: others may hold anything.
const KEPT_HEADERS: [&str; 3] = ["accept", "content-type", "content-encoding"];
/// How parameters of a signature in the query begin, in lower case. Source: AWS Signature Version 4, "query parameters".
const SIGNATURE: &str = "x-amz-";

/// The exchange as it is judged and shown: without what authenticates it.
pub(super) fn exchange(operation: &Operation, recorded: &Recorded, response: &Response) -> Exchange {
    let is_bound = |name: &str| {
        operation.input.members().iter().any(|member| match &member.location {
            Location::Header(bound) => bound.eq_ignore_ascii_case(name),
            Location::PrefixHeaders(prefix) => name.starts_with(&prefix.to_lowercase()),
            _ => false,
        })
    };
    let request = &recorded.request;
    let headers = request.headers.iter().filter(|(name, _)| KEPT_HEADERS.contains(&name.as_str()) || is_bound(name));
    let request = Request {
        method: request.method.clone(),
        target: without_signature(&request.target).into(),
        headers: headers.cloned().collect(),
        body: request.body.clone(),
    };
    let elapsed = recorded.span.map_or(0, |span| span.ended.saturating_sub(span.began));
    let elapsed = Duration::from_micros(u64::try_from(elapsed).unwrap_or_default());
    Exchange { request, reply: Reply::Response(response.clone()), elapsed, repeats: 0 }
}

fn without_signature(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else { return target.to_owned() };
    let kept = query.split('&').filter(|pair| !pair.to_ascii_lowercase().starts_with(SIGNATURE));
    match kept.collect::<Vec<_>>().join("&") {
        kept if kept.is_empty() => path.to_owned(),
        kept => format!("{path}?{kept}"),
    }
}

/// What is known of the resources that a call names, whether or not its input is known as a whole; `None` if nothing is.
pub(super) fn named(call: &Call<'_>, recorded: &Recorded) -> Option<Value> {
    if let Ok(input) = protocol::read_input(call, &recorded.request, recorded.has_request_body) {
        return Some(input);
    }
    let labels = call.labels.iter().filter_map(|(name, value)| Some(((*name).to_owned(), Value::from(value.clone()?))));
    let labels: Map<String, Value> = labels.collect();
    (!labels.is_empty()).then_some(Value::Object(labels))
}

/// The input of a recorded call.
///
/// # Errors
/// It is not known, for this reason: the response is judged alone then.
pub(super) fn read_input(call: &Call<'_>, recorded: &Recorded) -> Result<Value, &'static str> {
    let input = protocol::read_input(call, &recorded.request, recorded.has_request_body)?;
    match redacted::holds_redacted(&input) {
        true => Err("a value of the request was taken out of the recording"),
        false => Ok(input),
    }
}
