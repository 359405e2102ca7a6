//! The threads that run cases for trials. Strategies and connections stay on the thread that made them, so a trial hands
//! its case over and waits.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use libtest_mimic::{Completion, Failed};

use super::outcome::Judge;
use crate::run::{Executor, Prepared, panics};

/// A case to run, and who waits for it.
struct Job {
    index: usize,
    answer: Sender<Result<Completion, Failed>>,
}

/// The threads that run cases.
pub struct Crew {
    jobs: Sender<Job>,
    threads: Vec<JoinHandle<()>>,
    prepared: Arc<Prepared>,
}

/// Where a trial hands its case over.
pub struct Desk(Sender<Job>);

impl Desk {
    /// Runs the case at a position of the plan.
    pub fn run(&self, index: usize) -> Result<Completion, Failed> {
        let (answer, answered) = mpsc::channel();
        let gone = |_| Failed::from("the thread that ran the case is gone");
        self.0.send(Job { index, answer }).map_err(|_| Failed::from("nobody is left to run the case"))?;
        answered.recv().map_err(gone)?
    }
}

impl Crew {
    /// Starts as many threads as cases run at the same time.
    pub fn start(prepared: Prepared, judge: Judge, threads: usize) -> Result<Crew, String> {
        let (jobs, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        let (prepared, judge) = (Arc::new(prepared), Arc::new(judge));
        let keep = Arc::clone(&prepared);
        let threads = (0..threads.min(judge.plan.cases.len())).map(|number| {
            let (prepared, judge, queue) = (Arc::clone(&prepared), Arc::clone(&judge), Arc::clone(&queue));
            std::thread::Builder::new()
                .name(format!("cases-{number}"))
                .spawn(move || work(&prepared, &judge, &queue))
                .map_err(|error| format!("cannot start a thread: {error}"))
        });
        Ok(Crew { threads: threads.collect::<Result<_, _>>()?, jobs, prepared: keep })
    }

    /// A desk for one trial.
    pub fn desk(&self) -> Desk {
        Desk(self.jobs.clone())
    }

    /// Waits until everything that the cases made is deleted. What could not be deleted, one line each.
    pub fn finish(self) -> Vec<String> {
        drop(self.jobs);
        for thread in self.threads {
            // A thread that panicked has already failed its trial.
            let _ = thread.join();
        }
        match self.prepared.sweep() {
            Ok(left) => left.iter().map(|left| format!("{}: {}", left.what, left.reason)).collect(),
            Err(error) => vec![error.to_string()],
        }
    }
}

fn work(prepared: &Prepared, judge: &Judge, queue: &Mutex<Receiver<Job>>) {
    let mut executor = prepared.executor();
    while let Some(job) = next(queue) {
        let answer = match &mut executor {
            // A panic fails its own trial; the thread goes on, and deletes what its cases made.
            Ok(executor) => panics::caught_now(|| run(executor, judge, job.index))
                .unwrap_or_else(|message| Err(Failed::from(format!("internal error: {message}; please report it")))),
            Err(error) => Err(Failed::from(error.to_string())),
        };
        // Who does not wait any more needs no answer.
        let _ = job.answer.send(answer);
    }
    if let Ok(executor) = executor {
        executor.finish();
    }
}

/// The next case; none when no trial is left.
fn next(queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    queue.lock().ok()?.recv().ok()
}

fn run(executor: &mut Executor, judge: &Judge, index: usize) -> Result<Completion, Failed> {
    match executor.run(index) {
        Some(outcome) => judge.completion(index, outcome),
        None => Err(Failed::from("the plan has no such case")),
    }
}
