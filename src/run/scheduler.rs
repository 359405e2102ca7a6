//! Runs the cases of a plan on as many workers as requests may be in flight. Whatever becomes of a worker or a thread,
//! every case that was planned has exactly one result, or the run says that it has none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use super::run_context::RunContext;
use super::worker::Worker;
use super::{damage, panics, stateful};
use crate::plan::{self, Check, Phase};
use crate::record::Event;
use crate::record::{CaseOutcome, CaseResult, Tally};

/// Cases with this many calls, one after another, are begun first.
const LONG_CASE: u64 = 60;

/// What a thread tells the run.
enum Message {
    Case(CaseResult),
    Finished(Box<Tally>),
}

/// What the workers of all threads share out.
#[derive(Clone)]
struct Queue {
    phase: Phase,
    next: Arc<AtomicUsize>,
    /// Positions of cases in the order in which they are run.
    order: Arc<Vec<usize>>,
    sender: UnboundedSender<Message>,
}

impl Queue {
    fn take(&self) -> Option<usize> {
        self.order.get(self.next.fetch_add(1, Ordering::Relaxed)).copied()
    }
}

/// The cases of a phase. Long ones come first, so that none of them is left over at the end; the others in the order of
/// the plan.
fn order(env: &RunContext, phase: Phase) -> Vec<usize> {
    let (plan, settings) = (&env.plan, &env.settings);
    let is_in_phase = |index: &usize| {
        let case = plan.cases.get(*index);
        case.is_some_and(|case| Phase::of(&env.contract, &plan.resources, &plan.suites, case) == phase)
    };
    let weight = |index: &usize| match plan.cases.get(*index).map(|case| &case.check) {
        Some(Check::Scenario { scenario }) => {
            plan.suites.scenarios.get(*scenario).map_or(0, plan::suite::Scenario::weight)
        }
        Some(Check::Sequence { .. }) => stateful::transitions(settings.profile),
        _ => 0,
    };
    let (mut long, short): (Vec<usize>, Vec<usize>) =
        (0..plan.cases.len()).filter(is_in_phase).partition(|index| weight(index) >= LONG_CASE);
    long.sort_by_key(|index| std::cmp::Reverse(weight(index)));
    long.extend(short);
    long
}

/// Runs the cases of a phase on as many workers as requests may be in flight, spread over a few threads. Strategies stay on the
/// thread that makes them, and so do connections: nothing is locked between requests.
pub async fn work(
    env: &RunContext,
    observe: &(dyn Fn(Event) + Sync),
    tally: &mut Tally,
    created: Vec<(String, Value)>,
    phase: Phase,
) -> Vec<CaseResult> {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel::<Message>();
    let order = Arc::new(order(env, phase));
    let planned = order.len();
    if planned == 0 && created.is_empty() {
        return Vec::new();
    }
    let queue = Queue { phase, next: Arc::default(), order, sender };
    let threads = start(env, queue, created);
    let mut results = Vec::new();
    while let Some(message) = receiver.recv().await {
        match message {
            Message::Case(result) => {
                observe(Event::CaseFinished {
                    id: env.plan.cases.get(result.case).map(|case| case.id.clone()).unwrap_or_default(),
                    findings: result.findings.len(),
                    violated: result.findings.iter().map(|key| key.clause).collect(),
                    requests: env.target.requests(),
                });
                results.push(result);
            }
            Message::Finished(theirs) => tally.merge(*theirs),
        }
    }
    // All senders are gone, so the threads have ended or are about to.
    tally.internal_errors.extend(threads.into_iter().flat_map(ended));
    results.sort_by_key(|result| result.case);
    tally.internal_errors.extend(miscounted(env, planned, &results));
    results
}

fn start(env: &RunContext, queue: Queue, created: Vec<(String, Value)>) -> Vec<JoinHandle<Vec<String>>> {
    let jobs = env.settings.jobs.clamp(1, queue.order.len().max(1));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = jobs.min(cores);
    let start_one = |number: usize| {
        let share = jobs / threads + usize::from(number < jobs % threads);
        let created = if number == 0 { created.clone() } else { Vec::new() };
        let (env, queue) = (env.clone(), queue.clone());
        std::thread::spawn(move || thread(&env, &queue, share, created))
    };
    (0..threads).map(start_one).collect()
}

