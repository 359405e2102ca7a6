//! Streams and sessions that go wrong.

use serde_json::{Map, Value, json};

use super::super::super::call::{Call, Outcome};
use super::super::super::error::{ApiError, ErrorCode};
use super::super::super::handlers;
use super::super::super::operation::Operation;
use super::super::super::state::{ChannelRow, Region};
use super::super::layer::Faulty;
use super::super::{Behavior, StreamFault};
use super::{Step, edited};

/// Asks for the oldest session where the newest is meant.
pub(super) fn change_input(faulty: &Faulty, region: &Region, call: &mut Call<'_>) {
    let is_concerned = call.operation == Operation::GetStreamSession && call.fields().text("streamId").is_none();
    let channel = call.fields().text_or_empty("channelArn").into_owned();
    let oldest = region.channels().get(&channel).and_then(|row| row.sessions.first());
    let Some(oldest) = oldest.filter(|_| is_concerned) else { return };
    if faulty.faults.has(call.operation, Behavior::Stream(StreamFault::OldestSession)) {
        call.members.insert("streamId".to_owned(), json!(oldest.session.stream_id));
    }
}

/// The state that a list is shown in the place of the real one.
pub(super) fn other_state(step: &Step<'_>, region: &Region) -> Option<Region> {
    let has = |fault| step.has(Behavior::Stream(fault));
    let mut other = match step.call.operation {
        Operation::ListStreams if has(StreamFault::NotListed) => region.clone(),
        Operation::ListStreamSessions if has(StreamFault::OldestFirst) => region.clone(),
        _ => return None,
    };
    other.live.clear();
    if let Some(row) = other.channel_mut(&step.text("channelArn")) {
        // Lists go by these numbers, from the highest to the lowest.
        row.sessions.reverse();
        row.sessions.iter_mut().for_each(|session| session.number = u64::MAX - session.number);
    }
    Some(other)
}

pub(super) fn after(step: &Step<'_>, region: &mut Region, outcome: Outcome) -> Outcome {
    let channel = step.text("channelArn");
    match (step.call.operation, outcome) {
        (Operation::GetStreamSession, outcome) => match region.channels().get(&channel) {
            Some(row) if row.sessions.is_empty() => without_session(step, outcome),
            Some(row) => session_shown(step, row, outcome),
            None => outcome,
        },
        (_, Err(error)) if error.code == ErrorCode::ChannelNotBroadcasting => {
            let is_missing = step.has(Behavior::Stream(StreamFault::IdleAsMissing));
            Err(if is_missing { ApiError::not_found(&channel) } else { error })
        }
        (Operation::StopStream, Ok(document)) => {
            stopped(step, region);
            Ok(document)
        }
        (_, outcome) => outcome,
    }
}

fn stopped(step: &Step<'_>, region: &mut Region) {
    if step.has(Behavior::Stream(StreamFault::NotStopped)) {
        region.clone_from(&step.before);
    } else if step.has(Behavior::Stream(StreamFault::ListedAfterEnd)) {
        region.live.clone_from(&step.before.live);
    }
}

/// What is said of the session of a channel that never was live.
fn without_session(step: &Step<'_>, outcome: Outcome) -> Outcome {
    if step.has(Behavior::Stream(StreamFault::EmptySession)) {
        return Ok(br#"{"streamSession":{}}"#.to_vec());
    }
    if step.has(Behavior::Stream(StreamFault::MissingAsIdle)) {
        return Err(ApiError::not_broadcasting(&step.text("channelArn")));
    }
    outcome
}

fn session_shown(step: &Step<'_>, row: &ChannelRow, outcome: Outcome) -> Outcome {
    let document = outcome?;
    let has = |fault| step.has(Behavior::Stream(fault));
    let (snapshot, no_end) = (has(StreamFault::LiveSnapshot), has(StreamFault::NoEndTime));
    let (early_end, turned) = (has(StreamFault::EndBeforeStart), has(StreamFault::EventsOldestFirst));
    edited(Ok(document), |document| {
        let Some(session) = document.get_mut("streamSession").and_then(Value::as_object_mut) else { return };
        if snapshot {
            session.insert("channel".to_owned(), json!(row.channel));
        }
        if no_end {
            session.remove("endTime");
        }
        if let Some(end) = session.get_mut("endTime").filter(|_| early_end) {
            *end = json!("2000-01-01T00:00:00Z");
        }
        if let Some(Value::Array(events)) = session.get_mut("truncatedEvents").filter(|_| turned) {
            events.reverse();
        }
    })
}

/// What the broadcaster does, and gets to hear.
pub(in super::super) fn broadcast(faulty: &Faulty, region: &mut Region, members: &Map<String, Value>) -> (u16, Value) {
    let arn = members.get("channelArn").and_then(Value::as_str).unwrap_or_default();
    let count = |region: &Region| region.channels().get(arn).map_or(0, |row| row.sessions.len());
    let before = count(region);
    let outcome = handlers::broadcast_in(&faulty.service, region, members);
    let has_begun = count(region) > before;
    if !has_begun || !faulty.faults.has_anywhere(Behavior::Stream(StreamFault::SameStreamId)) {
        return outcome;
    }
    let same = format!("st-{}", "0".repeat(23));
    if let Some(session) = region.channel_mut(arn).and_then(|row| row.sessions.last_mut()) {
        session.session.stream_id.clone_from(&same);
    }
    (outcome.0, json!({"streamId": same}))
}
