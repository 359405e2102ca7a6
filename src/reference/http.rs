//! From an HTTP request to a call, and from its outcome to an HTTP response.

mod headers;
mod uri;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{header, request::Parts};
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Map, Value};

pub(crate) use headers::check_headers;
pub(crate) use uri::add_uri_members;

use super::auth;
use super::call::{Call, Outcome};
use super::checks::{Checks, Strict};
use super::error::{ApiError, ErrorCode};
use super::handlers;
use super::inputs;
use super::operation::{Operation, Route, route};
use super::pattern::is_region;
use super::reply;
use super::rules::Rule;
use super::service::Service;
use super::shape::{self, Constraint, Violation};
use super::variant::Variant;

/// The largest body that is accepted.
const LARGEST_BODY: usize = 1 << 20;
/// How much of a larger one is read, so that the refusal can be delivered.
const LARGEST_READ: usize = 16 << 20;

/// Answers any request.
pub(crate) async fn answer(State(service): State<Arc<Service>>, request: Request) -> Response {
    match receive(&service, request).await {
        Ok((parts, body)) => respond(&service, &parts, &body),
        Err(error) => reply::error(&service, &error).send(&service),
    }
}

/// Reads a request to its end.
pub(crate) async fn receive(service: &Service, request: Request) -> Result<(Parts, Bytes), ApiError> {
    service.requests.fetch_add(1, Ordering::Relaxed);
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, LARGEST_READ).await;
    let body = body.ok().filter(|body| body.len() <= LARGEST_BODY);
    let too_large = || ApiError::new(ErrorCode::PayloadTooLarge, "The request is too large");
    Ok((parts, body.ok_or_else(too_large)?))
}

fn respond(service: &Service, parts: &Parts, body: &Bytes) -> Response {
    match route(service.api, &parts.method, parts.uri.path()) {
        Route::Operation { operation, resource } => {
            let reply = match perform(service, operation, resource, parts, body) {
                Ok(document) => reply::success(service, operation, document),
                Err(error) => reply::error(service, &error),
            };
            reply.send(service)
        }
        Route::Broadcast => handlers::broadcast(service, &region_of(service, parts), body),
        Route::Unknown => reply::error(service, &unknown_path(service)).send(service),
        Route::WrongMethod { allowed } => {
            let error = wrong_method(service);
            allow(reply::error(service, &error).send(service), &error, allowed)
        }
    }
}

/// Performs an operation, one stage after the other.
fn perform(service: &Service, operation: Operation, resource: Option<&str>, parts: &Parts, body: &Bytes) -> Outcome {
    let condition = auth::check(service, parts, body, &Strict)?;
    let body = body_of(operation, body);
    check_headers(&parts.headers, body, &Strict)?;
    let mut members = parse(service, body, &Strict)?;
    if let Some(resource) = resource {
        add_uri_members(operation, resource, parts.uri.query(), &mut members);
    }
    check_input(service, operation, &members, &Strict)?;
    if let Some(condition) = condition {
        return Err(ApiError::condition(condition));
    }
    let region = region_of(service, parts);
    handlers::dispatch(&Call { service, operation, region: &region, members, checks: &Strict })
}

/// The error of a path at which nothing is served.
pub(crate) fn unknown_path(service: &Service) -> ApiError {
    gateway_error(service).unwrap_or_else(|| ApiError::new(ErrorCode::UnknownOperation, "There is no such operation"))
}

/// The error of a method that a path does not have.
pub(crate) fn wrong_method(service: &Service) -> ApiError {
    gateway_error(service).unwrap_or_else(|| ApiError::new(ErrorCode::MethodNotAllowed, "Another method is needed"))
}

fn gateway_error(service: &Service) -> Option<ApiError> {
    let error = || ApiError::new(ErrorCode::MissingAuthenticationToken, "Missing Authentication Token");
    service.varies(Variant::GatewayErrors).then(error)
}

/// Names the methods that a path has, as 405 must.
pub(crate) fn allow(mut response: Response, error: &ApiError, allowed: &'static str) -> Response {
    if error.code == ErrorCode::MethodNotAllowed {
        response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(allowed));
    }
    response
}

/// The body as far as an operation looks at it: two take nothing from it (rule 6).
pub(crate) fn body_of(operation: Operation, body: &[u8]) -> &[u8] {
    match operation {
        Operation::ListTagsForResource | Operation::UntagResource => &[],
        _ => body,
    }
}

/// The region that a request names in its credential scope, or the default.
pub(crate) fn region_of<'a>(service: &'a Service, parts: &'a Parts) -> Cow<'a, str> {
    let named = auth::scope_region(parts).filter(|region| is_region(region));
    named.unwrap_or(Cow::Borrowed(&service.default_region))
}

/// Reads the body; none at all is the same as an empty object (rule 18).
pub(crate) fn parse(service: &Service, body: &[u8], checks: &dyn Checks) -> Result<Map<String, Value>, ApiError> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    let (rule, message) = match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => return Ok(members),
        Ok(_) => (Rule::JsonObject, "The body must be a JSON object".to_owned()),
        Err(error) => (Rule::JsonSyntax, format!("The body is not JSON: {error}")),
    };
    if checks.enforces(rule) { Err(malformed(service, message)) } else { Ok(Map::new()) }
}

fn malformed(service: &Service, message: String) -> ApiError {
    let code =
        if service.varies(Variant::SerializationException) { ErrorCode::Serialization } else { ErrorCode::Validation };
    ApiError::new(code, message)
}

/// Fails if the input breaks a constraint; names the first.
pub(crate) fn check_input(
    service: &Service,
    operation: Operation,
    members: &Map<String, Value>,
    checks: &dyn Checks,
) -> Result<(), ApiError> {
    let violations = shape::check(inputs::members(operation, service.api), members);
    // All are looked at, so that a server which lets one pass knows of each.
    let refused: Vec<&Violation> = violations.iter().filter(|violation| checks.refuses(operation, violation)).collect();
    match refused.first() {
        None => Ok(()),
        Some(violation) => Err(violated(service, operation, violation)),
    }
}

fn violated(service: &Service, operation: Operation, violation: &Violation) -> ApiError {
    let Violation { path, constraint, .. } = violation;
    let message = format!("{}.{path}: {}", operation.name(), constraint.name());
    if *constraint == Constraint::Type { malformed(service, message) } else { ApiError::validation(message) }
}

/// A plain response outside the contract.
pub(crate) fn plain(status: u16, document: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(document));
    reply::set_status(&mut response, status);
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
