//! Looks at the resources of a sequence, and compares what is shown with what is known.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::execute::{Execution, StepOutcome, give};
use super::generate::{Label, Transition};
use super::model::Entity;
use crate::judge::echo::{is_nothing, same};
use crate::judge::law::{self, Difference, Effect, View};
use crate::judge::{Judgement, Violation};
use crate::plan::expectation::Expectation;
use crate::plan::operation_role::{self, OperationRole, RoleKind};
use crate::plan::sequence::LawKind;
use crate::run::polling::{self, Polling};
use crate::run::session::Blocked;
use crate::run::worker::Progress;
use crate::spec::contract::{Node, Operation};
use crate::wire::Exchange;

/// Something that a view of several resources shows otherwise than it is known.
struct Divergence {
    /// The resource.
    label: Label,
    law: LawKind,
    expected: String,
    observed: String,
}

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

    pub(super) async fn batch(
        &mut self,
        role: &OperationRole,
        about: &[Label],
        progress: &mut Progress,
    ) -> Result<StepOutcome, Blocked> {
        let entities: Vec<Entity> = about.iter().filter_map(|label| self.model.get(*label)).cloned().collect();
        if entities.is_empty() {
            return Ok(StepOutcome::Skipped);
        }
        let operation = self.operation(role)?;
        let mut input = Value::Object(Map::new());
        let arns: Vec<Value> = entities.iter().map(|entity| Value::from(entity.arn.as_str())).collect();
        give(&mut input, role.subject.as_deref(), Value::from(arns));
        let success = Expectation::success();
        let (judgement, exchange) = self.call(operation, &input, &success, operation.status_clause).await;
        let items = items(role, &judgement);
        let mut divergences = self.divergences(operation, role, &entities, &items, LawKind::BatchAgrees);
        divergences.extend(unreported(operation, role, &entities, &judgement));
        let mut laws = shown_by_several(LawKind::BatchAgrees, &entities);
        laws.extend(entities.iter().any(|entity| entity.gone.is_some()).then_some(LawKind::BatchReportsErrors));
        self.conclude(role, divergences, judgement, Some(exchange), &laws, progress).await
    }

    pub(super) async fn list(
        &mut self,
        role: &OperationRole,
        step: &Transition,
        progress: &mut Progress,
    ) -> Result<StepOutcome, Blocked> {
        let Some(entity) = step.about.first().and_then(|label| self.model.get(*label)).cloned() else {
            return Ok(StepOutcome::Skipped);
        };
        let operation = self.operation(role)?;
        let mut input = self.list_input(operation, role, &entity);
        let mut entities = vec![entity.clone()];
        if role.owner.is_some() {
            give(&mut input, role.subject.as_deref(), Value::from(entity.arn.as_str()));
            if let Some(gone) = entity.gone {
                return self.list_of_nothing(operation, gone, &entity, &input, progress).await;
            }
            let is_owned = |other: &&Entity| other.owner == Some(entity.label) && other.kind == role.resource;
            entities = self.model.all().filter(is_owned).cloned().collect();
        }
        let mut polling = Polling::new(self.env.settings.patience);
        let before = self.session.history.len();
        loop {
            // Only the last try is part of what shows a finding.
            self.session.history.truncate(before);
            let (judgement, exchange, items) =
                self.session.walk_items(operation, &input, operation.status_clause).await;
            let divergences = self.divergences(operation, role, &entities, &items, LawKind::CreatedIsListed);
            let is_too_late = polling.is_too_late(polling::form(operation, &judgement));
            let is_over = is_too_late || self.env.target.is_stopped();
            let broken = self.all_broken(role, &divergences);
            if divergences.is_empty() || !judgement.is_success() || is_over || self.env.stays(broken.iter()) {
                if is_over {
                    self.env.note_wait_in_vain(broken.iter());
                }
                let laws = shown_by_several(LawKind::CreatedIsListed, &entities);
                return self.conclude(role, divergences, judgement, exchange, &laws, progress).await;
            }
            polling.pause(self.env).await;
        }
    }

    /// What a deleted resource owned is listed no more.
    async fn list_of_nothing(
        &mut self,
        operation: &Operation,
        gone: LawKind,
        owner: &Entity,
        input: &Value,
        progress: &mut Progress,
    ) -> Result<StepOutcome, Blocked> {
        let Some((expectation, focus)) = self.not_found(operation, gone, &owner.kind) else {
            return Ok(StepOutcome::Skipped);
        };
        let (mut judgement, exchange) = self.call(operation, input, &expectation, focus).await;
        self.note(&mut judgement, &exchange, progress)?;
        Ok(if judgement.is_success() { StepOutcome::Lost } else { StepOutcome::Looked })
    }

    /// Large pages, and as few items as a filter leaves: the account may have many that are none of the sequence's.
    fn list_input(&self, operation: &Operation, role: &OperationRole, entity: &Entity) -> Value {
        let mut input = Map::new();
        let page_size = operation.pagination.as_ref().and_then(|pagination| pagination.page_size.as_ref());
        let largest = page_size.and_then(|name| operation.input.member(name)?.constraints.range?.max);
        if let (Some(name), Some(largest)) = (page_size, largest) {
            #[allow(clippy::cast_possible_truncation)]
            input.insert(name.clone(), Value::from(largest as i64));
        }
        if let Some((filter, member)) = &role.filter
            && let Some(Value::String(text)) = entity.members.get(member)
            && entity.gone.is_none()
            && !text.is_empty()
        {
            input.insert(filter.clone(), Value::from(text.as_str()));
        }
        Value::Object(input)
    }

    /// What a view of several resources shows otherwise than it is known.
    fn divergences(
        &self,
        operation: &Operation,
        role: &OperationRole,
        entities: &[Entity],
        items: &[Value],
        view: LawKind,
    ) -> Vec<Divergence> {
        let node = operation_role::items_of(operation, &role.resource).and_then(operation_role::element);
        let mut found = Vec::new();
        for entity in entities {
            let item = items.iter().find(|item| item.get("arn").and_then(Value::as_str) == Some(&entity.arn));
            let mut diverge = |law, expected: String, observed: String| {
                found.push(Divergence { label: entity.label, law, expected, observed });
            };
            let noun = &entity.kind;
            match (item, entity.gone) {
                (None, Some(_)) => {}
                (None, None) => diverge(view, format!("The {noun} is shown."), "It is not.".to_owned()),
                (Some(_), Some(gone)) => {
                    diverge(gone, format!("The deleted {noun} is not shown."), "It is.".to_owned());
                }
                (Some(item), None) => {
                    let Some(node) = node else { continue };
                    let members = self.differences(entity, node, item).into_iter().map(|found| (view, found));
                    let tags = self.tag_differences(entity, node, item);
                    let tags = tags.into_iter().map(|found| (LawKind::TagsAppear, found));
                    for (law, difference) in members.chain(tags) {
                        let name = &difference.member;
                        let expected = format!("`{name}` of the {noun} is {}.", difference.known);
                        diverge(law, expected, format!("`{name}` of the {noun} is {}.", difference.shown));
                    }
                }
            }
        }
        found
    }

    /// Blames a view of several resources, unless the view of the single one says the same: then that is to blame.
    async fn conclude(
        &mut self,
        role: &OperationRole,
        divergences: Vec<Divergence>,
        mut judgement: Judgement,
        exchange: Option<Exchange>,
        laws: &[LawKind],
        progress: &mut Progress,
    ) -> Result<StepOutcome, Blocked> {
        let Some(exchange) = exchange else { return Ok(StepOutcome::Lost) };
        if !judgement.is_success() {
            self.note(&mut judgement, &exchange, progress)?;
            return Ok(StepOutcome::Lost);
        }
        let suspects: BTreeSet<Label> = divergences.iter().map(|divergence| divergence.label).collect();
        let history = self.session.history.len();
        for label in suspects {
            let before = self.seen.len();
            for kind in [RoleKind::Tags, RoleKind::Get] {
                if self.show(kind, label, progress).await? == StepOutcome::Lost {
                    return Ok(StepOutcome::Lost);
                }
            }
            if self.seen.len() > before {
                return Ok(StepOutcome::Looked);
            }
        }
        self.session.history.truncate(history);
        let broken = self.all_broken(role, &divergences);
        if broken.is_empty() {
            let upheld = laws.iter().filter_map(|law| Some(self.clause(*law, &role.resource)?.1));
            judgement.upheld.extend(upheld);
        }
        judgement.violations.extend(broken);
        self.note(&mut judgement, &exchange, progress)?;
        Ok(StepOutcome::Looked)
    }

    /// What diverges as violations, one for each clause.
    fn all_broken(&self, role: &OperationRole, divergences: &[Divergence]) -> Vec<Violation> {
        let mut broken: Vec<Violation> = Vec::new();
        for Divergence { law, expected, observed, label } in divergences {
            let kind = self.model.get(*label).map(|entity| entity.kind.clone()).unwrap_or_default();
            let violation = self.broken(*law, &kind, &role.operation, expected.clone(), observed.clone());
            broken.extend(violation.filter(|new| !broken.iter().any(|known| known.clause == new.clause)));
        }
        broken
    }
}

