//! Valid values of different members share requests. What just keeps a constraint must be accepted: one request with such
//! a value in each of many members shows all of them accepted at once. Only if it is refused, or its response is wrong, are
//! the values tried in halves and at last one by one, so that a finding names the value that shows it.

mod question;
pub(super) mod unexplained;

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use self::question::{Question, added, may_succeed, subject};
use super::look_round::LookRound;
use super::session::{Fixtures, Session};
use super::skip_reason;
use super::worker::{Worker, asked, fixtures_for, rounds};
use crate::generate::{finished, runner};
use crate::plan::Check;
use crate::plan::activity::Activity;
use crate::plan::expectation::Expectation;
use crate::plan::operation_role;
use crate::record::Witness;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Operation;

/// Most values that share a request.
const MOST: usize = 16;
/// Most requests that are looked through for one which has room for a value.
const MOST_TRIED: usize = 32;

/// Maximum number of inputs in a row for one resource, if the operation has no role in its lifecycle: a target may limit
/// their rate.
const MOST_USES: usize = 4;

/// Questions that share a request.
#[derive(Debug, Clone, Default)]
struct Shared {
    input: Value,
    questions: Vec<Question>,
}

/// What a shared request showed.
enum Shown {
    /// Everything in it is accepted.
    Accepted,
    /// Something may be wrong with one of its values.
    Doubtful,
    /// It could not be sent, or decided nothing.
    Nothing,
}

impl Worker {
    /// Asks what several cases of one operation ask of valid values, many in one request. Cases that are run afterwards do
    /// not ask it again.
    pub(super) async fn share(&mut self, cases: &[usize]) {
        let env = Arc::clone(&self.env);
        let case = cases.first().and_then(|index| env.plan.cases.get(*index));
        let operation = case.and_then(|case| env.contract.operation(case.operation.as_deref()?));
        let Some(operation) = operation.filter(|operation| !env.is_unavailable(&operation.name)) else { return };
        let sent = self.requests;
        let shared = self.packed(operation, cases);
        self.ask_shared(operation, shared).await;
        self.requests_ahead += self.requests - sent;
    }

    /// Whether what a case draws from a family was accepted in a request that it shared.
    pub(super) fn is_answered(&self, case: usize, family: usize, round: u32) -> bool {
        self.answered.contains(&(case, family, round))
    }

    /// The questions of cases, packed into as few requests as are tried for.
    fn packed(&self, operation: &Operation, cases: &[usize]) -> Vec<Shared> {
        let smallest = self.env.generator.minimal_input(operation);
        let mut packed: Vec<Shared> = Vec::new();
        for question in cases.iter().flat_map(|case| self.questions(operation, *case, &smallest)) {
            let has_room = |shared: &&mut Shared| shared.questions.len() < MOST;
            let mut tried = packed.iter_mut().rev().filter(has_room).take(MOST_TRIED);
            let found = tried.find_map(|shared| {
                let input = self.with(operation, &shared.input, &shared.questions, &question)?;
                Some((shared, input))
            });
            match found {
                Some((shared, input)) => {
                    shared.input = input;
                    shared.questions.push(question);
                }
                None => packed.extend(
                    self.with(operation, &smallest, &[], &question)
                        .map(|input| Shared { input, questions: vec![question] }),
                ),
            }
        }
        // A value that is alone saves only where it needs no resource of its own.
        let needed = fixtures_for(operation, &Expectation::success(), &smallest);
        let saves_alone = needed == Fixtures::Own && self.leaves_its_resource(operation);
        packed.retain(|shared| saves_alone || shared.questions.len() > 1);
        // Resources are read around the first ones: those that say most.
        packed.sort_by_key(|shared| Reverse(question::size(&operation.input, &shared.input)));
        packed
    }

    /// What a case asks of valid values, each as the members that it adds to the smallest input.
    fn questions(&self, operation: &Operation, index: usize, smallest: &Value) -> Vec<Question> {
        let env = &self.env;
        let Some(case) = env.plan.cases.get(index).filter(|case| asks_for_acceptance(&case.check)) else {
            return Vec::new();
        };
        let Some(focus) = case.clauses.first().copied() else { return Vec::new() };
        if skip_reason::of_run(env, case).is_some() {
            return Vec::new();
        }
        let mut runner = runner(env.settings.seed, &case.id);
        let families = env.generator.families(case);
        let subject = subject(env, case);
        let is_asked = asked(env, case, &families);
        let mut questions = Vec::new();
        for round in 0..rounds(env.settings.profile, &case.check) {
            for (position, family) in families.iter().enumerate() {
                // Every family is drawn from, so that each case draws what it would by itself.
                let drawn = env.generator.draw(operation, family, &mut runner).filter(|_| may_succeed(family));
                let is_asked = is_asked.get(position).copied().unwrap_or(true);
                let is_new = is_asked && (round == 0 || !family.is_exhausted());
                let members = drawn.filter(|_| is_new);
                let members = members.and_then(|(_, input)| added(&operation.input, smallest, &finished(input)));
                questions.extend(members.map(|members| Question {
                    case: index,
                    family: position,
                    round,
                    focus,
                    expectation: family.expectation.clone(),
                    members,
                    subject,
                }));
            }
        }
        questions
    }

    /// An input with one more question's members, if they are free and the whole is still legal.
    fn with(&self, operation: &Operation, input: &Value, present: &[Question], one_more: &Question) -> Option<Value> {
        let changed = question::with(&operation.input, input, present, one_more)?;
        self.env.generator.is_valid(operation, &changed).then_some(changed)
    }

