//! One HTTP/1.1 connection, driven by whoever sends on it: no task of its own, so no wake-ups between tasks.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use super::endpoint::{Endpoint, Wire};
use super::{BODY_LIMIT, Failure};
use crate::wire::Response;

type Driver = http1::Connection<TokioIo<Wire>, Full<Bytes>>;

/// A connection to the target.
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Option<Driver>,
    received: Arc<AtomicU64>,
}

impl Connection {
    /// Opens a connection.
    ///
    /// # Errors
    /// Nobody listens, or nobody there speaks HTTP.
    pub async fn open(endpoint: &Endpoint) -> Result<Connection, Failure> {
        let wire = endpoint.connect().await.map_err(|error| Failure::Connect(error.to_string()))?;
        let received = wire.received();
        let (sender, driver) =
            http1::handshake(TokioIo::new(wire)).await.map_err(|error| Failure::Protocol(innermost(&error)))?;
        Ok(Connection { sender, driver: Some(driver), received })
    }

    /// Whether the other side has left it open since it was last used.
    pub async fn is_open(&mut self) -> bool {
        let Connection { sender, driver, .. } = self;
        let is_gone = poll_fn(|cx| Poll::Ready(is_over(driver, cx))).await;
        !is_gone && drive(driver, sender.ready()).await.is_ok()
    }

    /// Sends a request and reads what comes back, the body up to [`BODY_LIMIT`].
    ///
    /// # Errors
    /// What came back is no HTTP, or nothing came back.
    pub async fn exchange(&mut self, request: hyper::Request<Full<Bytes>>) -> Result<Response, Failure> {
        let before = self.received.load(Ordering::Relaxed);
        let Connection { sender, driver, received } = self;
        let answer = async {
            let answer = sender.send_request(request).await?;
            let (head, body) = answer.into_parts();
            let (body, is_truncated) = read(body).await?;
            Ok(Response {
                status: head.status.as_u16(),
                headers: head.headers.iter().map(text).collect(),
                body,
                is_truncated,
            })
        };
        let answered: Result<Response, hyper::Error> = drive(driver, answer).await;
        answered.map_err(|error| match received.load(Ordering::Relaxed) == before {
            true => Failure::Unanswered(innermost(&error)),
            false => Failure::Protocol(innermost(&error)),
        })
    }
}

fn text((name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)) -> (String, String) {
    (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
}

async fn read(mut body: Incoming) -> Result<(Bytes, bool), hyper::Error> {
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // Trailers say nothing that a clause is about.
        let Ok(chunk) = frame?.into_data() else { continue };
        let length = first.len() + whole.len();
        if chunk.len() > BODY_LIMIT - length {
            whole = [first.as_ref(), whole.as_ref(), &chunk[..BODY_LIMIT - length]].concat().as_slice().into();
            return Ok((whole.freeze(), true));
        }
        if length == 0 {
            first = chunk;
            continue;
        }
        whole.extend_from_slice(&std::mem::take(&mut first));
        whole.extend_from_slice(&chunk);
    }
    Ok((if whole.is_empty() { first } else { whole.freeze() }, false))
}

/// Runs a future while the connection does its part.
async fn drive<T>(driver: &mut Option<Driver>, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|cx| {
        if let Poll::Ready(result) = future.as_mut().poll(cx) {
            return Poll::Ready(result);
        }
        is_over(driver, cx);
        future.as_mut().poll(cx)
    })
    .await
}

/// Lets the connection do its part; true once it is over. Why it is over, the request on it is told.
fn is_over(driver: &mut Option<Driver>, cx: &mut Context<'_>) -> bool {
    if let Some(live) = driver
        && Pin::new(live).poll(cx).is_ready()
    {
        *driver = None;
    }
    driver.is_none()
}

fn innermost(error: &hyper::Error) -> String {
    let mut detail = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        detail = cause.to_string();
        source = cause.source();
    }
    detail
}
