//! Looks at the resources of a sequence, and compares what is shown with what is known.

mod lists;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::execute::{Execution, StepOutcome, give};
use super::generate::{Label, Transition};
use super::model::Entity;
use crate::judge::Judgement;
use crate::judge::law::{self, Difference, Effect, View, tag_differences};
use crate::plan::operation_role::{self, OperationRole, RoleKind};
use crate::plan::sequence::LawKind;
use crate::run::session::Blocked;
use crate::run::worker::Progress;
use crate::spec::contract::{Node, Operation};

impl Execution<'_, '_> {
    /// Looks at what the last change touched, and whether it touched anything else. False if nobody knows any more what
    /// there is.
    pub(super) async fn verify(&mut self, progress: &mut Progress) -> Result<bool, Blocked> {
        let subjects = self.subjects.clone();
        let is_due = |entity: &&Entity| {
            let is_touched = subjects.contains(&entity.label) || entity.owner.is_some_and(|it| subjects.contains(&it));
            entity.gone.is_none() || (is_touched && self.effect == Effect::Deleted)
        };
        let mut due: Vec<(bool, Label)> =
            self.model.all().filter(is_due).map(|entity| (!subjects.contains(&entity.label), entity.label)).collect();
        due.sort();
        for (is_other, label) in due {
            for kind in [RoleKind::Tags, RoleKind::Get] {
                let is_gone = self.model.get(label).is_some_and(|entity| entity.gone.is_some());
                let is_needed = kind == RoleKind::Get || !is_other || is_gone;
                if is_needed && self.show(kind, label, progress).await? == StepOutcome::Lost {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// A read that was drawn.
    pub(super) async fn look(
        &mut self,
        role: &OperationRole,
        step: &Transition,
        progress: &mut Progress,
    ) -> Result<StepOutcome, Blocked> {
        match step.about.first() {
            Some(label) => self.show(role.kind, *label, progress).await,
            None => Ok(StepOutcome::Skipped),
        }
    }

    /// Reads one resource, or its tags.
    async fn show(&mut self, kind: RoleKind, label: Label, progress: &mut Progress) -> Result<StepOutcome, Blocked> {
        let Some(entity) = self.model.get(label).cloned() else { return Ok(StepOutcome::Skipped) };
        let binding = self.binding;
        let Some(role) = binding.role(kind, &entity.kind) else { return Ok(StepOutcome::Skipped) };
        let operation = self.operation(role)?;
        let mut input = Value::Object(Map::new());
        give(&mut input, role.subject.as_deref(), Value::from(entity.arn.as_str()));
        let Some((expectation, focus)) = self.expected(operation, &entity) else { return Ok(StepOutcome::Skipped) };
        let (mut judgement, exchange) = self.call(operation, &input, &expectation, focus).await;
        let is_shown = judgement.is_success() && expectation.success;
        if is_shown {
            match kind {
                RoleKind::Tags => self.judge_tags(role, &entity, &mut judgement),
                _ => self.judge_object(operation, role, &entity, &mut judgement),
            }
        }
        let is_refused = !judgement.is_success() && !expectation.success;
        self.note(&mut judgement, &exchange, progress)?;
        Ok(if is_shown || is_refused { StepOutcome::Looked } else { StepOutcome::Lost })
    }

    fn judge_object(
        &mut self,
        operation: &Operation,
        role: &OperationRole,
        entity: &Entity,
        judgement: &mut Judgement,
    ) {
        let Some(node) = operation_role::object_of(operation, &entity.kind) else { return };
        let shown = role.place.as_ref().and_then(|place| judgement.body.as_ref()?.get(place)).cloned();
        let Some(shown @ Value::Object(_)) = shown else { return };
        let differences = self.differences(entity, node, &shown);
        let tags = self.tag_differences(entity, node, &shown);
        let view = self.view(entity, node);
        self.judge(role, entity, (&differences, &tags), &view, judgement);
        self.adopt(entity.label, node, &shown);
    }

    fn judge_tags(&mut self, role: &OperationRole, entity: &Entity, judgement: &mut Judgement) {
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
        let unsettled = &self.binding.sequence.unsettled;
        view.members.retain(|member| !unsettled.contains(&format!("{}.{member}", entity.kind)));
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
        let is_view =
            role.kind == RoleKind::Get && is_subject && self.binding.role(RoleKind::Tags, &entity.kind).is_some();
        for difference in tags {
            let law = match is_view {
                true => LawKind::TagsAppear,
                false => law::of_tag(&self.effect, is_subject, &difference.member),
            };
            broken.entry(law).or_insert(difference);
        }
        let noun = &entity.kind;
        for (law, difference) in &broken {
            let expected = format!("`{}` of the {noun} is {}.", difference.member, difference.known);
            let observed = format!("`{}` of the {noun} is {}.", difference.member, difference.shown);
            let violation = self.broken(*law, noun, &role.operation, expected, observed);
            judgement.violations.extend(violation);
        }
        if broken.is_empty() && is_subject {
            let upheld = law::shown_by(&self.effect, view);
            judgement.upheld.extend(upheld.iter().filter_map(|law| Some(self.clause(*law, noun)?.1)));
        }
    }

    /// Members that are shown otherwise than they are known, but for tags and for what changes by itself.
    pub(super) fn differences(&self, entity: &Entity, node: &Node, shown: &Value) -> Vec<Difference> {
        let is_settled = |difference: &Difference| {
            !self.binding.sequence.unsettled.contains(&format!("{}.{}", entity.kind, difference.member))
        };
        law::differences(node, &entity.members, shown).into_iter().filter(is_settled).collect()
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
