//! Where the target is, and which URL a request has there.

use url::{Position, Url};

use super::failure::Failure;
use super::network::SendError;

/// Base URL of a target, taken apart once.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The base URL as it was given, without a slash at its end.
    text: String,
    /// The base URL as the client sends it, with the host that all requests have in common.
    base: Url,
    /// The path of the base URL without a slash at its end: what goes before the path of a request.
    base_path: String,
    host: String,
    is_tls: bool,
    /// Host and port as in the `host` header.
    authority: String,
}

impl Endpoint {
    /// Takes a base URL apart.
    ///
    /// # Errors
    /// It is not an HTTP URL.
    pub fn parse(endpoint: &str) -> Result<Endpoint, SendError> {
        let bad = |reason: &str| SendError::Endpoint { endpoint: endpoint.to_owned(), reason: reason.to_owned() };
        let url = Url::parse(endpoint).map_err(|error| bad(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("it begins neither with http:// nor with https://"));
        }
        let host = url.host_str().ok_or_else(|| bad("it names no host"))?;
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut base = url.clone();
        // A request has no user name and no password, whatever the base URL has.
        let _ = base.set_username("");
        let _ = base.set_password(None);
        base.set_query(None);
        base.set_fragment(None);
        Ok(Endpoint {
            text: endpoint.trim_end_matches('/').to_owned(),
            base_path: url.path().trim_end_matches('/').to_owned(),
            host: host.to_owned(),
            is_tls: url.scheme() == "https",
            base,
            authority,
        })
    }

    /// The base URL, without a slash at its end.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Host and port, as in the `host` header.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether connections are encrypted.
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Whether the target is on this machine, by the name of its host alone.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// The URL of a request to a path and query.
    ///
    /// # Errors
    /// HTTP, or the client, cannot send this path and query as they are.
    pub fn url(&self, target: &str) -> Result<Url, Failure> {
        // A client never sends what follows a hash.
        let target = target.split('#').next().unwrap_or_default();
        if !target.starts_with('/') {
            return Err(Failure::Unsendable(format!("the path `{target}` does not begin with a slash")));
        }
        if let Some(byte) = target.bytes().find(|byte| !byte.is_ascii_graphic()) {
            return Err(Failure::Unsendable(format!("the path: the byte 0x{byte:02x} cannot stand there")));
        }
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        // The host stays as it was parsed once.
        let mut url = self.base.clone();
        url.set_path(&[self.base_path.as_str(), path].concat());
        url.set_query(query);
        // `url` resolves `..` and escapes some characters; what it changes is not what was asked for.
        let sent = &url[Position::BeforePath..];
        if sent.strip_prefix(self.base_path.as_str()) != Some(target) {
            return Err(Failure::Unsendable(format!("the client would send the path `{target}` as `{sent}`")));
        }
        Ok(url)
    }
}

/// Whether a host is this machine, by its name alone. IPv6 addresses may stand in brackets.
pub fn is_loopback(host: &str) -> bool {
    match host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn paths_and_queries_are_sent_as_they_are_or_not_at_all() {
        let endpoint = Endpoint::parse("http://localhost:4566/base/").unwrap();
        for target in ["/", "/CreateChannel", "/tags/arn%3aaws%2Fx", "//a", "/a;b=c/~d", "/a?b=c&d=%E9", "/%00"] {
            assert_eq!(endpoint.url(target).unwrap().as_str(), format!("http://localhost:4566/base{target}"));
        }
        assert_eq!(endpoint.url("/a?b#c").unwrap().as_str(), "http://localhost:4566/base/a?b");
        for target in ["/a/../b", "/%2E%2E", "/./a", "/a b", "/a\r\nx: y", "a", "", "/é", "/<a>", "/a?'"] {
            assert!(matches!(endpoint.url(target), Err(Failure::Unsendable(_))), "{target:?}");
        }
    }

    #[test]
    fn what_is_not_an_http_url_is_refused() {
        for (bad, reason) in [("ftp://a", "neither"), ("nowhere", "relative"), ("http://", "empty host")] {
            assert!(Endpoint::parse(bad).unwrap_err().to_string().contains(reason), "{bad}");
        }
        let plain = Endpoint::parse("https://Example.com:443/").unwrap();
        assert_eq!((plain.authority(), plain.is_tls(), plain.is_loopback()), ("example.com", true, false));
        for host in ["http://127.0.0.9:1", "http://[::1]:1", "http://localhost", "http://a.localhost"] {
            assert!(Endpoint::parse(host).unwrap().is_loopback(), "{host}");
        }
    }
}
