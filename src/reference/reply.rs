//! Answers on the wire.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::api::Api;
use super::error::ApiError;
use super::fault::AnswerChange;
use super::operation::{Access, Operation, Success};
use super::service::Service;
use super::variant::Variant;
use super::variations;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
/// Headers that the model of November 2026 declares on errors and on responses of batches, with usual values.
const OF_BROWSERS: [(&str, &str); 7] = [
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "x-amzn-ErrorType,x-amzn-RequestId"),
    ("cache-control", "no-store, no-cache"),
    ("content-security-policy", "default-src 'self'"),
    ("strict-transport-security", "max-age=63072000"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const NAMESPACE: &str = "com.amazonaws.ivs#";
const ADDRESS: &str = ":http://internal.amazon.com/coral/com.amazonaws.ivs/";

/// A response in parts that a fault may change.
struct Draft {
    status: u16,
    code: Option<(Carrier, String)>,
    body: Vec<u8>,
    content_type: Option<HeaderValue>,
    for_browsers: bool,
}

/// Where an error's code travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carrier {
    Header,
    Body,
}

/// The response of an operation that succeeded. Members of `pretended` are shown
/// as if they had been stored.
pub(crate) fn success(
    service: &Service,
    operation: Operation,
    document: Vec<u8>,
    pretended: &[(String, Value)],
) -> Response {
    let success = operation.success();
    let mut draft = Draft {
        status: success.status(),
        code: None,
        content_type: (success == Success::Document).then_some(JSON),
        body: document,
        for_browsers: service.api >= Api::November2026 && operation.name().starts_with("Batch"),
    };
    if !service.is_plain() {
        vary(service, operation, &mut draft, pretended);
        let changes = service.faults.answer_changes(Some(operation), None);
        change(&mut draft, &changes);
    }
    send(service, draft)
}

/// The response of a request that failed.
pub(crate) fn error(service: &Service, operation: Option<Operation>, error: &ApiError) -> Response {
    let mut members = Map::new();
    if !service.varies(Variant::MessageOnly) {
        members.insert("exceptionMessage".to_owned(), json!(error.message));
    }
    if !service.varies(Variant::ExceptionMessageOnly) {
        members.insert("message".to_owned(), json!(error.message));
    }
    if service.varies(Variant::ExtraMembers) {
        members.insert("extraMember".to_owned(), json!({"extra": [1]}));
    }
    let code = error.code.name();
    let carrier = if service.varies(Variant::CodeInBodyOnly) { Carrier::Body } else { Carrier::Header };
    let mut draft = Draft {
        status: error.code.status(),
        code: Some((carrier, code.to_owned())),
        body: Vec::new(),
        content_type: Some(JSON),
        for_browsers: service.api >= Api::November2026,
    };
    let changes =
        if service.faults.is_empty() { Vec::new() } else { service.faults.answer_changes(operation, Some(code)) };
    change_code(&mut draft, &changes);
    if let Some((Carrier::Body, code)) = &draft.code {
        members.insert("__type".to_owned(), json!(format!("{NAMESPACE}{code}")));
    }
    draft.body = Value::Object(members).to_string().into_bytes();
    change(&mut draft, &changes);
    send(service, draft)
}

/// Variants that change documents.
const OF_DOCUMENTS: [Variant; 4] =
    [Variant::NullForAbsent, Variant::ExtraMembers, Variant::EmptyTokenOnLast, Variant::OmitEmpty];

/// Lets the variants and faults that concern documents work on one.
fn vary(service: &Service, operation: Operation, draft: &mut Draft, pretended: &[(String, Value)]) {
    if operation.access() == Access::Write && operation.name().starts_with("Update") {
        service.faults.note_update();
    }
    if operation.success() == Success::EmptyOk && service.varies(Variant::EmptyObjectOnEmpty200) {
        draft.body = b"{}".to_vec();
        draft.content_type = Some(JSON);
    }
    let varied = OF_DOCUMENTS.into_iter().any(|variant| service.varies(variant));
    let changed = service.faults.changes_documents(operation);
    if !(varied || changed) && pretended.is_empty() {
        return;
    }
    let Ok(mut document) = serde_json::from_slice::<Value>(&draft.body) else {
        return;
    };
    pretend(&mut document, pretended);
    vary_document(service, operation, &mut document);
    service.faults.change_document(operation, &mut document);
    draft.body = document.to_string().into_bytes();
}

fn vary_document(service: &Service, operation: Operation, document: &mut Value) {
    if service.varies(Variant::OmitEmpty) {
        variations::omit_empty(document);
    }
    if service.varies(Variant::EmptyTokenOnLast) {
        variations::add_empty_token(operation, document);
    }
    if service.varies(Variant::NullForAbsent) {
        variations::fill(operation, document);
    }
    if service.varies(Variant::ExtraMembers) {
        variations::add_extra_members(document);
    }
}

/// Shows members in the answered resource that were not stored.
fn pretend(document: &mut Value, pretended: &[(String, Value)]) {
    let Some(resources) = document.as_object_mut() else {
        return;
    };
    // The first resource is the one that was asked for.
    let Some(resource) = resources.values_mut().find_map(Value::as_object_mut) else {
        return;
    };
    for (name, value) in pretended {
        if let Some(shown) = resource.get_mut(name) {
            *shown = value.clone();
        }
    }
}

fn change_code(draft: &mut Draft, changes: &[&AnswerChange]) {
    for change in changes {
        match change {
            AnswerChange::NoErrorType => draft.code = None,
            AnswerChange::Code(other) => {
                if let Some((_, code)) = &mut draft.code {
                    code.clone_from(other);
                }
            }
            _ => {}
        }
    }
}

fn change(draft: &mut Draft, changes: &[&AnswerChange]) {
    for change in changes {
        match change {
            AnswerChange::Status(status) => draft.status = *status,
            AnswerChange::Body(text) => {
                draft.body = text.clone().into_bytes();
                draft.content_type.get_or_insert(JSON);
                // HTTP itself forbids a body with 204.
                if draft.status == Success::NoContent.status() {
                    draft.status = Success::EmptyOk.status();
                }
            }
            AnswerChange::ContentType(value) => {
                draft.content_type = HeaderValue::from_str(value).ok();
            }
            AnswerChange::NoErrorType | AnswerChange::Code(_) => {}
        }
    }
}

fn send(service: &Service, draft: Draft) -> Response {
    let mut response = Response::new(Body::from(draft.body));
    set_status(&mut response, draft.status);
    let headers = response.headers_mut();
    if let Some(mut content_type) = draft.content_type {
        if content_type == JSON && service.varies(Variant::ContentTypeCharset) {
            content_type = HeaderValue::from_static("application/json; charset=utf-8");
        }
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    if draft.for_browsers {
        let pair = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        headers.extend(OF_BROWSERS.map(pair));
    }
    if let Ok(id) = HeaderValue::try_from(service.ids.uuid()) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some((Carrier::Header, mut code)) = draft.code {
        if service.varies(Variant::LongErrorType) {
            code = format!("{NAMESPACE}{code}{ADDRESS}");
        }
        headers.extend(HeaderValue::try_from(code).ok().map(|code| (ERROR_TYPE, code)));
    }
    response
}

/// Sets a status by its number.
pub(crate) fn set_status(response: &mut Response, status: u16) {
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
}
