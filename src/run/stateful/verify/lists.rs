//! Lists and batches of a sequence.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::judge::{Judgement, Violation};
use crate::plan::expectation::Expectation;
use crate::plan::operation_role::{self, OperationRole, RoleKind};
use crate::plan::sequence::LawKind;
use crate::run::polling::{self, Polling};
use crate::run::session::Blocked;
use crate::run::stateful::execute::{Execution, StepOutcome, give};
use crate::run::stateful::generate::{Label, Transition};
use crate::run::stateful::model::Entity;
use crate::run::worker::Progress;
use crate::spec::contract::{Node, Operation};
use crate::wire::Exchange;

impl Execution<'_, '_> {
    pub(in crate::run::stateful) async fn batch(
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
        self.conclude(role, divergences, judgement, exchange, &laws, progress).await
    }

    pub(in crate::run::stateful) async fn list(
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
    pub(in crate::run::stateful) async fn list_of_nothing(
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
    pub(in crate::run::stateful) fn list_input(
        &self,
        operation: &Operation,
        role: &OperationRole,
        entity: &Entity,
    ) -> Value {
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
    pub(in crate::run::stateful) fn divergences(
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
    pub(in crate::run::stateful) async fn conclude(
        &mut self,
        role: &OperationRole,
        divergences: Vec<Divergence>,
        mut judgement: Judgement,
        exchange: Exchange,
        laws: &[LawKind],
        progress: &mut Progress,
    ) -> Result<StepOutcome, Blocked> {
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
    pub(in crate::run::stateful) fn all_broken(
        &self,
        role: &OperationRole,
        divergences: &[Divergence],
    ) -> Vec<Violation> {
        let mut broken: Vec<Violation> = Vec::new();
        for Divergence { law, expected, observed, label } in divergences {
            let kind = self.model.get(*label).map(|entity| entity.kind.clone()).unwrap_or_default();
            let violation = self.broken(*law, &kind, &role.operation, expected.clone(), observed.clone());
            broken.extend(violation.filter(|new| !broken.iter().any(|known| known.clause == new.clause)));
        }
        broken
    }
}

/// Something that a view of several resources shows otherwise than it is known.
pub(in crate::run::stateful) struct Divergence {
    /// The resource.
    label: Label,
    law: LawKind,
    expected: String,
    observed: String,
}

/// The law of a view of several resources, if it shows one of those that live.
pub(in crate::run::stateful) fn shown_by_several(law: LawKind, entities: &[Entity]) -> Vec<LawKind> {
    entities.iter().any(|entity| entity.gone.is_none()).then_some(law).into_iter().collect()
}

pub(in crate::run::stateful) fn items(role: &OperationRole, judgement: &Judgement) -> Vec<Value> {
    let items = role.place.as_ref().and_then(|place| judgement.body.as_ref()?.get(place));
    items.and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Deleted resources that a batch does not name in its list of errors, where it has one.
pub(in crate::run::stateful) fn unreported(
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
