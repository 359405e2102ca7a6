//! Playback restriction policies.

use serde::Serialize;

use super::super::call::{Call, Outcome, json, nothing};
use super::super::error::ApiError;
use super::super::inputs::POLICY;
use super::super::page::{Order, Pager};
use super::super::rules::{Rule, is_country, is_origin};
use super::super::state::{Policy, Region, Tags};
use super::tags;

/// The documented default, odd as it is (rule 67).
const DEFAULT_PAGE: usize = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct One<'a> {
    playback_restriction_policy: &'a Policy,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    playback_restriction_policies: Vec<&'a Policy>,
}

pub(super) fn create(call: &Call<'_>, region: &mut Region) -> Outcome {
    let mut policy = Policy {
        allowed_countries: Vec::new(),
        allowed_origins: Vec::new(),
        arn: call.arn(POLICY, &call.service.ids.resource()),
        enable_strict_origin_enforcement: false,
        name: String::new(),
        tags: Tags::new(),
    };
    apply(call, &mut policy)?;
    policy.tags = tags::given(call)?;
    let document = one(&policy);
    let number = region.next_number();
    region.policies.insert(number, policy);
    document
}

fn one(policy: &Policy) -> Outcome {
    json(&One { playback_restriction_policy: policy })
}

/// Puts the given members into a policy; the others stay as they are.
fn apply(call: &Call<'_>, policy: &mut Policy) -> Result<(), ApiError> {
    let given = call.fields();
    if let Some(countries) = given.texts("allowedCountries") {
        let assigned = countries.iter().all(|country| is_country(country));
        call.require(Rule::CountryAssigned, assigned, || {
            ApiError::validation("A country code is not officially assigned")
        })?;
        policy.allowed_countries = countries;
    }
    if let Some(origins) = given.texts("allowedOrigins") {
        let well_formed = origins.iter().all(|origin| is_origin(origin));
        call.require(Rule::OriginWellFormed, well_formed, || ApiError::validation("An origin is not well formed"))?;
        policy.allowed_origins = origins;
    }
    if let Some(strict) = given.flag("enableStrictOriginEnforcement") {
        policy.enable_strict_origin_enforcement = strict;
    }
    if let Some(name) = given.text("name") {
        policy.name = name.into_owned();
    }
    Ok(())
}

pub(super) fn get(call: &Call<'_>, region: &Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    let policy = region.policies.get(&arn);
    one(policy.ok_or_else(|| ApiError::not_found(&arn))?)
}

pub(super) fn list(call: &Call<'_>, region: &Region) -> Outcome {
    let pager = Pager::new(call, "", DEFAULT_PAGE, Order::OldestFirst)?;
    let (low, high) = pager.range();
    let rows = region.policies.rows().range(low..=high);
    let page = pager.page(rows.map(|(number, policy)| (*number, policy)));
    json(&Listed { next_token: page.next_token, playback_restriction_policies: page.items })
}

pub(super) fn update(call: &Call<'_>, region: &mut Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    let policy = region.policies.get(&arn);
    let mut policy = policy.ok_or_else(|| ApiError::not_found(&arn))?.clone();
    apply(call, &mut policy)?;
    let document = one(&policy);
    if let Some(row) = region.policies.get_mut(&arn) {
        *row = policy;
    }
    document
}

pub(super) fn delete(call: &Call<'_>, region: &mut Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    if region.policies.number(&arn).is_none() {
        return Err(ApiError::not_found(&arn));
    }
    let unused = region.restricted_by().of(&arn).is_none();
    call.require(Rule::PolicyInUse, unused, || {
        ApiError::conflict("A channel refers to the playback restriction policy")
    })?;
    region.policies.remove(&arn);
    nothing()
}
