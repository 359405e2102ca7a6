//! Compares what a read shows of one resource with what is known of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Entity, Label, SequenceJudge};
use crate::judge::exchange::Judgement;
use crate::judge::law::{self, Difference, View, tag_differences};
use crate::plan::operation_role::{self, OperationRole, RoleKind};
use crate::plan::sequence::LawKind;
use crate::spec::contract::{Node, Operation};

impl SequenceJudge<'_> {
    /// Adds what a successful read of a resource, or of its tags, says of laws. From then on the resource is known as it
    /// was shown.
    pub fn shown(&mut self, operation: &Operation, role: &OperationRole, entity: &Entity, judgement: &mut Judgement) {
        match role.kind {
            RoleKind::Tags => self.tags_shown(role, entity, judgement),
            _ => self.object_shown(operation, role, entity, judgement),
        }
    }

    /// Takes back what the last read of a resource said of it.
    pub fn forget_shown(&mut self, entity: &Entity) {
        if let Some(known) = self.model.get_mut(entity.label) {
            known.clone_from(entity);
        }
    }

    fn object_shown(
        &mut self,
        operation: &Operation,
        role: &OperationRole,
        entity: &Entity,
        judgement: &mut Judgement,
    ) {
        let Some(node) = operation_role::object_of(operation, &entity.kind) else { return };
        let Some(shown) = object_in(role, judgement) else { return };
        let differences = self.differences(entity, node, &shown);
        let tags = self.tag_differences(entity, node, &shown);
        let view = self.view(entity, node);
        self.judge(role, entity, (&differences, &tags), &view, judgement);
        self.adopt(entity.label, node, &shown);
    }

    fn tags_shown(&mut self, role: &OperationRole, entity: &Entity, judgement: &mut Judgement) {
        let shown = role.place.as_ref().and_then(|place| judgement.body.as_ref()?.get(place));
        let shown = shown.and_then(Value::as_object).cloned().unwrap_or_default();
        let tags = tag_differences(&entity.tags, &shown);
        let view = View { members: BTreeSet::new(), tags: Some(entity.tags.keys().cloned().collect()) };
        self.judge(role, entity, (&[], &tags), &view, judgement);
        if let Some(entity) = self.model.get_mut(entity.label) {
            entity.tags = shown;
        }
    }

    /// What a view of a resource shows that is known of it.
    pub(super) fn view(&self, entity: &Entity, node: &Node) -> View {
        let mut view = View::of(node, &entity.members);
        view.members.retain(|member| self.is_settled(entity, member));
        view.tags = self.tags_member(node).map(|_| entity.tags.keys().cloned().collect());
        view
    }

    /// Adds what differences, of members and of tags, say of laws: broken ones once each; those that the last effect puts
    /// to the test and that the view could show broken as upheld if there are no differences.
    pub(super) fn judge(
        &self,
        role: &OperationRole,
        entity: &Entity,
        (members, tags): (&[Difference], &[Difference]),
        view: &View,
        judgement: &mut Judgement,
    ) {
        let is_subject = self.subjects.contains(&entity.label);
        let mut broken: BTreeMap<LawKind, &Difference> = BTreeMap::new();
        for difference in members {
            broken.entry(law::of_member(&self.effect, is_subject, &difference.member)).or_insert(difference);
        }
        // Where there is a list of tags, it was looked at before: what now differs from it is a view of its own.
        let lists_tags = |other: &OperationRole| other.kind == RoleKind::Tags && other.resource == entity.kind;
        let is_view = role.kind == RoleKind::Get && is_subject && self.rules.roles.iter().any(lists_tags);
        for difference in tags {
            let law = match is_view {
                true => LawKind::TagsAppear,
                false => law::of_tag(&self.effect, is_subject, &difference.member),
            };
            broken.entry(law).or_insert(difference);
        }
        let noun = &entity.kind;
        for (law, difference) in &broken {
            let (expected, observed) = sentences(noun, difference);
            judgement.violations.extend(self.broken(*law, noun, &role.operation, expected, observed));
        }
        if broken.is_empty() && is_subject {
            let upheld = law::shown_by(&self.effect, view);
            judgement.upheld.extend(upheld.iter().filter_map(|law| Some(self.clause(*law, noun)?.1)));
        }
    }

    /// Members that are shown otherwise than they are known, but for tags and for what changes by itself.
    pub(super) fn differences(&self, entity: &Entity, node: &Node, shown: &Value) -> Vec<Difference> {
        let differences = law::differences(node, &entity.members, shown).into_iter();
        differences.filter(|difference| self.is_settled(entity, &difference.member)).collect()
    }

    /// Whether a member of a resource does not change by itself.
    fn is_settled(&self, entity: &Entity, member: &str) -> bool {
        !self.rules.sequence.unsettled.contains(&format!("{}.{member}", entity.kind))
    }

    /// Tags that a view of a resource shows otherwise than they are known, where it has a place for them.
    pub(super) fn tag_differences(&self, entity: &Entity, node: &Node, shown: &Value) -> Vec<Difference> {
        let Some(member) = self.tags_member(node) else { return Vec::new() };
        let shown = shown.get(&member).and_then(Value::as_object).cloned().unwrap_or_default();
        tag_differences(&entity.tags, &shown)
    }

    /// From now on a resource is known as it was shown: one defect shows once.
    pub(super) fn adopt(&mut self, label: Label, node: &Node, shown: &Value) {
        let tags_member = self.tags_member(node);
        let Some(entity) = self.model.get_mut(label) else { return };
        for member in node.members() {
            let value = shown.get(&member.name).cloned().unwrap_or(Value::Null);
            if tags_member.as_ref() == Some(&member.name) {
                entity.tags = value.as_object().cloned().unwrap_or_default();
            } else {
                entity.members.insert(member.name.clone(), value);
            }
        }
    }
}

/// What is known and what is shown of a member, one sentence each.
pub(super) fn sentences(noun: &str, difference: &Difference) -> (String, String) {
    let of = |value: &str| format!("`{}` of the {noun} is {value}.", difference.member);
    (of(&difference.known), of(&difference.shown))
}

/// The resource that a response shows.
pub(super) fn object_in(role: &OperationRole, judgement: &Judgement) -> Option<Value> {
    let shown = role.place.as_ref().and_then(|place| judgement.body.as_ref()?.get(place));
    shown.filter(|shown| shown.is_object()).cloned()
}
