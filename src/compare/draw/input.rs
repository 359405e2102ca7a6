//! Inputs of the calls of a program: valid ones, with values that the program knows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{CROSSED, CROSSINGS, CUT_OF, Draft, KEY_AGAIN, LARGEST_PAGE, POOL};
use crate::generate::placeholder::{self, Placeholder};
use crate::generate::{Family, finished};
use crate::spec::contract::{Node, NodeKind, Operation};

impl Draft<'_, '_> {
    /// A legal input in which values of earlier steps come again.
    pub(super) fn input(&mut self, operation: &Operation) -> Option<Value> {
        let family = self.drawing.family(operation)?;
        let generator = self.builder.materials.generator;
        let drawn = generator.draw(operation, &family, &mut self.runner)?.1;
        let mut again = drawn.clone();
        if !operation.is_readonly && self.below(CROSSED) == 0 {
            again = self.left_open(operation, &family).unwrap_or(again);
        }
        self.cut_of = if operation.is_readonly { CUT_OF.0 } else { CUT_OF.1 };
        self.repeat(&operation.input, &mut again);
        if let (Some(size), Value::Object(members)) =
            (operation.pagination.as_ref().and_then(|pages| pages.page_size.clone()), &mut again)
            && self.below(3) > 0
        {
            members.insert(size, Value::from(1 + self.below(LARGEST_PAGE)));
        }
        let may_be_sent =
            generator.is_intended(operation, &family, &again) || generator.is_left_open(operation, &again);
        Some(finished(if may_be_sent { again } else { drawn }))
    }

    /// An input of which the contract leaves open what becomes of it: members of two legal inputs that do not go with each
    /// other.
    fn left_open(&mut self, operation: &Operation, family: &Family) -> Option<Value> {
        let generator = self.builder.materials.generator;
        (0..CROSSINGS).find_map(|_| {
            let mut input = generator.draw(operation, family, &mut self.runner)?.1;
            let other = generator.draw(operation, family, &mut self.runner)?.1;
            self.cross(&mut input, &other);
            generator.is_left_open(operation, &input).then_some(input)
        })
    }

    /// Takes each member from either of two inputs.
    fn cross(&mut self, input: &mut Value, other: &Value) {
        let (Value::Object(members), Value::Object(other)) = (input, other) else { return };
        let names: BTreeSet<String> = members.keys().chain(other.keys()).cloned().collect();
        for name in names.into_iter().filter(|_| self.below(2) == 0) {
            match other.get(&name) {
                Some(value) => drop(members.insert(name, value.clone())),
                None => drop(members.remove(&name)),
            }
        }
    }

    /// Puts values that the program gave before in the place of new ones of the same shape.
    pub(super) fn repeat(&mut self, node: &Node, value: &mut Value) {
        match (&node.kind, value) {
            (NodeKind::Structure(members) | NodeKind::Union(members), Value::Object(object)) => {
                for member in members {
                    if let Some(value) = object.get_mut(&member.name) {
                        self.repeat(member, value);
                    }
                }
            }
            (NodeKind::List { element }, Value::Array(elements)) => {
                elements.iter_mut().for_each(|value| self.repeat(element, value));
                let mut seen = BTreeSet::new();
                elements.retain(|element| seen.insert(element.to_string()));
            }
            (NodeKind::Map { key, value: below }, Value::Object(entries)) => {
                let mut again = Map::new();
                // Few keys are met again, many are not.
                for (name, mut value) in std::mem::take(entries).into_iter().take(POOL) {
                    self.repeat(below, &mut value);
                    again.insert(self.pooled(&key.shape, name), value);
                }
                *entries = again;
            }
            (NodeKind::String, Value::String(text)) if node.resource.is_none() && !text.contains("${") => {
                *text = self.pooled(&node.shape, std::mem::take(text));
            }
            _ => {}
        }
    }

    pub(super) fn pooled(&mut self, shape: &str, fresh: String) -> String {
        let known = self.pool.get(shape).cloned().unwrap_or_default();
        if !known.is_empty() && (known.len() >= POOL || self.below(2) == 0) {
            let chosen = self.below(known.len());
            let text = known.get(chosen).cloned().unwrap_or_default();
            // A part of a text that is there shows filters that look at parts.
            let half = text.chars().count() / 2;
            return if half > 0 && self.below(self.cut_of) == 0 { text.chars().take(half).collect() } else { text };
        }
        if !fresh.is_empty() {
            self.pool.entry(shape.to_owned()).or_default().push(fresh.clone());
        }
        fresh
    }

    /// The value with some resource of the program for placeholders that stand for any of a type.
    pub(super) fn with_known(&mut self, value: &Value) -> Value {
        let mut chosen: BTreeMap<String, Value> = BTreeMap::new();
        for name in placeholder::names(value) {
            let (resource, state) = match Placeholder::parse(name) {
                Placeholder::Variable(resource) => (resource, None),
                Placeholder::Resource { resource, state } => (resource, state),
                // What follows from a key shows when the key comes again.
                Placeholder::PublicKey { curve, name: key } if key.is_empty() && self.below(KEY_AGAIN) == 0 => {
                    let choice = self.below(POOL);
                    chosen.extend(self.builder.key_again(curve, choice).map(|key| (name.to_owned(), key)));
                    continue;
                }
                _ => continue,
            };
            let fitting: Vec<String> = self
                .builder
                .handles
                .iter()
                .filter(|handle| handle.kind == resource && (handle.state == state || state.is_none()))
                .map(|handle| handle.name.clone())
                .collect();
            let position = self.below(fitting.len());
            if let Some(handle) = fitting.get(position) {
                chosen.insert(name.to_owned(), Value::from(handle.as_str()));
            }
        }
        let replaced: Result<Value, ()> = placeholder::replace(value, &mut |name| {
            Ok(chosen.get(name).cloned().unwrap_or_else(|| Value::from(format!("${{{name}}}"))))
        });
        replaced.unwrap_or_else(|()| value.clone())
    }
}
