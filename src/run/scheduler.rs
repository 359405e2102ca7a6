//! Hands the cases of a plan to the pool of workers. Whatever becomes of a worker or a thread, every case that was planned
//! has exactly one result, or the run says that it has none.

use std::sync::Arc;

use serde_json::Value;

use super::created::Created;
use super::run_context::RunContext;
use super::worker::Worker;
use super::worker_pool::{Message, Work, WorkerPool};
use super::{damage, order, panics};
use crate::plan::Phase;
use crate::record::Event;
use crate::record::{CaseOutcome, CaseResult, Tally};

/// Runs the cases of a phase.
struct PhaseCases {
    phase: Phase,
    /// What came into being before the first case, until a worker takes it over.
    created: Created,
}

impl Work for PhaseCases {
    type Job = usize;
    type Output = Option<CaseResult>;

    async fn begin(&self, worker: &mut Worker) {
        self.created.adopt(worker).await;
    }

    async fn perform(&self, worker: &mut Worker, index: usize) -> Option<CaseResult> {
        match worker.env.target.is_stopped() {
            true => None,
            false => run_in_phase(worker, index, self.phase).await,
        }
    }
}

/// Runs the cases of a phase on as many workers as requests may be in flight.
pub async fn work(
    env: &RunContext,
    observe: &(dyn Fn(Event) + Sync),
    tally: &mut Tally,
    created: Vec<(String, Value)>,
    phase: Phase,
) -> Vec<CaseResult> {
    let order = order::of_phase(env, phase);
    let planned = order.len();
    if planned == 0 && created.is_empty() {
        return Vec::new();
    }
    let cases = PhaseCases { phase, created: Created::new(created) };
    env.target.concurrency().begin();
    let workers = env.target.concurrency().most().min(planned);
    let (jobs, mut pool) = WorkerPool::start(env, cases, workers);
    for index in order {
        // Without workers the cases have no result, which is told below.
        let _ = jobs.send(index);
    }
    drop(jobs);
    let mut results = Vec::new();
    while let Some(message) = pool.next().await {
        match message {
            Message::Done(None) => {}
            Message::Done(Some(result)) => {
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
    tally.internal_errors.extend(pool.join());
    results.sort_by_key(|result| result.case);
    tally.internal_errors.extend(miscounted(env, planned, &results));
    results
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
