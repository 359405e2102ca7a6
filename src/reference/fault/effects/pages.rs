//! Pages of lists that go wrong.

use serde_json::{Map, Value, json};

use super::super::super::call::{Call, Outcome};
use super::super::super::operation::Operation;
use super::super::super::page::{Order, Pager};
use super::super::super::state::Region;
use super::super::layer::Faulty;
use super::super::{Behavior, PageFault};
use super::{Step, edited, items_of, text_of};

/// What happens to the pages of a list.
pub(super) fn fault_of(faulty: &Faulty, call: &Call<'_>) -> Option<PageFault> {
    let operation = call.operation;
    let has = |fault: &PageFault| faulty.faults.has(operation, Behavior::Page(*fault));
    PageFault::ALL.into_iter().filter(|_| operation.has_pages()).find(has)
}

/// Asks for another page than the request does.
pub(super) fn change_input(fault: Option<PageFault>, members: &mut Map<String, Value>) {
    match fault {
        Some(PageFault::Unbounded) => drop(members.insert("maxResults".to_owned(), json!(i64::MAX))),
        Some(PageFault::Reset) => drop(members.remove("nextToken")),
        _ => {}
    }
}

pub(super) fn after(step: &Step<'_>, region: &mut Region, outcome: Outcome) -> Outcome {
    let Some(fault) = step.page else { return outcome };
    edited(outcome, |document| {
        let token = document.get("nextToken").and_then(Value::as_str).map(str::to_owned);
        let other = other_token(step, (fault, token), region, document);
        let Some(members) = document.as_object_mut() else { return };
        match other {
            Some(other) => members.insert("nextToken".to_owned(), json!(other)),
            None => members.remove("nextToken"),
        };
    })
}

fn other_token(
    step: &Step<'_>,
    (fault, token): (PageFault, Option<String>),
    region: &mut Region,
    document: &mut Value,
) -> Option<String> {
    let items = items_of(document).cloned().unwrap_or_default();
    match (fault, &token) {
        (PageFault::NoToken, _) => None,
        (PageFault::Endless, _) => token_after(step, start(step)),
        (PageFault::TokenOnLast, None) => match items.last() {
            Some(last) => token_after(step, number_of(step, region, last)?),
            None => Some(step.text("nextToken")).filter(|given| !given.is_empty()).or(token_after(step, start(step))),
        },
        (PageFault::Overlap, Some(_)) => match items.iter().rev().nth(1) {
            Some(before_last) => token_after(step, number_of(step, region, before_last)?),
            None => token,
        },
        (PageFault::Skip, Some(next)) => {
            let mut members = step.call.members.clone();
            members.insert("maxResults".to_owned(), json!(1));
            members.insert("nextToken".to_owned(), json!(next));
            let following = step.again(region, members).ok()?;
            let mut following: Value = serde_json::from_slice(&following).ok()?;
            let skipped = items_of(&mut following)?.first()?.clone();
            token_after(step, number_of(step, region, &skipped)?)
        }
        _ => token,
    }
}

fn order(step: &Step<'_>) -> Order {
    let is_of_sessions = step.call.operation == Operation::ListStreamSessions;
    step.call.order(if is_of_sessions { Order::NewestFirst } else { Order::OldestFirst })
}

/// The position before the first item.
fn start(step: &Step<'_>) -> u64 {
    match order(step) {
        Order::OldestFirst => 0,
        Order::NewestFirst => u64::MAX,
    }
}

/// The token of the page behind a position.
fn token_after(step: &Step<'_>, position: u64) -> Option<String> {
    let pager = Pager::new(step.call, &step.text("channelArn"), 1, order(step));
    pager.ok().map(|pager| pager.token_after(position))
}

/// The number of an item in the order of creation.
fn number_of(step: &Step<'_>, region: &Region, item: &Value) -> Option<u64> {
    let channel = text_of(item, "channelArn");
    match step.call.operation {
        Operation::ListStreams => {
            let channel = region.channels().number(channel)?;
            region.live.iter().find(|(_, live)| **live == channel).map(|(number, _)| *number)
        }
        Operation::ListStreamSessions => {
            let id = text_of(item, "streamId");
            let row = region.channels().get(&step.text("channelArn"))?;
            row.sessions.iter().find(|session| session.session.stream_id == id).map(|session| session.number)
        }
        _ => {
            let arn = text_of(item, "arn");
            let found = region.channels().number(arn).or_else(|| region.stream_keys.number(arn));
            let found = found.or_else(|| region.recordings.number(arn)).or_else(|| region.key_pairs.number(arn));
            let found = found.or_else(|| region.policies.number(arn)).or_else(|| region.ad_configurations.number(arn));
            found.or_else(|| region.failover_slates.number(arn))
        }
    }
}
