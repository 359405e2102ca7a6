//! Tags of every kind of resource, policies included (rule 45).

use serde::Serialize;

use super::super::api::Api;
use super::super::call::{Call, Outcome, json, nothing};
use super::super::error::ApiError;
use super::super::fault::{Behavior, TagFault};
use super::super::rules::{Rule, has_reserved_prefix, has_tag_characters};
use super::super::state::{Region, Tags};

/// How many tags a resource has at most (Welcome, Tagging).
const MOST_TAGS: usize = 50;

#[derive(Serialize)]
struct Listed<'a> {
    tags: &'a Tags,
}

/// The tags that a request gives, checked.
pub(super) fn given(call: &Call<'_>) -> Result<Tags, ApiError> {
    let mut tags = call.fields().map("tags");
    let reserved = tags.keys().any(|key| has_reserved_prefix(key));
    call.require(Rule::TagPrefix, !reserved, || ApiError::validation("Tag keys that begin with aws: are reserved"))?;
    let legal = |(key, value): (&String, &String)| has_tag_characters(key) && has_tag_characters(value);
    let legal = tags.iter().all(legal);
    call.require(Rule::TagCharacters, legal, || ApiError::validation("A tag has a character that is not allowed"))?;
    if call.has(Behavior::Tags(TagFault::LowerCase)) {
        let lower = |(key, value): (String, String)| (key.to_lowercase(), value);
        tags = tags.into_iter().map(lower).collect();
    }
    Ok(tags)
}

pub(super) fn list(call: &Call<'_>, region: &Region) -> Outcome {
    let arn = call.fields().text_or_empty("resourceArn");
    let resource = region.resource(&arn);
    let resource = resource.ok_or_else(|| ApiError::not_found(&arn))?;
    json(&Listed { tags: resource.tags() })
}

pub(super) fn tag(call: &Call<'_>, region: &mut Region) -> Outcome {
    let arn = call.fields().text_or_empty("resourceArn");
    let given = given(call)?;
    let resource = region.resource_mut(&arn);
    let resource = resource.ok_or_else(|| ApiError::not_found(&arn))?;
    let tags = resource.tags_mut();
    let added = given.keys().filter(|key| !tags.contains_key(*key)).count();
    let fits = tags.len() + added <= MOST_TAGS || added == 0;
    call.require(Rule::TagLimit, fits || call.input.is_waived("tags"), || {
        ApiError::validation("A resource has at most 50 tags")
    })?;
    if call.has(Behavior::Tags(TagFault::Lose)) {
        return nothing();
    }
    if call.has(Behavior::Tags(TagFault::Replace)) {
        tags.clear();
    }
    let keep = call.has(Behavior::Tags(TagFault::KeepExisting));
    for (key, value) in &given {
        if !(keep && tags.contains_key(key)) {
            tags.insert(key.clone(), value.clone());
        }
    }
    if call.has(Behavior::Cross) {
        tag_others(region, &given);
    }
    region.memory.tag(&arn);
    if call.has(Behavior::TaggingUndoesUpdates) {
        undo_updates(region, &arn);
    }
    nothing()
}

/// Makes a channel what it was before its updates, but for its tags: a fault.
fn undo_updates(region: &mut Region, arn: &str) {
    let before = region.memory.before_updates(arn).cloned();
    if let (Some(mut before), Some(number)) = (before, region.channels().number(arn)) {
        let tags = region.channels().row(number).map(|row| row.channel.tags.clone());
        before.tags = tags.unwrap_or_default();
        region.replace_channel(number, before);
    }
}

/// Tags other channels along: a fault.
fn tag_others(region: &mut Region, given: &Tags) {
    let numbers: Vec<u64> = region.channels().rows().keys().copied().collect();
    for number in numbers {
        if let Some(row) = region.channel_row_mut(number) {
            row.channel.tags.extend(given.clone());
        }
    }
}

pub(super) fn untag(call: &Call<'_>, region: &mut Region) -> Outcome {
    let arn = call.fields().text_or_empty("resourceArn");
    let resource = region.resource_mut(&arn);
    let resource = resource.ok_or_else(|| ApiError::not_found(&arn))?;
    let mut keys = call.fields().texts("tagKeys").unwrap_or_default();
    let waived = call.input.is_waived("tagKeys.member") || call.service.api < Api::November2026;
    let legal = waived || keys.iter().all(|key| has_tag_characters(key));
    call.require(Rule::TagCharacters, legal, || ApiError::validation("A tag key has a character that is not allowed"))?;
    let tags = resource.tags_mut();
    if keys.iter().any(|key| !tags.contains_key(key)) && call.has(Behavior::Tags(TagFault::RefuseAbsent)) {
        return Err(ApiError::validation("There is no such tag"));
    }
    if call.has(Behavior::Tags(TagFault::UntagAll)) {
        tags.clear();
    }
    if call.has(Behavior::Tags(TagFault::UntagNone)) {
        keys.clear();
    }
    if call.has(Behavior::Tags(TagFault::UntagFirst)) {
        keys.truncate(1);
    }
    let removed = keys.iter().filter_map(|key| tags.remove_entry(key)).collect();
    region.memory.untag(&arn, removed);
    nothing()
}
