//! AWS credentials as plain data.

use std::fmt;

/// Access key of the credentials that loopback targets are signed for when the environment has none.
pub const TEST_ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
/// Secret of the well-known test credentials.
pub const TEST_SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// AWS credentials. `Debug` shows the key id only.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: String,
    /// Session token of temporary credentials.
    pub session_token: Option<String>,
}

impl Credentials {
    /// Well-known credentials for targets that are nobody's account.
    pub fn for_tests() -> Credentials {
        Credentials {
            access_key_id: TEST_ACCESS_KEY_ID.to_owned(),
            secret_access_key: TEST_SECRET_ACCESS_KEY.to_owned(),
            session_token: None,
        }
    }

    /// Its texts that must not be shown.
    pub fn secrets(&self) -> impl Iterator<Item = String> + '_ {
        [Some(&self.access_key_id), Some(&self.secret_access_key), self.session_token.as_ref()]
            .into_iter()
            .flatten()
            .cloned()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}
