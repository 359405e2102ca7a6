//! Texts of both targets that stand for each other: in requests, and at the same place of two responses.

use std::collections::BTreeMap;

use serde_json::Value;

use super::difference::{Response, below};
use super::program::read_reference;
use super::renaming::Renaming;
use crate::generate::placeholder;
use crate::spec::contract::{NodeKind, Operation};

/// Two texts that were made up at the same place.
#[derive(Debug, Clone)]
pub struct Corresponding {
    pub operation: String,
    pub path: String,
    pub input: String,
    pub a: String,
    pub b: String,
}

/// Names of nothing, and other values that each target is given its own of, correspond.
pub(super) fn inputs(renaming: &mut Renaming, a: &Value, b: &Value) {
    match (a, b) {
        (Value::String(a), Value::String(b)) if a != b => {
            renaming.relate(a, b);
        }
        (Value::Array(a), Value::Array(b)) => a.iter().zip(b).for_each(|(a, b)| inputs(renaming, a, b)),
        (Value::Object(a), Value::Object(b)) => {
            for (name, a) in a {
                if let Some(b) = b.get(name) {
                    inputs(renaming, a, b);
                }
            }
        }
        _ => {}
    }
}

/// Texts of both targets at the same place, for each member that is not in a list.
pub(super) fn texts(operation: &Operation, input: &Value, a: &Response, b: &Response) -> Vec<Corresponding> {
    let (Some(a), Some(b)) = (&a.body, &b.body) else { return Vec::new() };
    // What refers to other resources is another request in every program.
    let refers = placeholder::names(input).into_iter().any(|name| read_reference(name).is_some());
    if refers {
        return Vec::new();
    }
    let mut pairs: BTreeMap<String, (String, String)> = BTreeMap::new();
    collect(a, b, "", &mut pairs);
    let is_text = |path: &str| {
        let is_token = operation.pagination.as_ref().is_some_and(|pages| pages.output_token == path);
        !is_token && operation.output.find(path).is_some_and(|node| matches!(node.kind, NodeKind::String))
    };
    let pair = |(path, (a, b)): (String, (String, String))| Corresponding {
        operation: operation.name.clone(),
        path,
        input: input.to_string(),
        a,
        b,
    };
    pairs.into_iter().filter(|(path, _)| is_text(path)).map(pair).collect()
}

fn collect(a: &Value, b: &Value, path: &str, pairs: &mut BTreeMap<String, (String, String)>) {
    match (a, b) {
        (Value::String(a), Value::String(b)) => {
            pairs.insert(path.to_owned(), (a.clone(), b.clone()));
        }
        (Value::Object(a), Value::Object(b)) => {
            for (name, a) in a {
                if let Some(b) = b.get(name) {
                    collect(a, b, &below(path, name), pairs);
                }
            }
        }
        _ => {}
    }
}
