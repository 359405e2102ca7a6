//! Puts placeholders in the place of everything in an exchange that is secret.

use bytes::Bytes;
use regex::Regex;
use serde_json::{Map, Value};

use super::pseudonym::Pseudonyms;
use crate::protocol;
use crate::protocol::Route;
use crate::record::Secrets;
use crate::spec::contract::{Node, NodeKind, Operation};
use crate::spec::{Contract, Pattern};
use crate::wire::{Exchange, Reply, Request, Response, Text};

/// A signature, wherever it stands: 64 hexadecimal digits. Behind a placeholder they need not stand alone.
const SIGNATURE: &str = r"[0-9a-f]{64,}";
/// Headers that are secret as a whole: they are left out.
const SECRET_HEADERS: [&str; 6] =
    ["authorization", "proxy-authorization", "x-amz-security-token", "x-amz-date", "cookie", "set-cookie"];

/// What is secret in the exchanges of one contract.
#[derive(Debug)]
pub struct Mask {
    routes: Vec<(Route, Shapes)>,
    names: Vec<String>,
    secrets: Secrets,
    pseudonyms: Pseudonyms,
    signature: Option<Regex>,
}

/// What the contract says of the secrets in an operation's messages.
#[derive(Debug, Clone, Default)]
struct Shapes {
    input: Shape,
    output: Shape,
}

/// Where secrets stand in a message.
#[derive(Debug, Clone, Default)]
struct Shape {
    is_secret: bool,
    pattern: Option<Pattern>,
    members: Vec<(String, Shape)>,
    below: Option<Box<Shape>>,
}

impl Shape {
    fn of(node: &Node) -> Shape {
        let mut shape =
            Shape { is_secret: node.is_sensitive, pattern: node.constraints.pattern.clone(), ..Shape::default() };
        if node.is_sensitive || !node.holds_secret {
            return shape;
        }
        match &node.kind {
            NodeKind::Structure(members) | NodeKind::Union(members) => {
                shape.members = members.iter().map(|member| (member.name.clone(), Shape::of(member))).collect();
            }
            NodeKind::List { element: below } | NodeKind::Map { value: below, .. } => {
                shape.below = Some(Box::new(Shape::of(below)));
            }
            _ => {}
        }
        shape
    }

    fn member(&self, name: &str) -> Option<&Shape> {
        let named = self.members.iter().find(|(known, _)| known == name).map(|(_, shape)| shape);
        named.or(self.below.as_deref())
    }
}

impl Mask {
    /// For a contract; `secrets` are secret wherever they stand.
    pub fn new(contract: &Contract, secrets: impl Iterator<Item = String>) -> Mask {
        let shapes =
            |operation: &Operation| Shapes { input: Shape::of(&operation.input), output: Shape::of(&operation.output) };
        Mask {
            routes: contract.operations.iter().map(|operation| (Route::of(operation), shapes(operation))).collect(),
            names: contract.secret_names(),
            secrets: secrets.collect(),
            pseudonyms: Pseudonyms::new(),
            signature: Regex::new(SIGNATURE).ok(),
        }
    }

    /// Adds texts that are secret wherever they stand.
    pub fn keep_out(&mut self, secrets: &[String]) {
        self.secrets.extend(secrets);
    }

    /// The exchange with placeholders.
    pub fn masked(&mut self, exchange: &Exchange) -> Exchange {
        let found = self.routes.iter().find(|(route, _)| route.has_path(&exchange.request));
        let shapes = found.map(|(_, shapes)| shapes.clone()).unwrap_or_default();
        // What one of both tells may stand anywhere in the other.
        self.learn(&exchange.request.body, &shapes.input);
        if let Reply::Response(response) = &exchange.reply {
            self.learn(&response.body, &shapes.output);
        }
        let request = Request {
            method: exchange.request.method.clone(),
            target: self.text(&exchange.request.target).into(),
            headers: self.headers(&exchange.request.headers),
            body: self.body(&exchange.request.body, &shapes.input),
        };
        let reply = match &exchange.reply {
            Reply::Response(response) => Reply::Response(Response {
                headers: self.headers(&response.headers),
                body: self.body(&response.body, &shapes.output),
                ..response.clone()
            }),
            Reply::Failure(failure) => {
                let mut failure = failure.clone();
                failure.detail = self.text(&failure.detail);
                Reply::Failure(failure)
            }
        };
        Exchange { request, reply, ..exchange.clone() }
    }

