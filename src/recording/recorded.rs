//! One exchange of a recording, as plain data.

use bytes::Bytes;
use url::Url;

use crate::wire::{Request, Response, Text};

/// One exchange of a recording. What the recording does not have is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Scheme, host and port of the URL, without user information; `None` if the recording has a path alone.
    pub origin: Option<String>,
    /// The request; its body is empty if the recording does not have it. Header names are in lower case.
    pub request: Request,
    /// Whether the recording has the request's body.
    pub has_request_body: bool,
    /// The response; its body is empty if the recording does not have it.
    pub response: Option<Response>,
    /// Whether the recording has the response's body.
    pub has_response_body: bool,
    /// When it was under way.
    pub span: Option<Span>,
    /// The region that it was meant for, where the recorder says so.
    pub region: Option<String>,
    /// Whether the failure was provoked on purpose while this was recorded. Then an error is not evidence against the target.
    pub is_provoked: bool,
}

/// Begin and end of an exchange, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// When the request was sent.
    pub began: i64,
    /// When the response had arrived.
    pub ended: i64,
}

impl Span {
    /// The span of an exchange that began at an RFC 3339 time and took so many milliseconds.
    pub(super) fn new(began: &str, milliseconds: f64) -> Option<Span> {
        let began = began.parse::<jiff::Timestamp>().ok()?.as_microsecond();
        let took = (milliseconds.is_finite() && milliseconds >= 0.0).then_some(milliseconds * 1000.0)?;
        // A cast of a float saturates.
        Some(Span { began, ended: began.saturating_add(took as i64) })
    }
}

/// Origin and target (path and query, as recorded) of a URL or a path.
///
/// # Errors
/// It is neither; one phrase.
pub(super) fn split_url(text: &str) -> Result<(Option<String>, Text), String> {
    if text.starts_with('/') {
        return Ok((None, without_fragment(text).into()));
    }
    let url = Url::parse(text).map_err(|error| format!("the URL cannot be read: {error}"))?;
    let Some(host) = url.host_str() else { return Err("the URL names no host".to_owned()) };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let origin = format!("{}://{host}{port}", url.scheme());
    // The path as it stands in the recording: a parser would normalize it.
    let after_scheme = text.split_once("://").map_or("", |(_, rest)| rest);
    let target = match after_scheme.find(['/', '?']) {
        Some(start) => without_fragment(after_scheme.get(start..).unwrap_or_default()),
        None => "/",
    };
    let slash = if target.starts_with('/') { "" } else { "/" };
    Ok((Some(origin), format!("{slash}{target}").into()))
}

fn without_fragment(target: &str) -> &str {
    target.split('#').next().unwrap_or(target)
}

/// Header names in lower case; what HTTP/2 puts before headers is not one.
pub(super) fn headers(pairs: impl IntoIterator<Item = (String, String)>) -> Vec<(Text, Text)> {
    let real = pairs.into_iter().filter(|(name, _)| !name.starts_with(':') && !name.is_empty());
    real.map(|(name, value)| (name.to_lowercase().into(), value.into())).collect()
}

/// A request of these parts.
pub(super) fn request(method: &str, target: Text, headers: Vec<(Text, Text)>, body: Option<Bytes>) -> Request {
    Request { method: method.to_uppercase().into(), target, headers, body: body.unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn user_information_and_fragments_stay_out() {
        let (origin, target) = split_url("https://me:secret@IVS.us-east-1.amazonaws.com:443/tags/a%3Ab?x=1#f").unwrap();
        assert_eq!(origin.unwrap(), "https://ivs.us-east-1.amazonaws.com");
        assert_eq!(target, "/tags/a%3Ab?x=1");
        assert_eq!(split_url("http://127.0.0.1:5000").unwrap(), (Some("http://127.0.0.1:5000".into()), "/".into()));
        assert_eq!(split_url("/GetChannel").unwrap(), (None, "/GetChannel".into()));
        assert!(split_url("GetChannel").is_err() && split_url("data:text/plain,x").is_err());
    }

    #[test]
    fn a_span_needs_a_time_and_a_length() {
        let span = Span::new("2026-01-02T03:04:05.678Z", 1.5).unwrap();
        assert_eq!(span.ended - span.began, 1500);
        assert!(Span::new("yesterday", 1.0).is_none() && Span::new("2026-01-02T03:04:05Z", f64::NAN).is_none());
    }
}
