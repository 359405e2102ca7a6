//! Single cases on a target that was looked over once: what a test harness with one test per case needs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::runtime::Runtime;

use super::confirmation;
use super::preflight::{self, Checked};
use super::remains;
use super::settings::Settings;
use super::skip_reason;
use super::worker::Worker;
use super::{RunError, prepare, scheduler};
use crate::clock;
use crate::plan::Plan;
use crate::record::{CaseResult, FindingKey, Found, Left, Outcome, Tally};
use crate::spec::Contract;

/// A target that was looked over for the cases of a plan.
#[derive(Debug)]
pub struct Prepared {
    surveyed: Checked,
    /// What came into being while the target was looked over, until an executor takes it over.
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

    /// Runs cases on this thread, with connections and resources of its own.
    ///
    /// # Errors
    /// The runtime cannot be set up.
    pub fn executor(&self) -> Result<CaseExecutor, RunError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RunError::Runtime)?;
        let env = self.surveyed.env.for_thread();
        let mut worker = Worker::new(Arc::new(env));
        let created = self.created.lock().map(|mut created| std::mem::take(&mut *created)).unwrap_or_default();
        runtime.block_on(worker.adopt(&created));
        Ok(CaseExecutor { runtime, worker, survey: self.surveyed.tally.clone() })
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

/// Runs cases one after another on the thread that made it.
#[derive(Debug)]
pub struct CaseExecutor {
    runtime: Runtime,
    worker: Worker,
    survey: Tally,
}

impl CaseExecutor {
    /// Runs the case at a position of the plan; none if there is no such case. The findings of the outcome are those of
    /// this case, and what looking the target over showed in its name.
    pub fn run(&mut self, index: usize) -> Option<Outcome> {
        let env = Arc::clone(&self.worker.env);
        let started_at = Some(clock::now());
        let errors = self.worker.tally.internal_errors.len();
        let mut result = self.runtime.block_on(scheduler::run_case(&mut self.worker, index))?;
        let found = self.confirmed(&mut result);
        let (tally, survey) = (&self.worker.tally, &self.survey);
        let surveyed = survey.findings.iter().filter(|(_, found)| found.case == index);
        let mut secrets = tally.secrets.clone();
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

    /// The findings of a case, each shown again.
    fn confirmed(&mut self, result: &mut CaseResult) -> BTreeMap<FindingKey, Found> {
        let known = &self.worker.tally.findings;
        let found = result.findings.iter().filter_map(|key| Some((key.clone(), known.get(key)?.clone())));
        let mut tally = Tally::of(found.collect());
        if !tally.findings.is_empty() {
            let mut worker = Worker::new(Arc::new(self.worker.env.for_confirmation(self.worker.tally.lags.1)));
            self.runtime.block_on(async {
                confirmation::confirm_case(&mut worker, &mut tally, result).await;
                worker.finish().await;
            });
        }
        // What was confirmed once is not shown again for every further case.
        self.worker.tally.findings.extend(tally.findings.clone());
        tally.findings
    }

    /// Deletes what the cases shared.
    pub fn finish(mut self) {
        self.runtime.block_on(self.worker.finish());
    }
}
