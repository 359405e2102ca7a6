//! Shows every finding again before it is reported, each in a fresh state. A finding that does not show every time is
//! intermittent: it speaks of an unreliable target and not of a clause.

mod dropped;
mod explained;
mod look;
mod task;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) use self::dropped::Dropped;
use self::look::{Looked, Looks, Noise};
use self::task::{
    Task, breaks_connections, depends_on_content, depends_on_lists, open_tasks, other_tasks, reads_lists, same_tasks,
};
use super::run_context::RunContext;
use super::scheduler;
use super::settings::Shrinking;
use super::worker::{Tried, Worker};
use super::worker_pool::{self, Work};
use crate::judge::FindingKind;
use crate::plan::Plan;
use crate::record::{CaseOutcome, CaseResult, FindingKey, Found, Purpose, Tally};

/// Times that a finding is looked for again.
const REPETITIONS: u64 = 2;
/// Times more, where noise could have shown what was seen.
const MORE_REPETITIONS: u64 = 4;
/// Most looks for one finding for each that counts; those that noise kept from deciding anything do not.
const MOST_LOOKS: u64 = 3;
/// Reason of a case whose findings did not show again.
const UNRELIABLE: &str = "the target is unreliable: what this case showed did not show every time";

/// Shows the findings of a run again and settles which of them are reliable. `surveyed` are those of the pre-flight
/// check, which no case shows. Returns how many findings were dropped.
pub(super) async fn confirm(
    env: &RunContext,
    tally: &mut Tally,
    cases: &mut [CaseResult],
    surveyed: &BTreeSet<FindingKey>,
) -> Dropped {
    let tasks = open_tasks(&env.plan, tally, surveyed);
    if tasks.is_empty() || env.target.is_stopped() {
        return Dropped::default();
    }
    let again = env.for_confirmation();
    let looking = Looking::new(REPETITIONS, cases);
    let mut looked = look_for(&again, tally, tasks, &looking).await;
    let noise = Noise::of(env, tally, &looked);
    let doubtful = noise.explained(&looked).into_iter().chain(noise.unsteady(&looked)).collect();
    let tasks = same_tasks(&env.plan, tally, &doubtful);
    let longer = Looking { repetitions: MORE_REPETITIONS, ..looking.clone() };
    for (key, later) in look_for(&again, tally, tasks, &longer).await {
        looked.entry(key).or_default().extend(later);
    }
    if !env.target.is_stopped() {
        let uncounted = looked.iter_mut().filter(|(key, _)| noise.looks_like(key.kind));
        uncounted.for_each(|(_, looks)| looks.count_one());
    }
    let is_chance = |key: &FindingKey| {
        let by_chance = |looks: &Looks| looks.never_repeats() || looks.is_rare() || noise.may_explain(key, looks);
        looked.get(key).is_some_and(by_chance)
    };
    let chance: Vec<FindingKey> = noise.unsteady(&looked).into_iter().filter(is_chance).collect();
    for key in noise.explained(&looked).into_iter().chain(chance) {
        looked.entry(key).or_default().keep_one();
    }
    // Where noise is everywhere, other cases show only more of it, but for those that show a defect.
    let unshown = looked
        .iter()
        .filter(|(_, looks)| looks.seen.is_partial())
        .filter(|(key, _)| !noise.is_loud() || !noise.looks_like(key.kind) || is_beside_a_defect(tally, &looked, key))
        .map(|(key, _)| key.clone())
        .collect();
    let tasks = other_tasks(&env.plan, tally, &unshown);
    let mut elsewhere = look_for(&again.with_shrinking(Shrinking::On), tally, tasks, &looking).await;
    elsewhere.retain(|key, looks| !noise.may_explain(key, looks) && !looks.seen.is_partial());
    // What another case shows every time is not dropped for the case that showed it first.
    looked.retain(|key, _| !elsewhere.contains_key(key));
    let dropped = settle(env, tally, looked, noise.shows_other_states());
    adopt_elsewhere(tally, elsewhere);
    explained::drop_explained(tally);
    settle_cases(&env.plan, tally, cases);
    dropped
}

/// Whether another case that showed a finding shows a defect of the same operation every time. Failures are never beside a
/// defect: noise shows them everywhere.
fn is_beside_a_defect(tally: &Tally, looked: &Looked, key: &FindingKey) -> bool {
    let Some(found) = tally.findings.get(key).filter(|_| !key.kind.is_failure()) else { return false };
    looked.iter().any(|(other, looks)| {
        let is_shown_there = |other: &Found| found.also_in.contains(&other.case);
        let is_defect = other.operation == key.operation && !looks.seen.is_partial();
        is_defect && tally.findings.get(other).is_some_and(is_shown_there)
    })
}

