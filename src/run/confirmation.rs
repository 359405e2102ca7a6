//! Shows every finding again before it is reported, each in a fresh state. A finding that does not show every time is
//! intermittent: it speaks of an unreliable target and not of a clause.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::RunError;
use super::environment::Environment;
use super::outcome::{CaseResult, FindingKey, Found, Seen, Tally, Verdict, Witness};
use super::worker::Worker;
use super::workers;
use crate::judge::FindingKind;
use crate::plan::{Check, Plan};

/// Times that a finding is looked for again.
const REPETITIONS: u64 = 2;
/// Most looks for one finding; those that noise kept from deciding anything do not count as repetitions.
const MOST_LOOKS: u64 = 6;
/// Requests that confirm a finding by themselves, if none of the run contradicts it.
const CONVINCING: u64 = 3;
/// Reason of a case whose findings did not show again.
const UNRELIABLE: &str = "the target is unreliable: what this case showed did not show every time";

/// One way to show findings again.
#[derive(Debug, Clone, PartialEq)]
struct Task {
    case: usize,
    witness: Option<Witness>,
    keys: BTreeSet<FindingKey>,
}

/// How often each finding was looked for and seen.
type Tries = BTreeMap<FindingKey, Seen>;

/// Shows the findings of a run again and settles which of them are reliable. `surveyed` are those of the pre-flight
/// check, which no case shows. Returns the number of findings that only the run's own parallel cases had caused.
///
/// # Errors
/// The thread that shows them again ended early.
pub(super) async fn confirm(
    env: &Environment,
    tally: &mut Tally,
    cases: &mut [CaseResult],
    surveyed: &BTreeSet<FindingKey>,
) -> Result<u64, RunError> {
    let tasks = tasks(&env.plan, tally, surveyed);
    if tasks.is_empty() || env.target.is_stopped() {
        return Ok(0);
    }
    let (alone, beside): (Vec<Task>, Vec<Task>) = tasks.into_iter().partition(|task| reads_lists(env, task));
    let mut tries = Tries::new();
    for (tasks, jobs) in [(beside, env.settings.jobs), (alone, 1)] {
        let (seen, noted) = shown_again(env, tasks, jobs).await?;
        tries.extend(seen);
        tally.merge(noted);
    }
    let dropped = settle(env, tally, tries);
    settle_cases(&env.plan, tally, cases);
    Ok(dropped)
}

/// What shows the findings again, in the order of the plan.
fn tasks(plan: &Plan, tally: &Tally, surveyed: &BTreeSet<FindingKey>) -> Vec<Task> {
    let is_open = |key: &FindingKey, found: &Found| {
        let contradictions = tally.upheld.get(key.clause.0 as usize).map_or(0, |upheld| upheld.requests);
        let is_convincing = contradictions == 0 && found.occurrences >= CONVINCING;
        !surveyed.contains(key) && found.seen == Seen::ONCE && !is_convincing
    };
    let mut tasks: Vec<Task> = Vec::new();
    for (key, found) in tally.findings.iter().filter(|(key, found)| is_open(key, found)) {
        let same = |task: &&mut Task| task.case == found.case && task.witness == found.witness;
        match tasks.iter_mut().find(same) {
            Some(task) => drop(task.keys.insert(key.clone())),
            None => tasks.push(Task {
                case: found.case,
                witness: found.witness.clone(),
                keys: BTreeSet::from([key.clone()]),
            }),
        }
    }
    tasks.sort_by_key(|task| (task.case, task.keys.first().cloned()));
    tasks.retain(|task| plan.cases.get(task.case).is_some());
    tasks
}

/// Whether a task's findings may come from what parallel cases create and delete: lists show that, and nothing else does.
fn reads_lists(env: &Environment, task: &Task) -> bool {
    let is_paged = |name: &str| env.contract.operation(name).is_some_and(|operation| operation.pagination.is_some());
    env.settings.jobs > 1
        && task.keys.iter().any(|key| is_paged(&key.operation))
        && !is_concurrent(&env.plan, task.case)
}

/// Whether a case has calls in flight at once by itself: then one that runs alone shows no less.
fn is_concurrent(plan: &Plan, case: usize) -> bool {
    match plan.cases.get(case).map(|case| &case.check) {
        Some(Check::Scenario { scenario }) => {
            let steps = plan.suites.scenarios.get(*scenario).map(|scenario| scenario.steps.as_slice());
            steps.unwrap_or_default().iter().any(|step| step.concurrent)
        }
        _ => false,
    }
}

/// Runs tasks on a thread of their own, as many at a time as `jobs`.
async fn shown_again(env: &Environment, tasks: Vec<Task>, jobs: usize) -> Result<(Tries, Tally), RunError> {
    let (sender, receiver) = oneshot::channel();
    let env = env.for_confirmation();
    std::thread::Builder::new()
        .name("confirmation".to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let shown = runtime.map(|runtime| runtime.block_on(side_by_side(env, tasks, jobs)));
            // The receiver only goes when the run is over.
            let _ = sender.send(shown);
        })
        .map_err(RunError::Runtime)?;
    let ended = receiver.await.map_err(|_| RunError::Internal("showing the findings again ended early".to_owned()))?;
    ended.map_err(RunError::Runtime)
}

