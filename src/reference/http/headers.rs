//! Checks what a request says of its body and of the response.

use axum::http::{HeaderMap, header};

use crate::reference::checks::Checks;
use crate::reference::error::{ApiError, ErrorCode};
use crate::reference::rules::Rule;

/// Fails unless the body and the accepted responses are JSON.
pub(crate) fn check_headers(headers: &HeaderMap, body: &[u8], checks: &dyn Checks) -> Result<(), ApiError> {
    if !accepts_json(headers) && checks.enforces(Rule::Accept) {
        return Err(ApiError::new(ErrorCode::NotAcceptable, "Responses are application/json"));
    }
    if !body.is_empty() && !is_json(headers) && checks.enforces(Rule::ContentType) {
        return Err(ApiError::new(ErrorCode::UnsupportedMediaType, "The body must be application/json"));
    }
    Ok(())
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    content_type
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| media_type(value).eq_ignore_ascii_case("application/json"))
}

fn media_type(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

fn accepts_json(headers: &HeaderMap) -> bool {
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
