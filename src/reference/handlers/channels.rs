//! Channels.

use std::borrow::Cow;

use serde::Serialize;

use super::super::api::Api;
use super::super::call::{Call, Outcome, json, nothing};
use super::super::error::ApiError;
use super::super::inputs::CHANNEL;
use super::super::page::{Order, Pager};
use super::super::rules::Rule;
use super::super::state::{Channel, ChannelRow, ChannelSummary, Multitrack, Region, Srt, StreamKey};
use super::super::variant::Variant;
use super::channel_settings::{apply, check_multitrack, check_references};
use super::{stream_keys, tags};

const DEFAULT_PAGE: usize = 100;

#[derive(Serialize)]
struct One<'a> {
    channel: &'a Channel,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    channel: &'a Channel,
    stream_key: &'a StreamKey,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    channels: Vec<ChannelSummary<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
struct Batch<'a> {
    channels: Vec<&'a Channel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<BatchError>>,
}

/// "BatchError".
#[derive(Serialize)]
pub(super) struct BatchError {
    arn: String,
    code: &'static str,
    message: String,
}

impl BatchError {
    fn not_found(arn: &str) -> Self {
        Self { arn: arn.to_owned(), code: "404", message: ApiError::not_found(arn).message }
    }
}

pub(super) fn create(call: &Call<'_>, region: &mut Region) -> Outcome {
    let mut channel = blank(call);
    apply(call, &mut channel)?;
    check_multitrack(call, &channel)?;
    channel.tags = tags::given(call)?;
    check_references(call, region)?;
    let number = region.next_number();
    let key_tags =
        if call.varies(Variant::KeyTagged) { channel.tags.clone() } else { super::super::state::Tags::new() };
    let key = stream_keys::new(call, &channel.arn, key_tags);
    let document = json(&Created { channel: &channel, stream_key: &key });
    let key_number = region.next_number();
    region.stream_keys.insert(key_number, key);
    let row = ChannelRow {
        channel,
        stream_keys: vec![key_number],
        sessions: Vec::new(),
        metadata_calls: super::super::rate::Bucket::default(),
    };
    region.insert_channel(number, row);
    document
}

/// A new channel with every default (rule 76).
fn blank(call: &Call<'_>) -> Channel {
    let ids = &call.service.ids;
    let id = call.service.ids.resource();
    let host = ids.hex(12);
    let (region, account) = (call.region, &call.service.account);
    // The service shows it in every channel; the reference leaves it open (rule 84).
    let multitrack = (!call.varies(Variant::NoMultitrackObject)).then(|| Multitrack {
        enabled: false,
        maximum_resolution: Some("FULL_HD".to_owned()),
        policy: Some("ALLOW".to_owned()),
    });
    let unset = || (call.service.api >= Api::November2026).then(String::new);
    Channel {
        ad_configuration_arn: unset(),
        arn: call.arn(CHANNEL, &id),
        authorized: false,
        container_format: "TS".to_owned(),
        failover_slate_configuration_arn: unset(),
        ingest_endpoint: format!("{host}.global-contribute.live-video.net"),
        insecure_ingest: false,
        latency_mode: "LOW".to_owned(),
        multitrack_input_configuration: multitrack,
        name: String::new(),
        playback_restriction_policy_arn: String::new(),
        playback_url: format!(
            "https://{host}.{region}.playback.live-video.net/api/video/v1/\
             {region}.{account}.channel.{id}.m3u8"
        ),
        preset: String::new(),
        recording_configuration_arn: String::new(),
        srt: Srt { endpoint: format!("{host}.srt.live-video.net"), passphrase: ids.alphanumeric(70) },
        tags: super::super::state::Tags::new(),
        kind: "STANDARD".to_owned(),
    }
}

pub(super) fn get(call: &Call<'_>, region: &Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    let row = region.channels().get(&arn);
    let row = row.ok_or_else(|| ApiError::not_found(&arn))?;
    json(&One { channel: &row.channel })
}

pub(super) fn batch_get(call: &Call<'_>, region: &Region) -> Outcome {
    let find = |arn: &str| region.channels().get(arn).map(|row| &row.channel);
    let (channels, errors) = batch(call, find);
    json(&Batch { channels, errors })
}

/// Finds what a batch asks for, in its order, and one error for each ARN that
/// is not there (rule 98).
pub(super) fn batch<'r, T>(
    call: &Call<'_>,
    find: impl Fn(&str) -> Option<&'r T>,
) -> (Vec<&'r T>, Option<Vec<BatchError>>) {
    let mut found = Vec::new();
    let mut errors = Vec::new();
    for arn in call.fields().texts("arns").unwrap_or_default() {
        match find(&arn) {
            Some(row) => found.push(row),
            None => errors.push(BatchError::not_found(&arn)),
        }
    }
    // The service leaves an empty list out.
    let shown = !errors.is_empty() || call.varies(Variant::EmptyBatchErrors);
    (found, shown.then_some(errors))
}

pub(super) fn list(call: &Call<'_>, region: &Region) -> Outcome {
    let given = call.fields();
    let filters = [
        (region.named(), "filterByName"),
        (region.recorded_by(), "filterByRecordingConfigurationArn"),
        (region.restricted_by(), "filterByPlaybackRestrictionPolicyArn"),
        (region.advertised_by(), "filterByAdConfigurationArn"),
        (region.slated_by(), "filterByFailoverSlateConfigurationArn"),
    ]
    .map(|(referrers, name)| {
        (referrers, name, if call.knows(name) { given.text_or_empty(name) } else { Cow::Borrowed("") })
    });
    let mut filters = filters.iter().filter(|(_, _, value)| !value.is_empty());
    let filter = filters.next();
    call.require(Rule::ExclusiveFilters, filters.next().is_none(), || {
        ApiError::conflict("Filters are mutually exclusive")
    })?;
    let pager = Pager::new(call, "", DEFAULT_PAGE, Order::OldestFirst)?;
    let (low, high) = pager.range();
    let page =
        match filter {
            None => pager.page(
                region
                    .channels()
                    .rows()
                    .range(low..=high)
                    .map(|(number, row)| (*number, ChannelSummary::from(&row.channel))),
            ),
            Some((referrers, _, value)) => pager.page(
                referrers.of(value).map(|numbers| numbers.range(low..=high)).into_iter().flatten().filter_map(
                    |number| Some((*number, ChannelSummary::from(&region.channels().row(*number)?.channel))),
                ),
            ),
        };
    json(&Listed { channels: page.items, next_token: page.next_token })
}

pub(super) fn update(call: &Call<'_>, region: &mut Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    let missing = || ApiError::not_found(&arn);
    let number = region.channels().number(&arn).ok_or_else(missing)?;
    let row = region.channels().row(number).ok_or_else(missing)?;
    call.require(Rule::LiveUpdate, row.live().is_none(), || ApiError::conflict("A live channel cannot be updated"))?;
    let mut channel = row.channel.clone();
    apply(call, &mut channel)?;
    check_multitrack(call, &channel)?;
    check_references(call, region)?;
    let document = json(&One { channel: &channel });
    region.replace_channel(number, channel);
    document
}

pub(super) fn delete(call: &Call<'_>, region: &mut Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    let row = region.channels().get(&arn);
    let row = row.ok_or_else(|| ApiError::not_found(&arn))?;
    call.require(Rule::LiveDelete, row.live().is_none(), || ApiError::conflict("A live channel cannot be deleted"))?;
    region.remove_channel(&arn);
    nothing()
}
