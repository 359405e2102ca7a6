//! Checks what a request says of its body and of the response.

use axum::http::{HeaderMap, header};

use crate::reference::error::{ApiError, ErrorCode};
use crate::reference::fault::ProtocolFault;
use crate::reference::http::*;
use crate::reference::rules::Rule;
use crate::reference::service::Service;

pub(super) fn check_headers(service: &Service, headers: &HeaderMap, body: &[u8]) -> Result<(), ApiError> {
    if !accepts_json(headers) && service.enforces(Rule::Accept) {
        return Err(ApiError::new(ErrorCode::NotAcceptable, "Responses are application/json"));
    }
    let encodings = headers.get(header::ACCEPT_ENCODING).is_some_and(|value| !value.is_empty());
    if encodings && has(service, ProtocolFault::RefuseEncodings) {
        return Err(ApiError::new(ErrorCode::NotAcceptable, "Responses are not encoded"));
    }
    if !body.is_empty() && !is_json(headers) && service.enforces(Rule::ContentType) {
        return Err(ApiError::new(ErrorCode::UnsupportedMediaType, "The body must be application/json"));
    }
    Ok(())
}

pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    content_type
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| media_type(value).eq_ignore_ascii_case("application/json"))
}

pub(super) fn media_type(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

pub(super) fn accepts_json(headers: &HeaderMap) -> bool {
    let mut ranges = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter(|range| !range.trim().is_empty())
        .peekable();
    ranges.peek().is_none()
        || ranges.any(|range| {
            let media = media_type(range).to_ascii_lowercase();
            let refused = range
                .split(';')
                .skip(1)
                .filter_map(|parameter| parameter.trim().strip_prefix("q="))
                .any(|quality| quality.parse::<f32>().is_ok_and(|quality| quality <= 0.0));
            matches!(media.as_str(), "application/json" | "application/*" | "*/*") && !refused
        })
}
