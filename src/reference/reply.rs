//! Responses on the wire.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::api::Api;
use super::error::ApiError;
use super::operation::{Operation, Success};
use super::service::Service;
use super::variant::Variant;
use super::variations;

/// The content type of documents.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
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

/// A response in parts.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The code of an error that travels in a header; one in the body stands there already.
    pub(crate) code: Option<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) content_type: Option<HeaderValue>,
    for_browsers: bool,
}

/// The response of an operation that succeeded.
pub(crate) fn success(service: &Service, operation: Operation, document: Vec<u8>) -> Reply {
    let success = operation.success();
    let mut reply = Reply {
        status: success.status(),
        code: None,
        content_type: (success == Success::Document).then_some(JSON),
        body: document,
        for_browsers: service.api >= Api::November2026 && operation.name().starts_with("Batch"),
    };
    if operation.success() == Success::EmptyOk && service.varies(Variant::EmptyObjectOnEmpty200) {
        reply.body = b"{}".to_vec();
        reply.content_type = Some(JSON);
    }
    if OF_DOCUMENTS.into_iter().any(|variant| service.varies(variant)) {
        reply.edit(|document| vary_document(service, operation, document));
    }
    reply
}

/// The response of a request that failed.
pub(crate) fn error(service: &Service, error: &ApiError) -> Reply {
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
    let mut code = Some(error.code.name().to_owned());
    if service.varies(Variant::CodeInBodyOnly) {
        let code = code.take().unwrap_or_default();
        members.insert("__type".to_owned(), json!(format!("{NAMESPACE}{code}")));
    }
    Reply {
        status: error.code.status(),
        code,
        body: Value::Object(members).to_string().into_bytes(),
        content_type: Some(JSON),
        for_browsers: service.api >= Api::November2026,
    }
}

/// Variants that change documents.
const OF_DOCUMENTS: [Variant; 4] =
    [Variant::NullForAbsent, Variant::ExtraMembers, Variant::EmptyTokenOnLast, Variant::OmitEmpty];

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

impl Reply {
    /// Changes the document, if the body is one.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut Value)) {
        if let Ok(mut document) = serde_json::from_slice::<Value>(&self.body) {
            change(&mut document);
            self.body = document.to_string().into_bytes();
        }
    }

    /// Puts it on the wire.
    pub(crate) fn send(self, service: &Service) -> Response {
        let mut response = Response::new(Body::from(self.body));
        set_status(&mut response, self.status);
        let headers = response.headers_mut();
        if let Some(mut content_type) = self.content_type {
            if content_type == JSON && service.varies(Variant::ContentTypeCharset) {
                content_type = HeaderValue::from_static("application/json; charset=utf-8");
            }
            headers.insert(header::CONTENT_TYPE, content_type);
        }
        if self.for_browsers {
            let pair = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
            headers.extend(OF_BROWSERS.map(pair));
        }
        if let Ok(id) = HeaderValue::try_from(service.ids.uuid()) {
            headers.insert(REQUEST_ID, id);
        }
        if let Some(mut code) = self.code {
            if service.varies(Variant::LongErrorType) {
                code = format!("{NAMESPACE}{code}{ADDRESS}");
            }
            headers.extend(HeaderValue::try_from(code).ok().map(|code| (ERROR_TYPE, code)));
        }
        response
    }
}

/// Sets a status by its number.
pub(crate) fn set_status(response: &mut Response, status: u16) {
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
}
