//! Where the target is, and how a connection to it is made.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::ConfigVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::SendError;

/// Base URL of a target, taken apart once.
#[derive(Debug, Clone)]
pub struct Endpoint {
    url: String,
    /// Path of the base URL, without a slash at its end.
    path: String,
    host: Host,
    port: u16,
    /// Host and port as in the `host` header.
    authority: String,
    tls: Option<Tls>,
}

#[derive(Clone)]
struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tls").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Takes a base URL apart.
    ///
    /// # Errors
    /// It is no HTTP URL, or TLS cannot be set up.
    pub fn parse(endpoint: &str) -> Result<Endpoint, SendError> {
        let bad = |reason: &str| SendError::Endpoint { endpoint: endpoint.to_owned(), reason: reason.to_owned() };
        let url = Url::parse(endpoint).map_err(|error| bad(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("it begins neither with http:// nor with https://"));
        }
        let host = url.host().ok_or_else(|| bad("it names no host"))?.to_owned();
        let port = url.port_or_known_default().ok_or_else(|| bad("it names no port"))?;
        let tls = if url.scheme() == "https" { Some(Tls::new(&host)?) } else { None };
        Ok(Endpoint {
            url: endpoint.trim_end_matches('/').to_owned(),
            path: url.path().trim_end_matches('/').to_owned(),
            authority: url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}")),
            host,
            port,
            tls,
        })
    }

    /// The base URL, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Path of the base URL, without a slash at its end.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Host and port, as in the `host` header.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Makes a connection.
    ///
    /// # Errors
    /// Nobody listens there, or TLS could not be agreed on.
    pub async fn connect(&self) -> io::Result<Wire> {
        let stream = match &self.host {
            Host::Domain(name) => TcpStream::connect((name.as_str(), self.port)).await,
            Host::Ipv4(address) => TcpStream::connect((*address, self.port)).await,
            Host::Ipv6(address) => TcpStream::connect((*address, self.port)).await,
        }?;
        stream.set_nodelay(true)?;
        Ok(match &self.tls {
            None => Wire::Plain(stream),
            Some(tls) => Wire::Tls(Box::new(tls.connector.connect(tls.name.clone(), stream).await?)),
        })
    }
}

impl Tls {
    fn new(host: &Host) -> Result<Tls, SendError> {
        // A provider that is already installed is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let failed = |error: &dyn std::fmt::Display| SendError::Client(error.to_string());
        let mut config = ClientConfig::with_platform_verifier().map_err(|error| failed(&error))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let name = match host {
            Host::Domain(name) => ServerName::try_from(name.clone()).map_err(|error| failed(&error))?,
            Host::Ipv4(address) => ServerName::from(std::net::IpAddr::from(*address)),
            Host::Ipv6(address) => ServerName::from(std::net::IpAddr::from(*address)),
        };
        Ok(Tls { connector: TlsConnector::from(Arc::new(config)), name })
    }
}

/// A connection, encrypted or not.
#[derive(Debug)]
pub enum Wire {
    /// Not encrypted.
    Plain(TcpStream),
    /// TLS.
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Wire::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Wire::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Wire::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Wire::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}
