//! Exports a contract as an OpenAPI 3.1 document.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::contract::{Contract, Location, Node, NodeKind, Operation};
use super::rules::InputRule;
use super::schema::{self, Leniencies, lenient_output, node_schema};

/// The header that names the error in restJson1.
const ERROR_HEADER: &str = "x-amzn-errortype";

/// The range of statuses of responses to a request that is not valid HTTP or not of the operation.
const CLIENT_ERROR: &str = "4XX";
const CLIENT_ERROR_DESCRIPTION: &str = "A request that is malformed as HTTP, or that names no operation or member: the \
                                        contract leaves the client error open.";

/// The contract as an OpenAPI 3.1 document: paths, parameters, bodies, every documented status, and SigV4.
pub fn export_openapi(contract: &Contract) -> Value {
    let lenient = lenient_output(contract);
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for operation in &contract.operations {
        let method = operation.method.to_lowercase();
        let mut path = operation.uri_template();
        if paths.get(&path).is_some_and(|item| item.contains_key(&method)) {
            path = format!("{path}#{}", operation.name);
        }
        paths.entry(path).or_default().insert(method, operation_object(contract, operation, &lenient));
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": contract.service.name,
            "version": contract.service.version,
            "description": format!("Exported from the contract of {}.", contract.service.id),
        },
        "jsonSchemaDialect": schema::DIALECT,
        "paths": paths,
        "components": { "schemas": error_schemas(contract) },
    });
    if let Some(document) = document.as_object_mut() {
        document
            .extend(contract.service.endpoint_prefix.as_ref().map(|prefix| ("servers".to_owned(), servers(prefix))));
        if contract.service.signing_name.is_some() {
            document.insert("security".to_owned(), json!([{ "sigv4": [] }]));
            if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
                components.insert("securitySchemes".to_owned(), security_schemes());
            }
        }
    }
    document
}

fn servers(prefix: &str) -> Value {
    json!([{
        "url": format!("https://{prefix}.{{region}}.amazonaws.com"),
        "variables": { "region": { "default": "us-east-1", "description": "AWS region" } },
    }])
}

fn security_schemes() -> Value {
    json!({
        "sigv4": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "description": "AWS Signature Version 4",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
    })
}

fn operation_object(contract: &Contract, operation: &Operation, lenient: &Leniencies<'_>) -> Value {
    let mut object = json!({
        "operationId": operation.name,
        "parameters": parameters(operation),
        "responses": responses(contract, operation, lenient),
    });
    let body = body(&operation.input, &Vec::new());
    if let (Some(object), Some(mut body)) = (object.as_object_mut(), body) {
        if let Some(request) = body.as_object_mut() {
            let is_required = in_body(&operation.input).iter().any(|member| member.is_required);
            request.insert("required".to_owned(), json!(is_required));
            let rules: Vec<&str> = schema::rule_schemas(contract, operation)
                .iter()
                .map(|(clause, _)| contract.clauses.get(*clause).statement.as_str())
                .collect();
            if !rules.is_empty() {
                request.insert("description".to_owned(), json!(rules.join(" ")));
            }
        }
        object.insert("requestBody".to_owned(), body);
    }
    object
}

fn parameters(operation: &Operation) -> Value {
    let none = Vec::new();
    let mut found: Vec<Value> = operation
        .query
        .iter()
        .map(|(name, value)| {
            let value = value.clone().unwrap_or_default();
            json!({ "name": name, "in": "query", "required": true, "schema": { "type": "string", "const": value } })
        })
        .collect();
    for member in operation.input.members() {
        let (place, name) = match &member.location {
            Location::Label => ("path", member.name.clone()),
            Location::Query(name) => ("query", name.clone()),
            Location::QueryParams => ("query", member.name.clone()),
            Location::Header(name) => ("header", name.clone()),
            Location::PrefixHeaders(prefix) => ("header", format!("{prefix}*")),
            Location::Body | Location::Payload | Location::StatusCode => continue,
        };
        found.push(json!({
            "name": name,
            "in": place,
            "required": member.is_required,
            "schema": node_schema(member, &none),
        }));
    }
    Value::Array(found)
}

/// The members that travel in the body.
fn in_body(node: &Node) -> Vec<&Node> {
    node.members().iter().filter(|member| matches!(member.location, Location::Body | Location::Payload)).collect()
}

