//! Signs requests, sends them within their time limit, and keeps what comes back.

use std::time::Duration;

use super::decode;
use super::endpoint::Endpoint;
use super::failure::Failure;
use super::http::Http;
use super::message::Message;
use super::network::{Network, SendError};
use super::sign::Signer;
use super::transport::{Connections, Transport};
use crate::clock;
use crate::wire::{Exchange, Reply, Request, Response};

/// Sends requests to one endpoint.
#[derive(Debug)]
pub struct Sender<T: Transport = Http> {
    endpoint: Endpoint,
    /// Time limit of one request.
    timeout: Duration,
    connections: Connections,
    transport: T,
}

impl Sender {
    /// A sender for a base URL; `timeout` bounds each request. Requests travel on kept connections.
    ///
    /// # Errors
    /// The endpoint is not an HTTP URL, or proxy, certificates or TLS cannot be set up.
    pub fn new(endpoint: &str, timeout: Duration, network: &Network) -> Result<Sender, SendError> {
        let endpoint = Endpoint::parse(endpoint)?;
        let transport = Http::new(&endpoint, network)?;
        Ok(Sender { endpoint, timeout, connections: Connections::Kept, transport })
    }
}

impl<T: Transport> Sender<T> {
    /// The same sender with connections of its own, for another thread.
    pub fn fork(&self) -> Sender<T> {
        Sender {
            endpoint: self.endpoint.clone(),
            timeout: self.timeout,
            connections: self.connections,
            transport: self.transport.fork(),
        }
    }

    /// The same sender with other connections.
    #[must_use]
    pub fn on(mut self, connections: Connections) -> Sender<T> {
        self.connections = connections;
        self
    }

    /// Base URL of the target.
    pub fn endpoint(&self) -> &str {
        self.endpoint.text()
    }

    /// Host and port of the target, as in the `host` header.
    pub fn host(&self) -> &str {
        self.endpoint.authority()
    }

    /// Connections that the target closed between two requests without saying so, of this sender and its forks.
    pub fn closed_between_requests(&self) -> u64 {
        self.transport.closed_between_requests()
    }

    /// Sends one request, signed by `signer` if there is one. The exchange keeps the request without its signature.
    pub async fn send(&self, request: &Request, signer: Option<&Signer>) -> Exchange {
        self.send_on(self.connections, request, signer).await
    }

    /// Sends one request on a connection of its own.
    pub async fn send_on_fresh_connection(&self, request: &Request, signer: Option<&Signer>) -> Exchange {
        self.send_on(Connections::Fresh, request, signer).await
    }

    async fn send_on(&self, connections: Connections, request: &Request, signer: Option<&Signer>) -> Exchange {
        let started = clock::instant();
        let sent = async {
            let message = match signer {
                None => Message::new(request, &self.endpoint)?,
                Some(signer) => {
                    let signed = signer.sign(request, self.endpoint(), self.host()).map_err(Failure::Unsendable)?;
                    Message::new(&signed, &self.endpoint)?
                }
            };
            self.send_within_time(message, connections).await
        };
        let reply = sent.await.map_or_else(|failure| Reply::Failure(failure.into()), Reply::Response);
        Exchange { request: request.clone(), reply, elapsed: started.elapsed(), repeats: 0 }
    }

    async fn send_within_time(&self, message: Message, connections: Connections) -> Result<Response, Failure> {
        let allowed = decode::allowed(&message.headers);
        let response = tokio::time::timeout(self.timeout, self.transport.send(message, connections));
        let response = response.await.map_err(|_| Failure::Timeout(self.timeout))??;
        Ok(decode::decoded(response, &allowed))
    }
}
