//! `shapes`.

use super::super::error::Problems;
use super::super::json::{Entry, Json, Kind};
use super::build::{Object, array};
use super::{Model, flag, members, refuse_unknown};

/// Keys that any shape may have and that say nothing about messages.
const SILENT: [&str; 10] = [
    "box",
    "deprecated",
    "deprecatedMessage",
    "deprecatedSince",
    "documentation",
    "documentationUrl",
    "locationName",
    "retryable",
    "synthetic",
    "xmlNamespace",
];

const HELP: &str = "use a type of botocore's, e.g. `structure` or `string`";

/// Writes a shape.
pub(super) fn write(model: &Model<'_>, entry: &Entry, shapes: &mut Object, problems: &mut Problems<'_>) {
    let body = &entry.value;
    let Some(kind) = body.get("type").and_then(Json::as_str) else {
        problems.add(entry.key_span, format!("the shape `{}` has no `type`", entry.key), HELP);
        return;
    };
    let Some((kind, own)) = smithy_kind(kind, body) else {
        let span = body.get("type").map_or(entry.key_span, |value| value.span);
        problems.add(span, format!("`{kind}` is not a botocore shape type"), HELP);
        return;
    };
    let known: Vec<&str> = SILENT.iter().chain(own).copied().chain(["type", "sensitive"]).collect();
    refuse_unknown(body, &known, &format!("a shape of the type `{kind}`"), problems);
    let mut shape = Object::at(body.span);
    shape.text("type", entry.key_span, kind);
    members::write(model, entry, kind, &mut shape, problems);
    let traits = traits(body, kind, problems);
    if !traits.is_empty() {
        shape.add("traits", entry.key_span, traits.json());
    }
    shapes.add(model.shape_id(&entry.key), entry.key_span, shape.json());
}

/// The Smithy type of a shape, and the keys that shapes of its type may have.
fn smithy_kind(kind: &str, body: &Json) -> Option<(&'static str, &'static [&'static str])> {
    const STRUCTURE: [&str; 12] = [
        "members",
        "required",
        "payload",
        "union",
        "document",
        "exception",
        "error",
        "fault",
        "event",
        "eventstream",
        "wrapper",
        "order",
    ];
    const NUMBER: [&str; 2] = ["min", "max"];
    Some(match kind {
        "structure" if flag(body, "document").is_some() => ("document", &STRUCTURE),
        "structure" if flag(body, "union").is_some() || flag(body, "eventstream").is_some() => ("union", &STRUCTURE),
        "structure" => ("structure", &STRUCTURE),
        "list" => ("list", &["member", "min", "max", "sparse", "flattened", "uniqueItems"]),
        "map" => ("map", &["key", "value", "min", "max", "sparse", "flattened"]),
        "string" | "character" => ("string", &["min", "max", "pattern", "enum"]),
        "integer" => ("integer", &NUMBER),
        "long" => ("long", &NUMBER),
        "float" => ("float", &NUMBER),
        "double" => ("double", &NUMBER),
        "bigdecimal" => ("bigDecimal", &NUMBER),
        "biginteger" => ("bigInteger", &NUMBER),
        "boolean" => ("boolean", &[]),
        "blob" => ("blob", &["min", "max", "streaming", "requiresLength"]),
        "timestamp" => ("timestamp", &["timestampFormat"]),
        _ => return None,
    })
}

fn traits(body: &Json, kind: &str, problems: &mut Problems<'_>) -> Object {
    let mut traits = Object::at(body.span);
    for (key, id) in [
        ("sensitive", "smithy.api#sensitive"),
        ("sparse", "smithy.api#sparse"),
        ("uniqueItems", "smithy.api#uniqueItems"),
        ("streaming", "smithy.api#streaming"),
        ("eventstream", "smithy.api#streaming"),
    ] {
        if let Some(span) = flag(body, key) {
            traits.empty(id, span);
        }
    }
    bounds(body, kind, &mut traits);
    if let Some(pattern) = body.get("pattern") {
        traits.add("smithy.api#pattern", pattern.span, pattern.clone());
    }
    enumeration(body, &mut traits);
    if let Some(format) = body.get("timestampFormat") {
        timestamp_format(format, &mut traits, problems);
    }
    if flag(body, "exception").is_some() {
        error(body, &mut traits);
    }
    traits
}

/// `min` and `max` bound numbers, and the lengths of all else.
fn bounds(body: &Json, kind: &str, traits: &mut Object) {
    let sides: Vec<&Entry> =
        body.entries().iter().filter(|entry| ["min", "max"].contains(&entry.key.as_str())).collect();
    let Some(first) = sides.first() else { return };
    let mut bounds = Object::at(first.value.span);
    for side in &sides {
        bounds.add(side.key.as_str(), side.key_span, side.value.clone());
    }
    let is_number = matches!(kind, "integer" | "long" | "float" | "double" | "bigDecimal" | "bigInteger");
    let id = if is_number { "smithy.api#range" } else { "smithy.api#length" };
    traits.add(id, first.key_span, bounds.json());
}

fn enumeration(body: &Json, traits: &mut Object) {
    let Some(values) = body.get("enum") else { return };
    let entries = values.elements().iter().map(|value| {
        let mut entry = Object::at(value.span);
        entry.add("value", value.span, value.clone());
        entry.json()
    });
    traits.add("smithy.api#enum", values.span, array(values.span, entries.collect()));
}

/// Writes a timestamp's format under its Smithy name.
pub(super) fn timestamp_format(format: &Json, traits: &mut Object, problems: &mut Problems<'_>) {
    let name = match format.as_str() {
        Some("iso8601") => "date-time",
        Some("unixTimestamp") => "epoch-seconds",
        Some("rfc822") => "http-date",
        _ => {
            problems.add(
                format.span,
                "this timestamp format is unknown",
                "write `iso8601`, `unixTimestamp` or `rfc822`",
            );
            return;
        }
    };
    traits.text("smithy.api#timestampFormat", format.span, name);
}

/// Whose fault an error is, and its status.
fn error(body: &Json, traits: &mut Object) {
    let stated = body.get("error");
    let status = stated.and_then(|error| error.get("httpStatusCode"));
    let is_true = |value: &Json| matches!(value.kind, Kind::Bool(true));
    let is_fault = [Some(body), stated].into_iter().flatten().any(|value| value.get("fault").is_some_and(is_true));
    let is_server = status.and_then(Json::as_u64).map_or(is_fault, |status| status >= 500);
    traits.text("smithy.api#error", body.span, if is_server { "server" } else { "client" });
    if let Some(status) = status {
        traits.add("smithy.api#httpError", status.span, status.clone());
    }
}
