//! Which traits the loader understands, which say nothing about a verdict, and which it refuses.

use super::ast::{Ast, Shape, ShapeKind, TraitUse, short_name};
use super::error::Problems;
use super::json::{Json, Kind};

/// Traits that the loader works with.
const UNDERSTOOD: [&str; 36] = [
    "aws.api#service",
    "aws.auth#sigv4",
    "aws.protocols#restJson1",
    "smithy.api#clientOptional",
    "smithy.api#default",
    "smithy.api#addedDefault",
    "smithy.api#enum",
    "smithy.api#enumValue",
    "smithy.api#error",
    "smithy.api#http",
    "smithy.api#httpError",
    "smithy.api#httpHeader",
    "smithy.api#httpLabel",
    "smithy.api#httpPayload",
    "smithy.api#httpPrefixHeaders",
    "smithy.api#httpQuery",
    "smithy.api#httpQueryParams",
    "smithy.api#httpResponseCode",
    "smithy.api#idempotencyToken",
    "smithy.api#idempotent",
    "smithy.api#input",
    "smithy.api#jsonName",
    "smithy.api#length",
    "smithy.api#mixin",
    "smithy.api#output",
    "smithy.api#paginated",
    "smithy.api#pattern",
    "smithy.api#range",
    "smithy.api#readonly",
    "smithy.api#required",
    "smithy.api#sensitive",
    "smithy.api#sparse",
    "smithy.api#timestampFormat",
    "smithy.api#title",
    "smithy.api#uniqueItems",
    "smithy.api#box",
];

/// Traits that say nothing about what a request or response must look like.
const SILENT: [&str; 53] = [
    "aws.api#arn",
    "aws.api#arnReference",
    "aws.api#clientDiscoveredEndpoint",
    "aws.api#clientEndpointDiscovery",
    "aws.api#controlPlane",
    "aws.api#data",
    "aws.api#dataPlane",
    "aws.api#tagEnabled",
    "aws.api#taggable",
    "aws.auth#cognitoUserPools",
    "aws.auth#sigv4a",
    "aws.auth#unsignedPayload",
    "smithy.api#auth",
    "smithy.api#authDefinition",
    "smithy.api#cors",
    "smithy.api#deprecated",
    "smithy.api#documentation",
    "smithy.api#examples",
    "smithy.api#externalDocumentation",
    "smithy.api#idRef",
    "smithy.api#internal",
    "smithy.api#nestedProperties",
    "smithy.api#noReplace",
    "smithy.api#notProperty",
    "smithy.api#optionalAuth",
    "smithy.api#private",
    "smithy.api#property",
    "smithy.api#protocolDefinition",
    "smithy.api#recommended",
    "smithy.api#references",
    "smithy.api#requestCompression",
    "smithy.api#requiresLength",
    "smithy.api#resourceIdentifier",
    "smithy.api#retryable",
    "smithy.api#since",
    "smithy.api#suppress",
    "smithy.api#tags",
    "smithy.api#trait",
    "smithy.api#traitValidators",
    "smithy.api#unitType",
    "smithy.api#unstable",
    "smithy.api#xmlAttribute",
    "smithy.api#xmlFlattened",
    "smithy.api#xmlName",
    "smithy.api#xmlNamespace",
    "smithy.api#mediaType",
    "smithy.rules#clientContextParams",
    "smithy.rules#contextParam",
    "smithy.rules#endpointBdd",
    "smithy.rules#endpointRuleSet",
    "smithy.rules#endpointTests",
    "smithy.rules#operationContextParams",
    "smithy.rules#staticContextParams",
];

/// Namespaces of traits that say nothing about what a request or response must look like.
const SILENT_NAMESPACES: [&str; 7] = [
    "aws.cloudformation",
    "aws.customizations",
    "aws.endpoints",
    "aws.iam",
    "smithy.openapi",
    "smithy.test",
    "smithy.waiters",
];

/// Traits that would change a verdict and that the harness cannot work with, with the reason.
const REFUSED: [(&str, &str); 12] = [
    ("aws.protocols#httpChecksum", "request checksums are not supported"),
    ("smithy.api#httpChecksumRequired", "request checksums are not supported"),
    ("smithy.api#endpoint", "host prefixes are not supported"),
    ("smithy.api#hostLabel", "host prefixes are not supported"),
    ("smithy.api#streaming", "streams are not supported"),
    ("smithy.api#eventHeader", "event streams are not supported"),
    ("smithy.api#eventPayload", "event streams are not supported"),
    ("smithy.api#httpApiKeyAuth", "only SigV4 is supported"),
    ("smithy.api#httpBasicAuth", "only SigV4 is supported"),
    ("smithy.api#httpBearerAuth", "only SigV4 is supported"),
    ("smithy.api#httpDigestAuth", "only SigV4 is supported"),
    ("aws.auth#sigv4s3express", "only SigV4 is supported"),
];

