//! Failover slate configurations.
//!
//! The model says what the members look like; how the operations behave is inferred from their siblings:
//!
//! | behaviour | rests on |
//! | --- | --- |
//! | the slate activates after 3 seconds, and shows for 3 to 60 | the model's documentation |
//! | create answers CREATING, every later call CREATED | the listed states; inferred, as of recording configurations |
//! | an update answers UPDATING, every later call CREATED | the listed states; inferred |
//! | an update changes what is given and keeps the rest | inferred, as of channels and policies |
//! | one that a channel refers to cannot be deleted: ConflictException | inferred, as of recording configurations |
//! | names need not be unique; without one it is `""` | the model's documentation; inferred, as of other resources |
//! | there is no quota | inferred: no number is published |

use serde::Serialize;

use super::super::call::{Call, Outcome, json, nothing};
use super::super::error::ApiError;
use super::super::inputs::FAILOVER_SLATE;
use super::super::page::{Order, Pager};
use super::super::rules::Rule;
use super::super::state::{FailoverSlate, Region, Tags};
use super::super::variant::Variant;
use super::tags;

const DEFAULT_PAGE: usize = 100;
const READY: &str = "CREATED";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct One<'a> {
    failover_slate_configuration: &'a FailoverSlate,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    failover_slate_configurations: Vec<&'a FailoverSlate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// The document of a configuration on its way to be ready, which it is right after.
fn on_the_way(call: &Call<'_>, slate: &mut FailoverSlate, state: &'static str) -> Outcome {
    slate.state = if call.varies(Variant::ActiveAtOnce) { READY } else { state };
    let document = json(&One { failover_slate_configuration: slate });
    slate.state = READY;
    document
}

pub(super) fn create(call: &Call<'_>, region: &mut Region) -> Outcome {
    let mut slate = FailoverSlate {
        activation_threshold_seconds: 3,
        arn: call.arn(FAILOVER_SLATE, &call.service.ids.resource()),
        max_slate_display_seconds: 60,
        min_slate_display_seconds: 3,
        name: String::new(),
        state: READY,
        tags: Tags::new(),
    };
    apply(call, &mut slate);
    slate.tags = tags::given(call)?;
    let document = on_the_way(call, &mut slate, "CREATING");
    let number = region.next_number();
    region.failover_slates.insert(number, slate);
    document
}

/// Puts the given members into a configuration; the others stay as they are.
fn apply(call: &Call<'_>, slate: &mut FailoverSlate) {
    let given = call.fields();
    for (place, name) in [
        (&mut slate.activation_threshold_seconds, "activationThresholdSeconds"),
        (&mut slate.max_slate_display_seconds, "maxSlateDisplaySeconds"),
        (&mut slate.min_slate_display_seconds, "minSlateDisplaySeconds"),
    ] {
        *place = given.integer(name).unwrap_or(*place);
    }
    if let Some(name) = given.text("name") {
        slate.name = name.into_owned();
    }
}

pub(super) fn get(call: &Call<'_>, region: &Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    let slate = region.failover_slates.get(&arn);
    json(&One { failover_slate_configuration: slate.ok_or_else(|| ApiError::not_found(&arn))? })
}

pub(super) fn list(call: &Call<'_>, region: &Region) -> Outcome {
    let pager = Pager::new(call, "", DEFAULT_PAGE, Order::OldestFirst)?;
    let (low, high) = pager.range();
    let rows = region.failover_slates.rows().range(low..=high);
    let page = pager.page(rows.map(|(number, row)| (*number, row)));
    json(&Listed { next_token: page.next_token, failover_slate_configurations: page.items })
}

pub(super) fn update(call: &Call<'_>, region: &mut Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    let slate = region.failover_slates.get_mut(&arn).ok_or_else(|| ApiError::not_found(&arn))?;
    apply(call, slate);
    on_the_way(call, slate, "UPDATING")
}

pub(super) fn delete(call: &Call<'_>, region: &mut Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    if region.failover_slates.number(&arn).is_none() {
        return Err(ApiError::not_found(&arn));
    }
    let unused = region.slated_by().of(&arn).is_none();
    call.require(Rule::FailoverSlateInUse, unused, || {
        ApiError::conflict("A channel refers to the failover slate configuration")
    })?;
    region.failover_slates.remove(&arn);
    nothing()
}
