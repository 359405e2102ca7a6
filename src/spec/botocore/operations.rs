//! `operations`.

use super::super::error::Problems;
use super::super::json::{Entry, Json, Span};
use super::build::{Object, array, number, target, text};
use super::{Model, flag, pagination, refuse_unknown};

const KNOWN: [&str; 22] = [
    "alias",
    "auth",
    "authtype",
    "deprecated",
    "deprecatedMessage",
    "deprecatedSince",
    "documentation",
    "documentationUrl",
    "endpoint",
    "endpointdiscovery",
    "endpointoperation",
    "errors",
    "http",
    "httpChecksum",
    "httpChecksumRequired",
    "idempotent",
    "input",
    "name",
    "operationContextParams",
    "output",
    "readonly",
    "staticContextParams",
];

const HELP: &str =
    "write an operation as botocore does: `name`, `http`, and `input`, `output` and `errors` with shapes";

/// Writes an operation.
pub(super) fn write(
    model: &Model<'_>,
    entry: &Entry,
    paginators: Option<&Json>,
    shapes: &mut Object,
    problems: &mut Problems<'_>,
) {
    let body = &entry.value;
    let known: Vec<&str> = KNOWN.iter().copied().chain(["unsignedPayload", "requestcompression"]).collect();
    refuse_unknown(body, &known, "an operation", problems);
    let mut operation = Object::at(body.span);
    operation.text("type", entry.key_span, "operation");
    for key in ["input", "output"] {
        if let Some(used) = body.get(key) {
            let known = ["shape", "documentation", "locationName", "xmlNamespace", "resultWrapper"];
            refuse_unknown(used, &known, "a reference to a shape", problems);
            if let Some((name, span)) = shape_name(used, problems) {
                operation.target(key, span, model.shape_id(name));
            }
        }
    }
    let errors = body.get("errors").map_or(&[][..], Json::elements);
    let targets = errors.iter().filter_map(|error| {
        refuse_unknown(error, &["shape", "documentation", "exception", "error", "fault"], "an error", problems);
        let (name, span) = shape_name(error, problems)?;
        Some(target(span, model.shape_id(name)))
    });
    let targets = targets.collect();
    operation.add("errors", body.span, array(body.span, targets));
    operation.add("traits", entry.key_span, traits(model, entry, paginators, problems));
    shapes.add(model.operation_id(&entry.key), entry.key_span, operation.json());
}

/// The name of the shape that a value refers to.
pub(super) fn shape_name<'a>(used: &'a Json, problems: &mut Problems<'_>) -> Option<(&'a str, Span)> {
    let Some(shape) = used.get("shape") else {
        problems.add(used.span, "a reference has no `shape`", "write a reference as {\"shape\": \"Name\"}");
        return None;
    };
    let Some(name) = shape.as_str() else {
        let message = format!("`shape` must be a string, not {}", shape.kind_name());
        problems.add(shape.span, message, "name a shape of the model");
        return None;
    };
    Some((name, shape.span))
}

fn traits(model: &Model<'_>, entry: &Entry, paginators: Option<&Json>, problems: &mut Problems<'_>) -> Json {
    let body = &entry.value;
    let mut traits = Object::at(body.span);
    match body.get("http") {
        Some(http) => traits.add("smithy.api#http", http.span, binding(model, body, http, problems)),
        None => problems.add(entry.key_span, format!("the operation `{}` has no `http`", entry.key), HELP),
    }
    for (key, id) in [("idempotent", "smithy.api#idempotent"), ("readonly", "smithy.api#readonly")] {
        if let Some(span) = flag(body, key) {
            traits.empty(id, span);
        }
    }
    // These are refused by the loader, with their reasons.
    for (key, id) in [
        ("endpoint", "smithy.api#endpoint"),
        ("httpChecksum", "aws.protocols#httpChecksum"),
        ("httpChecksumRequired", "smithy.api#httpChecksumRequired"),
    ] {
        if let Some(value) = body.get(key) {
            traits.add(id, value.span, value.clone());
        }
    }
    if let Some(paginated) = pagination::of(model, entry, paginators) {
        traits.add("smithy.api#paginated", entry.key_span, paginated);
    }
    traits.json()
}

/// The HTTP binding. botocore names labels as they are written in the URI, Smithy by their members.
fn binding(model: &Model<'_>, operation: &Json, http: &Json, problems: &mut Problems<'_>) -> Json {
    refuse_unknown(http, &["method", "requestUri", "responseCode"], "`http`", problems);
    let mut binding = Object::at(http.span);
    if let Some(method) = http.get("method") {
        binding.add("method", method.span, method.clone());
    }
    if let Some(uri) = http.get("requestUri") {
        let written = uri.as_str().unwrap_or_default();
        binding.add("uri", uri.span, text(uri.span, with_members(model, operation, written)));
    }
    let code = http.get("responseCode");
    let span = code.map_or(http.span, |code| code.span);
    let code = code.cloned().unwrap_or_else(|| number(span, 200));
    binding.add("code", span, code);
    binding.json()
}

/// The URI with the names of members for those of labels.
fn with_members(model: &Model<'_>, operation: &Json, uri: &str) -> String {
    let input = operation.at(&["input", "shape"]).and_then(Json::as_str).and_then(|name| model.shapes.get(name));
    let members = input.and_then(|shape| shape.get("members")).map_or(&[][..], Json::entries);
    let mut written = uri.to_owned();
    for member in members.iter().filter(|member| member.value.get("location").and_then(Json::as_str) == Some("uri")) {
        let Some(label) = member.value.get("locationName").and_then(Json::as_str) else { continue };
        for end in ["}", "+}"] {
            written = written.replace(&format!("{{{label}{end}"), &format!("{{{}{end}", member.key));
        }
    }
    written
}
