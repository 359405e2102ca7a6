//! Ways round a valid request that an operation refuses. When the smallest request that makes something is refused, the
//! smallest difference between it and one that is accepted is looked for, by leaving out marks and by adding members; when
//! only the second of two equal names is refused, names must be unique. The refusal is one finding; what was learned is used
//! in the rest of the run, so that it keeps nothing else from being decided. Only on this machine: an account is not asked
//! again and again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use super::ledger::ownership_tags::About;
use super::run_context::RunContext;
use super::session::Session;
use crate::generate::{placeholder, runner};
use crate::judge::{Answer, FindingKind, Judgement};
use crate::plan::case::{Check, Form};
use crate::plan::expectation::Expectation;
use crate::plan::resources::needed_resources;
use crate::protocol;
use crate::record::Seen;
use crate::spec::contract::Operation;
use crate::wire::Exchange;

/// How often an operation is looked into.
const ATTEMPTS: u32 = 2;

/// A change of an operation's inputs.
#[derive(Debug, Clone, PartialEq)]
enum Edit {
    /// A mark of the run in this member is left out.
    LeaveOut(String),
    /// A member that is not given gets this value.
    Give(String, Value),
    /// A name that was filled in, or is not given, is one that nothing else has.
    GiveUnique(String),
}

/// What was learned in a run.
#[derive(Debug, Default)]
pub struct Workarounds {
    learned: Mutex<BTreeMap<String, Vec<Edit>>>,
    /// Whether anything was: most targets teach nothing, and are not asked under a lock for every request.
    has_learned: AtomicBool,
    attempts: Mutex<BTreeMap<String, u32>>,
    is_off: AtomicBool,
    turn: tokio::sync::Mutex<()>,
}

impl Workarounds {
    /// Whether requests of any operation are changed.
    pub fn are_known(&self) -> bool {
        self.has_learned.load(Ordering::Relaxed)
    }

    /// Number of changes of an operation's inputs.
    pub(super) fn known(&self, operation: &str) -> usize {
        self.edits(operation).len()
    }

    fn edits(&self, operation: &str) -> Vec<Edit> {
        if !self.has_learned.load(Ordering::Acquire) {
            return Vec::new();
        }
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).get(operation).cloned().unwrap_or_default()
    }

    fn learn(&self, operation: &str, edits: Vec<Edit>) {
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        learned.entry(operation.to_owned()).or_default().extend(edits);
        self.has_learned.store(true, Ordering::Release);
    }

    /// Looks into nothing: where each case is a test of its own, a refusal must fail the test that meets it.
    pub(super) fn turn_off(&self) {
        self.is_off.store(true, Ordering::Relaxed);
    }

    /// Whether no workaround is looked for. So it is where every case is a separate test.
    pub(super) fn are_off(&self) -> bool {
        self.is_off.load(Ordering::Relaxed)
    }

    /// Whether an operation may be looked into once more.
    fn attempt(&self, operation: &str) -> bool {
        if self.are_off() {
            return false;
        }
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let attempts = attempts.entry(operation.to_owned()).or_default();
        *attempts += 1;
        *attempts <= ATTEMPTS
    }
}

/// A copy of an operation's input, changed as was learned, but for members that a case is about, and for marks that are
/// among the members that were `given`: the caller expects those to be shown. `None` if nothing was learned.
pub(super) fn around(
    env: &RunContext,
    operation: &Operation,
    input: &Value,
    given: &Value,
    case: usize,
) -> Option<Value> {
    let edits = env.workarounds.edits(&operation.name);
    (!edits.is_empty()).then(|| {
        let mut changed = input.clone();
        change(env, edits, &mut changed, given, case);
        changed
    })
}

/// Changes the input of an operation as was learned, whatever is in it.
fn apply(env: &RunContext, operation: &Operation, input: &mut Value) {
    change(env, env.workarounds.edits(&operation.name), input, &Value::Null, usize::MAX);
}

fn change(env: &RunContext, edits: Vec<Edit>, input: &mut Value, given: &Value, case: usize) {
    let Value::Object(members) = input else { return };
    for edit in edits {
        match edit {
            Edit::LeaveOut(member) if env.marker.is_mark(&member, members) && given.get(&member).is_none() => {
                members.remove(&member);
            }
            Edit::Give(member, value) if !members.contains_key(&member) && !env.looks_at(case, &member) => {
                members.insert(member, value);
            }
            Edit::GiveUnique(member)
                if !env.looks_at(case, &member) && (!members.contains_key(&member) || env.is_generated(case)) =>
            {
                members.insert(member, Value::from(env.unique_name()));
            }
            _ => {}
        }
    }
}

