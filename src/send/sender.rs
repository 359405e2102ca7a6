//! Signs requests, sends them within their time limit, and keeps what comes back.

use std::time::Duration;

use tokio::time::timeout;

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

/// How long a response that has arrived in time may take to be read.
const GRACE: Duration = Duration::from_millis(20);

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

    /// Connections that took so long to open that the target's queue of them must have been full.
    pub fn stalled_openings(&self) -> u64 {
        self.transport.stalled_openings()
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
        let sent = self.transport.send(message, connections);
        tokio::pin!(sent);
        let response = match timeout(self.timeout, &mut sent).await {
            Ok(response) => response,
            // Other work may have kept this thread from reading what has long arrived.
            Err(_) => timeout(GRACE, &mut sent).await.map_err(|_| Failure::Timeout(self.timeout))?,
        };
        Ok(decode::decoded(response?, &allowed))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;
    use crate::wire::FailureKind;

    /// A target that responds each connection's first request with this.
    fn target(answer: &'static [u8]) -> Sender {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let mut open = Vec::new();
            for mut stream in listener.incoming().flatten() {
                let _ = stream.read(&mut [0; 4096]);
                std::thread::sleep(Duration::from_millis(60));
                stream.write_all(answer).unwrap();
                open.push(stream);
            }
        });
        Sender::new(&endpoint, Duration::from_millis(200), &Network::default()).unwrap()
    }

    fn request() -> Request {
        Request { method: "GET".into(), target: "/".into(), headers: Vec::new(), body: Default::default() }
    }

    #[tokio::test]
    async fn a_thread_that_was_busy_reads_what_arrived_in_time() {
        let sender = target(b"HTTP/1.1 204 No Content\r\n\r\n");
        let local = tokio::task::LocalSet::new();
        // Like a worker that makes up long requests: it always has something to do.
        local.spawn_local(async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            for _ in 0..4 {
                std::thread::sleep(Duration::from_millis(150));
                let mut is_woken = false;
                std::future::poll_fn(|cx| {
                    cx.waker().wake_by_ref();
                    match std::mem::replace(&mut is_woken, true) {
                        true => std::task::Poll::Ready(()),
                        false => std::task::Poll::Pending,
                    }
                })
                .await;
            }
        });
        let exchange = local.run_until(sender.send(&request(), None)).await;
        assert_eq!(exchange.response().map(|response| response.status), Some(204), "{exchange:?}");
    }

    #[tokio::test]
    async fn what_takes_too_long_is_given_up_whatever_trickles_in() {
        for answer in [&b""[..], b"HTTP/1.1 200 OK\r\na: ", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"] {
            let started = clock::instant();
            let exchange = target(answer).send(&request(), None).await;
            let Reply::Failure(failure) = exchange.reply else { panic!("{exchange:?}") };
            assert_eq!((failure.kind, failure.detail.as_str()), (FailureKind::Timeout, "no response within 0.2 s"));
            assert!(started.elapsed() < Duration::from_secs(2));
        }
    }

    #[tokio::test]
    async fn what_cannot_be_sent_as_it_is_is_not_sent() {
        let strange = Request { target: "/a/../b".into(), ..request() };
        let exchange = target(b"").send(&strange, None).await;
        let Reply::Failure(failure) = exchange.reply else { panic!("{exchange:?}") };
        assert_eq!(failure.kind, FailureKind::Withheld);
        assert_eq!(failure.detail, "not sent: the client would send the path `/a/../b` as `/b`");
    }
}
