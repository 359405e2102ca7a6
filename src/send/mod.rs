//! Sends requests and keeps what comes back as it came: no redirects, no decompression, no hidden retries.

mod canonical;
mod connection;
mod endpoint;
mod head;
mod message;
mod sign;

use std::sync::Mutex;
use std::time::Duration;

use thiserror::Error;

pub use sign::{DateHeader, Place, Signer};

use crate::clock;
use crate::wire::{Exchange, FailureKind, Reply, Request, Response, TransportFailure};
use connection::{Answer, Connection, Deadline};
use endpoint::Endpoint;
use message::Message;

/// Most bytes of a body that are read.
pub const BODY_LIMIT: usize = 4 << 20;

/// Stands for a time limit that no clock can show.
const AGES: Duration = Duration::from_secs(365 * 86_400);

/// Why nothing can be sent.
#[derive(Debug, Error)]
pub enum SendError {
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
    /// The endpoint is no URL.
    #[error("`{endpoint}` is no endpoint: {reason}; write it like http://127.0.0.1:4566")]
    Endpoint {
        /// What was given.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why no response arrived, by what is to be done about it.
#[derive(Debug)]
enum Failure {
    /// No connection could be made.
    Connect(String),
    /// The connection broke before a byte came back.
    Unanswered(String),
    /// What came back is no HTTP.
    Protocol(String),
    /// The request cannot be written down as HTTP.
    Unsendable(String),
    /// It took too long.
    Timeout(Duration),
}

/// Sends requests to one endpoint over kept connections.
#[derive(Debug)]
pub struct Sender {
    endpoint: Endpoint,
    timeout: Duration,
    /// Connections on which nothing is under way, the last used one last.
    idle: Mutex<Vec<Connection>>,
}

impl Sender {
    /// A sender for a base URL; `timeout` bounds each request.
    ///
    /// # Errors
    /// The endpoint is no HTTP URL, or TLS cannot be set up.
    pub fn new(endpoint: &str, timeout: Duration) -> Result<Sender, SendError> {
        Ok(Sender { endpoint: Endpoint::parse(endpoint)?, timeout, idle: Mutex::default() })
    }

    /// The same sender with connections of its own.
    pub fn fork(&self) -> Sender {
        Sender { endpoint: self.endpoint.clone(), timeout: self.timeout, idle: Mutex::default() }
    }

    /// Base URL of the target.
    pub fn endpoint(&self) -> &str {
        self.endpoint.url()
    }

    /// Host and port of the target, as in the `host` header.
    pub fn host(&self) -> &str {
        self.endpoint.authority()
    }

    /// Sends one request, signed by `signer` if there is one. The exchange keeps the request without its signature.
    pub async fn send(&self, request: &Request, signer: Option<&Signer>) -> Exchange {
        let started = clock::instant();
        let sent = async {
            match signer {
                None => self.send_within_time(request).await,
                Some(signer) => {
                    let signed = signer.sign(request, self.endpoint(), self.host()).map_err(Failure::Unsendable)?;
                    self.send_within_time(&signed).await
                }
            }
        };
        let reply = sent.await.map_or_else(|failure| Reply::Failure(failure.into()), Reply::Response);
        Exchange { request: request.clone(), reply, elapsed: started.elapsed() }
    }

    async fn send_within_time(&self, request: &Request) -> Result<Response, Failure> {
        let message = Message::new(request, self.host(), self.endpoint.path())?;
        let now = tokio::time::Instant::now();
        let at = now.checked_add(self.timeout).unwrap_or(now + AGES);
        let deadline = Deadline { at, limit: self.timeout };
        self.send_on_some_connection(&message, deadline).await
    }

    /// A kept connection may be closed by the other side at any time, also while a request is on its way: then, and only
    /// if no byte came back, the request is sent once more on a new one.
    async fn send_on_some_connection(&self, message: &Message, deadline: Deadline) -> Result<Response, Failure> {
        if let Some(mut kept) = self.kept_connection().await {
            match kept.exchange(message, deadline).await {
                Err(Failure::Unanswered(_)) => {}
                answered => return self.keep(kept, answered),
            }
        }
        let mut fresh = Connection::open(&self.endpoint, deadline).await?;
        let answered = fresh.exchange(message, deadline).await;
        self.keep(fresh, answered)
    }

    async fn kept_connection(&self) -> Option<Connection> {
        loop {
            let mut kept = self.idle.lock().ok()?.pop()?;
            if kept.is_open().await {
                return Some(kept);
            }
        }
    }

    /// Keeps a connection for the next request if it is good for one.
    fn keep(&self, connection: Connection, answered: Result<Answer, Failure>) -> Result<Response, Failure> {
        let answer = answered?;
        if answer.stays_open
            && let Ok(mut idle) = self.idle.lock()
        {
            idle.push(connection);
        }
        Ok(answer.response)
    }
}

impl From<Failure> for TransportFailure {
    fn from(failure: Failure) -> TransportFailure {
        let (kind, detail) = match failure {
            Failure::Connect(detail) => (FailureKind::Connect, format!("cannot connect: {detail}")),
            Failure::Unanswered(detail) => {
                (FailureKind::Protocol, format!("the connection broke before an answer came: {detail}"))
            }
            Failure::Protocol(detail) => (FailureKind::Protocol, format!("the answer is no HTTP: {detail}")),
            Failure::Unsendable(detail) => {
                (FailureKind::Protocol, format!("the request cannot be written down as HTTP: {detail}"))
            }
            Failure::Timeout(limit) => (FailureKind::Timeout, format!("no answer within {} s", limit.as_secs_f64())),
        };
        TransportFailure { kind, detail }
    }
}
