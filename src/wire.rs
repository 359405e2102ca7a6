//! What goes over the wire, as plain data: no stage needs a network to talk about it.

use std::time::Duration;

use bytes::Bytes;

/// A text that is mostly short: then it takes no memory of its own, and a copy costs next to nothing.
pub use smol_str::SmolStr as Text;

/// An HTTP request exactly as it is to be sent, before signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// HTTP method, as sent.
    pub method: Text,
    /// Path and query, percent-encoded, as sent.
    pub target: Text,
    /// Header names and values, in the order they are sent.
    pub headers: Vec<(Text, Text)>,
    /// Body bytes; empty means that no body is sent.
    pub body: Bytes,
}

/// An HTTP response as it arrived: nothing decoded, nothing normalised but header names (lower case).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status code.
    pub status: u16,
    /// Header names (lower case) and values, in the order of arrival; a value that is not UTF-8 is shown lossily.
    pub headers: Vec<(Text, Text)>,
    /// Body bytes, cut at the reading limit.
    pub body: Bytes,
    /// Whether the body was longer than the reading limit.
    pub is_truncated: bool,
}

impl Response {
    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Why no response arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// No connection could be made.
    Connect,
    /// The request took longer than its time limit.
    Timeout,
    /// The connection broke, or what arrived is not HTTP.
    Protocol,
    /// The run itself held the request back, or did not wait for its answer: says nothing about the target.
    Withheld,
}

/// A request that got no HTTP response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportFailure {
    /// What went wrong, as a category.
    pub kind: FailureKind,
    /// What went wrong, for a reader.
    pub detail: String,
}

/// What came back for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// An HTTP response.
    Response(Response),
    /// No HTTP response.
    Failure(TransportFailure),
}

/// One request and what came back for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The request as sent, without the signature.
    pub request: Request,
    /// What came back.
    pub reply: Reply,
    /// From the first byte sent to the last byte read.
    pub elapsed: Duration,
}

impl Exchange {
    /// The response, if one arrived.
    pub fn response(&self) -> Option<&Response> {
        match &self.reply {
            Reply::Response(response) => Some(response),
            Reply::Failure(_) => None,
        }
    }
}
