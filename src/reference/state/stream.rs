//! Streams and stream sessions with what the broadcaster sends.

use serde::Serialize;

use super::{Channel, FailoverSlate, RecordingConfiguration};

/// "StreamSession".
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    /// The channel as it was when it went live (rule 115).
    pub(crate) channel: Channel,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failover_slate_configuration: Option<FailoverSlate>,
    pub(crate) ingest_configuration: Ingest,
    pub(crate) ingest_configurations: Ingests,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recording_configuration: Option<RecordingConfiguration>,
    pub(crate) start_time: String,
    pub(crate) stream_id: String,
    /// Newest first, at most 500 (rule 117).
    pub(crate) truncated_events: Vec<Event>,
}

/// "StreamEvent".
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    pub(crate) event_time: String,
    pub(crate) name: &'static str,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
}

/// "IngestConfiguration": the first track only.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ingest {
    pub(crate) audio: Audio,
    pub(crate) video: Video,
}

/// "IngestConfigurations": all tracks.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ingests {
    pub(crate) audio_configurations: Vec<Audio>,
    pub(crate) video_configurations: Vec<Video>,
}

/// "AudioConfiguration".
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Audio {
    pub(crate) channels: u32,
    pub(crate) codec: &'static str,
    pub(crate) sample_rate: u32,
    pub(crate) target_bitrate: u32,
    pub(crate) track: String,
}

/// "VideoConfiguration".
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Video {
    pub(crate) avc_level: &'static str,
    pub(crate) avc_profile: &'static str,
    pub(crate) codec: &'static str,
    pub(crate) encoder: &'static str,
    pub(crate) level: &'static str,
    pub(crate) profile: &'static str,
    pub(crate) target_bitrate: u32,
    pub(crate) target_framerate: u32,
    pub(crate) track: String,
    pub(crate) video_height: u32,
    pub(crate) video_width: u32,
}

/// A session with what its summaries need besides.
#[derive(Clone, Debug)]
pub(crate) struct SessionRow {
    pub(crate) number: u64,
    pub(crate) session: Session,
    pub(crate) health: String,
    pub(crate) viewer_count: i64,
    pub(crate) has_error_event: bool,
}

impl SessionRow {
    /// Whether the broadcast goes on.
    pub(crate) fn is_live(&self) -> bool {
        self.session.end_time.is_none()
    }
}

/// "StreamSessionSummary".
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionSummary<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<&'a str>,
    has_error_event: bool,
    start_time: &'a str,
    stream_id: &'a str,
}

impl<'a> From<&'a SessionRow> for SessionSummary<'a> {
    fn from(row: &'a SessionRow) -> Self {
        Self {
            end_time: row.session.end_time.as_deref(),
            has_error_event: row.has_error_event,
            start_time: &row.session.start_time,
            stream_id: &row.session.stream_id,
        }
    }
}

/// "Stream", and without the URL "StreamSummary" (rule 112).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StreamView<'a> {
    channel_arn: &'a str,
    health: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    playback_url: Option<&'a str>,
    start_time: &'a str,
    state: &'static str,
    stream_id: &'a str,
    viewer_count: i64,
}

impl<'a> StreamView<'a> {
    /// The stream of a live session in full.
    pub(crate) fn full(row: &'a SessionRow) -> Self {
        Self { playback_url: Some(&row.session.channel.playback_url), ..Self::summary(row) }
    }

    /// The stream of a live session as lists show it.
    pub(crate) fn summary(row: &'a SessionRow) -> Self {
        Self {
            channel_arn: &row.session.channel.arn,
            health: &row.health,
            playback_url: None,
            start_time: &row.session.start_time,
            state: "LIVE",
            stream_id: &row.session.stream_id,
            viewer_count: row.viewer_count,
        }
    }
}
