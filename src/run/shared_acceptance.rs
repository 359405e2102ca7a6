//! Valid values of different members share requests. What just keeps a constraint must be accepted: one request with such
//! a value in each of many members shows all of them accepted at once. Only if it is refused, or its response is wrong, are
//! the values tried in halves and at last one by one, so that a finding names the value that shows it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::look_round::LookRound;
use super::run_context::RunContext;
use super::session::Session;
use super::worker::{Worker, fixtures_for};
use crate::generate::{Family, finished, runner};
use crate::plan::expectation::Expectation;
use crate::plan::operation_role::{self, RoleKind};
use crate::plan::{Case, Check};
use crate::record::Witness;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Operation;

/// Most values that share a request.
const MOST: usize = 16;
/// Most requests that are looked through for one which has room for a value.
const MOST_TRIED: usize = 32;

/// One value that must be accepted.
#[derive(Debug, Clone)]
struct Question {
    case: usize,
    /// Position of its family in the case.
    family: usize,
    focus: ClauseIndex,
    /// The members that make it up, beside those of the smallest input.
    members: Map<String, Value>,
    subject: Subject,
}

/// What of its members a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// All of a member.
    Whole,
    /// Single elements or keys of a collection: others may stand beside them.
    Elements,
    /// Single values of a map, under whatever keys.
    Values,
}

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

    /// Whether the value of a family was accepted in a request that it shared.
    pub(super) fn is_answered(&self, case: usize, family: usize) -> bool {
        self.answered.contains(&(case, family))
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
        let saves_alone = self.leaves_its_resource(operation);
        packed.retain(|shared| saves_alone || shared.questions.len() > 1);
        packed
    }

    /// What a case asks of valid values, each as the members that it adds to the smallest input.
    fn questions(&self, operation: &Operation, index: usize, smallest: &Value) -> Vec<Question> {
        let env = &self.env;
        let Some(case) = env.plan.cases.get(index).filter(|case| asks_for_acceptance(&case.check)) else {
            return Vec::new();
        };
        let Some(focus) = case.clauses.first().copied() else { return Vec::new() };
        let mut runner = runner(env.settings.seed, &case.id);
        let mut questions = Vec::new();
        for (position, family) in env.generator.families(case).iter().enumerate() {
            // Every family is drawn from, so that each case draws what it would by itself.
            let drawn = env.generator.draw(operation, family, &mut runner).filter(|_| must_succeed(family));
            let members = drawn.and_then(|(_, input)| added(smallest, &finished(input)));
            let subject = subject(env, case);
            questions.extend(members.map(|members| Question {
                case: index,
                family: position,
                focus,
                members,
                subject,
            }));
        }
        questions
    }

    /// An input with one more question's members, if they are free and the whole is still legal.
    fn with(&self, operation: &Operation, input: &Value, present: &[Question], one_more: &Question) -> Option<Value> {
        let mut input = input.clone();
        let all = input.as_object_mut()?;
        for (name, value) in &one_more.members {
            let others = || present.iter().filter(|question| question.members.contains_key(name));
            let is_alone = others().next().is_none();
            if !is_alone && !others().chain([one_more]).all(|question| question.subject != Subject::Whole) {
                return None;
            }
            let value = match is_alone {
                true => value.clone(),
                false => joined(all.get(name)?, value, one_more.subject)?,
            };
            all.insert(name.clone(), value);
        }
        self.env.generator.is_valid(operation, &input).then_some(input)
    }

    async fn ask_shared(&mut self, operation: &Operation, mut waiting: Vec<Shared>) {
        waiting.reverse();
        while let Some(shared) = waiting.pop() {
            if self.env.target.is_stopped() {
                return;
            }
            match self.ask_together(operation, &shared).await {
                Shown::Accepted => self.answered.extend(shared.questions.iter().map(|one| (one.case, one.family))),
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
        let expectation = Expectation::success();
        let input = shared.input.clone();
        let looks_round = LookRound::of(self, first.case, operation);
        self.tally.first_seen.clear();
        self.shown_otherwise.clear();
        let fixtures = fixtures_for(operation, &expectation, &input);
        let mut session = Session::new(self, fixtures, first.case, first.family + 1);
        session.looks_round = looks_round;
        let lent = std::mem::take(&mut session.worker.lent);
        session.take_over(lent);
        session.hold_listed(operation).await;
        let result = session.example(operation, input.clone(), &expectation, first.focus).await;
        let shown = match result {
            Err(_) => Shown::Nothing,
            Ok((judgement, _)) if judgement.undecided.is_some() => Shown::Nothing,
            Ok((judgement, _)) if !judgement.is_success() || !judgement.violations.is_empty() => Shown::Doubtful,
            Ok((mut judgement, exchange)) => {
                judgement.accept_also(others(shared));
                session.note(&mut judgement, &exchange);
                Shown::Accepted
            }
        };
        if matches!(shown, Shown::Accepted) && session.worker.leaves_its_resource(operation) {
            session.lend();
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

    /// Whether a resource that an operation changed serves for further changes.
    fn leaves_its_resource(&self, operation: &Operation) -> bool {
        let env = &self.env;
        let lasting = [RoleKind::Update, RoleKind::Tag, RoleKind::Untag];
        env.plan.resources.types().any(|kind| {
            let roles = operation_role::roles(&env.contract, &env.plan.resources, kind);
            roles.iter().any(|role| role.operation == operation.name && lasting.contains(&role.kind))
        })
    }
}

/// The clauses of all questions but the first.
fn others(shared: &Shared) -> Vec<ClauseIndex> {
    let first = shared.questions.first().map(|question| question.focus);
    let others: BTreeSet<ClauseIndex> = shared.questions.iter().map(|question| question.focus).collect();
    others.into_iter().filter(|clause| Some(*clause) != first).collect()
}

/// What a case is about.
fn subject(env: &RunContext, case: &Case) -> Subject {
    let of_path = |path: &str| match path.split('.').skip(1).find(|name| matches!(*name, "member" | "key" | "value")) {
        Some("value") => Subject::Values,
        Some(_) => Subject::Elements,
        None => Subject::Whole,
    };
    match &case.check {
        Check::Accepts { path, .. } => of_path(path),
        Check::RuleAccepts { rule } => {
            let rule = env.contract.rules.input_rules.get(*rule);
            let paths = rule.iter().flat_map(|rule| &rule.paths).filter_map(|path| path.split_once(".input."));
            let mut subjects = paths.map(|(_, path)| of_path(path));
            let first = subjects.next().unwrap_or(Subject::Whole);
            if subjects.all(|other| other == first) { first } else { Subject::Whole }
        }
        _ => Subject::Whole,
    }
}

/// Two collections in one; `None` if they have a key in common with different values which must stay as it is.
fn joined(one: &Value, other: &Value, subject: Subject) -> Option<Value> {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            let more = other.iter().filter(|element| !one.contains(element));
            Some(one.iter().chain(more).cloned().collect())
        }
        (Value::Object(one), Value::Object(other)) => {
            let mut all = one.clone();
            for (key, value) in other {
                match all.get(key) {
                    Some(known) if known != value && subject != Subject::Values => return None,
                    Some(known) if known != value => {
                        let another = format!("{key}{}", all.len());
                        if all.insert(another, value.clone()).is_some() {
                            return None;
                        }
                    }
                    Some(_) => {}
                    None => drop(all.insert(key.clone(), value.clone())),
                }
            }
            Some(Value::Object(all))
        }
        _ => None,
    }
}

/// Whether a case asks whether valid values are accepted.
pub(super) fn asks_for_acceptance(check: &Check) -> bool {
    matches!(check, Check::Accepts { .. } | Check::RuleAccepts { .. })
}

/// Whether nothing but success is right.
fn must_succeed(family: &Family) -> bool {
    let expectation = &family.expectation;
    expectation.success && expectation.errors.is_empty() && !expectation.any_client_error
}

/// The members of an input that the smallest one has not, or has otherwise; `None` if it lacks one of its members, or
/// differs in nothing.
fn added(smallest: &Value, input: &Value) -> Option<Map<String, Value>> {
    let (smallest, input) = (smallest.as_object()?, input.as_object()?);
    if smallest.keys().any(|name| !input.contains_key(name)) {
        return None;
    }
    let members: Map<String, Value> = input
        .iter()
        .filter(|(name, value)| smallest.get(*name) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    (!members.is_empty()).then_some(members)
}
