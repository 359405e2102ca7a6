//! The settings of a channel: what a request gives, and the rules among them.

use super::super::api::Api;
use super::super::call::Call;
use super::super::error::ApiError;
use super::super::input::Fields;
use super::super::rules::Rule;
use super::super::state::{Channel, Multitrack, Region};
use super::super::variant::Variant;

const DEFAULT_PRESET: &str = "HIGHER_BANDWIDTH_DELIVERY";

/// Puts the given members into a channel; the others stay as they are.
pub(super) fn apply(call: &Call<'_>, channel: &mut Channel) -> Result<(), ApiError> {
    let given = call.fields();
    set_flag(&mut channel.authorized, given, "authorized");
    set_flag(&mut channel.insecure_ingest, given, "insecureIngest");
    set_text(&mut channel.container_format, given, "containerFormat");
    set_text(&mut channel.latency_mode, given, "latencyMode");
    set_text(&mut channel.name, given, "name");
    set_text(&mut channel.kind, given, "type");
    set_text(&mut channel.playback_restriction_policy_arn, given, "playbackRestrictionPolicyArn");
    set_text(&mut channel.recording_configuration_arn, given, "recordingConfigurationArn");
    for (place, name) in [
        (&mut channel.ad_configuration_arn, "adConfigurationArn"),
        (&mut channel.failover_slate_configuration_arn, "failoverSlateConfigurationArn"),
    ] {
        if let Some(arn) = place {
            set_text(arn, given, name);
        }
    }
    if let Some(multitrack) = given.object("multitrackInputConfiguration") {
        let enabled = multitrack.flag("enabled").unwrap_or_default();
        let shown = !(enabled || call.varies(Variant::NoMultitrackObject));
        let default = |value: &str| shown.then(|| value.to_owned());
        channel.multitrack_input_configuration = Some(Multitrack {
            enabled,
            maximum_resolution: owned(multitrack, "maximumResolution").or_else(|| default("FULL_HD")),
            policy: owned(multitrack, "policy").or_else(|| default("ALLOW")),
        });
    }
    apply_preset(call, channel)
}

fn owned(given: Fields<'_>, name: &str) -> Option<String> {
    given.text(name).map(std::borrow::Cow::into_owned)
}

fn set_flag(place: &mut bool, given: Fields<'_>, name: &str) {
    if let Some(flag) = given.flag(name) {
        *place = flag;
    }
}

fn set_text(place: &mut String, given: Fields<'_>, name: &str) {
    if let Some(text) = owned(given, name) {
        *place = text;
    }
}

/// A preset belongs to the ADVANCED types; the others have the empty string
/// (rules 76 to 79).
fn apply_preset(call: &Call<'_>, channel: &mut Channel) -> Result<(), ApiError> {
    let preset = owned(call.fields(), "preset").filter(|preset| !preset.is_empty());
    if matches!(channel.kind.as_str(), "ADVANCED_HD" | "ADVANCED_SD") {
        match preset {
            Some(preset) => channel.preset = preset,
            None if channel.preset.is_empty() => DEFAULT_PRESET.clone_into(&mut channel.preset),
            None => {}
        }
        return Ok(());
    }
    let is_accepted = preset.is_none() || call.varies(Variant::AcceptPresetOnStandard);
    call.require(Rule::PresetType, is_accepted, || {
        ApiError::validation("A preset can be selected for ADVANCED_HD and ADVANCED_SD only")
    })?;
    channel.preset.clear();
    Ok(())
}

/// Checks the rules of multitrack input on the settings as they would be
/// (MultitrackInputConfiguration; rules 80 to 83).
pub(super) fn check_multitrack(call: &Call<'_>, channel: &Channel) -> Result<(), ApiError> {
    let Some(multitrack) = &channel.multitrack_input_configuration else {
        return Ok(());
    };
    if !multitrack.enabled {
        return Ok(());
    }
    let rules = [
        (Rule::MultitrackType, channel.kind == "STANDARD"),
        (Rule::MultitrackPolicy, multitrack.policy.is_some()),
        (Rule::MultitrackResolution, multitrack.maximum_resolution.is_some()),
        (Rule::MultitrackContainer, channel.container_format == "FRAGMENTED_MP4"),
    ];
    for (rule, kept) in rules {
        call.require(rule, kept, || ApiError::validation(rule.name()))?;
    }
    Ok(())
}

/// Checks that the resources which a request names exist (rule 36).
pub(super) fn check_references(call: &Call<'_>, region: &Region) -> Result<(), ApiError> {
    let given = call.fields();
    let recording = given.text_or_empty("recordingConfigurationArn");
    let known = recording.is_empty() || region.recordings.number(&recording).is_some();
    call.require(Rule::RecordingExists, known, || ApiError::not_found(&recording))?;
    let policy = given.text_or_empty("playbackRestrictionPolicyArn");
    let known = policy.is_empty() || region.policies.number(&policy).is_some();
    call.require(Rule::PolicyExists, known, || ApiError::not_found(&policy))?;
    if call.service.api >= Api::November2026 { check_later_references(call, region) } else { Ok(()) }
}

/// The same of the resources that came later; inferred, as of the others.
fn check_later_references(call: &Call<'_>, region: &Region) -> Result<(), ApiError> {
    let given = call.fields();
    let ads = given.text_or_empty("adConfigurationArn");
    let known = ads.is_empty() || region.ad_configurations.number(&ads).is_some();
    call.require(Rule::AdConfigurationExists, known, || ApiError::not_found(&ads))?;
    let slate = given.text_or_empty("failoverSlateConfigurationArn");
    let known = slate.is_empty() || region.failover_slates.number(&slate).is_some();
    call.require(Rule::FailoverSlateExists, known, || ApiError::not_found(&slate))
}