    async fn ask_shared(&mut self, operation: &Operation, mut waiting: Vec<Shared>) {
        waiting.reverse();
        while let Some(shared) = waiting.pop() {
            if self.env.target.is_stopped() {
                return;
            }
            match self.ask_together(operation, &shared).await {
                Shown::Accepted => {
                    self.answered.extend(shared.questions.iter().map(|one| (one.case, one.family, one.round)));
                }
                Shown::Nothing => {}
                Shown::Doubtful => waiting.extend(self.halves(operation, &shared)),
            }
        }
        self.delete_lent().await;
    }

    /// The questions of a request in two requests; those that would be alone are asked by their cases.
    fn halves(&self, operation: &Operation, shared: &Shared) -> Vec<Shared> {
        let smallest = self.env.generator.minimal_input(operation);
        let (first, second) = shared.questions.split_at(shared.questions.len() / 2);
        let halves = [first, second].into_iter().filter(|half| half.len() > 1);
        let input = |half: &[Question]| {
            let mut questions = half.iter().enumerate();
            questions.try_fold(smallest.clone(), |input, (number, question)| {
                self.with(operation, &input, half.get(..number).unwrap_or_default(), question)
            })
        };
        halves.filter_map(|half| Some(Shared { input: input(half)?, questions: half.to_vec() })).collect()
    }

    /// Sends a request that questions share, on resources that such requests changed before if they last, which it leaves
    /// to the next one.
    async fn ask_together(&mut self, operation: &Operation, shared: &Shared) -> Shown {
        let Some(first) = shared.questions.first().cloned() else { return Shown::Nothing };
        let expectation = first.expectation.clone();
        let input = shared.input.clone();
        let looks_round = LookRound::of(self, first.case, operation);
        self.tally.first_seen.clear();
        self.shown_otherwise.clear();
        let fixtures = fixtures_for(operation, &expectation, &input);
        let mut session = Session::new(self, fixtures, first.case, first.family + 1);
        session.looks_round = looks_round;
        session.take_lent(operation).await;
        session.hold_listed(operation).await;
        let result = session.example(operation, input.clone(), &expectation, first.focus).await;
        let shown = match result {
            Err(_) => Shown::Nothing,
            Ok((judgement, _)) if judgement.undecided.is_some() => Shown::Nothing,
            Ok((judgement, exchange)) if !judgement.violations.is_empty() => {
                session.worker.unexplained.keep(operation, &first, judgement.violations, exchange);
                Shown::Doubtful
            }
            Ok((judgement, _)) if !judgement.is_success() && !first.is_open() => Shown::Doubtful,
            Ok((mut judgement, exchange)) => {
                judgement.accept_also(others(shared));
                session.note(&mut judgement, &exchange);
                Shown::Accepted
            }
        };
        if matches!(shown, Shown::Accepted) && session.worker.leaves_its_resource(operation) {
            session.lend_what_was_needed(operation).await;
        } else {
            session.finish().await;
        }
        // What reads around the change showed belongs to the first case, and is shown again by the same request.
        let witness = Witness { family: first.family, input, salt: 1 };
        for key in std::mem::take(&mut self.tally.first_seen) {
            if let Some(found) = self.tally.findings.get_mut(&key).filter(|found| found.witness.is_none()) {
                found.witness = Some(witness.clone());
            }
        }
        shown
    }

    /// Whether an operation has a part in the life of a resource.
    fn has_a_role(&self, operation: &Operation) -> bool {
        let (contract, resources) = (&self.env.contract, &self.env.plan.resources);
        let roles = |kind| operation_role::roles(contract, resources, kind);
        resources.types().any(|kind| roles(kind).iter().any(|role| role.operation == operation.name))
    }

    /// Whether a resource that an operation needs serves for further inputs: it changes it, or makes something beside it that
    /// can be deleted. What deletes it, or ends what it does for a time, needs another one each time.
    fn leaves_its_resource(&self, operation: &Operation) -> bool {
        let plan = &self.env.plan;
        let ends = |activity: &Activity| activity.ended_by.contains(&operation.name);
        !operation.is_readonly && !plan.resources.deletes(&operation.name) && !plan.suites.activities.iter().any(ends)
    }
}

impl Session<'_> {
    /// Uses what an earlier input of the operation left, unless it served often enough.
    async fn take_lent(&mut self, operation: &Operation) {
        let bundles = std::mem::take(&mut self.worker.lent);
        let uses = if bundles.is_empty() { 0 } else { self.worker.lent_uses };
        self.worker.lent_uses = uses + 1;
        self.take_over(bundles);
        if uses >= MOST_USES && !self.worker.has_a_role(operation) {
            self.worker.lent_uses = 1;
            self.delete_own().await;
        }
    }
}

/// The clauses of all questions but the first.
fn others(shared: &Shared) -> Vec<ClauseIndex> {
    let first = shared.questions.first().map(|question| question.focus);
    let others: BTreeSet<ClauseIndex> = shared.questions.iter().map(|question| question.focus).collect();
    others.into_iter().filter(|clause| Some(*clause) != first).collect()
}

/// Whether a case asks whether valid inputs are accepted.
pub(super) fn asks_for_acceptance(check: &Check) -> bool {
    matches!(check, Check::Accepts { .. } | Check::RuleAccepts { .. } | Check::Valid { .. })
}
