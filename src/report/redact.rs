//! Takes secrets out of everything that is shown.

use serde_json::Value;

use crate::spec::Contract;
use crate::spec::contract::{Node, NodeKind};

/// Stands where a secret was.
const REDACTED: &str = "[redacted]";

/// Takes secrets out of texts and JSON.
#[derive(Debug, Default)]
pub struct Redactor {
    /// Secrets, longest first, so that none is left over as part of another.
    secrets: Vec<String>,
    /// Names of members that hold secrets in some shape of the contract and nothing else in another.
    names: Vec<String>,
}

impl Redactor {
    /// A redactor for the secrets of one run.
    pub fn new(contract: &Contract, secrets: &[String]) -> Redactor {
        let mut secrets: Vec<String> = secrets.iter().filter(|secret| secret.len() >= 8).cloned().collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let trees = contract.operations.iter().flat_map(|operation| [&operation.input, &operation.output]);
        let nodes: Vec<&Node> = trees.flat_map(Node::walk).collect();
        let is_secret_name = |name: &str| nodes.iter().filter(|node| node.name == name).all(|node| node.is_sensitive);
        let mut names: Vec<String> = nodes
            .iter()
            .filter(|node| node.is_sensitive && is_secret_name(&node.name))
            .map(|node| node.name.clone())
            .collect();
        names.sort();
        names.dedup();
        Redactor { secrets, names }
    }

    /// The text without secrets.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), REDACTED);
            }
        }
        text
    }

    /// The JSON without secrets: sensitive members of the shape, members that are secret wherever they occur, and
    /// known secrets anywhere.
    pub fn json(&self, value: Value, shape: Option<&Node>) -> Value {
        match value {
            Value::Null => Value::Null,
            _ if shape.is_some_and(|shape| shape.is_sensitive) => Value::from(REDACTED),
            Value::String(text) => Value::from(self.text(&text)),
            Value::Array(elements) => {
                let element = shape.and_then(|shape| match &shape.kind {
                    NodeKind::List { element } => Some(&**element),
                    _ => None,
                });
                Value::Array(elements.into_iter().map(|value| self.json(value, element)).collect())
            }
            Value::Object(members) => Value::Object(
                members
                    .into_iter()
                    .map(|(name, value)| {
                        let below = shape.and_then(|shape| shape.member(&name));
                        let value = if self.names.contains(&name) && value.is_string() {
                            Value::from(REDACTED)
                        } else {
                            self.json(value, below)
                        };
                        (self.text(&name), value)
                    })
                    .collect(),
            ),
            other => other,
        }
    }
}
