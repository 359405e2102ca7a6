//! A request in the types of the HTTP client, which sends it as it stands here.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use url::Url;

use super::endpoint::Endpoint;
use super::failure::Failure;
use crate::wire::Request;

/// A request that can be sent.
#[derive(Debug, Clone)]
pub struct Message {
    /// HTTP method.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// Its headers, but for those that the client sets: `host`, `user-agent`, `accept` if there is none, and
    /// `content-length` if there is a body.
    pub headers: HeaderMap,
    /// Its body; empty means that no body is sent.
    pub body: Bytes,
}

impl Message {
    /// The request as it goes to an endpoint.
    ///
    /// # Errors
    /// HTTP, or the client, cannot send something of it as it is.
    pub fn new(request: &Request, endpoint: &Endpoint) -> Result<Message, Failure> {
        let unsendable = |what: String| Failure::Unsendable(what);
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| unsendable(format!("`{}` is not a method of HTTP", request.method)))?;
        if method == Method::CONNECT {
            return Err(unsendable("CONNECT asks for a tunnel and not for a resource".to_owned()));
        }
        let url = endpoint.url(&request.target)?;
        let mut headers = HeaderMap::with_capacity(request.headers.len() + 4);
        for (name, value) in &request.headers {
            let header = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| unsendable(format!("`{name}` cannot be the name of a header")))?;
            if header == CONTENT_LENGTH || header == TRANSFER_ENCODING {
                return Err(unsendable(format!("`{name}` says how long the body is, and the client says that itself")));
            }
            let value = HeaderValue::from_bytes(value.as_bytes())
                .map_err(|_| unsendable(format!("the header {name}: it has a byte that cannot stand there")))?;
            headers.append(header, value);
        }
        // Without this header every encoding is allowed. Source: RFC 9110, section 12.5.3.
        headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static("identity"));
        Ok(Message { method, url, headers, body: request.body.clone() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn message(method: &str, headers: &[(&str, &str)]) -> Result<Message, Failure> {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let request = Request { method: method.into(), target: "/a".into(), headers, body: Bytes::new() };
        Message::new(&request, &Endpoint::parse("http://localhost:1/base").unwrap())
    }

    #[test]
    fn every_request_says_which_encodings_it_takes() {
        let encoding = |headers: &[(&str, &str)]| {
            let message = message("GET", headers).unwrap();
            message.headers.get_all(ACCEPT_ENCODING).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
        };
        let encodings: [Vec<String>; 3] =
            [encoding(&[]), encoding(&[("Accept-Encoding", "gzip")]), encoding(&[("accept-encoding", "")])];
        assert_eq!(encodings, [vec!["identity"], vec!["gzip"], vec![""]]);
    }

    #[test]
    fn headers_are_sent_as_they_are_or_not_at_all() {
        let good = message("post", &[("X-Test", "é"), ("x-test", "2"), ("x-tab", "a\tb")]).unwrap();
        assert_eq!(good.headers.get_all("x-test").iter().collect::<Vec<_>>(), ["é", "2"]);
        assert_eq!((good.method.as_str(), good.url.path()), ("post", "/base/a"));
        for (name, value) in [("x", "a\r\ny: z"), ("x", "\0"), ("a b", ""), ("", ""), ("content-length", "3")] {
            let refused = message("POST", &[(name, value)]);
            assert!(matches!(refused, Err(Failure::Unsendable(_))), "{name:?} {value:?}");
        }
        for method in ["", "A B", "CONNECT", "é"] {
            assert!(matches!(self::message(method, &[]), Err(Failure::Unsendable(_))), "{method:?}");
        }
    }
}
