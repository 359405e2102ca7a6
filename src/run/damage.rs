//! Damage that requests do to what a target stores. After a creating request failed, the lists of what it makes are read
//! as a control: a list that no longer responds is reported, and what the failed request made all the same is deleted. On
//! this machine that is what the lists show beyond what they showed before; in an account it is found by the run's mark
//! at the end of the run.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use tokio::sync::{RwLock, RwLockReadGuard};

use super::lists::{self, Pages};
use super::run_context::RunContext;
use super::session::{Bundle, Fixtures, Session};
use super::worker::Worker;
use crate::plan::Phase;
use crate::plan::resources::Finder;
use crate::record::Left;
use crate::spec::path;
use crate::wire::{Exchange, FailureKind, Reply};

/// Most pages of a list that are read as a control.
pub(super) const MOST_PAGES: usize = 500;
/// How often a list is read after single cases; the end of a phase reads it once more.
const MOST_LOOKS: u64 = 100;

/// What is known of damage to the target; shared by all workers.
#[derive(Debug, Default)]
pub struct Damage {
    /// Held by dangerous cases while they run, and alone by who compares lists: then nothing else changes them.
    quiet: RwLock<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    controls: BTreeMap<String, Control>,
    /// How many resources were found that failed requests had made, and deleted.
    recovered: u64,
}

/// The list of a resource type, which answered before the first case.
#[derive(Debug)]
struct Control {
    finder: Finder,
    /// ARNs that it showed then; none if what is new there is not ours to delete.
    before: Option<BTreeSet<String>>,
    looks: u64,
    /// Creating requests that failed since the list was last read well while nothing else was sent.
    suspects: Vec<Suspect>,
    /// How many of them there were when the list was last read well.
    seen: usize,
    broken: Option<Broken>,
    /// Breaks that are over.
    mended: Vec<Broken>,
}

impl Control {
    fn new(finder: Finder, before: Option<BTreeSet<String>>) -> Control {
        let (suspects, mended) = (Vec::new(), Vec::new());
        Control { finder, before, looks: 0, suspects, seen: 0, broken: None, mended }
    }
}

/// A creating request that failed, and may have made something.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Suspect {
    operation: String,
    case: String,
}

/// A list that does not respond any more.
#[derive(Debug, Clone)]
struct Broken {
    /// The case after which it was seen first.
    since: String,
    /// What the list answers.
    reason: String,
    /// Number of later cases that could not be decided.
    undecided: u64,
}

/// Whether anything else can change a list that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Surroundings {
    /// Other cases are running.
    Busy,
    /// Nothing else is sent.
    Quiet,
}

