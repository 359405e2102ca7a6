//! Plays sequences: does the transitions, keeps the model, and looks at the resources after every change.

mod change;
mod laws;

use serde_json::{Map, Value};

use super::generate::{Binding, Label, Transition};
use super::model::{Entity, Model};
use crate::generate::placeholder;
use crate::judge::law::Effect;
use crate::judge::{Answer, Judgement, path};
use crate::plan::expectation::Expectation;
use crate::plan::operation_role::{self, OperationRole, RoleKind};
use crate::plan::sequence::LawKind;
use crate::record::FindingKey;
use crate::run::run_context::RunContext;
use crate::run::session::{Blocked, Session};
use crate::run::workaround;
use crate::run::worker::Progress;
use crate::spec::clause::{ClauseIndex, Tier};
use crate::spec::contract::{Node, Operation};
use crate::wire::Exchange;

/// When the resources are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyWhen {
    /// After every change.
    EveryStep,
    /// After the last transition only: what is in between is then no part of what shows a finding.
    LastStep,
}

/// How a transition went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepOutcome {
    /// It did not fit what there is.
    Skipped,
    /// It was done, and changed something.
    Changed,
    /// It was done, and changed nothing.
    Looked,
    /// Nobody knows what there is now: the sequence cannot go on.
    Lost,
}

/// A sequence as it is executed.
pub struct Execution<'w, 'c> {
    pub(super) env: &'c RunContext,
    pub(super) session: Session<'w>,
    pub(super) binding: &'c Binding<'c>,
    pub(super) model: Model,
    /// What was done last, and to what.
    pub(super) effect: Effect,
    pub(super) subjects: Vec<Label>,
    verify_when: VerifyWhen,
    /// What diverged, with the position of the transition.
    pub(super) seen: Vec<(FindingKey, usize)>,
    position: usize,
}

impl<'w, 'c> Execution<'w, 'c> {
    /// Begins without resources.
    pub fn new(session: Session<'w>, binding: &'c Binding<'c>, verify_when: VerifyWhen) -> Execution<'w, 'c> {
        Execution {
            env: binding.env,
            session,
            binding,
            model: Model::default(),
            effect: Effect::Seen,
            subjects: Vec::new(),
            verify_when,
            seen: Vec::new(),
            position: 0,
        }
    }

    /// Deletes what is left. What diverged, with the position of the transition that showed it.
    pub async fn finish(self) -> Vec<(FindingKey, usize)> {
        self.session.finish().await;
        self.seen
    }

