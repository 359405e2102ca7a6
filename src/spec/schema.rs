//! JSON Schemas (draft 2020-12) of requests and responses, keyed by the names on the wire.

use serde_json::{Map, Value, json};

use super::clause::ClauseIndex;
use super::contract::{Bounds, Contract, Node, NodeKind, Operation, TimestampFormat};
use super::lint;

/// The dialect of every schema made here.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Values that are allowed at a node beside what its constraints allow.
pub(super) type Leniencies<'c> = Vec<(&'c Node, &'c [Value])>;

/// The schema of an operation's whole input as one object: members of the URI, the query, the headers and the body
/// alike. Prose rules are not merged in: [`rule_schemas`] has them.
pub fn input_schema(_contract: &Contract, operation: &Operation) -> Value {
    node_schema(&operation.input, &Vec::new())
}

/// The schema of an operation's whole output as one object, with the values that the readings allow besides.
pub fn output_schema(contract: &Contract, operation: &Operation) -> Value {
    node_schema(&operation.output, &lenient_output(contract))
}

/// The nodes of responses at which the readings allow further values.
pub(super) fn lenient_output(contract: &Contract) -> Leniencies<'_> {
    let all = contract.rules.lenient_output.iter();
    all.flat_map(|lenient| {
        lint::nodes(contract, &lenient.path).into_iter().map(|node| (node, lenient.also_allowed.as_slice()))
    })
    .collect()
}

/// The schemas of the prose rules that hold for an operation's input, each over the whole input, with their clauses.
pub fn rule_schemas(contract: &Contract, operation: &Operation) -> Vec<(ClauseIndex, Value)> {
    let mut found = Vec::new();
    for rule in &contract.rules.input_rules {
        let Some(clause) = contract.clauses.find(&rule.id) else {
            continue;
        };
        if rule.operations.contains(&operation.name) {
            found.push((clause, rule.schema.clone()));
        }
        for path in &rule.paths {
            let below = path.strip_prefix(&operation.name).and_then(|rest| rest.strip_prefix(".input."));
            if let Some(lifted) = below.and_then(|below| lift(&operation.input, below, &rule.schema)) {
                found.push((clause, lifted));
            }
        }
    }
    found
}

/// A schema over a value at a path, as a schema over the structure that the path starts from.
fn lift(node: &Node, path: &str, schema: &Value) -> Option<Value> {
    if node.path == path {
        return Some(schema.clone());
    }
    let child = node.children().into_iter().find(|child| child.covers(path))?;
    let inner = lift(child, path, schema)?;
    let name = child.name.clone();
    Some(match &node.kind {
        NodeKind::List { .. } => json!({ "items": inner }),
        NodeKind::Map { .. } if child.is_map_key => json!({ "propertyNames": inner }),
        NodeKind::Map { .. } => json!({ "additionalProperties": inner }),
        _ => json!({ "properties": { name: inner } }),
    })
}

/// The schema of a node and all below it.
pub(super) fn node_schema(node: &Node, lenient: &Leniencies<'_>) -> Value {
    let mut schema = kind_schema(node, lenient);
    constrain(&mut schema, node);
    let schema = Value::Object(schema);
    let also: Vec<Value> = lenient
        .iter()
        .filter(|(known, _)| std::ptr::eq(*known, node))
        .flat_map(|(_, values)| values.iter().cloned())
        .chain(node.is_nullable.then_some(Value::Null))
        .collect();
    if also.is_empty() { schema } else { json!({ "anyOf": [schema, { "enum": also }] }) }
}