    fn headers(&mut self, headers: &[(Text, Text)]) -> Vec<(Text, Text)> {
        let is_secret = |name: &str| SECRET_HEADERS.iter().any(|secret| name.eq_ignore_ascii_case(secret));
        let kept = headers.iter().filter(|(name, _)| !is_secret(name));
        kept.map(|(name, value)| (self.text(name).into(), self.text(value).into())).collect()
    }

    /// Keeps in mind what a body tells that is secret.
    fn learn(&mut self, body: &[u8], shape: &Shape) {
        if let Ok(document) = protocol::parse(body) {
            self.learn_value(&document.value, Some(shape));
        }
    }

    fn learn_value(&mut self, value: &Value, shape: Option<&Shape>) {
        match value {
            Value::String(text) if shape.is_some_and(|shape| shape.is_secret) => self.secrets.insert(text),
            Value::Array(elements) => {
                let below = shape.and_then(|shape| if shape.is_secret { Some(shape) } else { shape.below.as_deref() });
                elements.iter().for_each(|value| self.learn_value(value, below));
            }
            Value::Object(members) => {
                for (name, value) in members {
                    match value {
                        Value::String(text) if self.names.contains(name) => self.secrets.insert(text),
                        value => self.learn_value(value, below(shape, name)),
                    }
                }
            }
            _ => {}
        }
    }

    /// A body with placeholders; byte for byte as it was if there is nothing to replace.
    fn body(&mut self, body: &Bytes, shape: &Shape) -> Bytes {
        let Ok(text) = std::str::from_utf8(body) else {
            return format!("[redacted: {} bytes that are not UTF-8]", body.len()).into();
        };
        match protocol::parse(body) {
            Ok(document) => {
                let masked = self.value(document.value.clone(), Some(shape));
                // Of two members with the same name only one was looked at.
                let is_hidden = document.repeated.is_some() && (self.may_tell(text) || self.text(text) != text);
                if masked == document.value && !is_hidden { body.clone() } else { masked.to_string().into() }
            }
            Err(_) if self.may_tell(text) => {
                let reason = "that were not read as JSON and may hold a secret";
                format!("[redacted: {} bytes {reason}]", body.len()).into()
            }
            Err(_) => match self.text(text) {
                same if same == text => body.clone(),
                masked => masked.into(),
            },
        }
    }

    /// Whether a text that was not taken apart names a member that is secret.
    fn may_tell(&self, text: &str) -> bool {
        let names_secret = |shapes: &Shapes| shapes.input.names_secret(text) || shapes.output.names_secret(text);
        self.names.iter().any(|name| text.contains(name.as_str()))
            || self.routes.iter().any(|(_, shapes)| names_secret(shapes))
    }

    fn value(&mut self, value: Value, shape: Option<&Shape>) -> Value {
        let is_secret = shape.is_some_and(|shape| shape.is_secret);
        match value {
            Value::String(text) if is_secret => Value::from(self.placeholder(&text, shape)),
            Value::String(text) => Value::from(self.text(&text)),
            // Where a secret is a number, it is not one of the contract's form, and neither is this.
            Value::Number(_) if is_secret => Value::from(0),
            Value::Array(elements) => {
                let below = shape.and_then(|shape| if is_secret { Some(shape) } else { shape.below.as_deref() });
                Value::Array(elements.into_iter().map(|value| self.value(value, below)).collect())
            }
            Value::Object(members) => {
                let mut masked = Map::new();
                for (name, value) in members {
                    let value = match value {
                        Value::String(text) if self.names.contains(&name) => {
                            Value::from(self.placeholder(&text, below(shape, &name)))
                        }
                        value => self.value(value, below(shape, &name)),
                    };
                    masked.insert(self.text(&name), value);
                }
                Value::Object(masked)
            }
            other => other,
        }
    }

    fn placeholder(&mut self, secret: &str, shape: Option<&Shape>) -> String {
        let pattern = shape.and_then(|shape| shape.pattern.as_ref());
        let keeps = |text: &str| pattern.is_none_or(|pattern| pattern.is_match(text));
        let is_legal = keeps(secret);
        self.pseudonyms.of(secret, &|text| keeps(text) == is_legal)
    }

    /// A text with placeholders for known secrets and for signatures.
    fn text(&mut self, text: &str) -> String {
        let Mask { secrets, pseudonyms, signature, .. } = self;
        let text = secrets.replaced_in(text, &mut |secret| pseudonyms.of(secret, &|_| true));
        match signature {
            Some(signature) if text.len() >= 64 => {
                let substitute = |found: &regex::Captures<'_>| match found[0].as_bytes() {
                    // As long texts of a run are, and no signature is.
                    [first, rest @ ..] if rest.iter().all(|byte| byte == first) => found[0].to_owned(),
                    _ => pseudonyms.of(&found[0], &|_| true),
                };
                signature.replace_all(&text, substitute).into_owned()
            }
            _ => text,
        }
    }
}