async fn side_by_side(env: Environment, tasks: Vec<Task>, jobs: usize) -> (Tries, Tally) {
    let env = Arc::new(env);
    let workers = jobs.clamp(1, tasks.len().max(1));
    let queue = Rc::new(RefCell::new(VecDeque::from(tasks)));
    let shown: Rc<RefCell<(Tries, Tally)>> = Rc::default();
    let local = tokio::task::LocalSet::new();
    for _ in 0..workers {
        let (env, queue, shown) = (Arc::clone(&env), Rc::clone(&queue), Rc::clone(&shown));
        local.spawn_local(async move {
            let mut worker = Worker::new(env);
            loop {
                let task = queue.borrow_mut().pop_front();
                let Some(task) = task.filter(|_| !worker.env.target.is_stopped()) else { break };
                let tries = look_again(&mut worker, &task).await;
                shown.borrow_mut().0.extend(tries);
            }
            worker.finish().await;
            // The findings of the run stand; these only say how often they show.
            shown.borrow_mut().1.merge(worker.tally.without_verdicts());
        });
    }
    local.await;
    shown.take()
}

/// Looks for a task's findings again; a look that could not decide is no try.
async fn look_again(worker: &mut Worker, task: &Task) -> Tries {
    let mut tries: Tries = task.keys.iter().map(|key| (key.clone(), Seen::ONCE)).collect();
    let mut places: BTreeMap<FindingKey, BTreeSet<usize>> = BTreeMap::new();
    for _ in 0..MOST_LOOKS {
        if tries.values().all(|seen| seen.of > REPETITIONS) || worker.env.target.is_stopped() {
            break;
        }
        worker.finish().await;
        // Each look sends the same requests, so that a defect shows at the same place.
        worker.forget_controls();
        worker.tally.findings.clear();
        let is_decided = match &task.witness {
            Some(witness) => worker.try_witness(task.case, witness).await.is_none(),
            None => {
                let result = workers::run_case(worker, task.case).await;
                result.is_some_and(|result| !matches!(result.verdict, Verdict::Inconclusive { .. }))
            }
        };
        for (key, seen) in &mut tries {
            let again = worker.tally.findings.get(key);
            seen.of += u64::from(again.is_some() || is_decided);
            seen.times += u64::from(again.is_some());
            if let Some(found) = again {
                places.entry(key.clone()).or_default().insert(found.setup.len());
            }
        }
    }
    if task.witness.is_none() {
        let wanders =
            |key: &FindingKey| may_be_noise(key.kind) && places.get(key).is_some_and(|places| places.len() > 1);
        tries.iter_mut().filter(|(key, _)| wanders(key)).for_each(|(_, seen)| seen.times = 1);
    }
    // What looks like noise and could not be shown again, although it was looked for, was noise.
    let is_unshown = |(key, seen): &(&FindingKey, &mut Seen)| may_be_noise(key.kind) && seen.of == 1;
    tries.iter_mut().filter(is_unshown).for_each(|(_, seen)| seen.of += 1);
    tries
}

/// Whether noise on the way to the target can look like this. A case of hundreds of requests meets noise nearly every
/// time, but hardly ever at the same request; a defect stays where it is.
fn may_be_noise(kind: FindingKind) -> bool {
    match kind {
        FindingKind::ServerError | FindingKind::Transport => true,
        FindingKind::MalformedResponse | FindingKind::WrongStatus | FindingKind::WrongErrorCode => true,
        FindingKind::AcceptedInvalid | FindingKind::RejectedValid => false,
        FindingKind::WrongBehaviour | FindingKind::NotImplemented => false,
    }
}

/// Notes how often each finding was seen, and drops those of lists that no look alone showed.
fn settle(env: &Environment, tally: &mut Tally, tries: Tries) -> u64 {
    let mut dropped = 0;
    for (key, seen) in tries {
        let Some(found) = tally.findings.get_mut(&key) else { continue };
        found.seen = seen;
        let task = Task { case: found.case, witness: None, keys: BTreeSet::from([key.clone()]) };
        let is_noise = matches!(key.kind, FindingKind::ServerError | FindingKind::Transport);
        if seen.of > 1 && seen.times == 1 && !is_noise && reads_lists(env, &task) {
            tally.findings.remove(&key);
            dropped += 1;
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
        if result.verdict == Verdict::Failed && !fails {
            result.verdict = Verdict::Inconclusive { reason: UNRELIABLE.to_owned() };
        }
    }
}

/// Shows the findings of a single case again: what a test harness with one test per case needs.
pub(super) async fn confirm_case(worker: &mut Worker, tally: &mut Tally, result: &mut CaseResult) {
    let plan = Arc::clone(&worker.env.plan);
    let mut tries = Tries::new();
    for task in tasks(&plan, tally, &BTreeSet::new()) {
        tries.extend(look_again(worker, &task).await);
    }
    let env = Arc::clone(&worker.env);
    settle(&env, tally, tries);
    settle_cases(&plan, tally, std::slice::from_mut(result));
}
