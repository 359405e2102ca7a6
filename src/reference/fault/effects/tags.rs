//! Tags that go wrong.

use serde_json::{Map, Value, json};

use super::super::super::call::{Call, Outcome};
use super::super::super::error::ApiError;
use super::super::super::operation::Operation;
use super::super::super::state::{Region, Tags};
use super::super::layer::Faulty;
use super::super::{Behavior, TagFault};
use super::{Step, edited, resource_of};

/// Puts keys into lower case, where that is the fault.
pub(super) fn change_input(faulty: &Faulty, call: &mut Call<'_>) {
    let Some(Value::Object(tags)) = call.members.get_mut("tags") else { return };
    if faulty.faults.has(call.operation, Behavior::Tags(TagFault::LowerCase)) {
        let tags_before = std::mem::take(tags);
        *tags = tags_before.into_iter().map(|(key, value)| (key.to_lowercase(), value)).collect::<Map<_, _>>();
    }
}

pub(super) fn after(step: &Step<'_>, region: &mut Region, outcome: Outcome) -> Outcome {
    match step.call.operation {
        _ if outcome.is_err() => outcome,
        Operation::TagResource => {
            tagged(step, region);
            outcome
        }
        Operation::UntagResource => untagged(step, region, outcome),
        of if of.name().starts_with("Update") => updated(step, region, outcome),
        _ => outcome,
    }
}

fn before_of(step: &Step<'_>, arn: &str) -> Tags {
    step.before.resource(arn).map(|resource| resource.tags().clone()).unwrap_or_default()
}

fn tagged(step: &Step<'_>, region: &mut Region) {
    let arn = step.text("resourceArn");
    let given = step.call.fields().map("tags");
    let before = before_of(step, &arn);
    let Some(resource) = region.resource_mut(&arn) else { return };
    if step.has(Behavior::Tags(TagFault::Lose)) {
        *resource.tags_mut() = before;
        return;
    }
    if step.has(Behavior::Tags(TagFault::Replace)) {
        resource.tags_mut().clone_from(&given);
    }
    if step.has(Behavior::Tags(TagFault::KeepExisting)) {
        resource.tags_mut().extend(before);
    }
    if step.has(Behavior::Cross) {
        tag_others(region, &given);
    }
    step.faulty.memory.lock().tag(&arn);
    if step.has(Behavior::TaggingUndoesUpdates) {
        undo_updates(step, region, &arn);
    }
}

/// Makes a channel what it was before its updates, but for its tags.
fn undo_updates(step: &Step<'_>, region: &mut Region, arn: &str) {
    let before = step.faulty.memory.lock().before_updates(arn).cloned();
    if let (Some(mut before), Some(number)) = (before, region.channels().number(arn)) {
        let tags = region.channels().row(number).map(|row| row.channel.tags.clone());
        before.tags = tags.unwrap_or_default();
        region.replace_channel(number, before);
    }
}

/// Tags other channels along.
fn tag_others(region: &mut Region, given: &Tags) {
    let numbers: Vec<u64> = region.channels().rows().keys().copied().collect();
    for number in numbers {
        if let Some(row) = region.channel_row_mut(number) {
            row.channel.tags.extend(given.clone());
        }
    }
}

fn untagged(step: &Step<'_>, region: &mut Region, outcome: Outcome) -> Outcome {
    let arn = step.text("resourceArn");
    let keys = step.call.fields().texts("tagKeys").unwrap_or_default();
    let before = before_of(step, &arn);
    let Some(resource) = region.resource_mut(&arn) else { return outcome };
    let tags = resource.tags_mut();
    if keys.iter().any(|key| !before.contains_key(key)) && step.has(Behavior::Tags(TagFault::RefuseAbsent)) {
        *tags = before;
        return Err(ApiError::validation("There is no such tag"));
    }
    if step.has(Behavior::Tags(TagFault::UntagAll)) {
        tags.clear();
    }
    if step.has(Behavior::Tags(TagFault::UntagNone)) {
        tags.clone_from(&before);
    }
    if step.has(Behavior::Tags(TagFault::UntagFirst)) {
        tags.clone_from(&before);
        keys.first().map(|key| tags.remove(key));
    }
    let removed = before.into_iter().filter(|(key, _)| keys.contains(key) && !tags.contains_key(key)).collect();
    step.faulty.memory.lock().untag(&arn, removed);
    outcome
}

fn updated(step: &Step<'_>, region: &mut Region, outcome: Outcome) -> Outcome {
    let arn = step.text("arn");
    let clears = step.has(Behavior::Tags(TagFault::ClearedByUpdate));
    let returns = step.call.operation == Operation::UpdateChannel && step.has(Behavior::UntaggedReturns);
    let Some(resource) = region.resource_mut(&arn).filter(|_| clears || returns) else { return outcome };
    if clears {
        resource.tags_mut().clear();
    }
    if returns {
        resource.tags_mut().extend(step.faulty.memory.lock().untagged(&arn));
    }
    let tags = json!(resource.tags());
    edited(outcome, |document| drop(resource_of(document).map(|resource| resource.insert("tags".to_owned(), tags))))
}
