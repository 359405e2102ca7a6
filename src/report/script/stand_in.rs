//! Request bodies without their secrets: variables take the place of secret members. The environment may set them; else
//! they are stand-ins of the same length and kind, which keep what a finding is about.

use std::cell::RefCell;
use std::fmt::Write;

use serde_json::Value;

use super::{Subject, Unfaithful, words};
use crate::report::curl::{VARIABLE, variable};
use crate::spec::contract::Node;

/// The variables for secrets: name, and stand-in as it stands between the quotes of a JSON string.
#[derive(Debug, Default)]
pub struct StandIns(RefCell<Vec<(String, String)>>);

impl StandIns {
    /// A marked body in which every secret member is a variable.
    ///
    /// # Errors
    /// It may hold a secret, and is not JSON in which it could be found.
    pub fn put_into(&self, subject: &Subject<'_>, operation: &str, body: &str) -> Result<String, Unfaithful> {
        let shape = subject.contract.operation(operation).map(|operation| &operation.input);
        let Some(shape) = shape.filter(|shape| shape.holds_secret) else { return Ok(body.to_owned()) };
        let secrets: Vec<&Node> = shape.walk().into_iter().filter(|node| node.is_sensitive).collect();
        if !secrets.iter().any(|node| body.contains(node.name.as_str())) {
            return Ok(body.to_owned());
        }
        let value: Value = serde_json::from_str(body).map_err(|_| {
            Unfaithful::because("Its request may hold a secret, and is not JSON in which it could be found.")
        })?;
        Ok(self.replaced(value, shape).to_string())
    }

    /// The commands that set the variables; empty if there are none.
    pub fn commands(&self) -> String {
        let known = self.0.borrow();
        let mut lines = String::new();
        if !known.is_empty() {
            lines.push_str(
                "# Secrets are not in reports: these have the same length. Others can be set in the environment.\n",
            );
        }
        for (name, text) in known.iter() {
            let _ = writeln!(lines, "{name}=${{{name}:-{}}}", words::quoted(text));
        }
        lines
    }

    fn replaced(&self, value: Value, shape: &Node) -> Value {
        match value {
            value if shape.is_sensitive => self.stand_in(value, &shape.name),
            Value::Object(members) => {
                let member = |(name, value): (String, Value)| match shape.member(&name) {
                    Some(below) => (name, self.replaced(value, below)),
                    None => (name, value),
                };
                Value::Object(members.into_iter().map(member).collect())
            }
            other => other,
        }
    }

    fn stand_in(&self, value: Value, name: &str) -> Value {
        match value {
            Value::String(text) if text.is_empty() || words::has_mark(&text) => Value::String(text),
            Value::String(text) => Value::from(words::mark(&self.variable(name, &text))),
            Value::Array(elements) => elements.into_iter().map(|element| self.stand_in(element, name)).collect(),
            Value::Object(members) => {
                let member = |(key, value)| (key, self.stand_in(value, name));
                Value::Object(members.into_iter().map(member).collect())
            }
            Value::Number(_) => Value::from(1),
            other => other,
        }
    }

    /// The variable for a secret of a member.
    fn variable(&self, member: &str, secret: &str) -> String {
        let quoted = Value::from(secret.chars().map(like).collect::<String>()).to_string();
        let text = quoted.trim_matches('"').to_owned();
        let mut known = self.0.borrow_mut();
        let base = format!("{VARIABLE}{}", variable(member));
        let of_member = |name: &str| name == base || name.starts_with(&format!("{base}_"));
        if let Some((name, _)) = known.iter().find(|(name, known)| of_member(name) && *known == text) {
            return name.clone();
        }
        let name = match known.iter().filter(|(name, _)| of_member(name)).count() {
            0 => base,
            number => format!("{base}_{}", number + 1),
        };
        known.push((name.clone(), text));
        name
    }
}

/// A character of the same length in UTF-8.
fn like(c: char) -> char {
    match c.len_utf8() {
        1 if c.is_control() => c,
        1 => 'x',
        2 => 'é',
        3 => '€',
        _ => '😀',
    }
}
