//! The address of a target.

use super::values::BadValue;
use crate::run::settings::{Locality, locality_of_host};

/// The name that stands for the service itself, in the run's region.
pub const AWS: &str = "aws";

/// A target's base URL.
#[derive(Debug)]
pub struct Endpoint {
    /// The URL without a trailing slash, or [`AWS`].
    pub url: String,
    /// Whether it is on this machine.
    pub is_loopback: bool,
    host: String,
}

impl Endpoint {
    /// Reads the value of `--endpoint`.
    ///
    /// # Errors
    /// It is not the base URL of an HTTP server.
    pub fn parse(text: &str) -> Result<Endpoint, BadValue> {
        if text == AWS {
            return Ok(Endpoint { url: AWS.to_owned(), host: String::new(), is_loopback: false });
        }
        let refuse = |why: &str| BadValue::new("endpoint", format!("`{text}` {why}, e.g. http://127.0.0.1:5000"));
        let url = url::Url::parse(text).map_err(|error| refuse(&format!("is no URL ({error}); write one")))?;
        let Some(host) = url.host_str().map(str::to_owned) else {
            return Err(refuse("names no host; write one"));
        };
        match url.scheme() {
            _ if url.query().is_some() || url.fragment().is_some() => Err(refuse("has a query; write the base URL")),
            _ if !url.username().is_empty() || url.password().is_some() => Err(BadValue::new(
                "endpoint",
                "has credentials in it: set them in the environment and write the base URL alone",
            )),
            "http" | "https" => Ok(Endpoint {
                url: url.as_str().trim_end_matches('/').to_owned(),
                is_loopback: locality_of_host(&host) == Locality::Loopback,
                host,
            }),
            _ => Err(refuse("is neither http nor https; write one")),
        }
    }

    /// The region in the host name of an AWS endpoint.
    pub fn region(&self) -> Option<String> {
        let labels: Vec<&str> = self.host.strip_suffix(".amazonaws.com")?.split('.').collect();
        match labels[..] {
            [_, region] => Some(region.to_owned()),
            _ => None,
        }
    }
}
