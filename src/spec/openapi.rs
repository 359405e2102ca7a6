//! Exports a contract as an OpenAPI 3.1 document.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::contract::{Contract, Location, Node, NodeKind, Operation, OperationError, UriSegment};
use super::schema::{self, Leniencies, lenient_output, node_schema};

/// The header that names the error in restJson1.
const ERROR_HEADER: &str = "x-amzn-errortype";

/// The contract as an OpenAPI 3.1 document: paths, parameters, bodies, every documented status, and SigV4.
pub fn export_openapi(contract: &Contract) -> Value {
    let lenient = lenient_output(contract);
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for operation in &contract.operations {
        let method = operation.method.to_lowercase();
        let mut path = path(operation);
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

fn path(operation: &Operation) -> String {
    let segments = operation.uri.iter().map(|segment| match segment {
        UriSegment::Literal(text) => format!("/{text}"),
        UriSegment::Label { member, .. } => format!("/{{{member}}}"),
    });
    let path: String = segments.collect();
    if path.is_empty() { "/".to_owned() } else { path }
}

fn operation_object(contract: &Contract, operation: &Operation, lenient: &Leniencies<'_>) -> Value {
    let mut object = json!({
        "operationId": operation.name,
        "parameters": parameters(operation),
        "responses": responses(operation, lenient),
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

fn responses(operation: &Operation, lenient: &Leniencies<'_>) -> Value {
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
    let mut by_status: BTreeMap<u16, Vec<&OperationError>> = BTreeMap::new();
    for error in &operation.errors {
        by_status.entry(error.status).or_default().push(error);
    }
    let mut found: Map<String, Value> =
        by_status.into_iter().map(|(status, errors)| (status.to_string(), error_response(&errors))).collect();
    found.insert(operation.success_status.to_string(), success);
    Value::Object(found)
}

fn error_response(errors: &[&OperationError]) -> Value {
    let codes: Vec<&str> = errors.iter().map(|error| error.code.as_str()).collect();
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
    let errors = contract.operations.iter().flat_map(|operation| &operation.errors);
    let schemas: BTreeMap<&str, Value> = errors
        .map(|error| {
            let schema = json!({
                "type": "object",
                "title": error.code,
                "description": format!("The error `{}` with status {}.", error.code, error.status),
                "properties": { "__type": { "type": "string" } },
                "additionalProperties": true,
            });
            (error.code.as_str(), schema)
        })
        .collect();
    json!(schemas)
}
