//! Takes secrets out of everything that is shown.

use std::collections::{BTreeSet, HashMap, HashSet};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;
use serde_json::Value;

use crate::spec::Contract;
use crate::spec::contract::{Node, NodeKind};

/// Stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// Shortest secret that is looked for in texts: a shorter one stands in too many that are none.
const SHORTEST: usize = 8;
/// A signature, wherever it stands: 64 hexadecimal digits, alone.
const SIGNATURE: &str = r"\b[0-9a-f]{64}\b";
/// Headers that are secret as a whole.
const SECRET_HEADERS: [&str; 4] = ["authorization", "x-amz-security-token", "cookie", "set-cookie"];

/// Takes secrets out of texts and JSON.
#[derive(Debug, Default)]
pub struct Redactor {
    secrets: Secrets,
    signature: Option<Regex>,
    /// Names of members that hold secrets in some shape of the contract and nothing else in another.
    names: Vec<String>,
}

impl Redactor {
    /// A redactor for the secrets of one run.
    pub fn new(contract: &Contract, secrets: &[String]) -> Redactor {
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
        Redactor { secrets: Secrets::new(secrets), signature: Regex::new(SIGNATURE).ok(), names }
    }

    /// The text without secrets.
    pub fn text(&self, text: &str) -> String {
        let text = self.secrets.taken_out_of(text);
        match &self.signature {
            Some(signature) if text.len() >= 64 => signature.replace_all(&text, REDACTED).into_owned(),
            _ => text,
        }
    }

    /// Whether a header is a secret as a whole.
    pub fn is_secret_header(&self, name: &str) -> bool {
        SECRET_HEADERS.iter().any(|secret| name.eq_ignore_ascii_case(secret))
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

/// A secret as it stands in plain text, in a URL, and in JSON that is no more read as JSON.
fn forms(secret: &str) -> [String; 3] {
    let json = Value::from(secret).to_string();
    let json = json.trim_matches('"').to_owned();
    [secret.to_owned(), utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(), json]
}

/// Secrets in every form in which texts may hold them. A run may know hundreds of thousands: making this takes no longer
/// than reading them.
#[derive(Debug, Default)]
struct Secrets {
    forms: HashSet<String>,
    /// How long the forms with a start are.
    lengths: HashMap<[u8; SHORTEST], BTreeSet<usize>>,
}

impl Secrets {
    fn new(secrets: &[String]) -> Secrets {
        let mut known = Secrets::default();
        for form in secrets.iter().filter(|secret| secret.len() >= SHORTEST).flat_map(|secret| forms(secret)) {
            if let Some(start) = form.as_bytes().first_chunk() {
                known.lengths.entry(*start).or_default().insert(form.len());
                known.forms.insert(form);
            }
        }
        known
    }

    /// Length of the longest secret that stands at a position: none is left over as part of another.
    fn at(&self, text: &str, position: usize) -> Option<usize> {
        let lengths = self.lengths.get(text.as_bytes().get(position..)?.first_chunk()?)?;
        let is_known = |length: &usize| {
            text.get(position..position + length).is_some_and(|candidate| self.forms.contains(candidate))
        };
        lengths.iter().rev().copied().find(is_known)
    }

    /// The text without secrets.
    fn taken_out_of(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let (mut end, mut position) = (0, 0);
        while position < text.len() && !self.forms.is_empty() {
            match self.at(text, position) {
                Some(length) => {
                    shown.push_str(text.get(end..position).unwrap_or_default());
                    shown.push_str(REDACTED);
                    position += length;
                    end = position;
                }
                None => position += 1,
            }
        }
        shown.push_str(text.get(end..).unwrap_or_default());
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn redactor(secrets: &[&str]) -> Redactor {
        let secrets: Vec<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        Redactor::new(&crate::spec::builtin().unwrap(), &secrets)
    }

    #[test]
    fn secrets_go_in_every_form_and_nothing_else_does() {
        let redactor = redactor(&["wJalr/XU+tn\"FEMI", "wJalr/XU+tn\"FEMI-and-more", "short"]);
        let text =
            r#"a wJalr/XU+tn"FEMI b wJalr%2FXU%2Btn%22FEMI c wJalr/XU+tn\"FEMI d wJalr/XU+tn"FEMI-and-more short"#;
        assert_eq!(redactor.text(text), "a [redacted] b [redacted] c [redacted] d [redacted] short");
    }

    #[test]
    fn signatures_go_wherever_they_stand() {
        let redactor = redactor(&[]);
        let signature = "0123456789abcdef".repeat(4);
        let text = format!("AWS4 Signature={signature}, {signature}a {signature}");
        assert_eq!(redactor.text(&text), format!("AWS4 Signature=[redacted], {signature}a [redacted]"));
    }

    #[test]
    fn sensitive_members_go_whatever_they_hold() {
        let contract = crate::spec::builtin().unwrap();
        let output = &contract.operation("GetStreamKey").unwrap().output;
        let shown = redactor(&[])
            .json(json!({"streamKey": {"value": "x", "arn": "arn:aws:ivs:r:1:stream-key/y"}}), Some(output));
        assert_eq!(shown["streamKey"]["value"], REDACTED);
        assert_eq!(shown["streamKey"]["arn"], "arn:aws:ivs:r:1:stream-key/y");
    }
}