/// What went wrong on a thread.
fn ended(thread: JoinHandle<Vec<String>>) -> Vec<String> {
    thread.join().unwrap_or_else(|payload| vec![format!("a thread panicked: {}", panics::message(payload.as_ref()))])
}

/// Every case that was planned has exactly one result, but for those whose turn did not come before the run was stopped.
fn miscounted(env: &RunContext, planned: usize, results: &[CaseResult]) -> Option<String> {
    let twice = results.windows(2).filter(|pair| matches!(pair, [one, other] if one.case == other.case)).count();
    let absent = (planned + twice).saturating_sub(results.len());
    let is_expected = env.target.is_stopped();
    if twice == 0 && (absent == 0 || is_expected) {
        return None;
    }
    Some(format!("of {} cases {absent} have no result and {twice} have two", planned))
}

/// Runs `share` workers side by side on this thread. What went wrong: a thread that cannot be set up leaves its cases to
/// the others, a worker that panics outside of its cases leaves what it found.
fn thread(env: &RunContext, queue: &Queue, share: usize, created: Vec<(String, Value)>) -> Vec<String> {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return vec![format!("a thread cannot run cases: {error}")],
    };
    let env = Arc::new(env.for_thread());
    let local = tokio::task::LocalSet::new();
    let mut created = Some(created);
    let mut tasks = Vec::new();
    for _ in 0..share {
        let created = created.take().unwrap_or_default();
        tasks.push(local.spawn_local(worker(Arc::clone(&env), queue.clone(), created)));
    }
    runtime.block_on(local.run_until(async {
        let mut wrong = Vec::new();
        for task in tasks {
            wrong.extend(task.await.err().map(|error| format!("a worker ended: {error}")));
        }
        wrong
    }))
}

async fn worker(env: Arc<RunContext>, queue: Queue, created: Vec<(String, Value)>) {
    let mut worker = Worker::new(Arc::clone(&env));
    if let Err(message) = panics::caught(worker.adopt(&created)).await {
        worker.tally.internal_errors.push(format!("a worker panicked before its first case: {message}"));
    }
    while let Some(index) = queue.take() {
        if env.target.is_stopped() {
            break;
        }
        if let Some(result) = run_in_phase(&mut worker, index, queue.phase).await {
            // The receiver only goes when the run is over.
            let _ = queue.sender.send(Message::Case(result));
        }
    }
    if let Err(message) = panics::caught(worker.finish()).await {
        worker.tally.internal_errors.push(format!("a worker panicked after its last case: {message}"));
    }
    let _ = queue.sender.send(Message::Finished(Box::new(worker.tally)));
}

/// Runs one case, and looks at what it may have damaged. A case that a damaged target leaves undecided says so.
async fn run_in_phase(worker: &mut Worker, index: usize, phase: Phase) -> Option<CaseResult> {
    let env = Arc::clone(&worker.env);
    let was_broken = env.damage.is_broken();
    let busy = match phase {
        Phase::Ordinary => None,
        Phase::Dangerous => Some(env.damage.busy().await),
    };
    let mut result = run_case(worker, index).await;
    drop(busy);
    if let Some(CaseResult { verdict: CaseOutcome::Inconclusive { reason }, .. }) = &mut result
        && was_broken
        && let Some(cause) = env.damage.note_undecided()
    {
        *reason = format!("{reason} ({cause})");
    }
    let id = env.plan.cases.get(index).map_or("", |case| case.id.as_str());
    damage::after_case(&env, id, phase).await;
    result
}

/// Runs one case; one that panics decides nothing, and what was found before stays.
pub async fn run_case(worker: &mut Worker, index: usize) -> Option<CaseResult> {
    let message = match panics::caught(worker.run(index)).await {
        Ok(result) => return result,
        Err(message) => message,
    };
    let id = worker.env.plan.cases.get(index).map(|case| case.id.clone()).unwrap_or_default();
    let reason = format!("the case {id} panicked: {message}");
    worker.tally.internal_errors.push(reason.clone());
    Some(CaseResult {
        case: index,
        verdict: CaseOutcome::Inconclusive { reason: format!("internal error: {reason}") },
        requests: 0,
        decided: 0,
        elapsed: std::time::Duration::ZERO,
        findings: Vec::new(),
        hindered_by: Vec::new(),
    })
}
