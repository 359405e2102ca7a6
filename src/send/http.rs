//! The transport by reqwest: one client for each worker, whose connections live on that worker's runtime.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use hyper::http::Extensions;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpInfo;
use parking_lot::Mutex;
use reqwest::header::CONNECTION;
use reqwest::{Client, Version, redirect, retry};
use rustls::ClientConfig;

use super::endpoint::Endpoint;
use super::failure::{Failure, Reuse};
use super::message::Message;
use super::network::{Network, SendError};
use super::tls;
use super::transport::{BODY_LIMIT, Connections, Transport};
use crate::clock;
use crate::wire::{Coding, Response, Text};

/// Who sends.
const AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection is kept without a request: less than servers do, so that they seldom close one while a request
/// is on its way. Source: the defaults of widely used servers, 2 s (gunicorn) to 75 s (nginx).
const IDLE: Duration = Duration::from_millis(1500);
/// Who closed a connection cannot be told when it is nearly that old.
const MARGIN: Duration = Duration::from_millis(200);
/// After how long a request for a connection that got lost is sent again at the latest, with some room. A queue that is full
/// loses them. Source: RFC 6298, section 2.
const RETRANSMISSION: Duration = Duration::from_millis(900);
/// Most headers of a response.
const MOST_HEADERS: usize = 1024;

/// The transport by reqwest.
#[derive(Debug)]
pub struct Http {
    setup: Arc<Setup>,
    kept: Client,
    fresh: Client,
    use_of: Mutex<Use>,
    counts: Arc<Counts>,
}

/// What a transport and its forks count together.
#[derive(Debug)]
struct Counts {
    closed_between_requests: AtomicU64,
    stalled_openings: AtomicU64,
    /// The shortest time in which a connection was opened and brought a response, in milliseconds.
    fastest_opening: AtomicU64,
}

impl Default for Counts {
    fn default() -> Counts {
        let [closed_between_requests, stalled_openings] = [AtomicU64::new(0), AtomicU64::new(0)];
        Counts { closed_between_requests, stalled_openings, fastest_opening: AtomicU64::new(u64::MAX) }
    }
}

