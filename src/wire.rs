//! What goes over the wire, as plain data: no stage needs a network to talk about it.

use std::time::Duration;

use bytes::Bytes;

#[cfg(test)]
pub mod sample;

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

/// An HTTP response as it arrived: nothing normalised but header names (lower case), nothing decoded but what the
/// request allowed to be encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status code.
    pub status: u16,
    /// Header names (lower case) and values, in the order of arrival; a value that is not UTF-8 is shown lossily.
    pub headers: Vec<(Text, Text)>,
    /// Body bytes, decoded as `coding` says, cut at the reading limit.
    pub body: Bytes,
    /// Whether the body was longer than the reading limit.
    pub is_truncated: bool,
    /// What became of the content codings that its header names.
    pub coding: Coding,
}

/// What became of the content codings of a body. Source: RFC 9110, section 8.4.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Coding {
    /// The body is as it was sent: there are none, or the request did not allow them.
    #[default]
    AsSent,
    /// The request allowed them, and they were undone.
    Decoded,
    /// The request allowed them, and the body is not in them.
    Undecodable,
}

impl Response {
    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether its body is a page in place of JSON.
    pub fn is_page(&self) -> bool {
        is_page(&self.body)
    }
}

/// Whether a body is a page, or another text in markup, as servers of other things send it: JSON never begins so.
pub fn is_page(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'<')
}

/// Why no response arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// No connection could be made.
    Connect,
    /// The request took longer than its time limit.
    Timeout,
    /// A connection was made, and TLS could not be agreed on.
    Tls,
    /// The connection was closed or reset before the response was complete.
    Closed,
    /// A connection that was kept from an earlier request was closed or reset, and nothing came back on it.
    Dropped,
    /// What arrived is not HTTP.
    Protocol,
    /// The run itself or the HTTP client held the request back, or the run did not wait for its response: says nothing
    /// about the target.
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
    /// How often it was sent before without a response. Only a request that changes nothing is sent again.
    pub repeats: u32,
}

impl Exchange {
    /// The response, if one arrived.
    pub fn response(&self) -> Option<&Response> {
        match &self.reply {
            Reply::Response(response) => Some(response),
            Reply::Failure(_) => None,
        }
    }

    /// Whether a page came in place of JSON.
    pub fn is_page(&self) -> bool {
        self.response().is_some_and(Response::is_page)
    }
}