/// Protocols that another model may bring, so that the message can name what is wrong with it.
const PROTOCOL_NAMESPACES: [&str; 2] = ["aws.protocols", "smithy.protocols"];

/// Reports every trait that is unknown, refused, or of the wrong form.
pub(super) fn check(ast: &Ast<'_>, problems: &mut Problems<'_>) {
    for shape in ast.shapes.values().filter(|shape| shape.body.is_some()) {
        for used in &shape.traits {
            check_use(used, problems);
            check_place(used, shape.kind, shape, problems);
        }
        for member in &shape.members {
            let Some(target) = ast.shapes.get(member.target.target) else {
                continue;
            };
            for used in &member.traits {
                check_use(used, problems);
                let is_enum = matches!(shape.kind, ShapeKind::Enum | ShapeKind::IntEnum);
                if !is_enum {
                    check_place(used, target.kind, shape, problems);
                }
            }
        }
    }
}

fn check_use(used: &TraitUse<'_>, problems: &mut Problems<'_>) {
    let namespace = used.id.split('#').next().unwrap_or_default();
    if let Some((_, reason)) = REFUSED.iter().find(|(id, _)| *id == used.id) {
        let message = format!("the trait `{}` cannot be honoured: {reason}", used.id);
        problems.add(
            used.span,
            message,
            "check this service without the shape, or remove the trait if it says nothing",
        );
    } else if UNDERSTOOD.contains(&used.id) {
        check_value(used, problems);
    } else if PROTOCOL_NAMESPACES.contains(&namespace) {
        let message = format!("the protocol `{}` is not supported", used.id);
        problems.add(used.span, message, "only services of `aws.protocols#restJson1` can be checked");
    } else if !SILENT.contains(&used.id) && !SILENT_NAMESPACES.contains(&namespace) {
        let message = format!("the trait `{}` is not understood", used.id);
        problems.add(used.span, message, "it could change a verdict: remove it if it does not");
    }
}

/// What form a trait's value has.
enum Form {
    Empty,
    Text,
    Number,
    Object,
    Any,
}

fn form(id: &str) -> Form {
    match short_name(id) {
        "clientOptional" | "addedDefault" | "httpLabel" | "httpPayload" | "httpQueryParams" | "httpResponseCode"
        | "idempotencyToken" | "idempotent" | "input" | "output" | "readonly" | "required" | "sensitive" | "sparse"
        | "uniqueItems" | "box" => Form::Empty,
        "httpHeader" | "httpPrefixHeaders" | "httpQuery" | "jsonName" | "pattern" | "timestampFormat" | "title"
        | "error" => Form::Text,
        "httpError" => Form::Number,
        "service" | "sigv4" | "restJson1" | "http" | "length" | "range" | "paginated" | "mixin" => Form::Object,
        _ => Form::Any,
    }
}

fn check_value(used: &TraitUse<'_>, problems: &mut Problems<'_>) {
    let (is_right, wanted) = match form(used.id) {
        Form::Empty => (used.value.is_object() && used.value.entries().is_empty(), "an empty object"),
        Form::Text => (used.value.as_str().is_some(), "a string"),
        Form::Number => (used.value.as_u64().is_some(), "a whole number"),
        Form::Object => (used.value.is_object(), "an object"),
        Form::Any => (true, ""),
    };
    if !is_right {
        let message = format!("the value of `{}` must be {wanted}, not {}", used.id, found(used.value));
        problems.add(used.value.span, message, "correct the value as the Smithy 2.0 specification has it");
    }
}

fn found(value: &Json) -> &'static str {
    match &value.kind {
        Kind::Object(entries) if !entries.is_empty() => "an object with members",
        _ => value.kind_name(),
    }
}

/// Reports a constraint on a shape that cannot have it.
fn check_place(used: &TraitUse<'_>, kind: ShapeKind, shape: &Shape<'_>, problems: &mut Problems<'_>) {
    use ShapeKind as K;
    let is_right = match used.id {
        "smithy.api#length" => matches!(kind, K::String | K::Enum | K::List | K::Set | K::Map | K::Blob),
        "smithy.api#pattern" => matches!(kind, K::String | K::Enum),
        "smithy.api#enum" => kind == K::String,
        "smithy.api#uniqueItems" => matches!(kind, K::List | K::Set),
        "smithy.api#sparse" => matches!(kind, K::List | K::Set | K::Map),
        "smithy.api#timestampFormat" => kind == K::Timestamp,
        "smithy.api#range" => matches!(
            kind,
            K::Byte
                | K::Short
                | K::Integer
                | K::IntEnum
                | K::Long
                | K::BigInteger
                | K::Float
                | K::Double
                | K::BigDecimal
        ),
        _ => true,
    };
    if !is_right {
        let message = format!("`{}` cannot stand at a {} (in `{}`)", used.id, kind.name(), shape.id);
        problems.add(used.span, message, "remove it or apply it to a shape of a type that it constrains");
    }
}
