//! Live streams: reading, stopping, metadata and viewer sessions.

use std::time::Instant;

use serde::Serialize;

use super::super::call::{Call, Outcome, json, nothing};
use super::super::error::{ApiError, ErrorCode};
use super::super::page::{Order, Pager};
use super::super::rules::Rule;
use super::super::state::{ChannelRow, Region, SessionRow, StreamView};
use super::sessions;

const DEFAULT_PAGE: usize = 100;
/// Bytes of metadata in one request (PutMetadata; rule 130).
const MOST_METADATA: usize = 1024;
/// Metadata requests in a second for a channel and for the account.
const CHANNEL_RATE: u32 = 5;
const ACCOUNT_RATE: u32 = 155;

#[derive(Serialize)]
struct One<'a> {
    stream: StreamView<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    streams: Vec<StreamView<'a>>,
}

#[derive(Serialize)]
struct Revoked {
    errors: Vec<RevocationError>,
}

/// "BatchStartViewerSessionRevocationError".
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RevocationError {
    channel_arn: String,
    code: &'static str,
    message: String,
    viewer_id: String,
}

/// The channel that a call names.
pub(super) fn channel<'r>(call: &Call<'_>, region: &'r Region) -> Result<&'r ChannelRow, ApiError> {
    let arn = call.fields().text_or_empty("channelArn");
    let row = region.channels().get(&arn);
    row.ok_or_else(|| ApiError::not_found(&arn))
}

/// Its live session; idle channels have an error of their own (rule 108).
pub(super) fn live(row: &ChannelRow) -> Result<&SessionRow, ApiError> {
    row.live().ok_or_else(|| ApiError::not_broadcasting(&row.channel.arn))
}

pub(super) fn get(call: &Call<'_>, region: &Region) -> Outcome {
    let session = live(channel(call, region)?)?;
    json(&One { stream: StreamView::full(session) })
}

pub(super) fn list(call: &Call<'_>, region: &Region) -> Outcome {
    let filter = call.fields().object("filterBy");
    let health = filter.and_then(|filter| filter.text("health"));
    let pager = Pager::new(call, "", DEFAULT_PAGE, Order::OldestFirst)?;
    let (low, high) = pager.range();
    let streams = region.live.range(low..=high).filter_map(|(number, channel)| {
        let session = region.channels().row(*channel)?.sessions.last()?;
        let wanted = health.as_ref().is_none_or(|health| *health == session.health);
        wanted.then(|| (*number, StreamView::summary(session)))
    });
    let page = pager.page(streams);
    json(&Listed { next_token: page.next_token, streams: page.items })
}

pub(super) fn stop(call: &Call<'_>, region: &mut Region) -> Outcome {
    let row = channel(call, region)?;
    live(row)?;
    let arn = row.channel.arn.clone();
    sessions::end(call.service, region, &arn);
    nothing()
}

pub(super) fn put_metadata(call: &Call<'_>, region: &mut Region) -> Outcome {
    let metadata = call.fields().text_or_empty("metadata");
    call.require(Rule::MetadataSize, metadata.len() <= MOST_METADATA, || {
        ApiError::validation("Metadata size exceeds the limit of 1 KB")
    })?;
    let row = channel(call, region)?;
    live(row)?;
    let arn = row.channel.arn.clone();
    let Some(row) = region.channel_mut(&arn) else {
        return Err(ApiError::not_found(&arn));
    };
    let now = Instant::now();
    let mut account = call.service.account_metadata.lock();
    let room = row.metadata_calls.has_room(now, CHANNEL_RATE) && account.has_room(now, ACCOUNT_RATE);
    call.require(Rule::MetadataRate, room, || {
        let message = format!("ivs:PutMetadata exceeded call rate for resource: {arn}");
        ApiError::new(ErrorCode::Throttling, message)
    })?;
    row.metadata_calls.count(now, CHANNEL_RATE);
    account.count(now, ACCOUNT_RATE);
    nothing()
}

/// Revokes a viewer's sessions; there are no viewers whom it could reach.
pub(super) fn revoke(call: &Call<'_>, region: &Region) -> Outcome {
    channel(call, region)?;
    nothing()
}

/// The same for many; each pair that fails has its own error (rule 149).
pub(super) fn revoke_many(call: &Call<'_>, region: &Region) -> Outcome {
    let mut errors = Vec::new();
    for pair in call.fields().objects("viewerSessions") {
        let arn = pair.text_or_empty("channelArn");
        if region.channels().number(&arn).is_some() {
            continue;
        }
        errors.push(RevocationError {
            code: "404",
            message: ApiError::not_found(&arn).message,
            channel_arn: arn.into_owned(),
            viewer_id: pair.text_or_empty("viewerId").into_owned(),
        });
    }
    json(&Revoked { errors })
}
