//! Hands the cases of a plan to the pool of workers. Whatever becomes of a worker or a thread, every case that was planned
//! has exactly one result, or the run says that it has none.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::created::Created;
use super::run_context::RunContext;
use super::worker::Worker;
use super::worker_pool::{Message, Work, WorkerPool};
use super::{damage, panics};
use crate::plan::Phase;
use crate::record::Event;
use crate::record::{CaseOutcome, CaseResult, FindingKey, Tally};

/// Runs the cases of a phase.
struct PhaseCases {
    phase: Phase,
    /// What came into being before the first case, until a worker takes it over.
    created: Created,
    /// Findings that were shown again already.
    settled: BTreeSet<FindingKey>,
    /// Whether no further case is begun.
    is_closed: Arc<AtomicBool>,
}

impl PhaseCases {
    /// Whether a case showed what ends a run that is to end at the first new cause.
    fn may_end(&self, env: &RunContext, result: &CaseResult) -> bool {
        let new = result.findings.iter().filter(|key| !self.settled.contains(key));
        env.settings.fail_fast.as_ref().is_some_and(|fail_fast| fail_fast.may_end(new))
    }
}

impl Work for PhaseCases {
    /// Positions of cases, of which several share requests.
    type Job = Vec<usize>;
    type Output = Vec<CaseResult>;

    async fn begin(&self, worker: &mut Worker) {
        self.created.adopt(worker).await;
    }

    async fn perform(&self, worker: &mut Worker, cases: Vec<usize>) -> Vec<CaseResult> {
        let mut results = Vec::with_capacity(cases.len());
        let is_over = |worker: &Worker| worker.env.target.is_stopped() || self.is_closed.load(Ordering::Relaxed);
        if cases.len() > 1 && !is_over(worker) {
            worker.share(&cases).await;
        }
        for (position, index) in cases.iter().copied().enumerate() {
            if is_over(worker) {
                break;
            }
            worker.rest = cases.get(position + 1..).unwrap_or_default().to_vec();
            let Some(result) = run_in_phase(worker, index, self.phase).await else { continue };
            if self.may_end(&worker.env, &result) {
                self.is_closed.store(true, Ordering::Relaxed);
            }
            results.push(result);
        }
        worker.rest = Vec::new();
        worker.delete_lent().await;
        worker.put_by();
        worker.answered.clear();
        results
    }
}

/// Runs cases of a phase on as many workers as requests may be in flight. Their results, and the cases that were not begun
/// because the run may end.
pub async fn work(
    env: &RunContext,
    observe: &(dyn Fn(Event) + Sync),
    tally: &mut Tally,
    created: Vec<(String, Value)>,
    phase: Phase,
    units: Vec<Vec<usize>>,
) -> (Vec<CaseResult>, Vec<Vec<usize>>) {
    let is_closed = Arc::new(AtomicBool::new(false));
    let settled = tally.findings.keys().cloned().collect();
    let cases = PhaseCases { phase, created: Created::new(created), settled, is_closed: Arc::clone(&is_closed) };
    env.target.concurrency().begin();
    let workers = env.target.concurrency().most().min(units.len());
    let (jobs, mut pool) = WorkerPool::start(env, cases, workers);
    for unit in &units {
        // Without workers the cases have no result, which is told below.
        let _ = jobs.send(unit.clone());
    }
    drop(jobs);
    let mut results = Vec::new();
    while let Some(message) = pool.next().await {
        match message {
            Message::Done(done) => {
                for result in done {
                    observe(Event::CaseFinished {
                        id: env.plan.cases.get(result.case).map(|case| case.id.clone()).unwrap_or_default(),
                        findings: result.findings.len(),
                        violated: result.findings.iter().map(|key| key.clause).collect(),
                        requests: env.target.requests(),
                    });
                    results.push(result);
                }
            }
            Message::Finished(theirs) => tally.merge(*theirs),
        }
    }
    tally.internal_errors.extend(pool.join());
    results.sort_by_key(|result| result.case);
    let rest = rest(&units, &results, &is_closed);
    let number = |units: &[Vec<usize>]| units.iter().map(Vec::len).sum::<usize>();
    let planned = number(&units).saturating_sub(number(&rest));
    tally.internal_errors.extend(miscounted(env, planned, &results));
    (results, rest)
}

/// The cases that were not begun because no further one was to be.
fn rest(units: &[Vec<usize>], results: &[CaseResult], is_closed: &AtomicBool) -> Vec<Vec<usize>> {
    if !is_closed.load(Ordering::Relaxed) {
        return Vec::new();
    }
    let done: BTreeSet<usize> = results.iter().map(|result| result.case).collect();
    let left = units.iter().map(|unit| unit.iter().copied().filter(|index| !done.contains(index)).collect());
    left.filter(|unit: &Vec<usize>| !unit.is_empty()).collect()
}

/// Deletes what came into being before the first case, if no case is run.
pub(super) async fn delete(env: &RunContext, created: Vec<(String, Value)>) {
    if !created.is_empty() {
        let mut worker = Worker::new(Arc::new(env.for_thread()));
        worker.adopt(&created).await;
        worker.finish().await;
    }
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

/// Runs one case, and looks at what it may have damaged. A case that a damaged target leaves undecided says so.
async fn run_in_phase(worker: &mut Worker, index: usize, phase: Phase) -> Option<CaseResult> {
    let env = Arc::clone(&worker.env);
    let was_broken = env.damage.is_broken();
    let busy = match phase {
        Phase::Ordinary | Phase::Late => None,
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
