//! What a response says of an operation: there, missing, refused.

use crate::protocol;
use crate::run::access::Refusal;
use crate::run::run_context::RunContext;
use crate::spec::contract::Operation;
use crate::spec::rules::ErrorCause;
use crate::wire::{Exchange, Response};

/// What a response to a valid request says of the operation. An operation is missing if the response is that of a path
/// where there is nothing, or one of those by which gateways and frameworks say so; never if the response names an error
/// that the operation documents.
pub(super) fn presence(
    env: &RunContext,
    operation: &Operation,
    response: &Response,
    nowhere: &Exchange,
    is_about_ours: bool,
) -> Presence {
    let code = code(response);
    let nowhere = nowhere.response().map(|response| (response.status, self::code(response)));
    let is_like_nowhere = nowhere.as_ref().is_some_and(|nowhere| *nowhere == (response.status, code.clone()));
    // Whatever responds all paths alike, and not in the form of this API, may be anything.
    let is_anything = is_like_nowhere && code.is_none() && !holds_object(response);
    if (200..300).contains(&response.status) {
        return if is_anything { Presence::Unclear } else { Presence::Served };
    }
    if let Some(refusal) = env.target.access().refusal(response).filter(|_| !is_like_nowhere) {
        let may_be_others = refusal.cause == ErrorCause::Authorization && !is_about_ours;
        return if may_be_others { Presence::Unclear } else { Presence::Refused(refusal) };
    }
    let canonical = code.as_deref().map(|code| env.judge.canonical(code));
    if canonical
        .is_some_and(|code| operation.error(code).is_some() && response.status != 501 && !is_refused(env, response))
    {
        return Presence::Served;
    }
    // A target that names an error where there is nothing has something where it names none.
    let names_nothing = nowhere.is_none_or(|(_, code)| code.is_none());
    if is_routing(env, response)
        || (is_like_nowhere && matches!(response.status, 400 | 403 | 404))
        || (code.is_none() && response.status == 404 && names_nothing)
    {
        return Presence::Missing;
    }
    if is_anything { Presence::Unclear } else { Presence::Served }
}

pub(super) fn is_refused(env: &RunContext, response: &Response) -> bool {
    env.target.access().refusal(response).is_some()
}

/// Whether the response says that there is no such path or method.
pub fn is_routing(env: &RunContext, response: &Response) -> bool {
    let common = &env.contract.rules.common_errors;
    let is_routing = |code: &str| {
        common.iter().any(|error| error.code == code && error.when == ErrorCause::Routing)
            || matches!(code, "UnknownOperationException" | "UnknownOperation" | "InvalidAction" | "NotImplemented")
    };
    matches!(response.status, 405 | 501) || code(response).is_some_and(|code| is_routing(env.judge.canonical(&code)))
}

/// The error code of a response, if it has one.
pub fn code(response: &Response) -> Option<String> {
    let body = protocol::read(response).ok().map(|document| document.value);
    protocol::error_code(response, body.as_ref())
}

pub(super) fn holds_object(response: &Response) -> bool {
    protocol::read(response).is_ok_and(|document| document.value.is_object())
}

pub(super) fn describe(exchange: &Exchange) -> String {
    let request = &exchange.request;
    let answer = exchange.response().map(answer).unwrap_or_default();
    format!("{} {} is {answer}", request.method, request.target)
}

/// A response in a few words: `answered with status 404 (text/html): <html>…`.
pub fn answer(response: &Response) -> String {
    let mut answer = format!("answered with status {}", response.status);
    if let Some(code) = code(response) {
        answer.push_str(&format!(" {code}"));
    }
    if let Some(kind) = response.header("content-type") {
        answer.push_str(&format!(" ({kind})"));
    }
    if let Some(place) = response.header("location") {
        answer.push_str(&format!(", location {place}"));
    }
    let body = String::from_utf8_lossy(&response.body);
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = line.get(..line.floor_char_boundary(BODY_SHOWN)).unwrap_or_default();
    let rest = if shown.len() < line.len() { "…" } else { "" };
    if shown.is_empty() { answer } else { format!("{answer}: {shown}{rest}") }
}

/// What a response to a valid request says of the operation.
pub(super) enum Presence {
    /// It is there.
    Served,
    /// It is there, and the run may not call it.
    Refused(Refusal),
    /// It is not there.
    Missing,
    /// The response may as well come from something else, or mean the resource that was named.
    Unclear,
}

/// Longest body that is quoted, in bytes.
pub(super) const BODY_SHOWN: usize = 160;
