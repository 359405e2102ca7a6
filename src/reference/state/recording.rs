//! Recording configurations ("RecordingConfiguration" and its summary).

use serde::Serialize;

use super::Tags;

/// A recording configuration as it is stored and answered.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordingConfiguration {
    pub(crate) arn: String,
    pub(crate) destination_configuration: Destination,
    pub(crate) name: String,
    pub(crate) recording_reconnect_window_seconds: i64,
    pub(crate) rendition_configuration: RenditionConfiguration,
    pub(crate) state: &'static str,
    pub(crate) tags: Tags,
    pub(crate) thumbnail_configuration: Thumbnails,
}

/// "DestinationConfiguration"; `s3` is missing only where no destination is insisted on.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Destination {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) s3: Option<S3>,
}

/// "S3DestinationConfiguration".
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct S3 {
    pub(crate) bucket_name: String,
}

/// "RenditionConfiguration".
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RenditionConfiguration {
    pub(crate) renditions: Vec<String>,
    pub(crate) rendition_selection: String,
}

/// "ThumbnailConfiguration".
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Thumbnails {
    pub(crate) recording_mode: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resolution: Option<String>,
    pub(crate) storage: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target_interval_seconds: Option<i64>,
}

resource!(RecordingConfiguration);

/// "RecordingConfigurationSummary" (rule 142).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordingSummary<'a> {
    arn: &'a str,
    destination_configuration: &'a Destination,
    name: &'a str,
    state: &'a str,
    tags: &'a Tags,
}

impl<'a> From<&'a RecordingConfiguration> for RecordingSummary<'a> {
    fn from(recording: &'a RecordingConfiguration) -> Self {
        Self {
            arn: &recording.arn,
            destination_configuration: &recording.destination_configuration,
            name: &recording.name,
            state: recording.state,
            tags: &recording.tags,
        }
    }
}
