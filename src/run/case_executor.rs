//! Single cases on a target that was looked over once: what a test harness with one test per case needs.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use super::confirmation;
use super::created::Created;
use super::preflight::{self, Checked};
use super::remains;
use super::savings::Sharing;
use super::settings::Settings;
use super::skip_reason;
use super::worker::Worker;
use super::worker_pool::{Message, Work, WorkerPool};
use super::{RunError, prepare, scheduler};
use crate::clock;
use crate::plan::Plan;
use crate::record::{CaseResult, FindingKey, Found, Left, Outcome, Secrets, Tally};
use crate::spec::Contract;

/// A target that was looked over for the cases of a plan.
#[derive(Debug)]
pub struct Prepared {
    surveyed: Checked,
    /// What came into being during the pre-flight check, until an executor takes it over.
    created: Mutex<Vec<(String, Value)>>,
}

impl Prepared {
    /// Looks the target of `settings` over: is it there, and which of the operations that the plan needs does it have?
    ///
    /// # Errors
    /// Nothing can be tested on the target, or the contract cannot be used.
    pub async fn new(contract: &Arc<Contract>, plan: &Plan, settings: &Settings) -> Result<Prepared, RunError> {
        let (run, target) = prepare(contract, plan, settings)?;
        let mut surveyed = preflight::check(contract, plan, settings, &run, &target).await?;
        surveyed.env.workarounds.turn_off();
        surveyed.env.savings = Arc::new(surveyed.env.savings.with(Sharing::Off));
        surveyed.env.left_out = Arc::default();
        let created = Mutex::new(std::mem::take(&mut surveyed.created));
        Ok(Prepared { surveyed, created })
    }

    /// Operations among those that the plan needs that the target does not have.
    pub fn not_implemented(&self) -> impl Iterator<Item = &str> {
        self.surveyed.env.not_implemented.iter().map(String::as_str)
    }

    /// Why the case at a position of the plan cannot be decided, as far as that is known before it is run. None for a
    /// case that shows what looking the target over found.
    pub fn undecidable(&self, index: usize) -> Option<String> {
        let env = &self.surveyed.env;
        let shows_something = self.surveyed.tally.findings.values().any(|found| found.case == index);
        let case = env.plan.cases.get(index).filter(|_| !shows_something)?;
        skip_reason::foreseen(env, case)
    }

    /// Whether the case at a position of the plan is about an operation that the target does not have.
    pub fn lacks_operation(&self, index: usize) -> Option<&str> {
        let env = &self.surveyed.env;
        let operation = env.plan.cases.get(index)?.operation.as_ref()?;
        env.not_implemented.get(operation).map(String::as_str)
    }

    /// Requests sent so far, those of the pre-flight check included.
    pub fn requests(&self) -> u64 {
        self.surveyed.env.target.requests()
    }

    /// Ends the requests that are in flight and sends no more than deletions need.
    pub fn stop(&self) {
        self.surveyed.env.target.stop();
    }

    /// Starts workers that run single cases, at most `jobs` at a time.
    pub fn executor(&self, jobs: usize) -> (CaseSender, CaseExecutor) {
        let created = std::mem::take(&mut *self.created.lock().unwrap_or_else(PoisonError::into_inner));
        let cases = SingleCases { survey: self.surveyed.tally.clone(), created: Created::new(created) };
        let (jobs, pool) = WorkerPool::start(&self.surveyed.env, cases, jobs);
        let secrets = Arc::clone(&self.surveyed.env.secrets);
        (CaseSender(jobs), CaseExecutor { pool, tally: self.surveyed.tally.clone(), secrets })
    }

    /// Tries once more to delete what executors could not, which all have finished. What is left.
    ///
    /// # Errors
    /// The runtime cannot be set up.
    pub fn sweep(&self) -> Result<Vec<Left>, RunError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RunError::Runtime)?;
        Ok(runtime.block_on(remains::sweep(&self.surveyed.env)))
    }
}

/// One case to run, and who waits for its outcome.
struct Job {
    index: usize,
    outcome: Sender<Option<Outcome>>,
}

