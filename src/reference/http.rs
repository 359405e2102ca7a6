//! From an HTTP request to a call, and from its outcome to an HTTP answer.

mod headers;
mod uri;

use headers::check_headers;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use uri::add_uri_members;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{header, request::Parts};
use axum::response::Response;
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::auth;
use super::call::Call;
use super::error::{ApiError, ErrorCode};
use super::fault::{self, Behavior, ProtocolFault, Rejection, Systemic};
use super::handlers;
use super::input::Input;
use super::inputs;
use super::operation::{Access, Operation, Route, route};
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
/// How long a request stays in flight at least, where a seeded fault depends on others that are.
const LINGER: Duration = Duration::from_millis(10);

/// Answers any request.
pub(crate) async fn answer(State(service): State<Arc<Service>>, request: Request) -> Response {
    service.requests.fetch_add(1, Ordering::Relaxed);
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, LARGEST_READ).await;
    let Some(body) = body.ok().filter(|body| body.len() <= LARGEST_BODY) else {
        let error = ApiError::new(ErrorCode::PayloadTooLarge, "The request is too large");
        return reply::error(&service, None, &error);
    };
    let Some(flights) = service.faults.flights() else {
        return respond(&service, &parts, &body);
    };
    let flight = flights.enter(subject(&parts, &body));
    tokio::time::sleep(LINGER).await;
    flight.perform(|| respond(&service, &parts, &body))
}

/// What a request is about: the resource that it names, or else its path.
fn subject(parts: &Parts, body: &[u8]) -> String {
    let path = parts.uri.path();
    if let Some(resource) = path.strip_prefix("/tags/") {
        return percent_decode_str(resource).decode_utf8_lossy().into_owned();
    }
    let members: Value = serde_json::from_slice(body).unwrap_or_default();
    let named = ["arn", "channelArn"].iter().find_map(|name| members.get(name)?.as_str());
    named.unwrap_or(path).to_owned()
}

fn respond(service: &Service, parts: &Parts, body: &Bytes) -> Response {
    match faulty_route(service, parts) {
        Route::Unknown if has(service, ProtocolFault::AcceptUnknownPath) => plain(200, b"{}".to_vec()),
        Route::Unknown | Route::WrongMethod { .. } if service.varies(Variant::GatewayErrors) => {
            let code = ErrorCode::MissingAuthenticationToken;
            reply::error(service, None, &ApiError::new(code, "Missing Authentication Token"))
        }
        Route::Unknown => {
            let error = ApiError::new(ErrorCode::UnknownOperation, "There is no such operation");
            reply::error(service, None, &error)
        }
        Route::WrongMethod { allowed } => {
            let error = ApiError::new(ErrorCode::MethodNotAllowed, "Another method is needed");
            let mut response = reply::error(service, None, &error);
            let allowed = header::HeaderValue::from_static(allowed);
            response.headers_mut().insert(header::ALLOW, allowed);
            response
        }
        Route::Broadcast => handlers::broadcast(service, &region_of(service, parts), &control_body(service, body)),
        Route::Operation { operation, resource } => match perform(service, operation, resource, parts, body) {
            Ok((document, pretended)) => reply::success(service, operation, document, &pretended),
            Err(error) => reply::error(service, Some(operation), &error),
        },
    }
}

/// The body of a request to the control path, with ids in the form that they are kept in.
fn control_body(service: &Service, body: &Bytes) -> Bytes {
    if service.faults.has_anywhere(Behavior::Systemic(Systemic::OtherIds)) {
        fault::own_ids(body).into()
    } else {
        body.clone()
    }
}

fn has(service: &Service, fault: ProtocolFault) -> bool {
    !service.faults.is_empty() && service.faults.has_anywhere(Behavior::Protocol(fault))
}

/// The route of a request, where a seeded fault may tolerate a wrong one.
fn faulty_route<'a>(service: &Service, parts: &'a Parts) -> Route<'a> {
    let path = parts.uri.path();
    let found = route(service.api, &parts.method, path);
    if service.faults.is_empty() {
        return found;
    }
    let (rule, operation) = match found {
        Route::Unknown => {
            let named = Operation::named_in_any_case(path.trim_matches('/'));
            (Rule::PathCase, named.filter(|operation| operation.since() <= service.api))
        }
        Route::WrongMethod { .. } => (Rule::Method, Operation::named(path.trim_matches('/'))),
        Route::Operation { .. } | Route::Broadcast => return found,
    };
    match operation.filter(|_| !service.enforces(rule)) {
        Some(operation) => Route::Operation { operation, resource: None },
        None => found,
    }
}

type Pretended = Vec<(String, Value)>;