/// Gives a resource that a test needs a name, if the operation takes one.
pub(super) fn name_resource(env: &RunContext, operation: &Operation, input: &mut Value) {
    env.name_resource(operation, input);
    apply(env, operation, input);
}

/// A request of one try, and what came of it.
struct Tried {
    judgement: Judgement,
    exchange: Exchange,
}

impl Session<'_> {
    /// Looks for a way round a refusal of a valid input; whether there is one that was not used for it.
    pub(super) async fn finds_way_round(&mut self, operation: &Operation, judgement: &Judgement) -> bool {
        let env = std::sync::Arc::clone(&self.worker.env);
        let is_refused = is_refusal(judgement);
        if !is_refused || !env.target.is_loopback() || env.plan.resources.products(&operation.name).is_empty() {
            return false;
        }
        let known = env.workarounds.known(&operation.name);
        let turn = env.workarounds.turn.lock().await;
        if env.workarounds.known(&operation.name) > known {
            return true;
        }
        // What it needs would have to be made meanwhile, and may be refused as well.
        if needed_resources(operation) > 0 || env.target.is_stopped() || !env.workarounds.attempt(&operation.name) {
            return false;
        }
        let learned = self.look_into(operation, judgement).await;
        let is_learned = learned.is_some();
        learned.into_iter().for_each(|edits| env.workarounds.learn(&operation.name, edits));
        drop(turn);
        is_learned
    }

    async fn look_into(&mut self, operation: &Operation, refused: &Judgement) -> Option<Vec<Edit>> {
        let smallest = self.smallest(operation).await?;
        let first = self.attempt(operation, &smallest).await?;
        if first.judgement.is_success() {
            return self.names_are_unique(operation, &smallest, refused).await;
        }
        if first.judgement.answer != refused.answer {
            return None;
        }
        match self.without_marks(operation, &smallest).await {
            Some(edits) => Some(edits),
            None => self.with_members(operation, &smallest).await,
        }
    }

    /// The smallest input of an operation, marked as the run's.
    async fn smallest(&mut self, operation: &Operation) -> Option<Map<String, Value>> {
        let env = std::sync::Arc::clone(&self.worker.env);
        let mut input = env.generator.minimal_input(operation);
        env.name_resource(operation, &mut input);
        env.mark(operation, &mut input, About::default());
        apply(&env, operation, &mut input);
        match input {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Sends an input, with placeholders that name no resource; what it makes is deleted with the test.
    async fn attempt(&mut self, operation: &Operation, members: &Map<String, Value>) -> Option<Tried> {
        let env = std::sync::Arc::clone(&self.worker.env);
        let input = self.bind(&Value::Object(members.clone())).await.ok()?;
        self.worker.count_request();
        let exchange = env.target.send_once(&protocol::request(operation, &input)).await;
        let mut judgement = env.judge.exchange(operation, &Expectation::success(), operation.status_clause, &exchange);
        self.after(operation, &input, None, &exchange, &mut judgement);
        self.lose_sight(operation, &input, &judgement);
        Some(Tried { judgement, exchange })
    }

    /// Which marks the operation refuses.
    async fn without_marks(&mut self, operation: &Operation, smallest: &Map<String, Value>) -> Option<Vec<Edit>> {
        let marker = std::sync::Arc::clone(&self.worker.env.marker);
        let marks: Vec<String> = smallest.keys().filter(|member| marker.is_mark(member, smallest)).cloned().collect();
        let without = |left_out: &[String]| {
            let mut members = smallest.clone();
            members.retain(|member, _| !left_out.contains(member));
            members
        };
        let alone = marks.iter().map(|member| vec![member.clone()]);
        for left_out in alone.chain([marks.clone()]).filter(|left_out| !left_out.is_empty()) {
            if self.attempt(operation, &without(&left_out)).await?.judgement.is_success() {
                // The finding shows what is refused, and nothing besides.
                let others: Vec<String> = marks.iter().filter(|mark| !left_out.contains(mark)).cloned().collect();
                let tried = self.refused_each_time(operation, &without(&others)).await?;
                self.note_refusal(operation, &tried)?;
                return Some(left_out.into_iter().map(Edit::LeaveOut).collect());
            }
        }
        None
    }

    /// Which optional members the operation demands: those that cannot be left out of an input with every member.
    async fn with_members(&mut self, operation: &Operation, smallest: &Map<String, Value>) -> Option<Vec<Edit>> {
        let mut full = self.full(operation, smallest)?;
        if !self.attempt(operation, &full).await?.judgement.is_success() {
            return None;
        }
        let added: Vec<String> = full.keys().filter(|member| !smallest.contains_key(*member)).cloned().collect();
        let mut demanded = Vec::new();
        for member in added {
            let Some(value) = full.remove(&member) else { continue };
            if !self.attempt(operation, &full).await?.judgement.is_success() {
                full.insert(member.clone(), value.clone());
                demanded.push(Edit::Give(member, value));
            }
        }
        let marker = std::sync::Arc::clone(&self.worker.env.marker);
        let mut bare = smallest.clone();
        bare.retain(|member, _| !marker.is_mark(member, smallest));
        let tried = self.refused_each_time(operation, &bare).await?;
        self.note_refusal(operation, &tried)?;
        Some(demanded).filter(|demanded| !demanded.is_empty())
    }

    /// The smallest input with every optional member that names no resource besides.
    fn full(&self, operation: &Operation, smallest: &Map<String, Value>) -> Option<Map<String, Value>> {
        let env = &self.worker.env;
        let is_full = |check: &Check| matches!(check, Check::Valid { form: Form::Full });
        let is_wanted =
            |case: &&crate::plan::Case| case.operation.as_deref() == Some(&operation.name) && is_full(&case.check);
        let case = env.plan.cases.iter().find(is_wanted)?;
        let families = env.generator.families(case);
        let (_, drawn) = env.generator.draw(operation, families.first()?, &mut runner(env.settings.seed, &case.id))?;
        let Value::Object(mut members) = drawn else { return None };
        members.retain(|_, value| placeholder::names(value).is_empty());
        members.extend(smallest.clone());
        Some(members)
    }

    /// Whether the second of two inputs with one name is refused.
    async fn names_are_unique(
        &mut self,
        operation: &Operation,
        smallest: &Map<String, Value>,
        refused: &Judgement,
    ) -> Option<Vec<Edit>> {
        let name = self.worker.env.marker.name_member().to_owned();
        operation.input.member(&name)?;
        let mut named = smallest.clone();
        named.insert(name.clone(), Value::from(self.worker.env.unique_name()));
        let first = self.attempt(operation, &named).await?;
        let second = self.refused_each_time(operation, &named).await?;
        if !first.judgement.is_success() || second.judgement.answer != refused.answer {
            return None;
        }
        self.note_refusal(operation, &second)?;
        Some(vec![Edit::GiveUnique(name)])
    }

    /// Sends an input as often as a refusal must be seen; none unless each time it was refused alike.
    async fn refused_each_time(&mut self, operation: &Operation, members: &Map<String, Value>) -> Option<Tried> {
        let last = self.attempt(operation, members).await?;
        for _ in 1..Seen::SETTLED.of {
            if self.attempt(operation, members).await?.judgement.answer != last.judgement.answer {
                return None;
            }
        }
        Some(last).filter(|last| is_refusal(&last.judgement))
    }

    /// Notes a refusal as a finding of its own; none if it is not one.
    fn note_refusal(&mut self, operation: &Operation, tried: &Tried) -> Option<()> {
        let env = std::sync::Arc::clone(&self.worker.env);
        let is_smallest = |case: &crate::plan::Case| {
            case.operation.as_deref() == Some(&operation.name)
                && matches!(case.check, Check::Valid { form: Form::Minimal })
        };
        let case = env.plan.cases.iter().position(is_smallest).unwrap_or(self.case);
        let is_about_it = |kind| matches!(kind, FindingKind::RejectedValid | FindingKind::ServerError);
        let violations: Vec<_> =
            tried.judgement.violations.iter().filter(|violation| is_about_it(violation.kind)).cloned().collect();
        if violations.is_empty() {
            return None;
        }
        for violation in violations {
            self.worker.tally.find_settled(violation, case, &tried.exchange);
        }
        Some(())
    }
}

/// Whether a valid input was refused, in a way that stays.
fn is_refusal(judgement: &Judgement) -> bool {
    let kinds: BTreeSet<FindingKind> = judgement.violations.iter().map(|violation| violation.kind).collect();
    let is_wrong = kinds.contains(&FindingKind::RejectedValid) || kinds.contains(&FindingKind::ServerError);
    let is_told = matches!(&judgement.answer, Answer::Error { status, .. } if !matches!(status, 401 | 403 | 404 | 405 | 429 | 503));
    is_wrong && is_told && judgement.undecided.is_none()
}
