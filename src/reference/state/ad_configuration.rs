//! Ad configurations; their summary has the same members.

use serde::Serialize;

use super::Tags;

/// An ad configuration as it is stored and answered.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdConfiguration {
    pub(crate) arn: String,
    pub(crate) media_tailor_playback_configurations: Vec<MediaTailor>,
    pub(crate) name: String,
    pub(crate) post_roll_configuration: PostRoll,
    pub(crate) tags: Tags,
}

/// "MediaTailorPlaybackConfiguration"; its one member is optional.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MediaTailor {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) playback_configuration_arn: Option<String>,
}

/// "PostRollConfiguration".
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PostRoll {
    pub(crate) duration_seconds: i64,
    pub(crate) enabled: bool,
}

resource!(AdConfiguration);
