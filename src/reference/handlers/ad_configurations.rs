//! Ad configurations, and ad breaks by them.
//!
//! The model says what the members look like; how the operations behave is inferred from their siblings:
//!
//! | behaviour | rests on |
//! | --- | --- |
//! | without a name the name is `""`; without a post-roll it is disabled, of 15 seconds | the model's documentation |
//! | an update changes what is given and keeps the rest | inferred, as of channels and policies |
//! | one that a channel refers to cannot be deleted: ConflictException | inferred, as of recording configurations |
//! | names need not be unique | the model's documentation, which says so of the update |
//! | there is no quota | inferred: no number is published |

use serde::Serialize;

use super::super::call::{Call, Outcome, json, nothing};
use super::super::error::ApiError;
use super::super::inputs::AD_CONFIGURATION;
use super::super::page::{Order, Pager};
use super::super::rules::Rule;
use super::super::state::{AdConfiguration, MediaTailor, PostRoll, Region, Tags};
use super::tags;

const DEFAULT_PAGE: usize = 100;
/// Seconds of a post-roll that nothing is said about.
const DEFAULT_POST_ROLL: i64 = 15;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct One<'a> {
    ad_configuration: &'a AdConfiguration,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    ad_configurations: Vec<&'a AdConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) fn create(call: &Call<'_>, region: &mut Region) -> Outcome {
    let mut ads = AdConfiguration {
        arn: call.arn(AD_CONFIGURATION, &call.service.ids.resource()),
        media_tailor_playback_configurations: Vec::new(),
        name: String::new(),
        post_roll_configuration: PostRoll { duration_seconds: DEFAULT_POST_ROLL, enabled: false },
        tags: Tags::new(),
    };
    apply(call, &mut ads);
    ads.tags = tags::given(call)?;
    let document = json(&One { ad_configuration: &ads });
    let number = region.next_number();
    region.ad_configurations.insert(number, ads);
    document
}

/// Puts the given members into a configuration; the others stay as they are.
fn apply(call: &Call<'_>, ads: &mut AdConfiguration) {
    let given = call.fields();
    if given.value("mediaTailorPlaybackConfigurations").is_some() {
        let tailors = given.objects("mediaTailorPlaybackConfigurations").into_iter();
        let arn = |text: std::borrow::Cow<'_, str>| text.into_owned();
        let tailors = tailors.map(|tailor| tailor.text("playbackConfigurationArn").map(arn));
        ads.media_tailor_playback_configurations =
            tailors.map(|playback_configuration_arn| MediaTailor { playback_configuration_arn }).collect();
    }
    if let Some(name) = given.text("name") {
        ads.name = name.into_owned();
    }
    if let Some(post_roll) = given.object("postRollConfiguration") {
        ads.post_roll_configuration = PostRoll {
            duration_seconds: post_roll.integer("durationSeconds").unwrap_or(DEFAULT_POST_ROLL),
            enabled: post_roll.flag("enabled").unwrap_or_default(),
        };
    }
}

pub(super) fn get(call: &Call<'_>, region: &Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    let ads = region.ad_configurations.get(&arn);
    json(&One { ad_configuration: ads.ok_or_else(|| ApiError::not_found(&arn))? })
}

pub(super) fn list(call: &Call<'_>, region: &Region) -> Outcome {
    let pager = Pager::new(call, "", DEFAULT_PAGE, Order::OldestFirst)?;
    let (low, high) = pager.range();
    let rows = region.ad_configurations.rows().range(low..=high);
    let page = pager.page(rows.map(|(number, row)| (*number, row)));
    json(&Listed { next_token: page.next_token, ad_configurations: page.items })
}

pub(super) fn update(call: &Call<'_>, region: &mut Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    let ads = region.ad_configurations.get_mut(&arn).ok_or_else(|| ApiError::not_found(&arn))?;
    apply(call, ads);
    json(&One { ad_configuration: ads })
}

pub(super) fn delete(call: &Call<'_>, region: &mut Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    if region.ad_configurations.number(&arn).is_none() {
        return Err(ApiError::not_found(&arn));
    }
    let unused = region.advertised_by().of(&arn).is_none();
    call.require(Rule::AdConfigurationInUse, unused, || {
        ApiError::conflict("A channel refers to the ad configuration")
    })?;
    region.ad_configurations.remove(&arn);
    nothing()
}
