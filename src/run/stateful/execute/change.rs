//! Updates and tags resources, and keeps what they must be now.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::judge::law::Effect;
use crate::judge::{Judgement, law};
use crate::plan::operation_role::{self, OperationRole, RoleKind};
use crate::run::session::Blocked;
use crate::run::stateful::execute::*;
use crate::run::stateful::generate::Transition;
use crate::run::stateful::model::Entity;
use crate::run::worker::Progress;
use crate::spec::contract::Operation;

impl Execution<'_, '_> {
    pub(in crate::run::stateful) async fn change(
        &mut self,
        role: &OperationRole,
        step: &Transition,
        progress: &mut Progress,
    ) -> Result<StepOutcome, Blocked> {
        let Some(entity) = step.about.first().and_then(|label| self.model.get(*label)).cloned() else {
            return Ok(StepOutcome::Skipped);
        };
        let operation = self.operation(role)?;
        let mut input = step.input.clone();
        give(&mut input, role.subject.as_deref(), Value::from(entity.arn.as_str()));
        self.refer(&mut input, step.choice);
        let input = self.session.bind(&input).await?;
        let Some((expectation, focus)) = self.expected(operation, &entity) else { return Ok(StepOutcome::Skipped) };
        let (mut judgement, exchange) = self.call(operation, &input, &expectation, focus).await;
        let is_changed = judgement.is_success() && expectation.success;
        if is_changed {
            self.subjects = vec![entity.label];
            match role.kind {
                RoleKind::Tag => self.tagged(role, &entity, &input),
                RoleKind::Untag => self.untagged(role, &entity, &input),
                _ => self.updated(operation, role, &entity, &input, &mut judgement),
            }
        }
        let is_refused = !judgement.is_success() && !expectation.success;
        self.note(&mut judgement, &exchange, progress)?;
        Ok(match (is_changed, is_refused) {
            (true, _) => StepOutcome::Changed,
            (_, true) => StepOutcome::Looked,
            (false, false) => StepOutcome::Lost,
        })
    }

    pub(in crate::run::stateful) fn tagged(&mut self, role: &OperationRole, entity: &Entity, input: &Value) {
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

    pub(in crate::run::stateful) fn untagged(&mut self, role: &OperationRole, entity: &Entity, input: &Value) {
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
    pub(in crate::run::stateful) fn updated(
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
        let shown = role.place.as_ref().and_then(|place| judgement.body.as_ref()?.get(place)).cloned();
        let Some(shown @ Value::Object(_)) = shown else { return };
        let is_kept = |difference: &law::Difference| !given.contains(&difference.member);
        let all = self.differences(entity, node, &shown);
        let changed = all.iter().filter(|difference| !is_kept(difference)).map(|found| found.member.clone()).collect();
        let differences: Vec<law::Difference> = all.into_iter().filter(is_kept).collect();
        let tag_differences = self.tag_differences(entity, node, &shown);
        let mut view = self.view(entity, node);
        view.members.retain(|member| !given.contains(member));
        self.judge(role, entity, (&differences, &tag_differences), &view, judgement);
        self.effect = Effect::Updated { given, changed };
        self.adopt(entity.label, node, &shown);
        self.model.note_use();
    }

    /// The members that an update may change: those given, and those that follow one of them.
    pub(in crate::run::stateful) fn with_followers(&self, kind: &str, given: BTreeSet<String>) -> BTreeSet<String> {
        let prefix = format!("{kind}.");
        let follows = self
            .binding
            .sequence
            .follows
            .iter()
            .filter(|(_, leaders)| leaders.iter().any(|leader| given.contains(leader)));
        let followers: Vec<String> =
            follows.filter_map(|(member, _)| member.strip_prefix(&prefix)).map(str::to_owned).collect();
        given.into_iter().chain(followers).collect()
    }
}
