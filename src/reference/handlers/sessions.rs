//! Stream sessions: how they begin and end, and how they are read.

use serde::Serialize;

use super::super::call::{Call, Outcome, json};
use super::super::error::ApiError;
use super::super::page::{Order, Pager};
use super::super::service::Service;
use super::super::state::{Channel, Event, Region, Session, SessionRow, SessionSummary};
use super::super::variant::Variant;
use super::media;
use super::streams::channel;

const DEFAULT_PAGE: usize = 100;
/// How many events a session shows (StreamSession).
const MOST_EVENTS: usize = 500;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct One<'a> {
    stream_session: &'a Session,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    stream_sessions: Vec<SessionSummary<'a>>,
}

/// How a broadcast differs from an ordinary one.
#[derive(Debug, Default)]
pub(super) struct Broadcast {
    /// The stream's health; HEALTHY if it is not given.
    pub(super) health: Option<String>,
    /// A code for an event that ended an earlier attempt.
    pub(super) error_code: Option<String>,
}

const STATE_CHANGE: &str = "IVS Stream State Change";
const HEALTH_CHANGE: &str = "IVS Stream Health Change";
const RECORDING_CHANGE: &str = "IVS Recording State Change";

/// Begins a broadcast on an idle channel; answers the stream's id.
pub(super) fn begin(service: &Service, region: &mut Region, arn: &str, broadcast: Broadcast) -> Option<String> {
    let channel_number = region.channels().number(arn)?;
    let channel = region.channels().row(channel_number)?.channel.clone();
    let recording = region.recordings.get(&channel.recording_configuration_arn);
    let recording = recording.cloned();
    let slate = channel.failover_slate_configuration_arn.as_ref();
    let slate = slate.and_then(|arn| region.failover_slates.get(arn)).cloned();
    let now = service.now();
    let stream_id = format!("st-{}", service.ids.alphanumeric(23));
    let health = broadcast.health.unwrap_or_else(|| "HEALTHY".to_owned());
    let mut events = Vec::new();
    let code = broadcast.error_code.or_else(|| refused_attempt(&channel));
    let has_error_event = code.is_some();
    if let Some(code) = code {
        record(&mut events, &now, "Session Ended", STATE_CHANGE, Some(code));
    }
    record(&mut events, &now, "Session Created", STATE_CHANGE, None);
    record(&mut events, &now, "Stream Start", STATE_CHANGE, None);
    if recording.is_some() {
        record(&mut events, &now, "Recording Start", RECORDING_CHANGE, None);
    }
    if health == "STARVING" {
        record(&mut events, &now, "Starvation Start", HEALTH_CHANGE, None);
    }
    let number = region.next_number();
    let session = Session {
        ingest_configuration: media::first_track(&channel),
        ingest_configurations: media::all_tracks(&channel),
        channel,
        end_time: None,
        failover_slate_configuration: slate,
        recording_configuration: recording,
        start_time: now,
        stream_id: stream_id.clone(),
        truncated_events: events,
    };
    region.live.insert(number, channel_number);
    region.channel_row_mut(channel_number)?.sessions.push(SessionRow {
        number,
        session,
        health,
        viewer_count: if service.varies(Variant::ViewerCountUnknown) { -1 } else { 0 },
        has_error_event,
    });
    Some(stream_id)
}

/// Encoders that insist on multitrack input try a single track first, which a
/// channel that requires multitrack refuses; so codes of events are seen too.
fn refused_attempt(channel: &Channel) -> Option<String> {
    let multitrack = channel.multitrack_input_configuration.as_ref()?;
    let required = multitrack.enabled && multitrack.policy.as_deref() == Some("REQUIRE");
    required.then(|| "MultitrackInputRequired".to_owned())
}

/// Ends the live session of a channel; answers its number.
pub(super) fn end(service: &Service, region: &mut Region, arn: &str) -> Option<u64> {
    let row = region.channel_mut(arn)?;
    let session = row.sessions.last_mut().filter(|session| session.is_live())?;
    let now = service.now();
    let number = session.number;
    let recorded = session.session.recording_configuration.is_some();
    let events = &mut session.session.truncated_events;
    if recorded {
        record(events, &now, "Recording End", RECORDING_CHANGE, None);
    }
    record(events, &now, "Stream End", STATE_CHANGE, None);
    record(events, &now, "Session Ended", STATE_CHANGE, None);
    session.session.end_time = Some(now);
    region.live.remove(&number);
    Some(number)
}

/// Puts an event in front of the older ones.
fn record(events: &mut Vec<Event>, now: &str, name: &'static str, kind: &'static str, code: Option<String>) {
    let event = Event { code, event_time: now.to_owned(), name, kind };
    events.insert(0, event);
    events.truncate(MOST_EVENTS);
}

pub(super) fn get(call: &Call<'_>, region: &Region) -> Outcome {
    let row = channel(call, region)?;
    let id = call.fields().text("streamId");
    let found = match &id {
        Some(id) => row.sessions.iter().find(|session| session.session.stream_id == **id),
        None => row.sessions.last(),
    };
    let missing = || ApiError::not_found(id.as_deref().unwrap_or(&row.channel.arn));
    json(&One { stream_session: &found.ok_or_else(missing)?.session })
}

pub(super) fn list(call: &Call<'_>, region: &Region) -> Outcome {
    let row = channel(call, region)?;
    let pager = Pager::new(call, &row.channel.arn, DEFAULT_PAGE, Order::NewestFirst)?;
    let (low, high) = pager.range();
    let first = row.sessions.partition_point(|session| session.number < low);
    let end = row.sessions.partition_point(|session| session.number <= high);
    let sessions = row.sessions.get(first..end).unwrap_or_default();
    let sessions = sessions.iter();
    let page = pager.page(sessions.map(|session| (session.number, SessionSummary::from(session))));
    json(&Listed { next_token: page.next_token, stream_sessions: page.items })
}
