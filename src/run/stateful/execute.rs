//! Plays sequences: does the transitions, and looks at the resources after every change. What each call must get and what
//! its response says of laws is judged by [`SequenceJudge`].

use serde_json::{Map, Value};

use super::coverage::{Coverage, Found, Paths};
use super::generate::{Binding, Transition};
use crate::generate::placeholder;
use crate::judge::expected::Expected;
use crate::judge::sequence::{Entity, Label, SequenceJudge};
use crate::judge::{Answer, Judgement};
use crate::plan::operation_role::{OperationRole, RoleKind};
use crate::record::FindingKey;
use crate::run::run_context::RunContext;
use crate::run::session::{Blocked, Session};
use crate::run::workaround;
use crate::run::worker::Progress;
use crate::spec::contract::Operation;
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
    /// What is known, and what it says.
    pub(super) judge: SequenceJudge<'c>,
    verify_when: VerifyWhen,
    /// What diverged, with the position of the transition.
    pub(super) seen: Vec<(FindingKey, usize)>,
    position: usize,
    /// What was done to each resource.
    paths: Paths,
}

impl<'w, 'c> Execution<'w, 'c> {
    /// Begins without resources.
    pub fn new(session: Session<'w>, binding: &'c Binding<'c>, verify_when: VerifyWhen) -> Execution<'w, 'c> {
        Execution {
            env: binding.env,
            session,
            binding,
            judge: SequenceJudge::new(binding.rules()),
            verify_when,
            seen: Vec::new(),
            position: 0,
            paths: Paths::default(),
        }
    }