impl Counts {
    /// Notes how long a connection took to open and to bring its first response.
    fn note_opening(&self, took: Duration) {
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let fastest = self.fastest_opening.fetch_min(took, Ordering::Relaxed).min(took);
        if took - fastest >= RETRANSMISSION.as_millis() as u64 {
            self.stalled_openings.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What clients are made of.
#[derive(Debug)]
struct Setup {
    tls: ClientConfig,
    proxies: Proxies,
    is_tls: bool,
}

#[derive(Debug)]
enum Proxies {
    /// None, as for every target on this machine.
    Never,
    /// Those that the environment names.
    OfEnvironment,
    /// This one, and how it is shown.
    Given(Box<reqwest::Proxy>, String),
}

/// The use of a client's connections.
#[derive(Debug, Default)]
struct Use {
    /// Connections that brought a response, by their address here.
    answered: HashSet<SocketAddr>,
    /// Those that should be open and have no request, each with the time since then, the last one last: that is used first.
    idle: Vec<(SocketAddr, Instant)>,
    /// Those that the target must have closed, because a new one was opened instead. One that answers all the same was not
    /// back in the pool.
    presumed_closed: HashSet<SocketAddr>,
}

impl Http {
    /// A transport to an endpoint.
    ///
    /// # Errors
    /// Proxy, certificates or TLS cannot be set up.
    pub fn new(endpoint: &Endpoint, network: &Network) -> Result<Http, SendError> {
        let proxies = match network.proxy()? {
            _ if endpoint.is_loopback() => Proxies::Never,
            Some((proxy, shown)) => Proxies::Given(Box::new(proxy), shown),
            None => Proxies::OfEnvironment,
        };
        let setup = Setup { tls: tls::config(endpoint, network)?, proxies, is_tls: endpoint.is_tls() };
        let [kept, fresh] = setup.clients()?;
        Ok(Http { setup: Arc::new(setup), kept, fresh, use_of: Mutex::default(), counts: Arc::default() })
    }
}

impl Setup {
    /// A client that keeps connections, and one that does not.
    fn clients(&self) -> Result<[Client; 2], SendError> {
        Ok([self.client(usize::MAX)?, self.client(0)?])
    }

    fn client(&self, most_idle: usize) -> Result<Client, SendError> {
        let mut builder = Client::builder()
            .user_agent(AGENT)
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(retry::never())
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(most_idle)
            .http1_max_headers(MOST_HEADERS)
            .tcp_nodelay(true)
            .tls_backend_preconfigured(self.tls.clone());
        if !self.is_tls {
            builder = builder.http1_only();
        }
        builder = match &self.proxies {
            Proxies::Never => builder.no_proxy(),
            Proxies::OfEnvironment => builder,
            Proxies::Given(proxy, _) => builder.proxy(proxy.as_ref().clone()),
        };
        builder.build().map_err(|error| SendError::Client(super::failure::innermost(&error)))
    }
}

impl Transport for Http {
    fn fork(&self) -> Http {
        // What could be made once can be made again; if not, the clients at hand do as well, if more slowly.
        let [kept, fresh] = self.setup.clients().unwrap_or_else(|_| [self.kept.clone(), self.fresh.clone()]);
        let (setup, counts) = (Arc::clone(&self.setup), Arc::clone(&self.counts));
        Http { setup, kept, fresh, use_of: Mutex::default(), counts }
    }

    async fn send(&self, message: Message, connections: Connections) -> Result<Response, Failure> {
        let client = match connections {
            Connections::Kept => &self.kept,
            Connections::Fresh => &self.fresh,
        };
        let mut request = reqwest::Request::new(message.method, message.url);
        *request.headers_mut() = message.headers;
        if !message.body.is_empty() {
            *request.body_mut() = Some(message.body.into());
        }
        let expected = if connections == Connections::Kept { self.use_of.lock().take_idle() } else { None };
        let sent = clock::instant();
        let response = client.execute(request).await.map_err(|error| self.failure(&error, connections))?;
        let address = response.extensions().get::<HttpInfo>().map(HttpInfo::local_addr);
        let is_kept = connections == Connections::Kept && stays_open(&response);
        let kept = address.filter(|_| is_kept);
        if kept.is_none_or(|address| self.is_new(address, expected)) {
            self.counts.note_opening(sent.elapsed());
        }
        let response = whole(response).await?;
        if let Some(address) = kept.filter(|_| !response.is_truncated) {
            self.use_of.lock().idle.push((address, clock::instant()));
        }
        Ok(response)
    }

    fn closed_between_requests(&self) -> u64 {
        self.counts.closed_between_requests.load(Ordering::Relaxed)
    }

    fn stalled_openings(&self) -> u64 {
        self.counts.stalled_openings.load(Ordering::Relaxed)
    }
}

impl Http {
    /// Whether a connection that brought a response is a new one. If another one was expected, the target closed that.
    fn is_new(&self, address: SocketAddr, expected: Option<SocketAddr>) -> bool {
        let closed = &self.counts.closed_between_requests;
        let mut known = self.use_of.lock();
        let is_new = known.answered.insert(address);
        if is_new && expected.is_some_and(|expected| known.presumed_closed.insert(expected)) {
            closed.fetch_add(1, Ordering::Relaxed);
        } else if known.presumed_closed.remove(&address) {
            closed.fetch_sub(1, Ordering::Relaxed);
        }
        is_new
    }

    fn failure(&self, error: &reqwest::Error, connections: Connections) -> Failure {
        let was_answered = |address| self.use_of.lock().answered.remove(&address);
        let is_kept = connections == Connections::Kept && connection(error).is_some_and(was_answered);
        let failure = Failure::of(error, if is_kept { Reuse::Kept } else { Reuse::First }, CONNECT);
        match (failure, &self.setup.proxies) {
            (Failure::Connect(why), Proxies::Given(_, proxy)) => {
                Failure::Connect(format!("through the proxy {proxy}: {why}"))
            }
            (failure, _) => failure,
        }
    }
}

impl Use {
    /// The connection that should be open for the next request, which takes it.
    fn take_idle(&mut self) -> Option<SocketAddr> {
        let (address, _) = self.idle.pop().filter(|(_, since)| since.elapsed() + MARGIN < IDLE).or_else(|| {
            // The others are older, and the client closes what is too old.
            self.idle.clear();
            None
        })?;
        Some(address)
    }
}

/// The connection on which a request failed, by its address here.
fn connection(error: &reqwest::Error) -> Option<SocketAddr> {
    let causes = std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source());
    let failed = causes.into_iter().find_map(|cause| cause.downcast_ref::<legacy::Error>())?;
    let mut extensions = Extensions::new();
    failed.connect_info()?.get_extras(&mut extensions);
    extensions.get::<HttpInfo>().map(HttpInfo::local_addr)
}

/// Whether another request may follow on the connection of a response. Source: RFC 9112, section 9.3.
fn stays_open(response: &reqwest::Response) -> bool {
    let options = response.headers().get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let mut options = options.flat_map(|value| value.split(','));
    match response.version() {
        Version::HTTP_11 => !options.any(|option| option.trim().eq_ignore_ascii_case("close")),
        // Others close it, or carry many requests at once.
        _ => false,
    }
}

/// The response with its body, up to the limit.
async fn whole(mut response: reqwest::Response) -> Result<Response, Failure> {
    let status = response.status().as_u16();
    let headers = response.headers().iter().map(|(name, value)| text(name.as_str(), value.as_bytes())).collect();
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    let mut is_truncated = false;
    while let Some(chunk) = response.chunk().await.map_err(|error| Failure::of(&error, Reuse::Begun, CONNECT))? {
        let room = BODY_LIMIT - first.len() - rest.len();
        is_truncated = chunk.len() > room;
        let chunk = chunk.slice(..chunk.len().min(room));
        if first.is_empty() {
            first = chunk;
        } else {
            rest.extend_from_slice(&chunk);
        }
        if is_truncated {
            break;
        }
    }
    let body = if rest.is_empty() { first } else { [first, rest.freeze()].concat().into() };
    Ok(Response { status, headers, body, is_truncated, coding: Coding::AsSent })
}

fn text(name: &str, value: &[u8]) -> (Text, Text) {
    (name.into(), String::from_utf8_lossy(value).into())
}

#[cfg(test)]
mod tests;
