//! Sends requests and keeps what comes back as it came: no redirects, no decompression, no hidden retries.

mod sign;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use thiserror::Error;

pub use sign::{DateHeader, Place, Signer};

use crate::clock;
use crate::wire::{Exchange, FailureKind, Reply, Request, Response, TransportFailure};

/// Most bytes of a body that are read.
pub const BODY_LIMIT: usize = 4 << 20;

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

/// Sends requests to one endpoint over kept connections.
#[derive(Debug, Clone)]
pub struct Sender {
    client: Client,
    endpoint: String,
    host: String,
}

impl Sender {
    /// A sender for a base URL; `timeout` bounds each request.
    ///
    /// # Errors
    /// The endpoint is no HTTP URL, or TLS cannot be set up.
    pub fn new(endpoint: &str, timeout: Duration) -> Result<Sender, SendError> {
        let bad = |reason: &str| SendError::Endpoint { endpoint: endpoint.to_owned(), reason: reason.to_owned() };
        let url = reqwest::Url::parse(endpoint).map_err(|error| bad(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("it begins neither with http:// nor with https://"));
        }
        let host = url.host_str().ok_or_else(|| bad("it names no host"))?;
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        // A provider that is already installed is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(Policy::none())
            .http1_only()
            .tcp_nodelay(true)
            .pool_max_idle_per_host(256)
            .timeout(timeout)
            .no_proxy()
            .build()
            .map_err(|error| SendError::Client(error.to_string()))?;
        Ok(Sender { client, endpoint: endpoint.trim_end_matches('/').to_owned(), host })
    }

    /// Base URL of the target.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Host and port of the target, as in the `host` header.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Sends one request, signed by `signer` if there is one. The exchange keeps the request without its signature.
    pub async fn send(&self, request: &Request, signer: Option<&Signer>) -> Exchange {
        let started = clock::instant();
        let signed = match signer {
            Some(signer) => signer.sign(request, &self.endpoint, &self.host),
            None => Ok(request.clone()),
        };
        let reply = match signed {
            Ok(signed) => self.reply(&signed).await,
            Err(detail) => Reply::Failure(TransportFailure { kind: FailureKind::Protocol, detail }),
        };
        Exchange { request: request.clone(), reply, elapsed: started.elapsed() }
    }

    async fn reply(&self, request: &Request) -> Reply {
        match self.try_send(request).await {
            Ok(response) => Reply::Response(response),
            Err(error) => Reply::Failure(failure(&error)),
        }
    }

    async fn try_send(&self, request: &Request) -> Result<Response, reqwest::Error> {
        let method = Method::from_bytes(request.method.as_bytes()).unwrap_or(Method::POST);
        let mut builder = self.client.request(method, format!("{}{}", self.endpoint, request.target));
        for (name, value) in &request.headers {
            builder = builder.header(name.as_str(), value.as_str());
        }
        let mut response = builder.body(request.body.clone()).send().await?;
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let status = response.status().as_u16();
        let (body, is_truncated) = read_body(&mut response).await?;
        Ok(Response { status, headers, body, is_truncated })
    }
}

async fn read_body(response: &mut reqwest::Response) -> Result<(Bytes, bool), reqwest::Error> {
    let mut whole = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        let room = BODY_LIMIT - whole.len();
        if chunk.len() > room {
            whole.extend_from_slice(&chunk[..room]);
            return Ok((whole.freeze(), true));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok((whole.freeze(), false))
}

fn failure(error: &reqwest::Error) -> TransportFailure {
    let kind = match error {
        error if error.is_connect() => FailureKind::Connect,
        error if error.is_timeout() => FailureKind::Timeout,
        _ => FailureKind::Protocol,
    };
    let mut detail = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        detail = cause.to_string();
        source = cause.source();
    }
    let detail = match kind {
        FailureKind::Connect => format!("cannot connect: {detail}"),
        FailureKind::Timeout => "no answer within the time limit".to_owned(),
        FailureKind::Protocol => format!("the answer is no HTTP: {detail}"),
    };
    TransportFailure { kind, detail }
}
