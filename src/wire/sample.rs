//! Requests, responses and exchanges for unit tests.

use std::time::Duration;

use super::{Coding, Exchange, FailureKind, Reply, Request, Response, TransportFailure};

/// A `POST` request without headers.
pub fn request(target: &str, body: &str) -> Request {
    Request { method: "POST".into(), target: target.into(), headers: Vec::new(), body: body.to_owned().into() }
}

/// A whole response with its body as it was sent.
pub fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Response { status, headers, body: body.to_owned().into(), is_truncated: false, coding: Coding::AsSent }
}

/// A reply without a response.
pub fn failure(kind: FailureKind) -> Reply {
    Reply::Failure(TransportFailure { kind, detail: "why".to_owned() })
}

/// A request and what came back at once.
pub fn exchange(request: Request, reply: impl Into<Reply>) -> Exchange {
    Exchange { request, reply: reply.into(), elapsed: Duration::ZERO, repeats: 0 }
}

impl From<Response> for Reply {
    fn from(response: Response) -> Reply {
        Reply::Response(response)
    }
}
