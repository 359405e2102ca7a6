//! How a server is set up.

use std::net::{Ipv4Addr, SocketAddr};

use super::api::Api;
use super::fault::Fault;
use super::variant::Variant;

/// The settings of a reference server.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The API that it keeps to.
    pub api: Api,
    /// Whether requests must be signed.
    pub auth: Auth,
    /// The region of requests that do not name one in a credential scope.
    pub region: String,
    /// The account in ARNs.
    pub account: String,
    /// Further callers that a server with [`Auth::SigV4`] knows.
    pub identities: Vec<Identity>,
    /// Deliberate deviations.
    pub faults: Vec<Fault>,
    /// Conforming differences.
    pub variants: Vec<Variant>,
    /// Where ids begin: the same requests get the same ids from the same seed.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            api: Api::default(),
            auth: Auth::None,
            region: "us-east-1".to_owned(),
            account: "123456789012".to_owned(),
            identities: Vec::new(),
            faults: Vec::new(),
            variants: Vec::new(),
            seed: 0,
        }
    }
}

/// A caller whose calls all meet the same condition, or none.
#[derive(Clone)]
pub struct Identity {
    /// Its access key.
    pub access_key_id: String,
    /// The secret of the key.
    pub secret_access_key: String,
    /// The session token that must accompany the key, if any.
    pub session_token: Option<String>,
    /// What its calls meet once they are authenticated and their input is acceptable.
    pub condition: Option<Condition>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Identity")
            .field("access_key_id", &self.access_key_id)
            .field("condition", &self.condition)
            .finish_non_exhaustive()
    }
}

/// The state of a caller or its account in which a call cannot be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// No permission for any action ("Authentication versus Authorization").
    AccessDenied,
    /// The account is still being verified.
    PendingVerification,
    /// Another request of the account is in the way.
    Conflict,
    /// Every quota is used up.
    QuotaExceeded,
    /// The rate of calls is used up.
    Throttled,
    /// The stream cannot be reached for the moment.
    StreamUnavailable,
    /// The service cannot be reached for the moment.
    ServiceUnavailable,
    /// The service fails.
    Failing,
}

/// How requests are authenticated.
#[derive(Clone, Default)]
pub enum Auth {
    /// Not at all; a credential scope still names the region.
    #[default]
    None,
    /// By Signature Version 4, in a header or in the query.
    SigV4 {
        /// The only access key that the server knows.
        access_key_id: String,
        /// Its secret.
        secret_access_key: String,
        /// The session token that must accompany it, if any.
        session_token: Option<String>,
    },
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => formatter.write_str("None"),
            Self::SigV4 { access_key_id, .. } => {
                formatter.debug_struct("SigV4").field("access_key_id", access_key_id).finish_non_exhaustive()
            }
        }
    }
}
