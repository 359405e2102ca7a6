//! Members of shapes, and where they travel.

use super::super::error::Problems;
use super::super::json::{Entry, Json, Span};
use super::build::Object;
use super::operations::shape_name;
use super::shapes::timestamp_format;
use super::{Model, flag, refuse_unknown};

const KNOWN: [&str; 21] = [
    "box",
    "contextParam",
    "deprecated",
    "deprecatedMessage",
    "deprecatedSince",
    "documentation",
    "documentationUrl",
    "endpointdiscoveryid",
    "eventheader",
    "eventpayload",
    "flattened",
    "hostLabel",
    "idempotencyToken",
    "jsonvalue",
    "location",
    "locationName",
    "queryName",
    "shape",
    "timestampFormat",
    "xmlAttribute",
    "xmlNamespace",
];

/// Writes the members of a shape.
pub(super) fn write(model: &Model<'_>, entry: &Entry, kind: &str, shape: &mut Object, problems: &mut Problems<'_>) {
    let body = &entry.value;
    match kind {
        "structure" | "union" => {
            let mut members = Object::at(body.span);
            for member in body.get("members").map_or(&[][..], Json::entries) {
                if let Some(value) = structure_member(model, body, member, problems) {
                    members.add(member.key.as_str(), member.key_span, value);
                }
            }
            check_named(body, problems);
            shape.add("members", body.span, members.json());
        }
        "list" | "map" => {
            let keys: &[&str] = if kind == "list" { &["member"] } else { &["key", "value"] };
            for member in body.entries().iter().filter(|member| keys.contains(&member.key.as_str())) {
                refuse_unknown(&member.value, &KNOWN, "a member", problems);
                if let Some((name, span)) = shape_name(&member.value, problems) {
                    shape.target(&member.key, span, model.shape_id(name));
                }
            }
        }
        _ => {}
    }
}

fn structure_member(model: &Model<'_>, owner: &Json, entry: &Entry, problems: &mut Problems<'_>) -> Option<Json> {
    refuse_unknown(&entry.value, &KNOWN, "a member", problems);
    let (name, span) = shape_name(&entry.value, problems)?;
    let mut traits = Object::at(entry.value.span);
    if let Some(required) = names(owner, "required").find(|required| required.as_str() == Some(&entry.key)) {
        traits.empty("smithy.api#required", required.span);
    }
    if let Some(payload) = owner.get("payload").filter(|payload| payload.as_str() == Some(&entry.key)) {
        traits.empty("smithy.api#httpPayload", payload.span);
    }
    for (key, id) in [
        ("idempotencyToken", "smithy.api#idempotencyToken"),
        ("hostLabel", "smithy.api#hostLabel"),
        ("eventpayload", "smithy.api#eventPayload"),
        ("eventheader", "smithy.api#eventHeader"),
    ] {
        if let Some(span) = flag(&entry.value, key) {
            traits.empty(id, span);
        }
    }
    if let Some(span) = flag(&entry.value, "jsonvalue") {
        traits.text("smithy.api#mediaType", span, "application/json");
    }
    if let Some(format) = entry.value.get("timestampFormat") {
        timestamp_format(format, &mut traits, problems);
    }
    binding(model, name, entry, &mut traits, problems);
    let mut member = Object::at(entry.value.span);
    member.text("target", span, model.shape_id(name));
    if !traits.is_empty() {
        member.add("traits", entry.key_span, traits.json());
    }
    Some(member.json())
}

/// Where a member travels. A `locationName` without a `location` is the name in the JSON body.
fn binding(model: &Model<'_>, shape: &str, entry: &Entry, traits: &mut Object, problems: &mut Problems<'_>) {
    let named = entry.value.get("locationName");
    let (name, span): (&str, Span) = match named.and_then(|named| Some((named.as_str()?, named.span))) {
        Some(found) => found,
        None => (&entry.key, entry.key_span),
    };
    let Some(location) = entry.value.get("location") else {
        if name != entry.key {
            traits.text("smithy.api#jsonName", span, name);
        }
        return;
    };
    match location.as_str() {
        Some("header") => traits.text("smithy.api#httpHeader", span, name),
        Some("headers") => traits.text("smithy.api#httpPrefixHeaders", span, name),
        Some("querystring") if model.kind(shape) == Some("map") => {
            traits.empty("smithy.api#httpQueryParams", location.span);
        }
        Some("querystring") => traits.text("smithy.api#httpQuery", span, name),
        Some("uri") => traits.empty("smithy.api#httpLabel", location.span),
        Some("statusCode") => traits.empty("smithy.api#httpResponseCode", location.span),
        _ => {
            let help = "write `header`, `headers`, `querystring`, `uri` or `statusCode`";
            problems.add(location.span, "this location of a member is not understood", help);
        }
    }
}

fn names<'a>(owner: &'a Json, key: &str) -> impl Iterator<Item = &'a Json> {
    owner.get(key).map_or(&[][..], Json::elements).iter()
}

/// `required` and `payload` name members.
fn check_named(owner: &Json, problems: &mut Problems<'_>) {
    let has = |name: &Json| {
        name.as_str().is_some_and(|name| owner.get("members").is_some_and(|members| members.get(name).is_some()))
    };
    for name in names(owner, "required").chain(owner.get("payload")).filter(|name| !has(name)) {
        let shown = name.as_str().unwrap_or("this value");
        problems.add(name.span, format!("`{shown}` does not name a member of the structure"), "name a member");
    }
}