/// What tasks showed, in their order, and what else was noted.
type Shown = (Vec<(FindingKey, Looks)>, Tally);

/// Does tasks, those alone that other requests can disturb.
async fn look_for(env: &RunContext, tally: &mut Tally, tasks: Vec<Task>, looking: &Looking) -> Looked {
    let (alone, beside): (Vec<Task>, Vec<Task>) =
        tasks.into_iter().partition(|task| reads_lists(env, task) || breaks_connections(env, task));
    let mut looked = Looked::new();
    for (tasks, jobs) in [(beside, env.target.concurrency().most()), (alone, 1)] {
        if tasks.is_empty() {
            continue;
        }
        let (seen, noted) = shown_again(env, tasks, jobs, looking).await;
        for (key, looks) in seen {
            // Of several tasks for one finding the one counts that showed it best.
            let is_better = looked.get(&key).is_none_or(|known: &Looks| known.seen.is_partial());
            if is_better {
                looked.insert(key, looks);
            }
        }
        tally.merge(noted);
    }
    looked
}

/// Puts the evidence of another case, which shows a finding every time, in the place of one that did not show it again.
fn adopt_elsewhere(tally: &mut Tally, elsewhere: Looked) {
    for (key, looks) in elsewhere {
        let (Some(found), Some(latest)) = (tally.findings.get_mut(&key), looks.latest) else { continue };
        found.show_by(Found { seen: looks.seen, ..latest });
    }
}

/// Shows the findings of a task again.
#[derive(Debug, Clone)]
struct Looking {
    repetitions: u64,
    /// Why cases of the run could not be decided, by their position: looks at them that end so too are like the first.
    undecided: Arc<BTreeMap<usize, String>>,
}

impl Looking {
    fn new(repetitions: u64, cases: &[CaseResult]) -> Looking {
        let undecided = cases.iter().filter_map(|result| match &result.verdict {
            CaseOutcome::Inconclusive { reason } => Some((result.case, reason.clone())),
            CaseOutcome::Passed | CaseOutcome::Failed => None,
        });
        Looking { repetitions, undecided: Arc::new(undecided.collect()) }
    }

    /// Whether a case ended as it ended in the run, or was decided.
    fn counts(&self, result: &CaseResult) -> bool {
        match &result.verdict {
            CaseOutcome::Inconclusive { reason } => self.undecided.get(&result.case) == Some(reason),
            CaseOutcome::Passed | CaseOutcome::Failed => true,
        }
    }
}

impl Work for Looking {
    type Job = (usize, Task);
    type Output = (usize, Looked);

    async fn perform(&self, worker: &mut Worker, (position, task): (usize, Task)) -> (usize, Looked) {
        match worker.env.target.is_stopped() {
            true => (position, Looked::new()),
            false => (position, look_again(worker, &task, self).await),
        }
    }
}

/// Does tasks, as many at a time as `jobs`. What they showed, in their order.
async fn shown_again(env: &RunContext, tasks: Vec<Task>, jobs: usize, looking: &Looking) -> Shown {
    let (workers, jobs) = (jobs.min(tasks.len()), tasks.into_iter().enumerate());
    // The findings of the run stand; these looks only say how often they show.
    let (mut looked, noted) = worker_pool::complete(env, looking.clone(), jobs, workers, Purpose::Confirmation).await;
    looked.sort_by_key(|(position, _)| *position);
    (looked.into_iter().flat_map(|(_, looked)| looked).collect(), noted)
}

