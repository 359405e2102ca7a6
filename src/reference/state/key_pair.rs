//! Playback key pairs ("PlaybackKeyPair", "PlaybackKeyPairSummary").

use serde::Serialize;

use super::Tags;

/// The public half of a key pair as it is stored and answered.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct KeyPair {
    pub(crate) arn: String,
    pub(crate) fingerprint: String,
    pub(crate) name: String,
    pub(crate) tags: Tags,
}

resource!(KeyPair);

/// "PlaybackKeyPairSummary": without the fingerprint (rule 146).
#[derive(Debug, Serialize)]
pub(crate) struct KeyPairSummary<'a> {
    arn: &'a str,
    name: &'a str,
    tags: &'a Tags,
}

impl<'a> From<&'a KeyPair> for KeyPairSummary<'a> {
    fn from(pair: &'a KeyPair) -> Self {
        Self { arn: &pair.arn, name: &pair.name, tags: &pair.tags }
    }
}
