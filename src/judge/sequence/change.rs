//! Keeps what is known of the resources of a sequence while they are made, changed and deleted.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::view::object_in;
use super::{Entity, Label, SequenceJudge};
use crate::judge::exchange::Judgement;
use crate::judge::law::{Difference, Effect};
use crate::plan::operation_role::{self, OperationRole, RoleKind};
use crate::plan::resources::Product;
use crate::spec::contract::Operation;
use crate::spec::path;

impl SequenceJudge<'_> {
    /// Notes what a create made, as its response shows it. What it made of the sequence's types, in order; `None` if the
    /// response does not show it, so that what there is now is unknown.
    pub fn created(
        &mut self,
        operation: &Operation,
        products: &[Product],
        id: usize,
        owner: Option<Label>,
        judgement: &Judgement,
    ) -> Option<Vec<Label>> {
        let output = judgement.body.as_ref().unwrap_or(&Value::Null);
        let mut made: Vec<Label> = Vec::new();
        for (number, product) in products.iter().enumerate() {
            let arn = path::find(output, &product.path).and_then(Value::as_str)?;
            let object = product.path.strip_suffix(".arn").and_then(|place| path::find(output, place));
            let Some(Value::Object(members)) = object else { return None };
            if !self.rules.sequence.resources.contains(&product.resource) {
                continue;
            }
            let node = operation_role::object_of(operation, &product.resource);
            let mut members = members.clone();
            let tags = node.and_then(|node| self.tags_member(node)).and_then(|name| members.remove(&name));
            let label = (id, number);
            self.model.add(Entity {
                label,
                kind: product.resource.clone(),
                arn: arn.to_owned(),
                owner: made.first().copied().or(owner),
                members,
                tags: tags.and_then(|tags| tags.as_object().cloned()).unwrap_or_default(),
                gone: None,
                was_used: false,
            });
            made.push(label);
        }
        self.model.note_use();
        self.effect = Effect::Created;
        self.subjects.clone_from(&made);
        Some(made)
    }

    /// Notes a change of a resource that succeeded, and adds what an update's response says of laws.
    pub fn changed(
        &mut self,
        operation: &Operation,
        role: &OperationRole,
        entity: &Entity,
        input: &Value,
        judgement: &mut Judgement,
    ) {
        self.subjects = vec![entity.label];
        match role.kind {
            RoleKind::Tag => self.tagged(role, entity, input),
            RoleKind::Untag => self.untagged(role, entity, input),
            _ => self.updated(operation, role, entity, input, judgement),
        }
    }

    /// Notes that a resource was deleted. The ARNs of all that is gone with it.
    pub fn deleted(&mut self, label: Label) -> Vec<String> {
        self.effect = Effect::Deleted;
        self.subjects = vec![label];
        self.model.bury(label)
    }

    fn tagged(&mut self, role: &OperationRole, entity: &Entity, input: &Value) {
        let given = role.tags.as_ref().and_then(|name| input.get(name)).and_then(Value::as_object);
        let given = given.cloned().unwrap_or_default();
        let (replaced, added) = given.keys().cloned().partition(|key| entity.tags.contains_key(key));
        let is_changed = |(key, value): &(&String, &Value)| entity.tags.get(*key).is_some_and(|old| old != *value);
        let changed = given.iter().filter(is_changed).map(|(key, _)| key.clone()).collect();
        if let Some(entity) = self.model.get_mut(entity.label) {
            entity.tags.extend(given);
        }
        self.effect = Effect::Tagged { replaced, changed, added };
    }

    fn untagged(&mut self, role: &OperationRole, entity: &Entity, input: &Value) {
        let keys = role.tags.as_ref().and_then(|name| input.get(name)).and_then(Value::as_array);
        let mut removed = BTreeSet::new();
        if let Some(entity) = self.model.get_mut(entity.label) {
            for key in keys.into_iter().flatten().filter_map(Value::as_str) {
                removed.extend(entity.tags.remove(key).map(|_| key.to_owned()));
            }
        }
        self.effect = Effect::Untagged { removed };
    }

    /// An update's response shows the resource: what was not given is as it was.
    fn updated(
        &mut self,
        operation: &Operation,
        role: &OperationRole,
        entity: &Entity,
        input: &Value,
        judgement: &mut Judgement,
    ) {
        let subject = role.subject.as_deref();
        let named = input.as_object().into_iter().flat_map(Map::keys).filter(|name| Some(name.as_str()) != subject);
        let given = self.with_followers(&entity.kind, named.cloned().collect());
        self.effect = Effect::Updated { given: given.clone(), changed: BTreeSet::new() };
        let Some(node) = operation_role::object_of(operation, &entity.kind) else { return };
        let Some(shown) = object_in(role, judgement) else { return };
        let is_kept = |difference: &Difference| !given.contains(&difference.member);
        let all = self.differences(entity, node, &shown);
        let changed = all.iter().filter(|difference| !is_kept(difference)).map(|found| found.member.clone()).collect();
        let differences: Vec<Difference> = all.into_iter().filter(is_kept).collect();
        let tag_differences = self.tag_differences(entity, node, &shown);
        let mut view = self.view(entity, node);
        view.members.retain(|member| !given.contains(member));
        self.judge(role, entity, (&differences, &tag_differences), &view, judgement);
        self.effect = Effect::Updated { given, changed };
        self.adopt(entity.label, node, &shown);
        self.model.note_use();
    }

    /// The members that an update may change: those given, and those that follow one of them.
    fn with_followers(&self, kind: &str, given: BTreeSet<String>) -> BTreeSet<String> {
        let prefix = format!("{kind}.");
        let follows = self
            .rules
            .sequence
            .follows
            .iter()
            .filter(|(_, leaders)| leaders.iter().any(|leader| given.contains(leader)));
        let followers: Vec<String> =
            follows.filter_map(|(member, _)| member.strip_prefix(&prefix)).map(str::to_owned).collect();
        given.into_iter().chain(followers).collect()
    }
}
