//! Reads the head of an answer, and how its body ends. Source: RFC 9112, sections 4 to 6 and 9.

use httparse::{EMPTY_HEADER, Header, ParserConfig, Status};
use smol_str::StrExt;

use super::Failure;
use crate::wire::Text;

/// Headers that nearly every answer keeps to; others are read at greater expense.
const FEW: usize = 32;
/// Most headers of an answer.
const MOST: usize = 1024;
/// Below it there is no class of answers. Source: RFC 9110, section 15.
const LEAST_STATUS: u16 = 100;

/// Status and headers of an answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    /// Status code.
    pub status: u16,
    /// Names in lower case, and values, in the order of arrival.
    pub headers: Vec<(Text, Text)>,
    /// How many bytes it takes.
    pub length: usize,
    /// How the body ends.
    pub end: End,
    /// Whether another request may follow on the connection.
    pub stays_open: bool,
}

/// How the body of an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// After so many bytes.
    After(u64),
    /// With a chunk of no bytes.
    LastChunk,
    /// With the connection.
    Close,
}

impl Head {
    /// Reads the head at the start of `bytes`; none if it is not there as a whole yet.
    ///
    /// # Errors
    /// What came back is no HTTP/1.1.
    pub fn read(bytes: &[u8], answers_head: bool) -> Result<Option<Head>, Failure> {
        match Head::read_into(bytes, &mut [EMPTY_HEADER; FEW], answers_head) {
            Err(httparse::Error::TooManyHeaders) => {
                let mut many = vec![EMPTY_HEADER; MOST];
                Head::read_into(bytes, &mut many, answers_head)
            }
            read => read,
        }
        .map_err(|error| Failure::Protocol(error.to_string()))?
        .transpose()
    }

    #[allow(clippy::type_complexity)]
    fn read_into<'b>(
        bytes: &'b [u8],
        headers: &mut [Header<'b>],
        answers_head: bool,
    ) -> Result<Option<Result<Head, Failure>>, httparse::Error> {
        let mut parsed = httparse::Response::new(headers);
        let Status::Complete(length) = ParserConfig::default().parse_response(&mut parsed, bytes)? else {
            return Ok(None);
        };
        let status = parsed.code.unwrap_or_default();
        if status < LEAST_STATUS {
            return Ok(Some(Err(Failure::Protocol(format!("a status of {status:03}")))));
        }
        let is_latest = parsed.version == Some(1);
        let end = end(status, parsed.headers, answers_head, is_latest);
        Ok(Some(end.map(|end| Head {
            status,
            headers: parsed.headers.iter().map(text).collect(),
            length,
            end,
            stays_open: end != End::Close && status != 101 && stays_open(parsed.headers, is_latest),
        })))
    }

    /// Whether the answer itself is still to come.
    pub fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }
}

fn text(header: &Header<'_>) -> (Text, Text) {
    (header.name.to_ascii_lowercase_smolstr(), String::from_utf8_lossy(header.value).into())
}

fn values<'h>(headers: &'h [Header<'_>], name: &'static str) -> impl Iterator<Item = &'h [u8]> {
    headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
}

fn end(status: u16, headers: &[Header<'_>], answers_head: bool, is_latest: bool) -> Result<End, Failure> {
    if answers_head || matches!(status, 100..200 | 204 | 304) {
        return Ok(End::After(0));
    }
    if let Some(coding) = values(headers, "transfer-encoding").last() {
        if !is_latest {
            return Err(Failure::Protocol("a transfer encoding in HTTP/1.0".to_owned()));
        }
        let last = coding.rsplit(|byte| *byte == b',').next().unwrap_or_default();
        let is_chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
        return Ok(if is_chunked { End::LastChunk } else { End::Close });
    }
    let mut lengths = values(headers, "content-length").flat_map(|value| value.split(|byte| *byte == b','));
    let Some(first) = lengths.next() else { return Ok(End::Close) };
    let length = whole_number(first);
    match length.filter(|length| lengths.all(|other| whole_number(other) == Some(*length))) {
        Some(length) => Ok(End::After(length)),
        None => Err(Failure::Protocol("invalid content-length parsed".to_owned())),
    }
}

/// Digits only: no sign, no blank within.
fn whole_number(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text.trim_ascii()).ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn stays_open(headers: &[Header<'_>], is_latest: bool) -> bool {
    let options = || values(headers, "connection").flat_map(|value| value.split(|byte| *byte == b','));
    let says = |option: &[u8]| options().any(|value| value.trim_ascii().eq_ignore_ascii_case(option));
    !says(b"close") && (is_latest || says(b"keep-alive"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn read(text: &str) -> Head {
        Head::read(text.as_bytes(), false).unwrap().unwrap()
    }

    #[test]
    fn a_head_is_read_as_it_came() {
        let head = read("HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nX: 1\r\nx: 2\r\ncontent-length: 3\r\n\r\nabc");
        let shown: Vec<(&str, &str)> =
            head.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(shown, [("content-type", "a/b"), ("x", "1"), ("x", "2"), ("content-length", "3")]);
        assert_eq!((head.status, head.end, head.stays_open), (200, End::After(3), true));
        assert_eq!(head.length, 69);
        assert_eq!(Head::read(b"HTTP/1.1 200 OK\r\nContent-", false).unwrap(), None);
    }

    #[test]
    fn how_the_body_ends_follows_the_head() {
        let end = |text: &str| (read(text).end, read(text).stays_open);
        assert_eq!(end("HTTP/1.1 200 OK\r\n\r\n"), (End::Close, false));
        assert_eq!(end("HTTP/1.1 204 No Content\r\n\r\n"), (End::After(0), true));
        assert_eq!(end("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, Chunked\r\n\r\n"), (End::LastChunk, true));
        assert_eq!(end("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n"), (End::Close, false));
        assert_eq!(
            end("HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\nconnection: x, Close\r\n\r\n"),
            (End::After(2), false)
        );
        assert_eq!(end("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n"), (End::After(2), false));
        assert_eq!(
            end("HTTP/1.0 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\n"),
            (End::After(2), true)
        );
    }

    #[test]
    fn what_is_no_http_is_refused() {
        let bad = [
            "SSH-2.0-OpenSSH\r\n",
            "HTTP/2.0 200 OK\r\n\r\n",
            "HTTP/1.1 000 OK\r\n\r\n",
            "HTTP/1.1 099 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
            "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\na b: c\r\n\r\n",
        ];
        for bad in bad {
            assert!(matches!(Head::read(bad.as_bytes(), false), Err(Failure::Protocol(_))), "{bad}");
        }
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(MOST));
        assert_eq!(Head::read(many.as_bytes(), false).unwrap().unwrap().headers.len(), MOST);
        let too_many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(MOST + 1));
        assert!(Head::read(too_many.as_bytes(), false).is_err());
    }
}
