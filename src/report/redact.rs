//! Takes secrets out of everything that is shown.

use std::collections::BTreeSet;

use regex::{Captures, Regex};
use serde_json::Value;

use crate::record::Secrets;
use crate::spec::Contract;
use crate::spec::contract::{Node, NodeKind};

/// Stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// A signature, wherever it stands: 64 hexadecimal digits, alone.
const SIGNATURE: &str = r"\b[0-9a-f]{64}\b";
/// A signature has more different digits, but for one in 10^43.
const FEWEST_DIGITS: usize = 4;
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
    pub fn new(contract: &Contract, secrets: Secrets) -> Redactor {
        Redactor { secrets, signature: Regex::new(SIGNATURE).ok(), names: contract.secret_names() }
    }

    /// The text without secrets.
    pub fn text(&self, text: &str) -> String {
        let text = self.secrets.taken_out_of(text, REDACTED);
        match &self.signature {
            Some(signature) if text.len() >= 64 => {
                let shown = |found: &Captures<'_>| {
                    let digits = found.get(0).map_or("", |digits| digits.as_str());
                    if is_random(digits) { REDACTED.to_owned() } else { digits.to_owned() }
                };
                signature.replace_all(&text, shown).into_owned()
            }
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

/// Whether digits may be those of a signature, and not one letter over and over, as a text of 64 characters has that was made
/// small.
fn is_random(digits: &str) -> bool {
    digits.bytes().collect::<BTreeSet<u8>>().len() >= FEWEST_DIGITS
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn redactor() -> Redactor {
        Redactor::new(&crate::spec::builtin().unwrap(), Secrets::default())
    }

    #[test]
    fn signatures_go_wherever_they_stand() {
        let redactor = redactor();
        let signature = "0123456789abcdef".repeat(4);
        let text = format!("AWS4 Signature={signature}, {signature}a {signature}");
        assert_eq!(redactor.text(&text), format!("AWS4 Signature=[redacted], {signature}a [redacted]"));
        let small = "a".repeat(64);
        assert_eq!(redactor.text(&small), small, "a text that breaks a bound of 63 characters");
    }

    #[test]
    fn sensitive_members_go_whatever_they_hold() {
        let contract = crate::spec::builtin().unwrap();
        let output = &contract.operation("GetStreamKey").unwrap().output;
        let shown =
            redactor().json(json!({"streamKey": {"value": "x", "arn": "arn:aws:ivs:r:1:stream-key/y"}}), Some(output));
        assert_eq!(shown["streamKey"]["value"], REDACTED);
        assert_eq!(shown["streamKey"]["arn"], "arn:aws:ivs:r:1:stream-key/y");
    }
}
