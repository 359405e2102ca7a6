//! Reads the resources of a sequence: one by one, as lists and in batches.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::execute::{Execution, StepOutcome, give};
use super::generate::Transition;
use crate::judge::expected::Expected;
use crate::judge::sequence::{Divergence, Entity, Label, laws_of_batch, laws_of_list};
use crate::judge::{Judgement, lag};
use crate::plan::operation_role::{OperationRole, RoleKind};
use crate::plan::sequence::LawKind;
use crate::run::polling::{Polling, Recovery};
use crate::run::session::Blocked;
use crate::run::settings::Profile;
use crate::run::worker::Progress;
use crate::spec::contract::Operation;
use crate::wire::Exchange;

impl Execution<'_, '_> {
    /// Looks at what the last change touched, and whether it touched anything else. False if nobody knows any more what
    /// there is. The list of tags is read by itself after an update in the deep profile only: the resource shows them too.
    pub(super) async fn verify(&mut self, done: RoleKind, progress: &mut Progress) -> Result<bool, Blocked> {
        let is_deep = self.env.settings.profile == Profile::Deep;
        let is_needed = |kind: RoleKind| is_deep || done != RoleKind::Update || kind != RoleKind::Tags;
        let due = self.judge.due();
        for (label, kind) in due.into_iter().filter(|(_, kind)| is_needed(*kind)) {
            if self.show(kind, label, progress).await? == StepOutcome::Lost {
                return Ok(false);
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
        let Some(entity) = self.judge.model().get(label).cloned() else { return Ok(StepOutcome::Skipped) };
        let binding = self.binding;
        let Some(role) = binding.role(kind, &entity.kind) else { return Ok(StepOutcome::Skipped) };
        let operation = self.operation(role)?;
        let mut input = Value::Object(Map::new());
        give(&mut input, role.subject.as_deref(), Value::from(entity.arn.as_str()));
        let Some(expected) = self.judge.expected(operation, &entity) else { return Ok(StepOutcome::Skipped) };
        let must_succeed = expected.expectation.success;
        let mut polling = Polling::new(self.env.patience_of_read(&operation.name));
        let before = self.session.history.len();
        let mut first = None;
        let (mut judgement, exchange, is_shown) = loop {
            // Only one of the tries is part of what shows a finding.
            self.session.history.truncate(before);
            let (mut judgement, exchange) = self.call(operation, &input, &expected).await;
            let is_shown = judgement.is_success() && must_succeed;
            if is_shown {
                self.judge.shown(operation, role, &entity, &mut judgement);
            }
            let tried = (judgement, exchange, is_shown);
            if self.is_settled(operation, &tried.0, &polling) {
                break first.filter(|_| self.env.is_chance(&polling)).unwrap_or(tried);
            }
            self.judge.forget_shown(&entity);
            first.get_or_insert(tried);
            polling.pause(|wait| self.env.target.pause(wait)).await;
        };
        let is_refused = !judgement.is_success() && !must_succeed;
        self.note(&mut judgement, &exchange, progress)?;
        Ok(if is_shown || is_refused { StepOutcome::Looked } else { StepOutcome::Lost })
    }

    /// Whether asking once more cannot change what a read showed.
    fn is_settled(&mut self, operation: &Operation, judgement: &Judgement, polling: &Polling) -> bool {
        let lagging = || judgement.violations.iter().filter(|violation| lag::can_lag(operation, violation));
        if lagging().next().is_none() {
            if let Recovery::ByWaiting(lag) = polling.recovery() {
                self.session.worker.note_read_lag(lag);
            }
            return true;
        }
        let is_too_late = polling.is_over();
        if is_too_late {
            self.env.note_read_in_vain(lagging(), polling);
        }
        is_too_late || self.env.target.is_stopped() || self.env.waits.stays(lagging())
    }

    /// Reads several resources at once.
    pub(super) async fn batch(
        &mut self,
        role: &OperationRole,
        about: &[Label],
        progress: &mut Progress,
    ) -> Result<StepOutcome, Blocked> {
        let entities: Vec<Entity> = about.iter().filter_map(|label| self.judge.model().get(*label)).cloned().collect();
        if entities.is_empty() {
            return Ok(StepOutcome::Skipped);
        }
        let operation = self.operation(role)?;
        let mut input = Value::Object(Map::new());
        let arns: Vec<Value> = entities.iter().map(|entity| Value::from(entity.arn.as_str())).collect();
        give(&mut input, role.subject.as_deref(), Value::from(arns));
        let (judgement, exchange) = self.call(operation, &input, &Expected::success(operation)).await;
        let divergences = self.judge.batch_divergences(operation, role, &entities, &judgement);
        self.conclude(role, &divergences, judgement, exchange, &laws_of_batch(&entities), progress).await
    }

    /// Reads a list, all pages of it, until what is shown cannot be late any more.
    pub(super) async fn list(
        &mut self,
        role: &OperationRole,
        step: &Transition,
        progress: &mut Progress,
    ) -> Result<StepOutcome, Blocked> {
        let Some(entity) = self.entity(step) else { return Ok(StepOutcome::Skipped) };
        let operation = self.operation(role)?;
        let mut input = list_input(operation, role, &entity);
        let mut entities = vec![entity.clone()];
        if role.owner.is_some() {
            give(&mut input, role.subject.as_deref(), Value::from(entity.arn.as_str()));
            if entity.gone.is_some() {
                return self.list_of_nothing(operation, &entity, &input, progress).await;
            }
            let is_owned = |other: &&Entity| other.owner == Some(entity.label) && other.kind == role.resource;
            entities = self.judge.model().all().filter(is_owned).cloned().collect();
        }
        let mut polling = Polling::new(self.env.patience(&operation.name));
        let before = self.session.history.len();
        loop {
            // Only the last try is part of what shows a finding.
            self.session.history.truncate(before);
            let (mut judgement, exchange, items) =
                self.session.walk_items(operation, &input, operation.status_clause).await;
            let Some(items) = items else {
                // Without its items a list upholds no law.
                self.note(&mut judgement, &exchange, progress)?;
                return Ok(StepOutcome::Lost);
            };
            let divergences = self.judge.list_divergences(operation, role, &entities, &items);
            let is_too_late = polling.is_too_late(lag::form(operation, &judgement));
            let is_over = is_too_late || self.env.target.is_stopped();
            let broken = self.judge.all_broken(role, &divergences);
            if divergences.is_empty() || !judgement.is_success() || is_over || self.env.waits.stays(broken.iter()) {
                if is_over {
                    self.env.waits.note_in_vain(broken.iter());
                }
                return self
                    .conclude(role, &divergences, judgement, exchange, &laws_of_list(&entities), progress)
                    .await;
            }
            polling.pause(|wait| self.env.target.pause(wait)).await;
        }
    }

    /// What a deleted resource owned is listed no more.
    async fn list_of_nothing(
        &mut self,
        operation: &Operation,
        owner: &Entity,
        input: &Value,
        progress: &mut Progress,
    ) -> Result<StepOutcome, Blocked> {
        let Some(expected) = self.judge.expected(operation, owner) else { return Ok(StepOutcome::Skipped) };
        let (mut judgement, exchange) = self.call(operation, input, &expected).await;
        self.note(&mut judgement, &exchange, progress)?;
        Ok(if judgement.is_success() { StepOutcome::Lost } else { StepOutcome::Looked })
    }

    /// Blames a view of several resources, unless the view of the single one says the same: then that is to blame.
    async fn conclude(
        &mut self,
        role: &OperationRole,
        divergences: &[Divergence],
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
        self.judge.conclude(role, divergences, laws, &mut judgement);
        self.note(&mut judgement, &exchange, progress)?;
        Ok(StepOutcome::Looked)
    }
}

/// Large pages, and as few items as a filter leaves: the account may have many that are none of the sequence's.
fn list_input(operation: &Operation, role: &OperationRole, entity: &Entity) -> Value {
    let mut input = Map::new();
    if let Some((name, largest)) = operation.largest_page() {
        input.insert(name.to_owned(), Value::from(largest));
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