/// Looks for a task's findings again; a look that could not decide is none.
async fn look_again(worker: &mut Worker, task: &Task, looking: &Looking) -> Looked {
    let repetitions = looking.repetitions;
    let mut looked: Looked = task.keys.iter().map(|key| (key.clone(), Looks::default())).collect();
    for _ in 0..repetitions * MOST_LOOKS {
        // A failure that did not show once is intermittent: to ask again costs, and says nothing more.
        let is_settled = |key: &FindingKey, looks: &Looks| {
            looks.seen.of > repetitions || (key.kind.is_failure() && looks.seen.is_partial())
        };
        if looked.iter().all(|(key, looks)| is_settled(key, looks)) || worker.env.target.is_stopped() {
            break;
        }
        worker.finish().await;
        // Each look sends the same requests, so that a defect shows at the same place.
        worker.begin_afresh();
        worker.tally.findings.clear();
        let before = worker.requests;
        let tried = match &task.witness {
            Some(witness) => worker.try_witness(task.case, witness).await,
            None => match scheduler::run_case(worker, task.case).await {
                Some(result) if looking.counts(&result) => Tried::Decided,
                _ => Tried::NotSent,
            },
        };
        let is_decided = tried == Tried::Decided;
        let sent = worker.requests.saturating_sub(before);
        let is_disturbed = is_disturbed(worker, task);
        for (key, looks) in &mut looked {
            // A case that cannot be decided, e.g. for want of a broadcast, sends its requests all the same.
            let counts = match key.kind {
                kind if kind.is_failure() => is_decided || (sent > 0 && !is_disturbed),
                // What was accepted is refused now, for whatever reason.
                FindingKind::AcceptedInvalid => tried != Tried::NotSent && !is_disturbed,
                _ => is_decided && !is_disturbed,
            };
            looks.note(worker.tally.findings.get(key), sent, counts);
        }
    }
    // What looks like noise and could not be shown again, although it was looked for, was noise.
    let could_look = !worker.env.target.is_stopped();
    let noisy = looked.iter_mut().filter(|(key, _)| could_look && key.kind.may_be_noise());
    noisy.for_each(|(_, looks)| looks.count_one());
    looked
}

/// Whether a look met failures that it does not look for. They may hide a finding that is not a failure itself.
fn is_disturbed(worker: &Worker, task: &Task) -> bool {
    worker.tally.findings.keys().any(|key| key.kind.is_failure() && !task.keys.contains(key))
}

/// Notes how often each finding was seen. Drops findings that no look showed again: those of lists, all wrong behaviour if
/// responses show other states, and all that waiting may end if reads lag.
fn settle(env: &RunContext, tally: &mut Tally, looked: Looked, shows_other_states: bool) -> Dropped {
    let mut dropped = Dropped::default();
    for (key, Looks { seen, latest, .. }) in looked {
        let Some(found) = tally.findings.get_mut(&key) else { continue };
        found.seen = seen;
        // As of what looks like noise by its kind.
        if found.is_shown_by_page() && seen.of == 1 && !env.target.is_stopped() {
            found.seen.of += 1;
        }
        // What was sent in a fresh state needs nothing that other cases made.
        if let Some(latest) = latest {
            found.trail = latest.trail;
        }
        let is_unshown = seen.of > 1 && seen.times == 1;
        if is_unshown && depends_on_lists(env, &key, found) {
            tally.findings.remove(&key);
            dropped.of_lists += 1;
        } else if is_unshown && shows_other_states && key.kind == FindingKind::WrongBehaviour {
            tally.findings.remove(&key);
            dropped.of_other_states += 1;
        } else if is_unshown && depends_on_content(env, &key, found) && env.waits.reads_lag() {
            tally.findings.remove(&key);
            dropped.of_lag += 1;
        }
    }
    dropped
}

/// Takes back the verdicts of cases that rest on findings which are dropped or intermittent.
fn settle_cases(plan: &Plan, tally: &Tally, cases: &mut [CaseResult]) {
    for result in cases.iter_mut().filter(|result| !result.findings.is_empty()) {
        result.findings.retain(|key| tally.findings.contains_key(key));
        let own = plan.cases.get(result.case).map(|case| case.clauses.as_slice()).unwrap_or_default();
        let is_reliable = |key: &FindingKey| tally.findings.get(key).is_some_and(|found| !found.is_intermittent());
        let fails = result.findings.iter().any(|key| own.contains(&key.clause) && is_reliable(key));
        if result.verdict == CaseOutcome::Failed && !fails {
            result.verdict = CaseOutcome::Inconclusive { reason: UNRELIABLE.to_owned() };
        }
    }
}

/// Shows the findings of a single case again: what a test harness with one test per case needs.
pub(super) async fn confirm_case(worker: &mut Worker, tally: &mut Tally, result: &mut CaseResult) {
    let env = Arc::clone(&worker.env);
    let (mut looked, looking) = (Looked::new(), Looking::new(REPETITIONS, std::slice::from_ref(result)));
    for task in open_tasks(&env.plan, tally, &BTreeSet::new()) {
        looked.extend(look_again(worker, &task, &looking).await);
    }
    // One case does not show how much noise there is: what wanders is taken for it.
    let wandering = looked.iter_mut().filter(|(key, looks)| key.kind.may_be_noise() && looks.wanders());
    wandering.for_each(|(_, looks)| looks.keep_one());
    settle(&env, tally, looked, false);
    settle_cases(&env.plan, tally, std::slice::from_mut(result));
}
