//! Recording configurations.

use std::borrow::Cow;

use serde::Serialize;

use super::super::call::{Call, Outcome, json, nothing};
use super::super::error::ApiError;
use super::super::input::Fields;
use super::super::inputs::RECORDING;
use super::super::page::{Order, Pager};
use super::super::rules::Rule;
use super::super::state::{
    Destination, RecordingConfiguration, RecordingSummary, Region, RenditionConfiguration, S3, Thumbnails,
};
use super::super::variant::Variant;
use super::tags;

const DEFAULT_PAGE: usize = 100;
const DEFAULT_INTERVAL: i64 = 60;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct One<'a> {
    recording_configuration: &'a RecordingConfiguration,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    recording_configurations: Vec<RecordingSummary<'a>>,
}

/// Creates a configuration. The response says CREATING, all later ones ACTIVE:
/// there is no bucket to wait for (rule 133).
pub(super) fn create(call: &Call<'_>, region: &mut Region) -> Outcome {
    let given = call.fields();
    let mut recording = RecordingConfiguration {
        arn: call.arn(RECORDING, &call.service.ids.resource()),
        destination_configuration: destination(call)?,
        name: given.text_or_empty("name").into_owned(),
        recording_reconnect_window_seconds: given.integer("recordingReconnectWindowSeconds").unwrap_or_default(),
        rendition_configuration: renditions(call)?,
        state: if call.varies(Variant::ActiveAtOnce) { "ACTIVE" } else { "CREATING" },
        tags: tags::given(call)?,
        thumbnail_configuration: thumbnails(given.object("thumbnailConfiguration")),
    };
    let document = json(&One { recording_configuration: &recording });
    recording.state = "ACTIVE";
    let number = region.next_number();
    region.recordings.insert(number, recording);
    document
}

/// "One and only one type" of destination; S3 is the only one (rule 135).
fn destination(call: &Call<'_>) -> Result<Destination, ApiError> {
    let destination = call.fields().object("destinationConfiguration");
    let s3 = destination.and_then(|destination| destination.object("s3"));
    call.require(Rule::OneDestination, s3.is_some(), || ApiError::validation("One destination must be defined"))?;
    let bucket = |s3: Fields<'_>| S3 { bucket_name: s3.text_or_empty("bucketName").into_owned() };
    Ok(Destination { s3: s3.map(bucket) })
}

/// CUSTOM needs renditions; otherwise they are irrelevant (rule 137).
fn renditions(call: &Call<'_>) -> Result<RenditionConfiguration, ApiError> {
    let given = call.fields().object("renditionConfiguration");
    let renditions = given.and_then(|given| given.texts("renditions"));
    let renditions = renditions.unwrap_or_default();
    let selection = given.and_then(|given| given.text("renditionSelection"));
    let selection = selection.map_or_else(|| "ALL".to_owned(), Cow::into_owned);
    let complete = selection != "CUSTOM" || !renditions.is_empty();
    call.require(Rule::CustomRenditions, complete, || {
        ApiError::validation("renditionSelection CUSTOM needs renditions")
    })?;
    Ok(RenditionConfiguration { renditions, rendition_selection: selection })
}

/// Defaults: INTERVAL, SEQUENTIAL and 60 seconds (rules 138 and 139).
fn thumbnails(given: Option<Fields<'_>>) -> Thumbnails {
    let text = |name| given.and_then(|given| given.text(name)).map(Cow::into_owned);
    let mode = text("recordingMode").unwrap_or_else(|| "INTERVAL".to_owned());
    let interval = given.and_then(|given| given.integer("targetIntervalSeconds"));
    let default = (mode == "INTERVAL").then_some(DEFAULT_INTERVAL);
    Thumbnails {
        resolution: text("resolution"),
        storage: given.and_then(|given| given.texts("storage")).unwrap_or_else(|| vec!["SEQUENTIAL".to_owned()]),
        target_interval_seconds: interval.or(default),
        recording_mode: mode,
    }
}

pub(super) fn get(call: &Call<'_>, region: &Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    let recording = region.recordings.get(&arn);
    json(&One { recording_configuration: recording.ok_or_else(|| ApiError::not_found(&arn))? })
}

pub(super) fn list(call: &Call<'_>, region: &Region) -> Outcome {
    let pager = Pager::new(call, "", DEFAULT_PAGE, Order::OldestFirst)?;
    let (low, high) = pager.range();
    let rows = region.recordings.rows().range(low..=high);
    let page = pager.page(rows.map(|(number, row)| (*number, RecordingSummary::from(row))));
    json(&Listed { next_token: page.next_token, recording_configurations: page.items })
}

pub(super) fn delete(call: &Call<'_>, region: &mut Region) -> Outcome {
    let arn = call.fields().text_or_empty("arn");
    if region.recordings.number(&arn).is_none() {
        return Err(ApiError::not_found(&arn));
    }
    let unused = region.recorded_by().of(&arn).is_none();
    call.require(Rule::RecordingInUse, unused, || {
        ApiError::conflict("A channel refers to the recording configuration")
    })?;
    region.recordings.remove(&arn);
    nothing()
}
