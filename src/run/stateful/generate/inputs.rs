//! Inputs for the transitions of a sequence.

use serde_json::{Map, Value};

use crate::generate::{Family, Generator, finished};
use crate::plan::case::{Case, Check, Form};
use crate::plan::operation_role::{OperationRole, RoleKind};
use crate::run::stateful::generate::*;
use crate::spec::contract::Operation;

impl SequenceGenerator<'_> {
    /// The member of an input that holds tags of a new resource.
    pub(super) fn tags_member(&self, role: &OperationRole) -> Option<String> {
        let shape = self.tag_shape()?;
        let members = self.env.contract.operation(&role.operation)?.input.members();
        members.iter().find(|member| member.shape == shape).map(|member| member.name.clone())
    }

    pub(super) fn input(&mut self, operation: &Operation, role: &OperationRole, about: Option<Label>) -> Option<Value> {
        match role.kind {
            RoleKind::Create | RoleKind::Update => self.drawn(operation),
            RoleKind::Tag => Some(self.member(role, |drawing| {
                let some = drawing.some_tags();
                Value::Object(some.into_iter().collect())
            })),
            RoleKind::Untag => Some(self.member(role, |drawing| {
                let mut keys: Vec<String> = drawing.some_tags().into_iter().map(|(key, _)| key).collect();
                let given = about.and_then(|label| drawing.tagged.get(&label)).cloned().unwrap_or_default();
                let chosen = drawing.below(given.len());
                keys.extend(given.into_iter().nth(chosen).filter(|key| !keys.contains(key)));
                keys.into_iter().map(Value::from).collect()
            })),
            RoleKind::Delete | RoleKind::Get | RoleKind::Tags | RoleKind::Batch | RoleKind::List => {
                Some(Value::Object(Map::new()))
            }
        }
    }

    pub(super) fn member(&mut self, role: &OperationRole, make: impl Fn(&mut Self) -> Value) -> Value {
        let value = make(self);
        Value::Object(role.tags.iter().map(|name| (name.clone(), value.clone())).collect())
    }

    /// A random legal input without what sequences leave out.
    pub(super) fn drawn(&mut self, operation: &Operation) -> Option<Value> {
        let family = self.family(operation)?;
        let generator: &Generator = &self.env.generator;
        for _ in 0..ATTEMPTS {
            let mut input = finished(generator.draw(operation, &family, self.runner)?.1);
            self.cut(operation, &mut input);
            if generator.is_intended(operation, &family, &input) {
                return Some(input);
            }
        }
        Some(generator.minimal_input(operation))
    }

    /// Takes out what a sequence cannot give, and puts tags of its pool in the place of others.
    pub(super) fn cut(&mut self, operation: &Operation, input: &mut Value) {
        let map_shape = self.tag_shape();
        let Value::Object(members) = input else { return };
        members.retain(|name, _| !self.binding.sequence.leave_out.contains(&format!("{}.{name}", operation.name)));
        for member in operation.input.members() {
            if map_shape.as_deref() == Some(member.shape.as_str()) && members.contains_key(&member.name) {
                let some = self.some_tags();
                members.insert(member.name.clone(), Value::Object(some.into_iter().collect()));
            }
        }
    }

    pub(super) fn tag_shape(&self) -> Option<String> {
        let role = self.binding.roles.iter().find(|role| role.kind == RoleKind::Tag)?;
        let operation = self.env.contract.operation(&role.operation)?;
        Some(operation.input.member(role.tags.as_deref()?)?.shape.clone())
    }

    pub(super) fn family(&mut self, operation: &Operation) -> Option<Family> {
        if let Some(known) = self.families.get(&operation.name) {
            return known.clone();
        }
        let case = Case {
            id: String::new(),
            clauses: Vec::new(),
            operation: Some(operation.name.clone()),
            summary: String::new(),
            check: Check::Valid { form: Form::Random },
            position: 0,
        };
        let family = self.env.generator.families(&case).into_iter().next();
        self.families.insert(operation.name.clone(), family.clone());
        family
    }

    /// Legal tags, few enough that later transitions meet them again.
    pub(super) fn fill_tag_pool(&mut self) {
        let role = self.binding.roles.iter().find(|role| role.kind == RoleKind::Tag).cloned();
        let Some((role, operation)) = role.and_then(|role| {
            let operation = self.env.contract.operation(&role.operation)?;
            Some((role, operation))
        }) else {
            return;
        };
        let Some(family) = self.family(operation) else { return };
        for _ in 0..ATTEMPTS {
            let Some((_, input)) = self.env.generator.draw(operation, &family, self.runner) else { return };
            let drawn = role.tags.as_ref().and_then(|name| input.get(name)).and_then(Value::as_object);
            for (key, value) in drawn.into_iter().flatten() {
                if self.tags.len() < TAG_POOL && !self.tags.iter().any(|(known, _)| known == key) {
                    self.tags.push((key.clone(), value.clone()));
                }
            }
        }
    }

    /// Some keys of the pool, each with some value of the pool.
    pub(super) fn some_tags(&mut self) -> Vec<(String, Value)> {
        let pool = self.tags.clone();
        let mut some = Vec::new();
        for (key, _) in &pool {
            if self.below(2) == 0 {
                let chosen = self.below(pool.len());
                let value = pool.get(chosen).map_or(Value::from(""), |(_, value)| value.clone());
                some.push((key.clone(), value));
            }
        }
        if some.is_empty() {
            let chosen = self.below(pool.len());
            some.extend(pool.get(chosen).cloned());
        }
        some
    }
}

/// Keys and values that the tags of one sequence are taken from: few, so that they meet again.
pub(super) const TAG_POOL: usize = 4;

/// How often an input is drawn again that is not legal once it is cut to what a sequence can give.
pub(super) const ATTEMPTS: usize = 8;
