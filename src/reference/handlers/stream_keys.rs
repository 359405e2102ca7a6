//! Stream keys.

use serde::Serialize;

use super::super::call::{Call, Outcome, json, nothing};
use super::super::error::{ApiError, ErrorCode};
use super::super::inputs::STREAM_KEY;
use super::super::page::{Order, Pager};
use super::super::rules::Rule;
use super::super::state::{Region, StreamKey, StreamKeySummary, Tags};
use super::channels::{BatchError, batch};
use super::tags;

const DEFAULT_PAGE: usize = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct One<'a> {
    stream_key: &'a StreamKey,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    stream_keys: Vec<StreamKeySummary<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Batch<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<BatchError>>,
    stream_keys: Vec<&'a StreamKey>,
}

/// A new stream key for a channel.
pub(super) fn new(call: &Call<'_>, channel_arn: &str, tags: Tags) -> StreamKey {
    let id = call.service.ids.resource();
    let secret = call.service.ids.alphanumeric(30);
    StreamKey {
        arn: call.arn(STREAM_KEY, &id),
        channel_arn: channel_arn.to_owned(),
        tags,
        value: format!("sk_{}_{id}_{secret}", call.region),
    }
}

pub(super) fn create(call: &Call<'_>, region: &mut Region) -> Outcome {
    let channel_arn = call.fields().text_or_empty("channelArn");
    let tags = tags::given(call)?;
    let row = region.channels().get(&channel_arn);
    let row = row.ok_or_else(|| ApiError::not_found(&channel_arn))?;
    call.require(Rule::OneStreamKey, row.stream_keys.is_empty(), || {
        let message = "The channel has a stream key already and may have one only";
        ApiError::new(ErrorCode::ServiceQuotaExceeded, message)
    })?;
    let key = new(call, &channel_arn, tags);
    let document = json(&One { stream_key: &key });
    let number = region.next_number();
    region.stream_keys.insert(number, key);
    if let Some(row) = region.channel_mut(&channel_arn) {
        row.stream_keys.push(number);
    }
    document
}

pub(super) fn get(call: &Call<'_>, region: &Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    let key = region.stream_keys.get(&arn);
    let stream_key = key.ok_or_else(|| ApiError::not_found(&arn))?;
    json(&One { stream_key })
}

pub(super) fn batch_get(call: &Call<'_>, region: &Region) -> Outcome {
    let (stream_keys, errors) = batch(call, |arn| region.stream_keys.get(arn));
    json(&Batch { errors, stream_keys })
}

pub(super) fn list(call: &Call<'_>, region: &Region) -> Outcome {
    let channel_arn = call.fields().text_or_empty("channelArn");
    let row = region.channels().get(&channel_arn);
    let row = row.ok_or_else(|| ApiError::not_found(&channel_arn))?;
    let pager = Pager::new(call, &channel_arn, DEFAULT_PAGE, Order::OldestFirst)?;
    let (low, high) = pager.range();
    let summary = |number: &u64| Some((*number, StreamKeySummary::from(region.stream_keys.row(*number)?)));
    let keys = row.stream_keys.iter().filter_map(summary);
    let page = pager.page(keys.filter(|(number, _)| (low..=high).contains(number)));
    json(&Listed { next_token: page.next_token, stream_keys: page.items })
}

pub(super) fn delete(call: &Call<'_>, region: &mut Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    if region.stream_keys.number(&arn).is_none() {
        return Err(ApiError::not_found(&arn));
    }
    if let Some((number, key)) = region.stream_keys.remove(&arn)
        && let Some(row) = region.channel_mut(&key.channel_arn)
    {
        row.stream_keys.retain(|kept| *kept != number);
    }
    nothing()
}
