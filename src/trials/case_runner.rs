//! What a trial does: it hands its case to the workers, waits, and says what libtest should say.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use libtest_mimic::{Completion, Failed};

use super::outcome::TrialJudge;
use super::reports::Gathered;
use crate::report::text::visible;
use crate::run::{CaseExecutor, CaseOutcome, CaseResult, CaseSender, Left, Outcome, Prepared};

/// The end of the time for all cases.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    /// The whole time.
    pub limit: Duration,
    /// What is left of it.
    pub left: Duration,
}

/// Runs the cases of trials.
pub struct CaseRunner {
    sender: CaseSender,
    executor: CaseExecutor,
    shared: Arc<Shared>,
    /// Tells the thread that watches the deadline that all is done.
    done: Option<Sender<()>>,
}

/// What all trials know.
struct Shared {
    prepared: Arc<Prepared>,
    judge: Arc<TrialJudge>,
    deadline: Option<Deadline>,
    /// Whether the deadline was reached: no further case is run.
    expired: AtomicBool,
    cases: Mutex<Vec<CaseResult>>,
}

impl Shared {
    /// Why no further case is run; `None` as long as cases are run.
    fn stopped(&self) -> Option<String> {
        let limit = self.deadline?.limit.as_secs_f64();
        self.expired.load(Ordering::Relaxed).then(|| format!("the deadline of {limit} s was reached"))
    }
}

/// What is left after the last trial.
pub struct Finished {
    /// What the cases found out.
    pub gathered: Gathered,
    /// Why not all cases were run.
    pub stopped_early: Option<String>,
    /// What could not be deleted.
    pub left: Vec<Left>,
}

/// What one trial holds.
pub struct TrialCase {
    index: usize,
    sender: CaseSender,
    shared: Arc<Shared>,
}

impl TrialCase {
    /// Runs the case.
    pub fn run(self) -> Result<Completion, Failed> {
        let shared = &self.shared;
        if let Some(reason) = shared.stopped() {
            return Err(Failed::from(format!("not run: {reason}")));
        }
        let outcome = self.sender.run(self.index);
        let outcome = outcome.map_err(|message| format!("internal error: {message}; please report it"))?;
        let Some(outcome) = outcome else { return Err(Failed::from("the plan has no such case")) };
        if let Some(reason) = shared.stopped().filter(|_| is_undecided(&outcome)) {
            return Err(Failed::from(format!("not decided: {reason}")));
        }
        shared.cases.lock().unwrap_or_else(PoisonError::into_inner).extend(outcome.cases.iter().cloned());
        shared.judge.completion(self.index, outcome)
    }
}

impl CaseRunner {
    /// Starts workers for as many cases as run at the same time.
    ///
    /// # Errors
    /// The thread that watches the deadline cannot be started.
    pub fn start(
        prepared: Arc<Prepared>,
        judge: Arc<TrialJudge>,
        jobs: usize,
        deadline: Option<Deadline>,
    ) -> Result<CaseRunner, String> {
        let (sender, executor) = prepared.executor(jobs.min(judge.plan.cases.len()));
        let (expired, cases) = (AtomicBool::new(false), Mutex::default());
        let shared = Arc::new(Shared { prepared, judge, deadline, expired, cases });
        let done = deadline.map(|deadline| watch(&shared, deadline.left)).transpose()?;
        Ok(CaseRunner { sender, executor, shared, done })
    }

    /// The case at a position of the plan, for one trial.
    pub fn case(&self, index: usize) -> TrialCase {
        TrialCase { index, sender: self.sender.clone(), shared: Arc::clone(&self.shared) }
    }

    /// Waits until everything that the cases made is deleted, as far as that can be done.
    ///
    /// # Errors
    /// The last deletions cannot be tried.
    pub fn finish(self) -> Result<Finished, String> {
        drop(self.sender);
        let mut tally = self.executor.finish();
        tally.secrets.extend(self.shared.judge.settings.secrets());
        drop(self.done);
        let left = self.shared.prepared.sweep().map_err(|error| error.to_string())?;
        let cases = std::mem::take(&mut *self.shared.cases.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Finished { gathered: Gathered { tally, cases }, stopped_early: self.shared.stopped(), left })
    }
}

/// Ends everything after a time, unless it is over by then: when the sender is dropped.
fn watch(shared: &Arc<Shared>, left: Duration) -> Result<Sender<()>, String> {
    let (done, over) = mpsc::channel::<()>();
    let shared = Arc::clone(shared);
    let watching = std::thread::Builder::new().name("deadline".to_owned()).spawn(move || {
        if over.recv_timeout(left) == Err(RecvTimeoutError::Timeout) {
            shared.expired.store(true, Ordering::Relaxed);
            shared.prepared.stop();
        }
    });
    watching.map_err(|error| format!("cannot start a thread: {error}"))?;
    Ok(done)
}

fn is_undecided(outcome: &Outcome) -> bool {
    outcome.cases.iter().any(|result| matches!(result.verdict, CaseOutcome::Inconclusive { .. }))
}

/// What is left on the target, as a line for the console.
pub fn line(left: &Left) -> String {
    format!("warning: left on the target: {}", visible(&format!("{}: {}", left.what, left.reason)))
}
