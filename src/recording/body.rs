//! Bodies of recorded responses: text or base64, with or without the content coding that a header names.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::send::{BODY_LIMIT, undone};
use crate::wire::{Coding, Response, Text};

/// The bytes of a text that may be base64.
///
/// # Errors
/// It is not base64 though it is said to be; one phrase.
pub(super) fn bytes(text: String, encoding: Option<&str>) -> Result<Bytes, String> {
    match encoding {
        Some(name) if name.eq_ignore_ascii_case("base64") => {
            let text: String = text.split_ascii_whitespace().collect();
            STANDARD.decode(text).map(Bytes::from).map_err(|error| format!("a body is not base64: {error}"))
        }
        None | Some("") => Ok(Bytes::from(text)),
        Some(other) => Err(format!("the encoding `{other}` of a body is not known: only base64 is")),
    }
}

/// A response of these parts, and whether its body is known. Recorders write most bodies without their content coding and
/// some with it.
pub(super) fn response(
    status: u16,
    headers: Vec<(Text, Text)>,
    body: Option<Bytes>,
    coding: Option<Coding>,
) -> (Response, bool) {
    let is_known = body.is_some();
    let mut body = body.unwrap_or_default();
    let is_truncated = body.len() > BODY_LIMIT;
    body.truncate(BODY_LIMIT);
    let response = Response { status, headers, body, is_truncated, coding: Coding::default() };
    if let Some(coding) = coding {
        return (Response { coding, ..response }, is_known);
    }
    let undone = undone(response.clone());
    match undone.coding {
        Coding::Decoded => (undone, is_known),
        // It does not have the coding: the recorder undid it. If it is binary, the coding is one that is not known here.
        Coding::Undecodable | Coding::AsSent => {
            let is_coded =
                response.header("content-encoding").is_some() && std::str::from_utf8(&response.body).is_err();
            (Response { coding: Coding::Decoded, ..response }, is_known && !is_coded)
        }
    }
}
