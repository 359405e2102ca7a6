//! `metadata`: the service shape.

use super::super::error::Problems;
use super::super::json::{Json, Span};
use super::build::{Object, array, target};
use super::{Model, entries, identifier, refuse_unknown};

/// The keys of `metadata`; those without a meaning for messages are skipped.
const KNOWN: [&str; 19] = [
    "apiVersion",
    "auth",
    "checksumFormat",
    "endpointPrefix",
    "globalEndpoint",
    "jsonVersion",
    "protocol",
    "protocolSettings",
    "protocols",
    "ripServiceName",
    "serviceAbbreviation",
    "serviceFullName",
    "serviceId",
    "signatureVersion",
    "signingName",
    "signingRegion",
    "targetPrefix",
    "uid",
    "xmlNamespace",
];

const SIGV4: &str = "aws.auth#sigv4";

/// Writes the service.
pub(super) fn write(model: &Model<'_>, shapes: &mut Object, problems: &mut Problems<'_>) {
    let Some(metadata) = model.root.get("metadata") else { return };
    refuse_unknown(metadata, &KNOWN, "`metadata`", problems);
    let mut service = Object::at(metadata.span);
    service.text("type", metadata.span, "service");
    if let Some(version) = metadata.get("apiVersion") {
        service.add("version", version.span, version.clone());
    }
    let operations = entries(model.root, "operations").iter();
    let bound = operations.map(|entry| target(entry.key_span, model.operation_id(&entry.key))).collect();
    service.add("operations", metadata.span, array(metadata.span, bound));
    service.add("traits", metadata.span, traits(metadata, problems));
    let id = metadata.get("serviceId").and_then(Json::as_str).unwrap_or("service");
    let mut name = identifier(id);
    while shapes_have(model, &name) {
        name.push_str("Service");
    }
    shapes.add(format!("{}#{name}", model.namespace), metadata.span, service.json());
}

fn shapes_have(model: &Model<'_>, name: &str) -> bool {
    let is_operation = model.root.get("operations").is_some_and(|operations| operations.get(name).is_some());
    is_operation || model.shapes.contains_key(name)
}

fn traits(metadata: &Json, problems: &mut Problems<'_>) -> Json {
    let mut traits = Object::at(metadata.span);
    protocol(metadata, &mut traits, problems);
    signing(metadata, &mut traits, problems);
    let mut named = Object::at(metadata.span);
    for (key, name) in [("serviceId", "sdkId"), ("endpointPrefix", "endpointPrefix"), ("signingName", "arnNamespace")] {
        if let Some(value) = metadata.get(key) {
            named.add(name, value.span, value.clone());
        }
    }
    traits.add("aws.api#service", metadata.span, named.json());
    traits.json()
}

/// `rest-json` is restJson1; every other protocol is refused.
fn protocol(metadata: &Json, traits: &mut Object, problems: &mut Problems<'_>) {
    let (found, span) = match metadata.get("protocol") {
        Some(value) => (value.as_str().unwrap_or_default(), value.span),
        None => ("", metadata.span),
    };
    // The service's reader reports what has no protocol, at the service; here the place is known better.
    traits.empty("aws.protocols#restJson1", span);
    if found != "rest-json" {
        let message = format!("the protocol `{found}` is not supported");
        problems.add(span, message, "only services of the protocol `rest-json` can be checked");
    }
}

fn signing(metadata: &Json, traits: &mut Object, problems: &mut Problems<'_>) {
    let refuse = |span: Span, found: &str, problems: &mut Problems<'_>| {
        let message = format!("requests signed by `{found}` are not supported");
        problems.add(span, message, "only services that accept SigV4 can be checked");
    };
    if let Some(auth) = metadata.get("auth") {
        let is_accepted = auth.elements().iter().any(|scheme| scheme.as_str() == Some(SIGV4));
        let first = auth.elements().first().and_then(Json::as_str).unwrap_or("nothing");
        if !is_accepted {
            return refuse(auth.span, first, problems);
        }
    } else if let Some(version) = metadata.get("signatureVersion").filter(|version| version.as_str() != Some("v4")) {
        return refuse(version.span, version.as_str().unwrap_or("nothing"), problems);
    }
    let name = metadata.get("signingName").or_else(|| metadata.get("endpointPrefix"));
    let mut signed = Object::at(metadata.span);
    if let Some(name) = name {
        signed.add("name", name.span, name.clone());
    }
    traits.add(SIGV4, metadata.span, signed.json());
}
