//! Plays sequences: does the transitions, keeps the model, and looks at the resources after every change.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::generate::{Binding, Label, Transition};
use super::model::{Entity, Model};
use crate::generate::{not_found_errors, placeholder};
use crate::judge::law::Effect;
use crate::judge::{Answer, FindingKind, Judgement, Violation, law, path};
use crate::plan::expectation::{Expectation, ExpectedError};
use crate::plan::operation_role::{self, OperationRole, RoleKind};
use crate::plan::sequence::{Law, LawKind, law as find_law};
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

    async fn change(
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

    /// An update's answer shows the resource: what was not given is as it was.
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
    fn with_followers(&self, kind: &str, given: BTreeSet<String>) -> BTreeSet<String> {
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

    /// What a call about a resource must be answered with, and the clause to blame; none if nothing says so.
    pub(super) fn expected(&self, operation: &Operation, entity: &Entity) -> Option<(Expectation, ClauseIndex)> {
        match entity.gone {
            None => Some((Expectation::success(), operation.status_clause)),
            Some(gone) => self.not_found(operation, gone, &entity.kind),
        }
    }

    /// The answer that a resource which is gone must get, and the clause to blame; none if nothing says so.
    pub(super) fn not_found(
        &self,
        operation: &Operation,
        gone: LawKind,
        kind: &str,
    ) -> Option<(Expectation, ClauseIndex)> {
        let errors = not_found_errors(&self.env.contract, operation);
        let (_, clause) = self.clause(gone, kind)?;
        (!errors.is_empty()).then(|| (Expectation::refusal(errors), clause))
    }

    /// The refusal that a law asks for, and the clause to blame.
    fn refusal(&self, operation: &Operation, law: LawKind, kind: &str) -> Option<(Expectation, ClauseIndex)> {
        let (law, clause) = self.clause(law, kind)?;
        let error = operation.error(law.error.as_deref()?)?;
        let errors = vec![ExpectedError { code: error.code.clone(), status: error.status }];
        Some((Expectation::refusal(errors), clause))
    }

    /// A law for a resource type, and the clause that is broken with it.
    pub(super) fn clause(&self, law: LawKind, kind: &str) -> Option<(&Law, ClauseIndex)> {
        let law = find_law(&self.env.plan.suites.laws, law, kind)?;
        Some((law, self.env.contract.clauses.find(&law.rule)?))
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

    /// A broken law as a violation; none if no rule of the contract stands behind it.
    pub(super) fn broken(
        &self,
        law: LawKind,
        kind: &str,
        operation: &str,
        expected: String,
        observed: String,
    ) -> Option<Violation> {
        let (law, clause) = self.clause(law, kind)?;
        Some(Violation {
            clause,
            operation: operation.to_owned(),
            // Which member shows it changes with the seed; the defect is the same.
            detail: None,
            kind: FindingKind::WrongBehaviour,
            expected,
            observed,
            tier: law.inferred.then_some(Tier::Inferred),
        })
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
