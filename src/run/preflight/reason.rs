//! Why nothing can be tested on a target, and what to do about it.

use std::fmt;

use crate::record::Secrets;
use crate::run::access::Refusal;

/// Stands for a secret that the target sent back.
const HIDDEN: &str = "REDACTED";

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
    /// It speaks TLS, and what it shows is not trusted or not understood.
    NotTrusted {
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
        /// A response that shows it.
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
    /// Cases need broadcasts, and the path that is to start them is not there.
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
            Untestable::NotTls { endpoint, reason } | Untestable::NotTrusted { endpoint, reason } => {
                format!("{endpoint} cannot be reached with TLS: {reason}")
            }
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
                format!("{endpoint} has no control path {path} that starts a broadcast: {seen}")
            }
        }
    }

    /// The same without the run's secrets, which a target may send back.
    #[must_use]
    pub fn without(mut self, secrets: &Secrets) -> Untestable {
        let quoted = match &mut self {
            Untestable::Unreachable { reason, .. }
            | Untestable::NotHttp { reason, .. }
            | Untestable::NotTls { reason, .. }
            | Untestable::NotTrusted { reason, .. } => reason,
            Untestable::NotThisApi { seen, .. }
            | Untestable::WrongRegion { seen, .. }
            | Untestable::NoControlPath { seen, .. } => seen,
            Untestable::AccessRefused { refusal, .. } => &mut refusal.message,
        };
        *quoted = secrets.taken_out_of(quoted, HIDDEN);
        self
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Untestable::Unreachable { .. } => "is it running, and is this its address?".to_owned(),
            Untestable::NotHttp { speaks_tls: true, .. } => "it looks like TLS: use https://".to_owned(),
            Untestable::NotHttp { speaks_tls: false, .. } => {
                "check the address and the port: another service may listen there".to_owned()
            }
            Untestable::NotTrusted { .. } => "check the certificate, and the host name of the endpoint".to_owned(),
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
                broadcasts stay untested"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_says_where_and_what_to_do_and_no_secret() {
        let secret = "a-secret-that-the-target-sends-back";
        let (endpoint, seen) = ("http://127.0.0.1:5000".to_owned(), format!("it said {secret}"));
        let reason = seen.clone();
        let cause = crate::spec::rules::ErrorCause::Authentication;
        let refusal = Refusal { status: 403, code: "AccessDenied".to_owned(), message: seen.clone(), cause };
        let named = || ("eu-west-1".to_owned(), "us-east-1".to_owned());
        let (endpoint, seen, reason) = (|| endpoint.clone(), || seen.clone(), || reason.clone());
        let reasons = [
            (Untestable::Unreachable { endpoint: endpoint(), reason: reason() }, "is it running"),
            (Untestable::NotHttp { endpoint: endpoint(), reason: reason(), speaks_tls: true }, "use https://"),
            (Untestable::NotTls { endpoint: endpoint(), reason: reason() }, "use http://"),
            (
                Untestable::NotThisApi { endpoint: endpoint(), service: "ivs".into(), operations: 35, seen: seen() },
                "base path",
            ),
            (
                Untestable::AccessRefused { endpoint: endpoint(), operations: 35, refusal, is_signed: false },
                "--auth sigv4",
            ),
            (
                Untestable::WrongRegion { endpoint: endpoint(), signed: named().0, named: named().1, seen: seen() },
                "--region us-east-1",
            ),
            (Untestable::NoControlPath { endpoint: endpoint(), path: "/b".into(), seen: seen() }, "--broadcast"),
        ];
        let secrets: Secrets = [secret].into_iter().collect();
        for (reason, hint) in reasons {
            let text = reason.without(&secrets).to_string();
            assert!(text.contains(&endpoint()) && text.contains(hint) && text.contains(HIDDEN), "{text}");
            assert!(!text.contains(secret), "{text}");
        }
    }
}
