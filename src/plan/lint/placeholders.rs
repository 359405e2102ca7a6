//! Placeholders in suites: what they stand for must be something.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Lint, Place};
use crate::plan::placeholder::{Placeholder, names};

/// Variables that every scenario has.
const BUILT_IN: [&str; 4] = ["region", "other-region", "unique", "index"];
/// Further names of values that no other request has.
const UNIQUE: &str = "unique-";

impl Lint<'_> {
    /// Checks the placeholders anywhere in a value; `variables` are those that are set by then.
    pub(super) fn placeholders(&mut self, value: &Value, place: &Place, variables: &BTreeSet<String>) {
        match value {
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.placeholders(element, &place.at(index), variables);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    let below = place.at(name);
                    self.text(&Value::from(name.as_str()), &below, variables);
                    self.placeholders(member, &below, variables);
                }
            }
            text => self.text(text, place, variables),
        }
    }

    fn text(&mut self, text: &Value, place: &Place, variables: &BTreeSet<String>) {
        for name in names(text) {
            if let Err(message) = self.placeholder(name, variables) {
                let help = "write a variable that an earlier step saves, a resource type, `STATE:TYPE`, `absent:TYPE`, \
                            `unique`, `index`, `region` or `other-region`";
                self.wrong(place, format!("`${{{name}}}` stands for nothing: {message}"), help);
            }
        }
    }

    fn placeholder(&self, name: &str, variables: &BTreeSet<String>) -> Result<(), String> {
        let head = name.split(['.', '[']).next().unwrap_or(name);
        let is_variable = variables.contains(name) || variables.contains(head);
        if is_variable || BUILT_IN.contains(&name) || name.starts_with(UNIQUE) {
            return Ok(());
        }
        match Placeholder::parse(name) {
            Placeholder::PublicKey { .. } => Ok(()),
            Placeholder::Absent { resource, .. } => self.names.arn_type(&resource),
            Placeholder::Resource { resource, state } => {
                self.names.resource(&resource)?;
                state.map_or(Ok(()), |state| self.names.state(&state, &resource))
            }
            Placeholder::Variable(name) if self.names.is_resource(&name) => Ok(()),
            Placeholder::Variable(_) => {
                let known = variables.iter().map(String::as_str).chain(BUILT_IN).chain(self.names.resources.types());
                Err(format!(
                    "no step before saves it, and it is not a resource type{}",
                    self.names.question(name, known)
                ))
            }
        }
    }
}
