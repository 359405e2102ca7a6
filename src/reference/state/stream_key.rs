//! Stream keys ("StreamKey", "StreamKeySummary").

use serde::Serialize;

use super::Tags;

/// A stream key as it is stored and answered.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StreamKey {
    pub(crate) arn: String,
    pub(crate) channel_arn: String,
    pub(crate) tags: Tags,
    pub(crate) value: String,
}

resource!(StreamKey);

/// "StreamKeySummary": never the value (rule 104).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StreamKeySummary<'a> {
    arn: &'a str,
    channel_arn: &'a str,
    tags: &'a Tags,
}

impl<'a> From<&'a StreamKey> for StreamKeySummary<'a> {
    fn from(key: &'a StreamKey) -> Self {
        Self { arn: &key.arn, channel_arn: &key.channel_arn, tags: &key.tags }
    }
}
