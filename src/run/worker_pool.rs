//! The one executor of a run: threads, each with connections of its own and workers side by side. Cases of a phase,
//! findings that are shown again and the trials of a test program are all jobs of such a pool. Strategies and connections
//! stay on the thread that made them, so nothing is locked between requests.

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{Mutex, watch};
use tokio::task::LocalSet;

use super::panics;
use super::run_context::RunContext;
use super::worker::Worker;
use crate::record::{Purpose, Tally};

/// What the workers of a pool do.
pub(super) trait Work: Send + Sync + 'static {
    /// One thing to do.
    type Job: Send + 'static;
    /// What comes of it.
    type Output: Send + 'static;

    /// Prepares a worker for its first job.
    fn begin(&self, _worker: &mut Worker) -> impl Future<Output = ()> {
        std::future::ready(())
    }

    /// Does a job.
    fn perform(&self, worker: &mut Worker, job: Self::Job) -> impl Future<Output = Self::Output>;
}

/// What a pool reports.
pub(super) enum Message<T> {
    /// A job is done.
    Done(T),
    /// A worker has ended and deleted its resources; this is what it noted.
    Finished(Box<Tally>),
}

/// Workers that take jobs from a queue until it is closed and empty.
#[derive(Debug)]
pub(super) struct WorkerPool<T> {
    messages: UnboundedReceiver<Message<T>>,
    threads: Vec<JoinHandle<Vec<String>>>,
}

impl<T: Send + 'static> WorkerPool<T> {
    /// Starts at least one worker, on no more threads than there are processors. The queue is closed when every copy of
    /// the returned sender is dropped. Of the workers as many are at work as the target's concurrency admits.
    pub(super) fn start<W: Work<Output = T>>(
        env: &RunContext,
        work: W,
        workers: usize,
    ) -> (UnboundedSender<W::Job>, WorkerPool<T>) {
        let (jobs, queue) = mpsc::unbounded_channel();
        let (sender, messages) = mpsc::unbounded_channel();
        let (queue, is_over) = (Arc::new(Mutex::new(queue)), Arc::new(watch::Sender::new(false)));
        let shared = Shared { work: Arc::new(work), queue, is_over, messages: sender };
        let workers = workers.max(1);
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = workers.min(cores);
        let start_one = |number: usize| {
            // Neighbours in number are on different threads, so that few of them use all threads.
            let numbers: Vec<usize> = (number..workers).step_by(threads).collect();
            let (env, shared) = (env.clone(), shared.clone());
            std::thread::Builder::new()
                .name(format!("cases-{number}"))
                .spawn(move || run_thread(&env, &shared, &numbers))
        };
        let started = (0..threads).map(start_one);
        // A thread that cannot be started leaves its share to the others.
        (jobs, WorkerPool { messages, threads: started.filter_map(Result::ok).collect() })
    }

    /// Waits for the next report; `None` once every worker has ended.
    pub(super) async fn next(&mut self) -> Option<Message<T>> {
        self.messages.recv().await
    }

    /// The same for a thread that is not part of a runtime.
    pub(super) fn next_blocking(&mut self) -> Option<Message<T>> {
        self.messages.blocking_recv()
    }

    /// Waits for the threads. Returns what went wrong on them.
    pub(super) fn join(self) -> Vec<String> {
        self.threads.into_iter().flat_map(ended).collect()
    }
}

/// Does jobs that decide no clause, as many at a time as `workers`. What came of them, and what was noted besides, all requests
/// counted for one purpose.
pub(super) async fn complete<W: Work>(
    env: &RunContext,
    work: W,
    jobs: impl IntoIterator<Item = W::Job>,
    workers: usize,
    purpose: Purpose,
) -> (Vec<W::Output>, Tally) {
    let (sender, mut pool) = WorkerPool::start(env, work, workers);
    jobs.into_iter().for_each(|job| drop(sender.send(job)));
    drop(sender);
    let (mut outputs, mut noted) = (Vec::new(), Tally::default());
    while let Some(message) = pool.next().await {
        match message {
            Message::Done(output) => outputs.push(output),
            Message::Finished(tally) => {
                let mut theirs = tally.without_verdicts();
                theirs.spent = theirs.spent.all_for(purpose);
                noted.merge(theirs);
            }
        }
    }
    noted.internal_errors.extend(pool.join());
    (outputs, noted)
}

/// What the workers of all threads share.
struct Shared<W: Work> {
    work: Arc<W>,
    queue: Arc<Mutex<UnboundedReceiver<W::Job>>>,
    /// Whether the queue is closed and empty.
    is_over: Arc<watch::Sender<bool>>,
    messages: UnboundedSender<Message<W::Output>>,
}

impl<W: Work> Clone for Shared<W> {
    fn clone(&self) -> Shared<W> {
        let (work, queue, is_over) = (Arc::clone(&self.work), Arc::clone(&self.queue), Arc::clone(&self.is_over));
        Shared { work, queue, is_over, messages: self.messages.clone() }
    }
}

impl<W: Work> Shared<W> {
    /// The next job for the worker of a number, when it may be at work; `None` once there are no more.
    async fn next_job(&self, env: &RunContext, number: usize) -> Option<W::Job> {
        let mut is_over = self.is_over.subscribe();
        tokio::select! {
            biased;
            () = env.target.concurrency().admit(number) => {}
            _ = is_over.wait_for(|is_over| *is_over) => return None,
        }
        let job = self.queue.lock().await.recv().await;
        if job.is_none() {
            self.is_over.send_replace(true);
        }
        job
    }
}

/// What went wrong on a thread.
fn ended(thread: JoinHandle<Vec<String>>) -> Vec<String> {
    thread.join().unwrap_or_else(|payload| vec![format!("a thread panicked: {}", panics::message(payload.as_ref()))])
}

/// Runs the workers of these numbers side by side on this thread. Returns what went wrong: a thread that cannot be set up leaves its
/// jobs to the others.
fn run_thread<W: Work>(env: &RunContext, shared: &Shared<W>, numbers: &[usize]) -> Vec<String> {
    let runtime: Runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return vec![format!("a thread cannot run cases: {error}")],
    };
    let env = Arc::new(env.for_thread());
    let local = LocalSet::new();
    let start = |number: &usize| local.spawn_local(run_worker(Arc::clone(&env), shared.clone(), *number));
    let tasks: Vec<_> = numbers.iter().map(start).collect();
    runtime.block_on(local.run_until(async {
        let mut wrong = Vec::new();
        for task in tasks {
            wrong.extend(task.await.err().map(|error| format!("a worker ended: {error}")));
        }
        wrong
    }))
}

/// Does jobs until there are no more. A panic outside of a case is noted, and what was found before stays.
async fn run_worker<W: Work>(env: Arc<RunContext>, shared: Shared<W>, number: usize) {
    let mut worker = Worker::new(env);
    if let Err(message) = panics::caught(shared.work.begin(&mut worker)).await {
        worker.tally.internal_errors.push(format!("a worker panicked before its first case: {message}"));
    }
    while let Some(job) = shared.next_job(&worker.env, number).await {
        match panics::caught(shared.work.perform(&mut worker, job)).await {
            // The receiver is only dropped when the run is over.
            Ok(output) => drop(shared.messages.send(Message::Done(output))),
            Err(message) => worker.tally.internal_errors.push(format!("a worker panicked: {message}")),
        }
    }
    if let Err(message) = panics::caught(worker.finish()).await {
        worker.tally.internal_errors.push(format!("a worker panicked after its last case: {message}"));
    }
    let _ = shared.messages.send(Message::Finished(Box::new(worker.tally)));
}