/// Hands cases to the workers.
#[derive(Clone)]
pub struct CaseSender(UnboundedSender<Job>);

impl CaseSender {
    /// Runs the case at a position of the plan and waits for it; `None` if there is no such case. The findings of the
    /// outcome are those of this case, and what the pre-flight check showed in its name.
    ///
    /// # Errors
    /// The program itself failed; with what message.
    pub fn run(&self, index: usize) -> Result<Option<Outcome>, String> {
        let (outcome, received) = mpsc::channel();
        self.0.send(Job { index, outcome }).map_err(|_| "no worker is left to run the case".to_owned())?;
        received.recv().map_err(|_| "the worker that ran the case panicked".to_owned())
    }
}

/// Workers that run single cases.
#[derive(Debug)]
pub struct CaseExecutor {
    pool: WorkerPool<()>,
    tally: Tally,
    /// Secrets that the workers do not hold any more.
    secrets: Arc<parking_lot::Mutex<Secrets>>,
}

impl CaseExecutor {
    /// Waits until every copy of the sender is dropped and what the cases shared is deleted. What all of them showed.
    pub fn finish(mut self) -> Tally {
        while let Some(message) = self.pool.next_blocking() {
            if let Message::Finished(tally) = message {
                self.tally.merge(*tally);
            }
        }
        self.tally.internal_errors.extend(self.pool.join());
        self.tally.secrets.merge(std::mem::take(&mut *self.secrets.lock()));
        self.tally
    }
}

/// Runs each case to its end: its findings are shown again at once.
struct SingleCases {
    survey: Tally,
    created: Created,
}

impl Work for SingleCases {
    type Job = Job;
    type Output = ();

    async fn begin(&self, worker: &mut Worker) {
        self.created.adopt(worker).await;
    }

    async fn perform(&self, worker: &mut Worker, job: Job) {
        let outcome = run_single(worker, &self.survey, job.index).await;
        // A test that does not wait any more needs no outcome.
        let _ = job.outcome.send(outcome);
    }
}

async fn run_single(worker: &mut Worker, survey: &Tally, index: usize) -> Option<Outcome> {
    let env = Arc::clone(&worker.env);
    let started_at = Some(clock::now());
    let errors = worker.tally.internal_errors.len();
    let mut result = scheduler::run_case(worker, index).await?;
    let found = confirmed(worker, &mut result).await;
    let tally = &worker.tally;
    let surveyed = survey.findings.iter().filter(|(_, found)| found.case == index);
    let mut secrets = env.secrets.lock().clone();
    secrets.merge(tally.secrets.clone());
    secrets.extend(env.settings.secrets());
    Some(Outcome {
        findings: found.into_iter().chain(surveyed.map(|(key, found)| (key.clone(), found.clone()))).collect(),
        upheld: tally.upheld.clone(),
        not_implemented: env.not_implemented.iter().cloned().collect(),
        internal_errors: tally.internal_errors.get(errors..).unwrap_or_default().to_vec(),
        requests: result.requests,
        elapsed: result.elapsed,
        started_at,
        secrets,
        cases: vec![result],
        ..Outcome::default()
    })
}

/// The findings of a case, each shown again. Those that did not show again are dropped.
async fn confirmed(worker: &mut Worker, result: &mut CaseResult) -> BTreeMap<FindingKey, Found> {
    let known = &mut worker.tally.findings;
    let found = result.findings.iter().filter_map(|key| Some((key.clone(), known.get(key)?.clone())));
    let mut tally = Tally::of(found.collect());
    if !tally.findings.is_empty() {
        let shown = result.findings.clone();
        let mut again = Worker::new(Arc::new(worker.env.for_confirmation()));
        confirmation::confirm_case(&mut again, &mut tally, result).await;
        again.finish().await;
        // What was confirmed once is not shown again for every further case.
        shown.iter().for_each(|key| drop(worker.tally.findings.remove(key)));
        worker.tally.findings.extend(tally.findings.clone());
    }
    tally.findings
}
