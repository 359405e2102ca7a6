//! What lies between this program and the target: proxies, and the certificates that are trusted.

use std::path::PathBuf;

use thiserror::Error;
use url::Url;

/// Schemes of proxies that the client knows.
const PROXY_SCHEMES: [&str; 5] = ["http", "https", "socks4", "socks5", "socks5h"];

/// Variables that name PEM files with certificates to trust. Source: AWS SDKs and Tools Reference Guide, "General
/// configuration"; OpenSSL.
const CA_VARIABLES: [&str; 2] = ["AWS_CA_BUNDLE", "SSL_CERT_FILE"];

/// What lies between this program and the target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// URL of the proxy for every target that is not on this machine; `None` takes it from `HTTP_PROXY`, `HTTPS_PROXY`,
    /// `ALL_PROXY` and `NO_PROXY`.
    pub proxy: Option<String>,
    /// PEM files with certificates to trust besides the system's.
    pub ca_certs: Vec<PathBuf>,
    /// The same, named by variables of the environment; read only for targets that need certificates.
    pub ca_variables: Vec<(&'static str, PathBuf)>,
}

/// Why nothing can be sent.
#[derive(Debug, Error)]
pub enum SendError {
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
    /// The endpoint is not a URL.
    #[error("`{endpoint}` is no endpoint: {reason}; write it like http://127.0.0.1:4566")]
    Endpoint {
        /// What was given.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The proxy is not a URL of a proxy.
    #[error("the proxy `{proxy}` cannot be used: {reason}; write it like http://proxy.example:3128")]
    Proxy {
        /// What was given, without credentials.
        proxy: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of certificates cannot be used.
    #[error("{file} ({origin}) cannot be used: {reason}")]
    Certificates {
        /// The file.
        file: String,
        /// The flag or variable that names it.
        origin: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl Network {
    /// Adds the files that `AWS_CA_BUNDLE` and `SSL_CERT_FILE` name; `variable` is the value of a variable, if it is set and not empty.
    pub fn read_variables(&mut self, variable: impl Fn(&str) -> Option<String>) {
        let file = |name: &'static str| Some((name, PathBuf::from(variable(name)?)));
        self.ca_variables = CA_VARIABLES.into_iter().filter_map(file).collect();
    }

    /// The proxy that was named, if there is one, and its URL without credentials.
    ///
    /// # Errors
    /// It is not a URL of a proxy.
    pub fn proxy(&self) -> Result<Option<(reqwest::Proxy, String)>, SendError> {
        let Some(text) = &self.proxy else { return Ok(None) };
        // A password may stand in it.
        let shown = text.rsplit('@').next().unwrap_or_default().to_owned();
        let bad = |reason: String| SendError::Proxy { proxy: shown.clone(), reason };
        let url = Url::parse(text).map_err(|error| bad(error.to_string()))?;
        if !PROXY_SCHEMES.contains(&url.scheme()) || !url.has_host() {
            return Err(bad(format!("it is not a URL that begins with {}", PROXY_SCHEMES.join("://, ") + "://")));
        }
        let proxy = reqwest::Proxy::all(url).map_err(|error| bad(super::failure::innermost(&error)))?;
        Ok(Some((proxy, shown)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_proxy_is_a_url_and_its_password_is_not_shown() {
        let proxy = |text: &str| Network { proxy: Some(text.to_owned()), ..Network::default() }.proxy();
        for good in ["http://127.0.0.1:1", "https://user:secret@proxy.example", "socks5h://localhost:1080"] {
            assert!(proxy(good).unwrap().is_some(), "{good}");
        }
        for bad in ["proxy.example", "ftp://user:secret@proxy.example", "user:secret@proxy.example:80", "http://"] {
            let message = proxy(bad).unwrap_err().to_string();
            assert!(message.contains("cannot be used") && !message.contains("secret"), "{message}");
        }
        assert!(Network::default().proxy().unwrap().is_none());
    }
}