impl Shape {
    /// Whether a text has the name of a secret member of this shape.
    fn names_secret(&self, text: &str) -> bool {
        let is_named = |(name, shape): &(String, Shape)| {
            (shape.is_secret && text.contains(name.as_str())) || shape.names_secret(text)
        };
        self.members.iter().any(is_named) || self.below.as_ref().is_some_and(|below| below.names_secret(text))
    }
}

fn below<'s>(shape: Option<&'s Shape>, name: &str) -> Option<&'s Shape> {
    match shape {
        Some(shape) if shape.is_secret => Some(shape),
        Some(shape) => shape.member(name),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::wire::sample;

    const PASSPHRASE: &str = "correct-horse-battery";

    fn exchange(path: &str, sent: &str, came: &str) -> Exchange {
        let headers = vec![("authorization".into(), "AWS4 x".into()), ("x-note".into(), "AKIDCANARY1234567890".into())];
        let request = Request { method: "POST".into(), target: path.into(), headers, body: sent.to_owned().into() };
        sample::exchange(request, sample::response(200, &[("Set-Cookie", "a=b")], came))
    }

    fn masked(mask: &mut Mask, path: &str, sent: &str, came: &str) -> (String, String, usize) {
        let masked = mask.masked(&exchange(path, sent, came));
        let text = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).unwrap();
        let response = masked.response().unwrap();
        assert!(response.headers.is_empty());
        assert!(!masked.request.headers.iter().any(|(_, value)| value.contains("AKID") || value.contains("AWS4")));
        (text(&masked.request.body), text(&response.body), masked.request.headers.len())
    }

    fn mask() -> Mask {
        Mask::new(&crate::spec::builtin().unwrap(), std::iter::once("AKIDCANARY1234567890".to_owned()))
    }

    #[test]
    fn secrets_go_and_what_is_the_same_stays_the_same() {
        let mut mask = mask();
        let came =
            format!(r#"{{"streamKey": {{"value": "{PASSPHRASE}", "arn": "a"}}, "note": "it is {PASSPHRASE}."}}"#);
        let (sent, came, headers) = masked(&mut mask, "/GetStreamKey", r#"{ "arn":"a" }"#, &came);
        assert_eq!((sent.as_str(), headers), (r#"{ "arn":"a" }"#, 1), "nothing to replace");
        assert!(!came.contains(PASSPHRASE));
        let came: Value = serde_json::from_str(&came).unwrap();
        let placeholder = came["streamKey"]["value"].as_str().unwrap();
        assert_eq!(came["note"], format!("it is {placeholder}."));
        let sent = format!(r#"{{"channelArn": "a", "metadata": "{PASSPHRASE}"}}"#);
        let (sent, ..) = masked(&mut mask, "/PutMetadata", &sent, "");
        assert!(sent.contains(placeholder), "{sent}");
    }

    #[test]
    fn signatures_go_wherever_they_stand() {
        let mut mask = mask();
        let signature = "0123456789abcdef".repeat(4);
        let long = "a".repeat(128);
        let sent = format!(r#"{{"name": "AKIDCANARY1234567890{signature}", "other": "{long}"}}"#);
        let (sent, ..) = masked(&mut mask, "/CreateChannel", &sent, "");
        assert!(!sent.contains(&signature) && !sent.contains("AKID") && sent.contains(&long), "{sent}");
    }

    #[test]
    fn what_cannot_be_taken_apart_is_left_out_where_it_may_tell() {
        let mut mask = mask();
        let (_, came, _) = masked(&mut mask, "/GetStreamKey", "{}", r#"{"streamKey": {"value": "half-a-sec"#);
        assert!(came.starts_with("[redacted: ") && !came.contains("half"), "{came}");
        let twice = r#"{"streamKey": {"value": "first-secret-of-two", "value": "second-secret-of-two"}}"#;
        let (_, came, _) = masked(&mut mask, "/GetStreamKey", "{}", twice);
        assert!(!came.contains("first-secret") && !came.contains("second-secret"), "{came}");
        let (_, came, _) = masked(&mut mask, "/GetChannel", "{}", "<html>");
        assert_eq!(came, "<html>");
    }
}
