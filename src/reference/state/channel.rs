//! Channels ("Channel", "ChannelSummary").

use serde::Serialize;

use super::super::rate::Bucket;
use super::{Resource, SessionRow, Tags};

/// A channel as it is stored and answered.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Channel {
    /// None in an API without ad configurations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ad_configuration_arn: Option<String>,
    pub(crate) arn: String,
    pub(crate) authorized: bool,
    pub(crate) container_format: String,
    /// None in an API without failover slates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failover_slate_configuration_arn: Option<String>,
    pub(crate) ingest_endpoint: String,
    pub(crate) insecure_ingest: bool,
    pub(crate) latency_mode: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) multitrack_input_configuration: Option<Multitrack>,
    pub(crate) name: String,
    pub(crate) playback_restriction_policy_arn: String,
    pub(crate) playback_url: String,
    pub(crate) preset: String,
    pub(crate) recording_configuration_arn: String,
    pub(crate) srt: Srt,
    pub(crate) tags: Tags,
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// "MultitrackInputConfiguration".
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Multitrack {
    pub(crate) enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) maximum_resolution: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<String>,
}

/// "Srt".
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Srt {
    pub(crate) endpoint: String,
    pub(crate) passphrase: String,
}

/// A channel with what belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct ChannelRow {
    pub(crate) channel: Channel,
    /// Numbers of its stream keys.
    pub(crate) stream_keys: Vec<u64>,
    /// Its sessions, oldest first.
    pub(crate) sessions: Vec<SessionRow>,
    /// Room for metadata.
    pub(crate) metadata_calls: Bucket,
}

impl ChannelRow {
    /// The session that is live now.
    pub(crate) fn live(&self) -> Option<&SessionRow> {
        self.sessions.last().filter(|session| session.is_live())
    }
}

impl Resource for ChannelRow {
    fn arn(&self) -> &str {
        &self.channel.arn
    }
    fn tags(&self) -> &Tags {
        &self.channel.tags
    }
    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.channel.tags
    }
}

/// "ChannelSummary": no endpoints, no passphrase (rule 97).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChannelSummary<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ad_configuration_arn: Option<&'a str>,
    arn: &'a str,
    authorized: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    failover_slate_configuration_arn: Option<&'a str>,
    insecure_ingest: bool,
    latency_mode: &'a str,
    name: &'a str,
    playback_restriction_policy_arn: &'a str,
    preset: &'a str,
    recording_configuration_arn: &'a str,
    tags: &'a Tags,
    #[serde(rename = "type")]
    kind: &'a str,
}

impl<'a> From<&'a Channel> for ChannelSummary<'a> {
    fn from(channel: &'a Channel) -> Self {
        Self {
            ad_configuration_arn: channel.ad_configuration_arn.as_deref(),
            arn: &channel.arn,
            authorized: channel.authorized,
            failover_slate_configuration_arn: channel.failover_slate_configuration_arn.as_deref(),
            insecure_ingest: channel.insecure_ingest,
            latency_mode: &channel.latency_mode,
            name: &channel.name,
            playback_restriction_policy_arn: &channel.playback_restriction_policy_arn,
            preset: &channel.preset,
            recording_configuration_arn: &channel.recording_configuration_arn,
            tags: &channel.tags,
            kind: &channel.kind,
        }
    }
}