/// The law of a view of several resources, if it shows one of those that live.
fn shown_by_several(law: LawKind, entities: &[Entity]) -> Vec<LawKind> {
    entities.iter().any(|entity| entity.gone.is_none()).then_some(law).into_iter().collect()
}

fn items(role: &OperationRole, judgement: &Judgement) -> Vec<Value> {
    let items = role.place.as_ref().and_then(|place| judgement.body.as_ref()?.get(place));
    items.and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Deleted resources that a batch does not name in its list of errors, where it has one.
fn unreported(
    operation: &Operation,
    role: &OperationRole,
    entities: &[Entity],
    judgement: &Judgement,
) -> Vec<Divergence> {
    let is_errors = |node: &&Node| {
        role.place.as_ref() != Some(&node.name)
            && operation_role::element(node).is_some_and(|element| element.member("arn").is_some())
    };
    let Some(errors) = operation.output.members().iter().find(is_errors) else { return Vec::new() };
    let listed = judgement.body.as_ref().and_then(|body| body.get(&errors.name)).and_then(Value::as_array);
    let is_listed = |entity: &&Entity| {
        let mut errors = listed.into_iter().flatten();
        errors.any(|error| error.get("arn").and_then(Value::as_str) == Some(&entity.arn))
    };
    let missing = entities.iter().filter(|entity| entity.gone.is_some() && !is_listed(entity));
    missing
        .map(|entity| Divergence {
            label: entity.label,
            law: LawKind::BatchReportsErrors,
            expected: format!("`{}` names the deleted {}.", errors.name, entity.kind),
            observed: "It does not.".to_owned(),
        })
        .collect()
}

/// Tags that are shown otherwise than they are known.
fn tag_differences(known: &Map<String, Value>, shown: &Map<String, Value>) -> Vec<Difference> {
    let keys: BTreeSet<&String> = known.keys().chain(shown.keys()).collect();
    let differs = |key: &&String| {
        let (known, shown) = (known.get(*key), shown.get(*key));
        let is_there = |value: Option<&Value>| value.is_some_and(|value| !value.is_null());
        is_there(known) != is_there(shown) || !same(known.unwrap_or(&Value::Null), shown.unwrap_or(&Value::Null))
    };
    let text = |value: Option<&Value>| match value {
        Some(value) if !(value.is_null() || is_nothing(value) && !value.is_string()) => value.to_string(),
        _ => "absent".to_owned(),
    };
    let difference =
        |key: &String| Difference { member: key.clone(), known: text(known.get(key)), shown: text(shown.get(key)) };
    keys.into_iter().filter(differs).map(difference).collect()
}