    /// Does all transitions that fit.
    ///
    /// # Errors
    /// Something could not be decided; the transitions behind it are not done.
    pub async fn all(&mut self, transitions: &[Transition], progress: &mut Progress) -> Result<(), Blocked> {
        for (position, step) in transitions.iter().enumerate() {
            if self.env.target.is_stopped() {
                return Err(Blocked("the run was stopped".to_owned()));
            }
            self.position = position;
            let binding = self.binding;
            let Some(role) = binding.roles.get(step.role) else { continue };
            let done = match role.kind {
                RoleKind::Create => self.create(role, step, progress).await?,
                RoleKind::Update | RoleKind::Tag | RoleKind::Untag => self.change(role, step, progress).await?,
                RoleKind::Delete => self.delete(role, step, progress).await?,
                RoleKind::Get | RoleKind::Tags => self.look(role, step, progress).await?,
                RoleKind::Batch => self.batch(role, &step.about, progress).await?,
                RoleKind::List => self.list(role, step, progress).await?,
            };
            let is_due = self.verify_when == VerifyWhen::EveryStep || position + 1 == transitions.len();
            let is_lost =
                done == StepOutcome::Lost || (done == StepOutcome::Changed && is_due && !self.verify(progress).await?);
            if is_lost {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn create(
        &mut self,
        role: &OperationRole,
        step: &Transition,
        progress: &mut Progress,
    ) -> Result<StepOutcome, Blocked> {
        let operation = self.operation(role)?;
        let mut input = step.input.clone();
        let mut expectation = Expectation::success();
        let mut focus = operation.status_clause;
        let mut owner = None;
        if role.owner.is_some() {
            let Some(entity) = step.about.first().and_then(|label| self.model.get(*label)).cloned() else {
                return Ok(StepOutcome::Skipped);
            };
            give(&mut input, role.subject.as_deref(), Value::from(entity.arn.as_str()));
            owner = Some(entity.label);
            let has_one = self.model.alive().any(|child| child.owner == owner && child.kind == role.resource);
            let refusal = match (entity.gone, has_one) {
                (Some(gone), _) => Some(self.not_found(operation, gone, &entity.kind)),
                (None, true) => Some(self.refusal(operation, LawKind::OneAtMost, &role.resource)),
                (None, false) => None,
            };
            match refusal {
                Some(Some(refused)) => (expectation, focus) = refused,
                Some(None) => return Ok(StepOutcome::Skipped),
                None => {}
            }
        } else if self.model.alive().filter(|entity| entity.kind == role.resource).count()
            >= self.binding.sequence.at_once
        {
            return Ok(StepOutcome::Skipped);
        }
        workaround::name_resource(self.env, operation, &mut input);
        self.refer(&mut input, step.choice);
        let input = self.session.bind(&input).await?;
        let (mut judgement, exchange) = self.call(operation, &input, &expectation, focus).await;
        if expectation.success && is_over_quota(&judgement) {
            return Err(Blocked(format!("{} met a quota of the account", operation.name)));
        }
        self.note(&mut judgement, &exchange, progress)?;
        match (judgement.is_success(), expectation.success) {
            (true, true) => self.born(operation, step.id, owner, &judgement).await,
            (false, false) => Ok(StepOutcome::Looked),
            _ => Ok(StepOutcome::Lost),
        }
    }

    /// Notes what a create made.
    async fn born(
        &mut self,
        operation: &Operation,
        id: usize,
        owner: Option<Label>,
        judgement: &Judgement,
    ) -> Result<StepOutcome, Blocked> {
        let env = self.env;
        let output = judgement.body.clone().unwrap_or(Value::Null);
        let mut made: Vec<Label> = Vec::new();
        for (number, product) in env.plan.resources.products(&operation.name).iter().enumerate() {
            let arn = path::find(&output, &product.path).and_then(Value::as_str);
            let object = product.path.strip_suffix(".arn").and_then(|place| path::find(&output, place));
            let (Some(arn), Some(Value::Object(members))) = (arn, object) else { return Ok(StepOutcome::Lost) };
            if !self.binding.sequence.resources.contains(&product.resource) {
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
            if let Some(state) = self.binding.sequence.states.get(&product.resource) {
                self.session.reach_newest(&product.resource, state).await?;
            }
        }
        self.model.note_use();
        self.effect = Effect::Created;
        self.subjects = made;
        Ok(StepOutcome::Changed)
    }

    async fn delete(
        &mut self,
        role: &OperationRole,
        step: &Transition,
        progress: &mut Progress,
    ) -> Result<StepOutcome, Blocked> {
        let Some(entity) = step.about.first().and_then(|label| self.model.get(*label)).cloned() else {
            return Ok(StepOutcome::Skipped);
        };
        let operation = self.operation(role)?;
        let refusal = match entity.gone {
            Some(gone) => Some(self.not_found(operation, gone, &entity.kind)),
            None if self.model.is_used(&entity.arn) => Some(self.refusal(operation, LawKind::InUseStays, &entity.kind)),
            None => None,
        };
        let (expectation, focus) = match refusal {
            Some(Some(refused)) => refused,
            Some(None) => return Ok(StepOutcome::Skipped),
            None => {
                let law = Some(LawKind::ReleasedGoes).filter(|_| entity.was_used);
                let clause = law.and_then(|law| self.clause(law, &entity.kind)).map(|(_, clause)| clause);
                (Expectation::success(), clause.unwrap_or(operation.status_clause))
            }
        };
        let mut input = Value::Object(Map::new());
        give(&mut input, role.subject.as_deref(), Value::from(entity.arn.as_str()));
        let (mut judgement, exchange) = self.call(operation, &input, &expectation, focus).await;
        self.note(&mut judgement, &exchange, progress)?;
        match (judgement.is_success(), expectation.success) {
            (true, true) => {
                for arn in self.model.bury(entity.label) {
                    self.session.forget(&arn);
                }
                self.effect = Effect::Deleted;
                self.subjects = vec![entity.label];
                Ok(StepOutcome::Changed)
            }
            (false, false) => Ok(StepOutcome::Looked),
            _ => Ok(StepOutcome::Lost),
        }
    }

    /// Puts ARNs of the sequence's own resources where the input refers to such; a reference to what is not there is
    /// left out.
    fn refer(&self, input: &mut Value, choice: usize) {
        let Value::Object(members) = input else { return };
        let mut kept = Map::new();
        for (name, value) in std::mem::take(members) {
            let text = value.as_str().and_then(placeholder::whole);
            let kind = text.map(|text| text.rsplit_once(':').map_or(text, |(_, kind)| kind));
            match kind.filter(|kind| self.binding.sequence.resources.iter().any(|own| own == kind)) {
                None => {
                    kept.insert(name, value);
                }
                Some(kind) => {
                    let of_kind: Vec<&Entity> = self.model.alive().filter(|entity| entity.kind == kind).collect();
                    if let Some(entity) = of_kind.get(choice % of_kind.len().max(1)) {
                        kept.insert(name, Value::from(entity.arn.as_str()));
                    }
                }
            }
        }
        *members = kept;
    }

    pub(super) fn operation(&self, role: &OperationRole) -> Result<&'c Operation, Blocked> {
        let found = self.env.contract.operation(&role.operation);
        found.ok_or_else(|| Blocked(format!("{} is unknown", role.operation)))
    }

    /// Sends, and judges by the contract; nothing is noted.
    pub(super) async fn call(
        &mut self,
        operation: &Operation,
        input: &Value,
        expectation: &Expectation,
        focus: ClauseIndex,
    ) -> (Judgement, Exchange) {
        let (mut judgement, exchange) = self.session.exchange(operation, input, expectation, focus, None).await;
        let laws = &self.env.plan.suites.laws;
        let rule = &self.env.contract.clauses.get(focus).id;
        let is_inferred = laws.iter().any(|law| law.rule == *rule && law.inferred);
        for violation in judgement.violations.iter_mut().filter(|violation| violation.clause == focus) {
            violation.tier = is_inferred.then_some(Tier::Inferred);
        }
        (judgement, exchange)
    }

    /// The member of a resource that holds its tags.
    pub(super) fn tags_member(&self, node: &Node) -> Option<String> {
        let role = self.binding.roles.iter().find(|role| role.kind == RoleKind::Tag)?;
        let operation = self.env.contract.operation(&role.operation)?;
        let shape = &operation.input.member(role.tags.as_deref()?)?.shape;
        node.members().iter().find(|member| member.shape == *shape).map(|member| member.name.clone())
    }
}

/// Gives an input the ARN of what it is about.
pub(super) fn give(input: &mut Value, member: Option<&str>, value: Value) {
    if let (Value::Object(members), Some(member)) = (input, member) {
        members.insert(member.to_owned(), value);
    }
}

fn is_over_quota(judgement: &Judgement) -> bool {
    matches!(&judgement.answer, Answer::Error { code: Some(code), .. } if code.contains("Quota"))
}