impl Damage {
    /// Waits until no list is compared; lists are not compared while the result is held.
    pub(super) async fn busy(&self) -> RwLockReadGuard<'_, ()> {
        self.quiet.read().await
    }

    /// Notes the outcome of a request that makes something, if it may have made something unseen.
    pub(super) fn note(&self, kinds: &[&str], operation: &str, case: &str, exchange: &Exchange) {
        if may_have_succeeded(&exchange.reply) {
            self.suspect(kinds, operation, case);
        }
    }

    /// Notes a request that may have made something unseen.
    pub(super) fn suspect(&self, kinds: &[&str], operation: &str, case: &str) {
        let mut state = self.state();
        for kind in kinds {
            if let Some(control) = state.controls.get_mut(*kind) {
                control.suspects.push(Suspect { operation: operation.to_owned(), case: case.to_owned() });
            }
        }
    }

    /// Whether a list of the target is broken.
    pub(super) fn is_broken(&self) -> bool {
        self.state().controls.values().any(|control| control.broken.is_some())
    }

    /// Notes a case that could not be decided while a list was broken. What is to blame, for its reason.
    pub(super) fn note_undecided(&self) -> Option<String> {
        let mut state = self.state();
        let broken = state.controls.values_mut().find_map(|control| {
            let broken = control.broken.as_mut()?;
            broken.undecided += 1;
            Some((control.finder.operation.clone(), broken.since.clone()))
        });
        broken.map(|(operation, since)| format!("{operation} is broken since {since}"))
    }

    /// What the run should tell of damage.
    pub(super) fn notes(&self) -> Vec<String> {
        let state = self.state();
        let mut notes = Vec::new();
        for control in state.controls.values() {
            let list = &control.finder.operation;
            let told = |broken: &Broken, end: &str| {
                let cost = match broken.undecided {
                    0 => "no case after that was undecided".to_owned(),
                    1 => "1 case after that could not be decided".to_owned(),
                    more => format!("{more} cases after that could not be decided"),
                };
                let Broken { since, reason, .. } = broken;
                format!(
                    "The target is damaged since {since}: {list} answered before and fails now ({reason}){end}; {cost}."
                )
            };
            let over = ", until what had been made was deleted";
            notes.extend(control.mended.iter().map(|broken| told(broken, over)));
            notes.extend(control.broken.iter().map(|broken| told(broken, "")));
        }
        if state.recovered > 0 {
            notes.push(format!(
                "Resources that creating requests made although their response is an error: {}, found in lists and deleted.",
                state.recovered
            ));
        }
        notes
    }

    fn kinds_to_look_at(&self) -> Vec<(String, Finder)> {
        let state = self.state();
        let due = state.controls.iter().filter(|(_, control)| !control.suspects.is_empty() || control.broken.is_some());
        due.map(|(kind, control)| (kind.clone(), control.finder.clone())).collect()
    }

    /// Lists of which it is known what they showed before the run: type, list and ARNs. None in an account.
    pub(super) fn before(&self) -> Vec<(String, Finder, BTreeSet<String>)> {
        let state = self.state();
        let known = state.controls.iter().filter_map(|(kind, control)| Some((kind, control, control.before.as_ref()?)));
        known.map(|(kind, control, before)| (kind.clone(), control.finder.clone(), before.clone())).collect()
    }

    /// Types whose lists are worth a look after a single case.
    fn fresh_kinds(&self) -> Vec<(String, Finder)> {
        let mut state = self.state();
        let is_fresh = |control: &Control| {
            control.suspects.len() > control.seen && control.broken.is_none() && control.looks < MOST_LOOKS
        };
        let mut fresh = Vec::new();
        for (kind, control) in state.controls.iter_mut().filter(|(_, control)| is_fresh(control)) {
            control.looks += 1;
            fresh.push((kind.clone(), control.finder.clone()));
        }
        fresh
    }

    /// Notes that a list answers. ARNs on it that were not there before the run, if what is new there is ours.
    fn answered(&self, kind: &str, arns: &BTreeSet<String>, surroundings: Surroundings) -> Vec<String> {
        let mut state = self.state();
        let Some(control) = state.controls.get_mut(kind) else { return Vec::new() };
        if let Some(broken) = control.broken.take() {
            control.mended.push(broken);
        }
        if surroundings == Surroundings::Busy {
            control.seen = control.suspects.len();
            return Vec::new();
        }
        control.suspects.clear();
        control.seen = 0;
        let before = control.before.as_ref();
        before.map_or_else(Vec::new, |before| arns.difference(before).cloned().collect())
    }

    fn failed(&self, kind: &str, since: &str, reason: String) {
        if let Some(control) = self.state().controls.get_mut(kind) {
            control.broken.get_or_insert_with(|| Broken { since: since.to_owned(), reason, undecided: 0 });
        }
    }

    /// What may be left on a target whose lists are broken, so that nothing shows it.
    pub(super) fn unseen(&self) -> Vec<Left> {
        let state = self.state();
        let mut left = Vec::new();
        for (kind, control) in &state.controls {
            // Where others make something too, what may be ours is found by its mark.
            let (Some(broken), Some(_)) = (&control.broken, &control.before) else { continue };
            let operations: BTreeSet<&str> = control.suspects.iter().map(|one| one.operation.as_str()).collect();
            for operation in operations {
                let of_operation = || control.suspects.iter().filter(|suspect| suspect.operation == operation);
                let cases: BTreeSet<&str> = of_operation().map(|suspect| suspect.case.as_str()).collect();
                let number = of_operation().count();
                let first = cases.first().copied().unwrap_or_default();
                let list = &control.finder.operation;
                left.push(Left {
                    kind: kind.clone(),
                    what: format!(
                        "what {number} failed {operation} requests of {} cases ({first}, …) may have made",
                        cases.len()
                    ),
                    reason: format!("{list} cannot show it: {}", broken.reason),
                });
            }
        }
        left
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a request can have taken effect although it did not succeed.
fn may_have_succeeded(reply: &Reply) -> bool {
    match reply {
        Reply::Response(response) => response.status >= 500 && response.status != 503,
        Reply::Failure(failure) => match failure.kind {
            FailureKind::Timeout | FailureKind::Closed | FailureKind::Dropped | FailureKind::Protocol => true,
            FailureKind::Connect | FailureKind::Tls | FailureKind::Withheld => false,
        },
    }
}

/// Reads the lists of what the cases of the plan make, before the first of them.
pub(super) async fn prepare(env: &RunContext) {
    let creates = |name: &str| !env.plan.resources.products(name).is_empty();
    if !env.plan.cases.iter().filter_map(|case| case.operation.as_deref()).any(creates) {
        return;
    }
    // In an account, and beside other shards, what is new may be another's.
    let is_alone = env.target.is_loopback() && env.target.ledger().is_none() && env.settings.shard.count == 1;
    let finder = |kind: &str| {
        let finder = env.plan.resources.finder(&env.contract, kind)?;
        (!env.is_unavailable(&finder.operation)).then(|| (kind.to_owned(), finder))
    };
    let finders: Vec<(String, Finder)> = env.plan.resources.types().filter_map(finder).collect();
    let read = |(kind, finder): (String, Finder)| async move {
        let arns = arns(env, &finder).await.ok()?;
        Some((kind, finder, arns))
    };
    let lanes = env.target.concurrency().lanes();
    let listed: Vec<_> = stream::iter(finders).map(read).buffered(lanes).collect().await;
    for (kind, finder, arns) in listed.into_iter().flatten() {
        let control = Control::new(finder, is_alone.then_some(arns));
        env.damage.state().controls.insert(kind, control);
    }
}

/// Looks at the lists after a case with creating requests that failed.
pub(super) async fn after_case(env: &RunContext, case: &str, phase: Phase) {
    let kinds = env.damage.fresh_kinds();
    if kinds.is_empty() || env.target.is_stopped() {
        return;
    }
    match phase {
        Phase::Ordinary | Phase::Late => look(env, kinds, case, Surroundings::Busy).await,
        Phase::Dangerous => {
            let alone = env.damage.quiet.write().await;
            look(env, kinds, case, Surroundings::Quiet).await;
            drop(alone);
        }
    }
}

/// Looks at the lists when no case is running.
pub(super) async fn after_phase(env: &RunContext, phase: Phase) {
    let when = match phase {
        Phase::Ordinary => "the end of the ordinary cases",
        Phase::Late => "the end of the late cases",
        Phase::Dangerous => "the end of the dangerous cases",
    };
    look(env, env.damage.kinds_to_look_at(), when, Surroundings::Quiet).await;
}

async fn look(env: &RunContext, kinds: Vec<(String, Finder)>, since: &str, surroundings: Surroundings) {
    for (kind, finder) in kinds {
        match arns(env, &finder).await {
            Ok(arns) => {
                let mut new = env.damage.answered(&kind, &arns, surroundings);
                new.retain(|arn| !env.remains.has_made(arn));
                delete(env, &kind, new).await;
            }
            Err(_) if env.target.is_stopped() => {}
            Err(reason) => env.damage.failed(&kind, since, reason),
        }
    }
}

/// Deletes what failed requests made.
async fn delete(env: &RunContext, kind: &str, arns: Vec<String>) {
    if arns.is_empty() {
        return;
    }
    let found = arns.len() as u64;
    let mut worker = Worker::new(Arc::new(env.for_thread()));
    let mut session = Session::new(&mut worker, Fixtures::Own, 0, 0);
    let bundle = |arn: String| {
        env.remains.note_made(&arn);
        Bundle { resources: vec![(kind.to_owned(), arn)], ..Bundle::default() }
    };
    let undeleted = session.delete_in_order(arns.into_iter().map(bundle).collect()).await;
    env.damage.state().recovered += found.saturating_sub(undeleted.len() as u64);
    env.remains.keep(undeleted);
}

async fn arns(env: &RunContext, finder: &Finder) -> Result<BTreeSet<String>, String> {
    let pages = if env.target.is_loopback() { Pages::AtMost(MOST_PAGES) } else { Pages::First };
    let items = lists::items(&env.contract, &env.target, finder, None, pages).await?;
    let arn = |item: &Value| path::find(item, &finder.arn).and_then(Value::as_str).map(str::to_owned);
    Ok(items.iter().filter_map(arn).collect())
}