/// The content of a body, none if there is none.
fn body(node: &Node, lenient: &Leniencies<'_>) -> Option<Value> {
    let members = in_body(node);
    let first = members.first()?;
    if first.location != Location::Payload {
        return Some(json!({ "content": { "application/json": { "schema": schema::structure(&members, lenient) } } }));
    }
    let media_type = match first.kind {
        NodeKind::Blob => "application/octet-stream",
        NodeKind::String | NodeKind::Enum(_) => "text/plain",
        _ => "application/json",
    };
    Some(json!({ "content": { media_type: { "schema": node_schema(first, lenient) } } }))
}

fn responses(contract: &Contract, operation: &Operation, lenient: &Leniencies<'_>) -> Value {
    let mut success = json!({ "description": "Success" });
    if let Some(success) = success.as_object_mut() {
        if let Some(Value::Object(body)) = body(&operation.output, lenient) {
            success.extend(body);
        }
        let headers: Map<String, Value> = operation
            .output
            .members()
            .iter()
            .filter_map(|member| match &member.location {
                Location::Header(name) => Some((name.clone(), json!({ "schema": node_schema(member, lenient) }))),
                _ => None,
            })
            .collect();
        if !headers.is_empty() {
            success.insert("headers".to_owned(), Value::Object(headers));
        }
    }
    let errors = allowed_errors(contract, operation);
    let mut found: Map<String, Value> =
        errors.iter().map(|(status, codes)| (status.to_string(), error_response(codes))).collect();
    found.insert(operation.success_status.to_string(), success);
    found.insert(CLIENT_ERROR.to_owned(), json!({ "description": CLIENT_ERROR_DESCRIPTION }));
    Value::Object(found)
}

/// The error codes that the contract allows an operation to respond with, by status: those that it documents or may have beside
/// these, those that its rules and triggers accept, those common to all, and other spellings of all these.
pub(super) fn allowed_errors(contract: &Contract, operation: &Operation) -> BTreeMap<u16, BTreeSet<String>> {
    let rules = &contract.rules;
    let mut allowed: BTreeMap<u16, BTreeSet<String>> = BTreeMap::new();
    let mut allow = |code: &str, status: u16| {
        let others = rules.aliases.get(code).into_iter().flatten().cloned();
        allowed.entry(status).or_default().extend(others.chain([code.to_owned()]));
    };
    operation.errors.iter().for_each(|error| allow(&error.code, error.status));
    for common in &rules.common_errors {
        common.statuses.iter().for_each(|status| allow(&common.code, *status));
    }
    let others = rules.other_errors.iter().filter(|error| error.operation == operation.name);
    others.for_each(|error| allow(&error.code, error.status));
    let triggers = rules.error_triggers.iter().filter(|trigger| trigger.operation == operation.name);
    triggers.flat_map(|trigger| &trigger.accepts).for_each(|error| allow(&error.code, error.status));
    let prefix = format!("{}.", operation.name);
    let is_about_it = |rule: &&InputRule| {
        rule.operations.contains(&operation.name) || rule.paths.iter().any(|path| path.starts_with(&prefix))
    };
    let broken = rules.input_rules.iter().filter(is_about_it);
    broken.flat_map(|rule| &rule.errors).for_each(|error| allow(&error.code, error.status));
    allowed
}

fn error_response(codes: &BTreeSet<String>) -> Value {
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let mut schemas: Vec<Value> =
        codes.iter().map(|code| json!({ "$ref": format!("#/components/schemas/{code}") })).collect();
    let schema = match (schemas.pop(), schemas.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            schemas.extend(last);
            json!({ "anyOf": schemas })
        }
    };
    json!({
        "description": codes.join(", "),
        "headers": { ERROR_HEADER: { "description": "Code of the error", "schema": { "type": "string" } } },
        "content": { "application/json": { "schema": schema } },
    })
}

fn error_schemas(contract: &Contract) -> Value {
    let mut statuses: BTreeMap<String, BTreeSet<u16>> = BTreeMap::new();
    for operation in &contract.operations {
        for (status, codes) in allowed_errors(contract, operation) {
            codes.into_iter().for_each(|code| statuses.entry(code).or_default().extend([status]));
        }
    }
    let schemas: BTreeMap<String, Value> = statuses
        .into_iter()
        .map(|(code, statuses)| {
            let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
            let schema = json!({
                "type": "object",
                "title": code,
                "description": format!("The error `{code}` with status {}.", statuses.join(" or ")),
                "properties": { "__type": { "type": "string" } },
                "additionalProperties": true,
            });
            (code, schema)
        })
        .collect();
    json!(schemas)
}