fn perform(
    service: &Service,
    operation: Operation,
    resource: Option<&str>,
    parts: &Parts,
    body: &Bytes,
) -> Result<(Vec<u8>, Pretended), ApiError> {
    let condition = auth::check(service, parts, body)?;
    // These two take nothing from a body, so it is not looked at (rule 6).
    let body: &[u8] = match operation {
        Operation::ListTagsForResource | Operation::UntagResource => &[],
        _ => body,
    };
    check_headers(service, &parts.headers, body)?;
    if !names_version(parts.uri.query()) && has(service, ProtocolFault::NeedVersion) {
        return Err(ApiError::validation("The request must contain the parameter Version"));
    }
    let mut members = parse(service, body)?;
    if !service.faults.is_empty() {
        mend_case(service, operation, &mut members);
    }
    if let Some(resource) = resource {
        add_uri_members(service, operation, resource, parts.uri.query(), &mut members);
    }
    let region = region_of(service, parts);
    if !service.faults.is_empty() {
        if let Some(history) = service.faults.history() {
            history.facts(operation, &members).note();
        }
        change_by_fault(service, operation, &region, &mut members)?;
    }
    let waived = check_input(service, operation, &members)?;
    if let Some(condition) = condition {
        return Err(ApiError::condition(condition));
    }
    let mut pretended = Vec::new();
    if !service.faults.is_empty() {
        refuse_by_fault(service, operation, &members)?;
        pretended = service.faults.rewrite(operation, &mut members);
    }
    let given = if service.faults.is_empty() { Map::new() } else { members.clone() };
    let call = Call { service, operation, region: &region, input: Input::new(members, waived) };
    if let Some(names) = service.faults.names(operation) {
        names.check(operation, call.region, &given)?;
    }
    let mut document = handlers::dispatch(&call)?;
    if !service.faults.is_empty() {
        document = changed_by_fault(&call, &given, document);
    }
    if operation.name().starts_with("Delete") {
        service.note_deleted(&call.fields().text_or_empty("arn"));
    }
    Ok((document, pretended))
}

fn names_version(query: Option<&str>) -> bool {
    query.unwrap_or_default().split('&').any(|pair| pair.starts_with("Version="))
}

/// Gives members the names that they have in another case, where a seeded fault does not mind.
fn mend_case(service: &Service, operation: Operation, members: &mut Map<String, Value>) {
    for member in inputs::members(operation, service.api) {
        let is_other = |name: &&String| *name != member.name && name.eq_ignore_ascii_case(member.name);
        let other = members.keys().find(is_other).cloned();
        if let Some(value) =
            other.filter(|_| !service.enforces(Rule::MemberCase)).and_then(|name| members.remove(&name))
        {
            members.insert(member.name.to_owned(), value);
        }
    }
}

/// Changes a request by faults of whole layers, or refuses it.
fn change_by_fault(
    service: &Service,
    operation: Operation,
    region: &str,
    members: &mut Map<String, Value>,
) -> Result<(), ApiError> {
    let faults: Vec<Systemic> = service.faults.systemic(operation).collect();
    for change in &faults {
        fault::change_members(*change, members);
    }
    if faults.contains(&Systemic::LookupFirst) {
        fault::look_up(operation, &service.region(region).read(), members)?;
    }
    Ok(())
}

/// Changes the document of a call by faults of whole layers.
fn changed_by_fault(call: &Call<'_>, given: &Map<String, Value>, document: Vec<u8>) -> Vec<u8> {
    if let Some(names) = call.service.faults.names(call.operation) {
        names.note(call.operation, call.region, given, &document);
    }
    let document = shown_by_history(call, given, document);
    let faults = call.service.faults.systemic(call.operation);
    faults.fold(document, |document, change| fault::change_document(change, call.operation, document))
}

/// Notes what a call did, and shows otherwise what seeded faults of views are about.
fn shown_by_history(call: &Call<'_>, given: &Map<String, Value>, document: Vec<u8>) -> Vec<u8> {
    let Some(history) = call.service.faults.history() else { return document };
    let mut shown: Value = serde_json::from_slice(&document).unwrap_or_default();
    history.note(call.operation, given, &shown);
    if call.operation.access() != Access::Read {
        return document;
    }
    let before = shown.clone();
    call.service.faults.change_view(call.operation, given, &mut shown);
    let is_changed = shown != before;
    let mut before = before;
    history.shown(call.operation, given, &mut before);
    if is_changed { shown.to_string().into_bytes() } else { document }
}

fn refuse_by_fault(service: &Service, operation: Operation, members: &Map<String, Value>) -> Result<(), ApiError> {
    match service.faults.rejects(operation, members) {
        None => Ok(()),
        Some(Rejection::Refuse) => Err(ApiError::validation("This value is not accepted")),
        Some(Rejection::Crash) => Err(ApiError::new(ErrorCode::InternalServer, "An unexpected error occurred")),
    }
}

/// The region that a request names in its credential scope, or the default.
fn region_of<'a>(service: &'a Service, parts: &'a Parts) -> Cow<'a, str> {
    let named = auth::scope_region(parts).filter(|region| is_region(region));
    named.unwrap_or(Cow::Borrowed(&service.default_region))
}

/// Reads the body; none at all is the same as an empty object (rule 18).
fn parse(service: &Service, body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    let (rule, message) = match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => return Ok(members),
        Ok(_) => (Rule::JsonObject, "The body must be a JSON object".to_owned()),
        Err(error) => (Rule::JsonSyntax, format!("The body is not JSON: {error}")),
    };
    if service.enforces(rule) { Err(malformed(service, message)) } else { Ok(Map::new()) }
}

fn malformed(service: &Service, message: String) -> ApiError {
    let code =
        if service.varies(Variant::SerializationException) { ErrorCode::Serialization } else { ErrorCode::Validation };
    ApiError::new(code, message)
}

/// Checks every constraint; answers at which paths faults let a breach pass.
fn check_input(service: &Service, operation: Operation, members: &Map<String, Value>) -> Result<Vec<String>, ApiError> {
    let mut violations = shape::check(inputs::members(operation, service.api), members);
    if violations.is_empty() {
        return Ok(Vec::new());
    }
    let mut waived = Vec::new();
    if !service.faults.is_empty() {
        violations.retain(|violation| {
            let passes = service.faults.waives(operation, violation);
            if passes {
                waived.push(violation.path.clone());
            }
            !passes
        });
    }
    match violations.first() {
        None => Ok(waived),
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