    /// Deletes what is left. What diverged, with the position of the transition that showed it, and which steps came one
    /// after another.
    pub async fn finish(self) -> (Vec<(FindingKey, usize)>, Coverage) {
        self.session.finish().await;
        (self.seen, self.paths.into_coverage())
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
            let found = self.found(step);
            let done = match role.kind {
                RoleKind::Create => self.create(role, step, progress).await?,
                RoleKind::Update | RoleKind::Tag | RoleKind::Untag => self.change(role, step, progress).await?,
                RoleKind::Delete => self.delete(role, step, progress).await?,
                RoleKind::Get | RoleKind::Tags => self.look(role, step, progress).await?,
                RoleKind::Batch => self.batch(role, &step.about, progress).await?,
                RoleKind::List => self.list(role, step, progress).await?,
            };
            self.note_path(role, step, found, done);
            let is_due = self.verify_when == VerifyWhen::EveryStep || position + 1 == transitions.len();
            let is_lost = done == StepOutcome::Lost
                || (done == StepOutcome::Changed && is_due && !self.verify(role.kind, progress).await?);
            if is_lost {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What a transition finds of each resource that it is about.
    fn found(&self, step: &Transition) -> Vec<(Label, Found)> {
        let entities = step.about.iter().filter_map(|label| self.judge.model().get(*label));
        let found = |entity: &Entity| if entity.gone.is_some() { Found::Gone } else { Found::Alive };
        entities.map(|entity| (entity.label, found(entity))).collect()
    }

    /// Remembers what a transition did to resources.
    fn note_path(&mut self, role: &OperationRole, step: &Transition, found: Vec<(Label, Found)>, done: StepOutcome) {
        match (role.kind, done) {
            (_, StepOutcome::Skipped | StepOutcome::Lost) => {}
            (RoleKind::Create, _) => {
                let made = self.judge.model().all().filter(|entity| entity.label.0 == step.id);
                made.for_each(|entity| self.paths.made(entity.label, &entity.kind, step.role));
            }
            _ => found.into_iter().for_each(|(label, found)| self.paths.done(label, (step.role, found))),
        }
    }

    async fn create(
        &mut self,
        role: &OperationRole,
        step: &Transition,
        progress: &mut Progress,
    ) -> Result<StepOutcome, Blocked> {
        let operation = self.operation(role)?;
        let mut input = step.input.clone();
        let mut owner = None;
        if role.owner.is_some() {
            let Some(entity) = self.entity(step) else { return Ok(StepOutcome::Skipped) };
            give(&mut input, role.subject.as_deref(), Value::from(entity.arn.as_str()));
            owner = Some(entity);
        } else if self.judge.model().alive().filter(|entity| entity.kind == role.resource).count()
            >= self.binding.sequence.at_once
        {
            return Ok(StepOutcome::Skipped);
        }
        let Some(expected) = self.judge.expected_of_create(operation, role, owner.as_ref()) else {
            return Ok(StepOutcome::Skipped);
        };
        workaround::name_resource(self.env, operation, &mut input);
        self.refer(&mut input, step.choice);
        let input = self.session.bind(&input).await?;
        let (mut judgement, exchange) = self.call(operation, &input, &expected).await;
        let must_succeed = expected.expectation.success;
        if must_succeed && is_over_quota(&judgement) {
            return Err(Blocked(format!("{} met a quota of the account", operation.name)));
        }
        self.note(&mut judgement, &exchange, progress)?;
        match (judgement.is_success(), must_succeed) {
            (true, true) => self.born(operation, step.id, owner.map(|owner| owner.label), &judgement).await,
            (false, false) => Ok(StepOutcome::Looked),
            _ => Ok(StepOutcome::Lost),
        }
    }

    /// Notes what a create made, and brings it into the state that the sequence needs.
    async fn born(
        &mut self,
        operation: &Operation,
        id: usize,
        owner: Option<Label>,
        judgement: &Judgement,
    ) -> Result<StepOutcome, Blocked> {
        let products = self.env.plan.resources.products(&operation.name);
        let Some(made) = self.judge.created(operation, products, id, owner, judgement) else {
            return Ok(StepOutcome::Lost);
        };
        for label in made {
            let Some(kind) = self.judge.model().get(label).map(|entity| entity.kind.clone()) else { continue };
            if let Some(state) = self.binding.sequence.states.get(&kind) {
                self.session.reach_newest(&kind, state).await?;
            }
        }
        Ok(StepOutcome::Changed)
    }

    /// Updates, tags or untags a resource.
    async fn change(
        &mut self,
        role: &OperationRole,
        step: &Transition,
        progress: &mut Progress,
    ) -> Result<StepOutcome, Blocked> {
        let Some(entity) = self.entity(step) else { return Ok(StepOutcome::Skipped) };
        let operation = self.operation(role)?;
        let mut input = step.input.clone();
        give(&mut input, role.subject.as_deref(), Value::from(entity.arn.as_str()));
        self.refer(&mut input, step.choice);
        let input = self.session.bind(&input).await?;
        let Some(expected) = self.judge.expected(operation, &entity) else { return Ok(StepOutcome::Skipped) };
        let (mut judgement, exchange) = self.call(operation, &input, &expected).await;
        let must_succeed = expected.expectation.success;
        let is_changed = judgement.is_success() && must_succeed;
        if is_changed {
            self.judge.changed(operation, role, &entity, &input, &mut judgement);
        }
        let is_refused = !judgement.is_success() && !must_succeed;
        self.note(&mut judgement, &exchange, progress)?;
        Ok(match (is_changed, is_refused) {
            (true, _) => StepOutcome::Changed,
            (_, true) => StepOutcome::Looked,
            (false, false) => StepOutcome::Lost,
        })
    }

    async fn delete(
        &mut self,
        role: &OperationRole,
        step: &Transition,
        progress: &mut Progress,
    ) -> Result<StepOutcome, Blocked> {
        let Some(entity) = self.entity(step) else { return Ok(StepOutcome::Skipped) };
        let operation = self.operation(role)?;
        let Some(expected) = self.judge.expected_of_delete(operation, &entity) else {
            return Ok(StepOutcome::Skipped);
        };
        let mut input = Value::Object(Map::new());
        give(&mut input, role.subject.as_deref(), Value::from(entity.arn.as_str()));
        let (mut judgement, exchange) = self.call(operation, &input, &expected).await;
        self.note(&mut judgement, &exchange, progress)?;
        match (judgement.is_success(), expected.expectation.success) {
            (true, true) => {
                for arn in self.judge.deleted(entity.label) {
                    self.session.forget(&arn);
                }
                Ok(StepOutcome::Changed)
            }
            (false, false) => Ok(StepOutcome::Looked),
            _ => Ok(StepOutcome::Lost),
        }
    }

    /// The resource that a transition is about.
    pub(super) fn entity(&self, step: &Transition) -> Option<Entity> {
        self.judge.model().get(*step.about.first()?).cloned()
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
                    let of_kind: Vec<&Entity> =
                        self.judge.model().alive().filter(|entity| entity.kind == kind).collect();
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
        expected: &Expected,
    ) -> (Judgement, Exchange) {
        let Expected { expectation, focus } = expected;
        let (mut judgement, exchange) = self.session.exchange(operation, input, expectation, *focus, None).await;
        self.judge.settle_tier(*focus, &mut judgement);
        (judgement, exchange)
    }

    /// Notes what an exchange showed.
    ///
    /// # Errors
    /// It could not be decided.
    pub(super) fn note(
        &mut self,
        judgement: &mut Judgement,
        exchange: &Exchange,
        progress: &mut Progress,
    ) -> Result<(), Blocked> {
        let violations = self.session.note(judgement, exchange);
        self.seen.extend(violations.iter().map(|violation| (FindingKey::from(violation), self.position)));
        progress.violations.extend(violations);
        match &judgement.undecided {
            Some(reason) => Err(Blocked(reason.clone())),
            None => {
                progress.decided += 1;
                Ok(())
            }
        }
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
