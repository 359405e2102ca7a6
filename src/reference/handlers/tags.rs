//! Tags of every kind of resource, policies included (rule 45).

use serde::Serialize;

use super::super::api::Api;
use super::super::call::{Call, Outcome, json, nothing};
use super::super::error::ApiError;
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
    let tags = call.fields().map("tags");
    let reserved = tags.keys().any(|key| has_reserved_prefix(key));
    call.require(Rule::TagPrefix, !reserved, || ApiError::validation("Tag keys that begin with aws: are reserved"))?;
    let legal = |(key, value): (&String, &String)| has_tag_characters(key) && has_tag_characters(value);
    let legal = tags.iter().all(legal);
    call.require(Rule::TagCharacters, legal, || ApiError::validation("A tag has a character that is not allowed"))?;
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
    call.require(Rule::TagLimit, fits, || ApiError::validation("A resource has at most 50 tags"))?;
    tags.extend(given);
    nothing()
}

pub(super) fn untag(call: &Call<'_>, region: &mut Region) -> Outcome {
    let arn = call.fields().text_or_empty("resourceArn");
    let resource = region.resource_mut(&arn);
    let resource = resource.ok_or_else(|| ApiError::not_found(&arn))?;
    let keys = call.fields().texts("tagKeys").unwrap_or_default();
    // The reference document does not say it of keys to remove; the model of November 2026 does.
    let legal = call.service.api < Api::November2026 || keys.iter().all(|key| has_tag_characters(key));
    call.require(Rule::TagCharacters, legal, || ApiError::validation("A tag key has a character that is not allowed"))?;
    let tags = resource.tags_mut();
    keys.iter().for_each(|key| drop(tags.remove(key)));
    nothing()
}
