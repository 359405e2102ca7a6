//! The form of an input: which members it has and what kinds of values, but not which values.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::plan::placeholder;
use crate::spec::contract::{Node, NodeKind};

/// The members of an input, each with the kind of its value; resources by their placeholders. Of the elements of a list and
/// the entries of a map the first one counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Form(BTreeSet<String>);

impl Form {
    /// The form of an operation's input, with placeholders.
    pub fn of(root: &Node, input: &Value) -> Form {
        let mut form = Form::default();
        form.note(Some(root), "", input);
        form
    }

    /// Whether it has every member of another one, with the same kind of value.
    pub fn has_all_of(&self, other: &Form) -> bool {
        self.0.is_superset(&other.0)
    }

    fn note(&mut self, node: Option<&Node>, path: &str, value: &Value) {
        let kind = match value {
            Value::Object(members) => {
                let is_map = matches!(node.map(|node| &node.kind), Some(NodeKind::Map { .. }));
                match is_map {
                    true => {
                        let entry = members.values().next();
                        entry.into_iter().for_each(|value| self.note(child(node, "*"), &format!("{path}.*"), value));
                    }
                    false => members.iter().for_each(|(name, value)| {
                        self.note(child(node, name), &format!("{path}.{name}"), value);
                    }),
                }
                if members.is_empty() { "nothing" } else { "object" }
            }
            Value::Array(elements) => {
                let first = elements.first();
                first.into_iter().for_each(|value| self.note(child(node, "*"), &format!("{path}[]"), value));
                if elements.is_empty() { "nothing" } else { "list" }
            }
            Value::String(text) => placeholder::whole(text).unwrap_or("text"),
            Value::Number(_) => "number",
            Value::Bool(_) => "flag",
            Value::Null => "null",
        };
        if !path.is_empty() {
            self.0.insert(format!("{path}:{kind}"));
        }
    }

    #[cfg(test)]
    pub fn of_texts(members: &[&str]) -> Form {
        Form(members.iter().map(|member| format!(".{member}:text")).collect())
    }
}

/// The node below another one.
fn child<'n>(node: Option<&'n Node>, name: &str) -> Option<&'n Node> {
    match &node?.kind {
        NodeKind::Structure(members) | NodeKind::Union(members) => members.iter().find(|member| member.name == name),
        NodeKind::List { element } => Some(element),
        NodeKind::Map { value, .. } => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn values_and_keys_make_no_difference_but_members_and_resources_do() {
        let contract = crate::spec::builtin().unwrap();
        let root = &contract.operation("UpdateChannel").unwrap().input;
        let one = Form::of(root, &json!({"arn": "${channel}", "name": "a"}));
        assert_eq!(one, Form::of(root, &json!({"arn": "${channel}", "name": "b"})));
        assert_ne!(one, Form::of(root, &json!({"arn": "${live:channel}", "name": "a"})));
        let more = Form::of(root, &json!({"arn": "${channel}", "name": "a", "authorized": true}));
        assert!(more.has_all_of(&one) && !one.has_all_of(&more));
        let root = &contract.operation("CreateChannel").unwrap().input;
        let [one, other] = ["k", "l"].map(|key| Form::of(root, &json!({"tags": {key: "v", "m": "w"}})));
        assert_eq!(one, other);
        assert_ne!(one, Form::of(root, &json!({"tags": {}})));
        assert_ne!(one, Form::of(root, &json!({"tags": {"k": 1}})));
    }
}
