//! What happens otherwise to channels, stream keys, key pairs and policies.

use serde_json::{Value, json};

use super::super::super::call::{Call, Outcome};
use super::super::super::error::ApiError;
use super::super::super::operation::Operation;
use super::super::super::state::Region;
use super::super::Behavior;
use super::super::checks::Lenient;
use super::{Step, edited, items_of, resource_of, run, text_of};

/// The state in which a list finds channels by the beginning of their names, if it should.
pub(super) fn other_state(step: &Step<'_>, region: &Region) -> Option<Region> {
    let wanted = step.text("filterByName");
    let is_concerned = step.call.operation == Operation::ListChannels && !wanted.is_empty();
    if !is_concerned || !step.has(Behavior::PrefixFilter) {
        return None;
    }
    let mut other = region.clone();
    for (number, row) in region.channels().rows().iter().filter(|(_, row)| row.channel.name.starts_with(&wanted)) {
        let mut channel = row.channel.clone();
        channel.name.clone_from(&wanted);
        other.replace_channel(*number, channel);
    }
    Some(other)
}

/// Gives listed channels the names that they have.
pub(super) fn with_own_names(call: &Call<'_>, region: &Region, document: Vec<u8>) -> Vec<u8> {
    if call.operation != Operation::ListChannels {
        return document;
    }
    let named = edited(Ok(document), |document| {
        for item in items_of(document).into_iter().flatten() {
            let own = region.channels().get(text_of(item, "arn")).map(|row| row.channel.name.clone());
            if let (Some(own), Some(members)) = (own, item.as_object_mut()) {
                members.insert("name".to_owned(), json!(own));
            }
        }
    });
    named.unwrap_or_default()
}

pub(super) fn after(step: &Step<'_>, region: &mut Region, outcome: Outcome) -> Outcome {
    let outcome = Ok(outcome?);
    match step.call.operation {
        Operation::CreateChannel => created(step, region, outcome),
        Operation::CreateStreamKey => same_value(step, region, outcome),
        Operation::UpdateChannel => updated(step, region, outcome),
        Operation::UpdatePlaybackRestrictionPolicy => {
            policy_updated(step, region);
            outcome
        }
        Operation::ImportPlaybackKeyPair => other_fingerprint(step, region, outcome),
        _ => outcome,
    }
}

fn created(step: &Step<'_>, region: &mut Region, outcome: Outcome) -> Outcome {
    let name = step.text("name");
    if step.before.named().of(&name).is_some() && step.has(Behavior::UniqueChannelNames) {
        region.clone_from(&step.before);
        return Err(ApiError::conflict("A channel has this name"));
    }
    let outcome = preset_kept(step, region, outcome);
    same_value(step, region, outcome)
}

fn arn_of(outcome: &Outcome, resource: &str) -> String {
    let document = outcome.as_ref().ok().and_then(|document| serde_json::from_slice::<Value>(document).ok());
    document.and_then(|document| Some(text_of(document.get(resource)?, "arn").to_owned())).unwrap_or_default()
}

/// Keeps a preset whatever the type of the channel is.
fn preset_kept(step: &Step<'_>, region: &mut Region, outcome: Outcome) -> Outcome {
    let arn = arn_of(&outcome, "channel");
    let Some(row) = region.channel_mut(&arn).filter(|row| !row.channel.kind.starts_with("ADVANCED")) else {
        return outcome;
    };
    if !step.has(Behavior::PresetOnAnyType) {
        return outcome;
    }
    row.channel.preset = step.text("preset");
    let preset = json!(row.channel.preset);
    edited(outcome, |document| drop(resource_of(document).map(|channel| channel.insert("preset".to_owned(), preset))))
}

/// Gives a new stream key the value that all have.
fn same_value(step: &Step<'_>, region: &mut Region, outcome: Outcome) -> Outcome {
    let arn = arn_of(&outcome, "streamKey");
    let Some(key) = region.stream_keys.get_mut(&arn).filter(|_| step.has(Behavior::SameStreamKeyValue)) else {
        return outcome;
    };
    key.value = format!("sk_{}_fixed_{}", step.call.region, "0".repeat(30));
    let value = json!(key.value);
    edited(outcome, |document| {
        let key = document.get_mut("streamKey").and_then(Value::as_object_mut);
        key.map(|key| key.insert("value".to_owned(), value));
    })
}

fn updated(step: &Step<'_>, region: &mut Region, outcome: Outcome) -> Outcome {
    let arn = step.text("arn");
    if step.has(Behavior::TaggingUndoesUpdates) {
        let before = step.before.channels().get(&arn);
        before.into_iter().for_each(|row| step.faulty.memory.lock().update(&row.channel));
    }
    let outcome = preset_kept(step, region, outcome);
    if step.has(Behavior::Cross) {
        let number = region.channels().number(&arn).unwrap_or_default();
        let neighbour = region.channels().rows().range(..number).next_back();
        let neighbour = neighbour.map(|(_, row)| row.channel.arn.clone());
        update_neighbour(step, region, neighbour);
    }
    outcome
}

/// Does to another resource what was asked for one.
fn update_neighbour(step: &Step<'_>, region: &mut Region, arn: Option<String>) {
    let Some(arn) = arn else { return };
    let Call { service, operation, region: name, ref members, .. } = *step.call;
    let mut members = members.clone();
    members.insert("arn".to_owned(), json!(arn));
    let call = Call { service, operation, region: name, members, checks: &Lenient };
    // Whether it succeeds shows in the state only.
    drop(run(&call, region));
}

fn policy_updated(step: &Step<'_>, region: &mut Region) {
    let arn = step.text("arn");
    if step.has(Behavior::TaggedPolicyIsFrozen) && step.faulty.memory.lock().was_tagged(&arn) {
        if let (Some(policy), Some(before)) = (region.policies.get_mut(&arn), step.before.policies.get(&arn)) {
            policy.clone_from(before);
        }
        return;
    }
    if step.has(Behavior::Cross) {
        let number = region.policies.number(&arn).unwrap_or_default();
        let neighbour = region.policies.rows().range(..number).next_back().map(|(_, policy)| policy.arn.clone());
        update_neighbour(step, region, neighbour);
    }
}

/// Gives a key pair a fingerprint that has nothing to do with its key.
fn other_fingerprint(step: &Step<'_>, region: &mut Region, outcome: Outcome) -> Outcome {
    let arn = arn_of(&outcome, "keyPair");
    let Some(pair) = region.key_pairs.get_mut(&arn).filter(|_| step.has(Behavior::WrongFingerprint)) else {
        return outcome;
    };
    pair.fingerprint = step.call.service.ids.hex(32);
    let other = json!(pair.fingerprint);
    edited(outcome, |document| drop(resource_of(document).map(|pair| pair.insert("fingerprint".to_owned(), other))))
}
