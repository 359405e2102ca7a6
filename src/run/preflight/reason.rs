//! Why nothing can be tested on a target, and what to do about it.

use std::fmt;

use crate::run::access::Refusal;

/// Why nothing can be tested on a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Untestable {
    /// No connection can be made, or nothing comes back on it.
    Unreachable {
        /// Base URL of the target.
        endpoint: String,
        /// What was tried and what happened.
        reason: String,
    },
    /// What comes back is not HTTP.
    NotHttp {
        /// Base URL of the target.
        endpoint: String,
        /// What was tried and what happened.
        reason: String,
        /// Whether the port speaks TLS.
        speaks_tls: bool,
    },
    /// The endpoint is an `https` URL, and the port speaks HTTP without TLS.
    NotTls {
        /// Base URL of the target.
        endpoint: String,
        /// What was tried and what happened.
        reason: String,
    },
    /// It answers, and none of the operations is there.
    NotThisApi {
        /// Base URL of the target.
        endpoint: String,
        /// The API's name.
        service: String,
        /// How many operations were called.
        operations: usize,
        /// An answer that shows it.
        seen: String,
    },
    /// It refuses access to every operation.
    AccessRefused {
        /// Base URL of the target.
        endpoint: String,
        /// How many operations were called.
        operations: usize,
        /// One of the refusals.
        refusal: Refusal,
        /// Whether the run signs its requests.
        is_signed: bool,
    },
    /// It is in another region than the one that the run signs for.
    WrongRegion {
        /// Base URL of the target.
        endpoint: String,
        /// The region that the run signs for.
        signed: String,
        /// The region that the target names.
        named: String,
        /// Where the target names it.
        seen: String,
    },
    /// Cases need live channels, and the path that is to make channels live is not there.
    NoControlPath {
        /// Base URL of the target.
        endpoint: String,
        /// The path.
        path: String,
        /// What came back.
        seen: String,
    },
}

impl Untestable {
    /// What happened, and where.
    pub fn message(&self) -> String {
        match self {
            Untestable::Unreachable { endpoint, reason } => format!("{endpoint} cannot be reached: {reason}"),
            Untestable::NotHttp { endpoint, reason, .. } => format!("{endpoint} does not speak HTTP: {reason}"),
            Untestable::NotTls { endpoint, reason } => format!("{endpoint} cannot be reached with TLS: {reason}"),
            Untestable::NotThisApi { endpoint, service, operations, seen } => format!(
                "{endpoint}: this is not the API: none of its {operations} operations ({service}) is there; {seen}"
            ),
            Untestable::AccessRefused { endpoint, operations, refusal, .. } => format!(
                "{endpoint}: access is refused: none of {operations} operations let a valid request in; one answered \
                 {refusal}"
            ),
            Untestable::WrongRegion { endpoint, signed, named, seen } => {
                format!("{endpoint} is in the region {named}, and the run signs for {signed}: {seen}")
            }
            Untestable::NoControlPath { endpoint, path, seen } => {
                format!("{endpoint} has no control path {path} that makes a channel live: {seen}")
            }
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Untestable::Unreachable { .. } => "is it running, and is this its address?".to_owned(),
            Untestable::NotHttp { speaks_tls: true, .. } => "it looks like TLS: use https://".to_owned(),
            Untestable::NotHttp { speaks_tls: false, .. } => {
                "check the address and the port: another service may listen there".to_owned()
            }
            Untestable::NotTls { .. } => "it speaks HTTP without TLS: use http://".to_owned(),
            Untestable::NotThisApi { .. } => "check the address, the port and the base path".to_owned(),
            Untestable::AccessRefused { is_signed: false, .. } => {
                "sign the requests (--auth sigv4) with credentials that the target knows".to_owned()
            }
            Untestable::AccessRefused { is_signed: true, .. } => "check the credentials (AWS_ACCESS_KEY_ID, \
                AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN or the profile), their permissions, and --region"
                .to_owned(),
            Untestable::WrongRegion { named, .. } => format!("use --region {named}"),
            Untestable::NoControlPath { .. } => "check the path given with --broadcast; without it the clauses about \
                live streams stay untested"
                .to_owned(),
        }
    }
}

impl fmt::Display for Untestable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; {}", self.message(), self.hint())
    }
}

impl std::error::Error for Untestable {}
