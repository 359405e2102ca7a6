//! Requests that are changed, tolerated or refused on their way in.

use axum::http::header;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::super::api::Api;
use super::super::auth;
use super::super::checks::Checks;
use super::super::config::Auth;
use super::super::error::{ApiError, ErrorCode};
use super::super::inputs;
use super::super::operation::{Operation, Route, route};
use super::super::rules::Rule;
use super::super::service::Service;
use super::{AuthFault, Behavior, Faults, ProtocolFault, Rejection};

/// What a request is about: the resource that it names, or else its path.
pub(super) fn subject(parts: &Parts, body: &[u8]) -> String {
    let path = parts.uri.path();
    if let Some(resource) = path.strip_prefix("/tags/") {
        return percent_decode_str(resource).decode_utf8_lossy().into_owned();
    }
    let members: Value = serde_json::from_slice(body).unwrap_or_default();
    let named = ["arn", "channelArn"].iter().find_map(|name| members.get(name)?.as_str());
    named.unwrap_or(path).to_owned()
}

/// The route of a request, where a wrong one may be tolerated.
pub(super) fn faulty_route<'a>(api: Api, faults: &Faults, parts: &'a Parts) -> Route<'a> {
    let path = parts.uri.path();
    let found = route(api, &parts.method, path);
    let name = path.trim_matches('/');
    let (rule, operation) = match found {
        Route::Unknown => (Rule::PathCase, in_any_case(name).filter(|operation| operation.since() <= api)),
        Route::WrongMethod { .. } => (Rule::Method, Operation::named(name)),
        Route::Operation { .. } | Route::Broadcast => return found,
    };
    match operation.filter(|_| faults.waives_rule(rule)) {
        Some(operation) => Route::Operation { operation, resource: None },
        None => found,
    }
}

fn in_any_case(name: &str) -> Option<Operation> {
    Operation::ALL.iter().copied().find(|operation| operation.name().eq_ignore_ascii_case(name))
}

/// Refuses signatures in the query.
pub(super) fn refuse_presigned(service: &Service, faults: &Faults, parts: &Parts) -> Result<(), ApiError> {
    let is_concerned = matches!(service.auth, Auth::SigV4 { .. }) && auth::is_presigned(parts);
    if is_concerned && faults.has_anywhere(Behavior::Auth(AuthFault::RefusePresigned)) {
        return Err(ApiError::new(ErrorCode::InvalidSignature, "The query cannot carry a signature"));
    }
    Ok(())
}

/// Refuses what HTTP and the protocol allow.
pub(super) fn refuse_by_protocol(faults: &Faults, parts: &Parts) -> Result<(), ApiError> {
    let has = |fault| faults.has_anywhere(Behavior::Protocol(fault));
    let encodings = parts.headers.get(header::ACCEPT_ENCODING).is_some_and(|value| !value.is_empty());
    if encodings && has(ProtocolFault::RefuseEncodings) {
        return Err(ApiError::new(ErrorCode::NotAcceptable, "Responses are not encoded"));
    }
    let mut parameters = parts.uri.query().unwrap_or_default().split('&');
    if !parameters.any(|pair| pair.starts_with("Version=")) && has(ProtocolFault::NeedVersion) {
        return Err(ApiError::validation("The request must contain the parameter Version"));
    }
    Ok(())
}

/// Gives members the names that they have in another case, where that is tolerated.
pub(super) fn mend_case(api: Api, operation: Operation, members: &mut Map<String, Value>, checks: &dyn Checks) {
    for member in inputs::members(operation, api) {
        let is_other = |name: &&String| *name != member.name && name.eq_ignore_ascii_case(member.name);
        let other = members.keys().find(is_other).cloned();
        let tolerated = other.filter(|_| !checks.enforces(Rule::MemberCase));
        if let Some(value) = tolerated.and_then(|name| members.remove(&name)) {
            members.insert(member.name.to_owned(), value);
        }
    }
}

/// Leaves percent escapes with lower-case digits as they are.
pub(super) fn leave_escapes(faults: &Faults, resource: &str, members: &mut Map<String, Value>) {
    let mut digits = resource.split('%').skip(1).filter_map(|part| part.get(..2));
    let has_lower = digits.any(|digits| digits.bytes().any(|digit| digit.is_ascii_lowercase()));
    if has_lower && faults.has_anywhere(Behavior::Protocol(ProtocolFault::UpperHexOnly)) {
        members.insert("resourceArn".to_owned(), Value::String(resource.to_owned()));
    }
}

/// Turns a legal input down.
pub(super) fn reject(faults: &Faults, operation: Operation, members: &Map<String, Value>) -> Result<(), ApiError> {
    match faults.rejects(operation, members) {
        None => Ok(()),
        Some(Rejection::Refuse) => Err(ApiError::validation("This value is not accepted")),
        Some(Rejection::Crash) => Err(ApiError::new(ErrorCode::InternalServer, "An unexpected error occurred")),
    }
}