fn kind_schema(node: &Node, lenient: &Leniencies<'_>) -> Map<String, Value> {
    let schema = match &node.kind {
        NodeKind::Structure(members) => structure(&members.iter().collect::<Vec<_>>(), lenient),
        NodeKind::Union(members) => {
            let mut schema = structure(&members.iter().collect::<Vec<_>>(), lenient);
            let choices: Vec<Value> = members.iter().map(|member| json!({ "required": [member.name] })).collect();
            if let Some(object) = schema.as_object_mut().filter(|_| !choices.is_empty()) {
                object.insert("oneOf".to_owned(), Value::Array(choices));
            }
            schema
        }
        NodeKind::List { element } => {
            json!({ "type": "array", "items": node_schema(element, lenient) })
        }
        NodeKind::Map { key, value } => json!({
            "type": "object",
            "propertyNames": node_schema(key, lenient),
            "additionalProperties": node_schema(value, lenient),
        }),
        NodeKind::String => json!({ "type": "string" }),
        NodeKind::Enum(values) => json!({ "type": "string", "enum": values }),
        NodeKind::IntEnum(values) => json!({ "type": "integer", "enum": values }),
        NodeKind::Integer { lowest, highest } => {
            json!({ "type": "integer", "minimum": lowest, "maximum": highest })
        }
        NodeKind::Float | NodeKind::Timestamp(TimestampFormat::EpochSeconds) => {
            json!({ "type": "number" })
        }
        NodeKind::Boolean => json!({ "type": "boolean" }),
        NodeKind::Timestamp(TimestampFormat::DateTime) => {
            json!({ "type": "string", "format": "date-time" })
        }
        NodeKind::Timestamp(TimestampFormat::HttpDate) => json!({ "type": "string" }),
        NodeKind::Blob => json!({ "type": "string", "contentEncoding": "base64" }),
        NodeKind::Document | NodeKind::Recursive => json!({}),
    };
    match schema {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// The schema of an object with these members.
pub(super) fn structure(members: &[&Node], lenient: &Leniencies<'_>) -> Value {
    let properties: Map<String, Value> =
        members.iter().map(|member| (member.name.clone(), node_schema(member, lenient))).collect();
    let required: Vec<&str> =
        members.iter().filter(|member| member.is_required).map(|member| member.name.as_str()).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": true });
    if let Some(object) = schema.as_object_mut().filter(|_| !required.is_empty()) {
        object.insert("required".to_owned(), json!(required));
    }
    schema
}

/// Adds the constraints in force at a node.
fn constrain(schema: &mut Map<String, Value>, node: &Node) {
    let keys = match node.kind {
        NodeKind::String | NodeKind::Enum(_) => Some(("minLength", "maxLength")),
        NodeKind::List { .. } => Some(("minItems", "maxItems")),
        NodeKind::Map { .. } => Some(("minProperties", "maxProperties")),
        _ => None,
    };
    if let (Some((low, high)), Some(Bounds { min, max })) = (keys, node.constraints.length) {
        schema.extend(min.map(|min| (low.to_owned(), json!(min))));
        schema.extend(max.map(|max| (high.to_owned(), json!(max))));
    }
    if let Some(pattern) = &node.constraints.pattern {
        schema.insert("pattern".to_owned(), json!(pattern.anchored()));
    }
    if node.constraints.unique_items {
        schema.insert("uniqueItems".to_owned(), json!(true));
    }
    if let Some(Bounds { min, max }) = node.constraints.range {
        tighten(schema, "minimum", min, f64::max);
        tighten(schema, "maximum", max, f64::min);
    }
}

/// Sets a bound of a number, unless that of its type is tighter.
fn tighten(schema: &mut Map<String, Value>, key: &str, bound: Option<f64>, tighter: fn(f64, f64) -> f64) {
    let Some(bound) = bound else { return };
    let bound = schema.get(key).and_then(Value::as_f64).map_or(bound, |of_type| tighter(bound, of_type));
    let value = if bound.fract() == 0.0 { json!(bound as i64) } else { json!(bound) };
    schema.insert(key.to_owned(), value);
}

/// One schema document for all operations: `$defs` holds `OperationInput`, with the prose rules in `allOf`, and
/// `OperationOutput`.
pub fn export_json_schema(contract: &Contract) -> Value {
    let mut definitions = Map::new();
    for operation in &contract.operations {
        let mut input = input_schema(contract, operation);
        let rules: Vec<Value> = rule_schemas(contract, operation)
            .into_iter()
            .map(|(clause, schema)| described(&contract.clauses.get(clause).statement, schema))
            .collect();
        if let Some(object) = input.as_object_mut().filter(|_| !rules.is_empty()) {
            object.insert("allOf".to_owned(), Value::Array(rules));
        }
        definitions.insert(format!("{}Input", operation.name), input);
        if !operation.output_is_empty() {
            definitions.insert(format!("{}Output", operation.name), output_schema(contract, operation));
        }
    }
    json!({
        "$schema": DIALECT,
        "title": format!("{} {}", contract.service.name, contract.service.version),
        "description": "Inputs and outputs of every operation, each as one object by the names on the wire.",
        "$defs": definitions,
    })
}

/// A schema with its sentence.
fn described(statement: &str, schema: Value) -> Value {
    match schema {
        Value::Object(mut object) => {
            object.entry("description").or_insert_with(|| json!(statement));
            Value::Object(object)
        }
        other => other,
    }
}
