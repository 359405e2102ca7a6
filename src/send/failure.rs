//! Why no response arrived, and how that is said.

use std::error::Error;
use std::io;
use std::time::Duration;

use super::tls;
use crate::wire::{FailureKind, TransportFailure};

/// Longest text of a library that is repeated.
const LONGEST: usize = 300;

/// Why no response arrived, by what is to be done about it.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection could be made.
    Connect(String),
    /// A connection was made, and TLS could not be agreed on.
    Tls(String),
    /// The connection ended before the response did.
    Closed(End, Reuse),
    /// What came back is not HTTP.
    Protocol(String),
    /// The request cannot be sent as it is.
    Unsendable(String),
    /// It took too long.
    Timeout(Duration),
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// In order.
    Close,
    /// With a reset.
    Reset,
}

/// Whether requests were answered on the connection before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// This was its first one.
    First,
    /// It was kept open after an earlier response.
    Kept,
    /// The response had begun.
    Begun,
}

impl Failure {
    /// Why reqwest got no response, or not the whole of one.
    pub fn of(error: &reqwest::Error, reuse: Reuse, connect_limit: Duration) -> Failure {
        let is_reset = |kind| matches!(kind, io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe);
        let kind = find::<io::Error>(error).map(io::Error::kind);
        if error.is_connect() {
            let is_tls = error.url().is_some_and(|url| url.scheme() == "https");
            if let Some(problem) = find::<rustls::Error>(error) {
                return Failure::Tls(tls::words(problem));
            }
            return match kind {
                _ if error.is_timeout() => {
                    Failure::Connect(format!("no response within {} s", connect_limit.as_secs()))
                }
                Some(io::ErrorKind::UnexpectedEof) if is_tls => {
                    Failure::Tls("the connection was closed during the handshake".to_owned())
                }
                Some(kind) if is_tls && is_reset(kind) => {
                    Failure::Tls("the connection was reset during the handshake".to_owned())
                }
                _ => Failure::Connect(innermost(error)),
            };
        }
        let http = find::<hyper::Error>(error);
        let is_early = http.is_some_and(|http| http.is_incomplete_message() || http.is_closed() || http.is_canceled());
        match kind {
            Some(kind) if is_reset(kind) => Failure::Closed(End::Reset, reuse),
            _ if is_early || kind == Some(io::ErrorKind::UnexpectedEof) => Failure::Closed(End::Close, reuse),
            _ => Failure::Protocol(innermost(error)),
        }
    }
}

/// The first cause of a type, however deep.
fn find<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The text of the last cause, which says most.
pub fn innermost(error: &(dyn Error + 'static)) -> String {
    let text = causes(error).last().map(ToString::to_string).unwrap_or_default();
    text.chars().take(LONGEST).collect()
}

/// An error and its causes. Of an I/O error that holds another one, `source` leaves that out.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'e (dyn Error + 'static) = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

impl From<Failure> for TransportFailure {
    fn from(failure: Failure) -> TransportFailure {
        let (kind, detail) = match failure {
            Failure::Connect(detail) => (FailureKind::Connect, format!("cannot connect: {detail}")),
            Failure::Tls(detail) => (FailureKind::Tls, format!("TLS failed: {detail}")),
            Failure::Closed(end, reuse) => {
                let (kind, when) = match reuse {
                    Reuse::First => (FailureKind::Closed, "before a whole response came"),
                    Reuse::Kept => {
                        (FailureKind::Dropped, "which was kept from an earlier request, before a response came")
                    }
                    Reuse::Begun => (FailureKind::Closed, "within the body of the response"),
                };
                let how = match end {
                    End::Close => "closed",
                    End::Reset => "reset",
                };
                (kind, format!("the connection broke, {when}: it was {how}"))
            }
            Failure::Protocol(detail) => (FailureKind::Protocol, format!("the response is no HTTP: {detail}")),
            Failure::Unsendable(detail) => (FailureKind::Withheld, format!("not sent: {detail}")),
            Failure::Timeout(limit) => (FailureKind::Timeout, format!("no response within {} s", limit.as_secs_f64())),
        };
        TransportFailure { kind, detail }
    }
}
