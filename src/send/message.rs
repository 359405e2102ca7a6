//! Writes a request down as HTTP/1.1, in one piece, so that it leaves in one piece.

use bytes::Bytes;

use super::Failure;
use crate::wire::Request;

/// Who sends.
const AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
/// Room for the first line and the headers of nearly every request.
const HEAD: usize = 512;

/// A request as it goes over the wire.
#[derive(Debug, Clone)]
pub struct Message {
    /// First line, headers and body.
    pub bytes: Bytes,
    /// Whether the answer has no body, whatever its headers say.
    pub is_head: bool,
}

impl Message {
    /// Writes a request down for a host; `base` goes before its path.
    ///
    /// # Errors
    /// Something in it cannot stand in HTTP.
    pub fn new(request: &Request, host: &str, base: &str) -> Result<Message, Failure> {
        let mut bytes = Vec::with_capacity(HEAD + request.body.len());
        check("the method", &request.method, is_token)?;
        // What follows a hash never leaves a client.
        let target = request.target.split('#').next().unwrap_or_default();
        if !target.starts_with('/') {
            return Err(Failure::Unsendable(format!("the path: `{target}` does not begin with a slash")));
        }
        check("the path", target, |byte| byte.is_ascii_graphic())?;
        for part in [&request.method, " ", base, target, " HTTP/1.1\r\n"] {
            bytes.extend_from_slice(part.as_bytes());
        }
        push(&mut bytes, "host", host)?;
        push(&mut bytes, "user-agent", AGENT)?;
        if !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept-encoding")) {
            // Bodies are judged as they come, so nothing may be packed; who names another is signed with that one alone.
            push(&mut bytes, "accept-encoding", "identity")?;
        }
        for (name, value) in &request.headers {
            push(&mut bytes, name, value)?;
        }
        if !request.body.is_empty() {
            push(&mut bytes, "content-length", &request.body.len().to_string())?;
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&request.body);
        Ok(Message { bytes: bytes.into(), is_head: request.method == "HEAD" })
    }
}

fn push(bytes: &mut Vec<u8>, name: &str, value: &str) -> Result<(), Failure> {
    check("the name of a header", name, is_token)?;
    check(name, value, |byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))?;
    bytes.extend(name.bytes().map(|byte| byte.to_ascii_lowercase()));
    bytes.extend_from_slice(b": ");
    bytes.extend_from_slice(value.as_bytes());
    bytes.extend_from_slice(b"\r\n");
    Ok(())
}

/// Whether a byte may stand in a token. Source: RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn check(what: &str, text: &str, is_legal: impl Fn(u8) -> bool) -> Result<(), Failure> {
    match text.bytes().find(|byte| !is_legal(*byte)) {
        None if text.is_empty() && what.starts_with("the ") => Err(Failure::Unsendable(format!("{what}: it is empty"))),
        None => Ok(()),
        Some(byte) => Err(Failure::Unsendable(format!("{what}: the byte 0x{byte:02x} cannot stand there"))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn request(target: &str, value: &str) -> Request {
        Request {
            method: "POST".into(),
            target: target.into(),
            headers: vec![("X-Test".into(), value.into())],
            body: Bytes::from("{}"),
        }
    }

    #[test]
    fn a_request_is_written_down_in_one_piece() {
        let message = Message::new(&request("/CreateChannel?a=b#c", "é"), "localhost:1", "/base").unwrap();
        let text = String::from_utf8(message.bytes.to_vec()).unwrap();
        let expected = format!(
            "POST /base/CreateChannel?a=b HTTP/1.1\r\nhost: localhost:1\r\nuser-agent: {AGENT}\r\naccept-encoding: identity\r\nx-test: é\r\n\
             content-length: 2\r\n\r\n{{}}"
        );
        assert_eq!(text, expected);
        let headers = vec![("accept-encoding".into(), "gzip".into())];
        let gzip = Message::new(&Request { headers, ..request("/x", "") }, "h", "").unwrap();
        assert!(!String::from_utf8_lossy(&gzip.bytes).contains("identity"));
        let empty = Request { body: Bytes::new(), ..request("/x", "") };
        assert!(!String::from_utf8_lossy(&Message::new(&empty, "h", "").unwrap().bytes).contains("content-length"));
    }

    #[test]
    fn nothing_can_be_smuggled_into_the_head() {
        for (target, value) in
            [("/a b", "x"), ("/a\r\nx: y", "x"), ("a", "x"), ("/é", "x"), ("/", "x\r\ny: z"), ("/", "\0")]
        {
            let refused = Message::new(&request(target, value), "h", "");
            assert!(matches!(refused, Err(Failure::Unsendable(_))), "{target:?} {value:?}");
        }
        let named = Request { headers: vec![("a b".into(), "".into())], ..request("/", "") };
        assert!(matches!(Message::new(&named, "h", ""), Err(Failure::Unsendable(_))));
    }
}
