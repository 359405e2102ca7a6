//! What a port speaks, if it is not what the endpoint's URL says: asked only after the proper way has failed.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::Untestable;
use crate::run::run_context::RunContext;
use crate::wire::{FailureKind, Request, TransportFailure};

/// How long is waited for each of connection and reply.
const PATIENCE: Duration = Duration::from_secs(1);
/// Content types of TLS records that response a greeting: an alert, a handshake. Source: RFC 8446, section 5.1.
const TLS_RECORDS: [u8; 2] = [21, 22];
/// Cipher suites of the greeting: widely known ones of TLS 1.2 and 1.3. Source: IANA, "TLS Cipher Suites".
const CIPHER_SUITES: [[u8; 2]; 5] = [[0x13, 0x01], [0xc0, 0x2b], [0xc0, 0x2f], [0x00, 0x9c], [0x00, 0x2f]];

/// Why a target that gave no HTTP response to this request cannot be tested.
pub async fn diagnose(env: &RunContext, request: &Request, failure: &TransportFailure) -> Untestable {
    let reason = format!("{} {}: {}", request.method, request.target, failure.detail);
    because(env, failure.kind, reason).await
}

/// Why a target that failed in this way, for this reason, cannot be tested.
pub async fn because(env: &RunContext, kind: FailureKind, reason: String) -> Untestable {
    let endpoint = env.target.endpoint().to_owned();
    let url = Url::parse(&endpoint).ok();
    let is_tls = url.as_ref().is_some_and(|url| url.scheme() == "https");
    if is_tls && replies(url.as_ref(), b"GET / HTTP/1.0\r\nconnection: close\r\n\r\n", is_http).await {
        return Untestable::NotTls { endpoint, reason };
    }
    let speaks_tls = !is_tls && kind != FailureKind::Connect && replies(url.as_ref(), &greeting(), is_tls_record).await;
    match kind {
        FailureKind::Protocol | FailureKind::Closed | FailureKind::Dropped => {
            Untestable::NotHttp { endpoint, reason, speaks_tls }
        }
        _ if speaks_tls => Untestable::NotHttp { endpoint, reason, speaks_tls },
        FailureKind::Tls => Untestable::NotTrusted { endpoint, reason },
        _ => Untestable::Unreachable { endpoint, reason },
    }
}

/// Whether what the port replies to these bytes begins as wanted.
async fn replies(url: Option<&Url>, bytes: &[u8], is_wanted: fn(&[u8]) -> bool) -> bool {
    let Some((host, port)) = url.and_then(|url| Some((url.host_str()?, url.port_or_known_default()?))) else {
        return false;
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let Ok(Ok(mut stream)) = timeout(PATIENCE, TcpStream::connect((host, port))).await else { return false };
    if stream.write_all(bytes).await.is_err() {
        return false;
    }
    let mut reply = [0; 5];
    let read = timeout(PATIENCE, stream.read_exact(&mut reply)).await;
    matches!(read, Ok(Ok(_))) && is_wanted(&reply)
}

fn is_http(reply: &[u8]) -> bool {
    reply == b"HTTP/"
}

fn is_tls_record(reply: &[u8]) -> bool {
    matches!(reply, [kind, 3, ..] if TLS_RECORDS.contains(kind))
}

/// A TLS record with a ClientHello without extensions. A server that speaks TLS responds with its own hello or with an
/// alert. Source of the form: RFC 5246, sections 6.2.1 and 7.4.1.2.
fn greeting() -> Vec<u8> {
    let suites = CIPHER_SUITES.concat();
    let mut hello = vec![3, 3];
    hello.extend([0x5a; 32]);
    // No session.
    hello.push(0);
    hello.extend([0, suites.len() as u8]);
    hello.extend(suites);
    // One compression method: none.
    hello.extend([1, 0]);
    let length = hello.len() as u8;
    let mut record = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend(hello);
    record
}
