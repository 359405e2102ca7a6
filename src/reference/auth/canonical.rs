//! The canonical form of a request, and its signature.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use super::claim::{Carrier, Claim};

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same without the separator of path segments.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// The SHA-256 of bytes in lower-case hexadecimal.
pub(super) fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The canonical request; `None` if a header that should be signed is missing.
pub(super) fn request(parts: &Parts, claim: &Claim, body_hash: &str) -> Option<String> {
    let mut headers = String::new();
    for name in &claim.signed_headers {
        headers.push_str(name);
        headers.push(':');
        headers.push_str(&header(&parts.headers, name)?);
        headers.push('\n');
    }
    Some(format!(
        "{}\n{}\n{}\n{headers}\n{}\n{body_hash}",
        parts.method,
        path(parts.uri.path()),
        query(parts.uri.query().unwrap_or_default(), claim.carrier),
        claim.signed_headers.join(";"),
    ))
}

/// All values of a header, trimmed, with single spaces, joined by commas.
fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<String> = headers
        .get_all(name)
        .iter()
        .map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes());
            text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// The path without dot segments, encoded once more than on the wire.
fn path(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let mut normal = format!("/{}", segments.join("/"));
    if path.len() > 1 && path.ends_with('/') && normal.len() > 1 {
        normal.push('/');
    }
    utf8_percent_encode(&normal, RESERVED_IN_PATH).to_string()
}

/// The query's parameters, encoded anew and sorted; without the signature.
fn query(query: &str, carrier: Carrier) -> String {
    let encode = |text: &str| {
        let text = text.replace('+', " ");
        let text = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        utf8_percent_encode(&text, RESERVED).to_string()
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(name, _)| carrier == Carrier::Header || *name != "X-Amz-Signature")
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// The signature of a canonical request.
pub(super) fn signature(secret: &str, claim: &Claim, request: &str) -> Option<String> {
    let scope = &claim.scope;
    let (date, region) = (&scope.date, &scope.region);
    let (service, terminator) = (&scope.service, &scope.terminator);
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{date}/{region}/{service}/{terminator}\n{}",
        claim.stamp,
        hash(request.as_bytes()),
    );
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [date, region, service, terminator, &text] {
        key = keyed(&key, part.as_bytes())?;
    }
    Some(hex(&key))
}

fn keyed(key: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text);
    Some(mac.finalize().into_bytes().to_vec())
}
