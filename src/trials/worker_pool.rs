//! The threads that run cases for trials. Strategies and connections stay on the thread that made them, so a trial hands
//! its case over and waits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use libtest_mimic::{Completion, Failed};

use super::outcome::TrialJudge;
use super::reports::Gathered;
use crate::report::text::visible;
use crate::run::{CaseExecutor, CaseOutcome, Left, Outcome, Prepared, panics};

/// A case to run, and who waits for it.
struct Job {
    index: usize,
    answer: Sender<Result<Completion, Failed>>,
}

/// The threads that run cases.
pub struct WorkerPool {
    jobs: Sender<Job>,
    threads: Vec<JoinHandle<Gathered>>,
    shared: Arc<Shared>,
    /// Tells the thread that watches the deadline that all is done.
    done: Option<Sender<()>>,
}

/// What all threads know.
struct Shared {
    prepared: Arc<Prepared>,
    judge: Arc<TrialJudge>,
    /// Why no further case is run, once that is so.
    expired: AtomicBool,
    deadline: Option<Deadline>,
}

/// The end of the time for all cases.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    /// The whole time.
    pub limit: Duration,
    /// What is left of it.
    pub left: Duration,
}

impl Shared {
    /// Why no further case is run; `None` as long as cases are run.
    fn stopped(&self) -> Option<String> {
        let limit = self.deadline?.limit.as_secs_f64();
        self.expired.load(Ordering::Relaxed).then(|| format!("the deadline of {limit} s was reached"))
    }
}

/// What the threads leave behind.
pub struct Finished {
    /// What the cases found out.
    pub gathered: Gathered,
    /// Why not all cases were run.
    pub stopped_early: Option<String>,
    /// What could not be deleted.
    pub left: Vec<Left>,
}

/// Where a trial hands its case over.
pub struct JobSender(Sender<Job>);

impl JobSender {
    /// Runs the case at a position of the plan.
    pub fn run(&self, index: usize) -> Result<Completion, Failed> {
        let (answer, answered) = mpsc::channel();
        let gone = |_| Failed::from("the thread that ran the case is gone");
        self.0.send(Job { index, answer }).map_err(|_| Failed::from("nobody is left to run the case"))?;
        answered.recv().map_err(gone)?
    }
}

impl WorkerPool {
    /// Starts as many threads as cases run at the same time.
    pub fn start(
        prepared: Arc<Prepared>,
        judge: Arc<TrialJudge>,
        threads: usize,
        deadline: Option<Deadline>,
    ) -> Result<WorkerPool, String> {
        let (jobs, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        let threads = 0..threads.min(judge.plan.cases.len());
        let shared = Arc::new(Shared { prepared, judge, expired: AtomicBool::new(false), deadline });
        let threads = threads.map(|number| {
            let (shared, queue) = (Arc::clone(&shared), Arc::clone(&queue));
            spawn(format!("cases-{number}"), move || work(&shared, &queue))
        });
        let threads = threads.collect::<Result<_, _>>()?;
        let done = deadline.map(|deadline| watch(&shared, deadline.left)).transpose()?;
        Ok(WorkerPool { threads, jobs, shared, done })
    }

    /// A desk for one trial.
    pub fn sender(&self) -> JobSender {
        JobSender(self.jobs.clone())
    }

    /// Waits until everything that the cases made is deleted, as far as that can be done.
    ///
    /// # Errors
    /// The last deletions cannot be tried.
    pub fn finish(self) -> Result<Finished, String> {
        drop(self.jobs);
        let mut gathered = Gathered::default();
        for thread in self.threads {
            // A thread that panicked has already failed its trial.
            if let Ok(of_thread) = thread.join() {
                gathered.merge(of_thread);
            }
        }
        drop(self.done);
        let left = self.shared.prepared.sweep().map_err(|error| error.to_string())?;
        Ok(Finished { gathered, stopped_early: self.shared.stopped(), left })
    }
}

fn spawn<T: Send + 'static>(name: String, work: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>, String> {
    std::thread::Builder::new().name(name).spawn(work).map_err(|error| format!("cannot start a thread: {error}"))
}

/// Ends everything after a time, unless it is over by then: when the sender is dropped.
fn watch(shared: &Arc<Shared>, left: Duration) -> Result<Sender<()>, String> {
    let (done, over) = mpsc::channel::<()>();
    let shared = Arc::clone(shared);
    spawn("deadline".to_owned(), move || {
        if over.recv_timeout(left) == Err(RecvTimeoutError::Timeout) {
            shared.expired.store(true, Ordering::Relaxed);
            shared.prepared.stop();
        }
    })?;
    Ok(done)
}

fn work(shared: &Shared, queue: &Mutex<Receiver<Job>>) -> Gathered {
    let mut gathered = Gathered::default();
    let mut executor = shared.prepared.executor();
    while let Some(job) = next(queue) {
        let answer = match (&mut executor, shared.stopped()) {
            (_, Some(reason)) => Err(Failed::from(format!("not run: {reason}"))),
            // A panic fails its own trial; the thread goes on, and deletes what its cases made.
            (Ok(executor), None) => panics::caught_now(|| run(executor, shared, job.index, &mut gathered))
                .unwrap_or_else(|message| Err(Failed::from(format!("internal error: {message}; please report it")))),
            (Err(error), None) => Err(Failed::from(error.to_string())),
        };
        // Who does not wait any more needs no response.
        let _ = job.answer.send(answer);
    }
    if let Ok(executor) = executor {
        executor.finish();
    }
    gathered
}

/// The next case; none when no trial is left.
fn next(queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    queue.lock().ok()?.recv().ok()
}

fn run(
    executor: &mut CaseExecutor,
    shared: &Shared,
    index: usize,
    gathered: &mut Gathered,
) -> Result<Completion, Failed> {
    let Some(outcome) = executor.run(index) else { return Err(Failed::from("the plan has no such case")) };
    if let Some(reason) = shared.stopped().filter(|_| is_undecided(&outcome)) {
        return Err(Failed::from(format!("not decided: {reason}")));
    }
    gathered.add(&outcome);
    shared.judge.completion(index, outcome)
}

fn is_undecided(outcome: &Outcome) -> bool {
    outcome.cases.iter().any(|result| matches!(result.verdict, CaseOutcome::Inconclusive { .. }))
}

/// What is left on the target, as a line for the console.
pub fn line(left: &Left) -> String {
    format!("warning: left on the target: {}", visible(&format!("{}: {}", left.what, left.reason)))
}
