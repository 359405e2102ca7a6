//! Drives generate → send → judge over the cases of a plan, and cleans up.

pub mod clean;
mod concurrent;
mod confirmation;
mod consequence;
mod environment;
pub mod event;
mod health;
pub mod lease;
pub mod ledger;
mod needs;
mod notes;
mod obstacle;
pub mod outcome;
pub mod pace;
mod probe;
mod route;
mod scenario;
mod secrets;
mod sequence;
mod session;
pub mod settings;
mod single;
mod stop;
mod stream;
mod survey;
mod target;
mod worker;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use thiserror::Error;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::sleep;

pub use event::Event;
pub use outcome::{CaseResult, FindingKey, Found, Outcome, Verdict};
pub use secrets::Secrets;
pub use settings::Settings;
pub use single::{Executor, Prepared};

use crate::clock;
use crate::entropy;
use crate::generate::{GenerateError, Generator};
use crate::judge::Violation;
use crate::judge::finding::FindingKind;
use crate::plan::{self, Check, Plan};
use crate::send::SendError;
use crate::spec::Contract;
use clean::{Cleaned, Haste};
use environment::Environment;
pub use environment::RunId;
use ledger::{Header, Journal, JournalError, Ledger};
use outcome::Tally;
use settings::{Broadcast, Locality, Record};
use survey::{Missing, Signatures};
use target::Target;
use worker::Worker;

/// Clause that a target violates which does not look at signatures.
const SIGNATURE_CLAUSE: &str = "auth.wrong-signature-is-refused";

/// Cases with this many calls, one after another, are begun first.
const LONG_CASE: u64 = 60;

/// Why a run could not begin.
#[derive(Debug, Error)]
pub enum RunError {
    /// The target does not answer.
    #[error("{endpoint} cannot be reached: {reason}; is it running, and is this its address?")]
    Unreachable {
        /// The endpoint.
        endpoint: String,
        /// Why.
        reason: String,
    },
    /// The settings are for this machine, and the target is not on it.
    #[error(
        "{endpoint} is not on this machine, and the run was not told to be careful: use the command line with --yes, or \
         Settings::for_account"
    )]
    NotLocal {
        /// The endpoint.
        endpoint: String,
    },
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The contract's rules are no JSON Schemas.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// What the run makes cannot be written down.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal cannot be gone on with.
    #[error("{0}")]
    Unwritten(String),
    /// Something of the program itself failed.
    #[error("internal error: {0}; please report it")]
    Internal(String),
    /// A thread cannot run cases.
    #[error("cannot start a runtime: {0}")]
    Runtime(std::io::Error),
}

/// A target that was looked over before its cases.
#[derive(Debug)]
struct Surveyed {
    env: Environment,
    /// What looking it over showed.
    tally: Tally,
    /// What came into being.
    created: Vec<(String, serde_json::Value)>,
}

/// Runs all cases of a plan against the target of `settings`. `observe` hears what happens; the run stops early, and
/// cleans up, when `interrupt` says why it should.
///
/// # Errors
/// Nothing could be tested: the target cannot be reached, or the contract cannot be used.
pub async fn run(
    contract: &Arc<Contract>,
    plan: &Plan,
    settings: &Settings,
    observe: &(dyn Fn(Event) + Sync),
    interrupt: impl Future<Output = String>,
) -> Result<Outcome, RunError> {
    let started_at = clock::now();
    let started = clock::instant();
    let (run, target) = prepare(contract, plan, settings)?;
    let stop = async {
        tokio::select! {
            reason = interrupt => reason,
            reason = deadline(settings) => reason,
            reason = target.health().given_up() => reason,
        }
    };
    let everything = async {
        let Surveyed { env, mut tally, created } = look_over(contract, plan, settings, &run, &target).await?;
        observe(Event::Started { cases: env.plan.cases.len() });
        let surveyed: BTreeSet<FindingKey> = tally.findings.keys().cloned().collect();
        let mut cases = work(&env, observe, &mut tally, created).await;
        let disturbed = confirmation::confirm(&env, &mut tally, &mut cases, &surveyed).await?;
        Ok::<_, RunError>((env, tally, cases, disturbed))
    };
    let (done, stopped_early) = {
        tokio::pin!(everything, stop);
        tokio::select! {
            done = &mut everything => (done, None),
            reason = &mut stop => {
                target.stop();
                (everything.await, Some(reason))
            }
        }
    };
    let (env, tally, cases, disturbed) = done?;
    let stopped_early = target.stop_reason().map(str::to_owned).or(stopped_early);
    let haste = if stopped_early.is_some() { Haste::Hurried } else { Haste::Unhurried };
    let cleaned = sweep(contract, settings, haste).await;
    let mut outcome = Outcome {
        cases,
        not_implemented: env.not_implemented.iter().cloned().collect(),
        requests: target.requests(),
        requests_by_operation: target.requests_by_operation(),
        census: target.ledger().map(Ledger::census).unwrap_or_default(),
        elapsed: started.elapsed(),
        started_at: Some(started_at),
        stopped_early,
        notes: notes::of_run(&env, &tally, cleaned.as_ref(), disturbed),
        ..Outcome::default()
    };
    outcome.findings = tally.findings;
    outcome.upheld = tally.upheld;
    outcome.secrets = tally.secrets;
    outcome.secrets.extend(settings.secrets());
    Ok(outcome)
}

/// After the run: what its journal says is there still, or may be.
async fn sweep(contract: &Arc<Contract>, settings: &Settings, haste: Haste) -> Option<Result<Cleaned, RunError>> {
    match &settings.record {
        Record::Journal(path) => Some(clean::after_run(contract, settings, path, haste).await),
        Record::Off | Record::Memory => None,
    }
}

/// The run's id and its target, to which nothing was sent yet.
fn prepare(contract: &Contract, plan: &Plan, settings: &Settings) -> Result<(RunId, Arc<Target>), RunError> {
    let run = RunId::new(settings.nonce.unwrap_or_else(entropy::nonce));
    let ledger = ledger(contract, plan, settings, &run.id)?;
    let target = Target::new(contract, settings, ledger)?;
    if target.is_elsewhere() && settings.locality == Locality::Loopback {
        return Err(RunError::NotLocal { endpoint: target.endpoint().to_owned() });
    }
    Ok((run, target))
}

/// Is the target there, which operations does it have, does it check signatures?
async fn look_over(
    contract: &Arc<Contract>,
    plan: &Plan,
    settings: &Settings,
    run: &RunId,
    target: &Arc<Target>,
) -> Result<Surveyed, RunError> {
    let states: BTreeSet<(String, String)> =
        plan.suites.states.iter().map(|state| (state.name.clone(), state.resource.clone())).collect();
    let generator = Generator::new(Arc::clone(contract), &states)?;
    let mut env = Environment::new(generator, plan.clone(), Arc::clone(target), settings.clone(), run);
    let unreachable = |reason: String| RunError::Unreachable { endpoint: target.endpoint().to_owned(), reason };
    let nowhere = survey::reach(&env).await.map_err(unreachable)?;
    let mut tally = Tally::default();
    let (missing, created) = survey::missing_operations(&env, &nowhere).await.map_err(unreachable)?;
    env.not_implemented = missing.iter().map(|missing| missing.operation.clone()).collect();
    note_missing(&env, &missing, &mut tally);
    match survey::signatures(&env).await {
        Signatures::Checked => env.verifies_signatures = true,
        Signatures::Ignored(operation, exchange) => note_unchecked(&env, operation, *exchange, &mut tally),
        Signatures::Unknown => {}
    }
    Ok(Surveyed { env, tally, created })
}

/// The ledger of a run, where one is wanted.
fn ledger(contract: &Contract, plan: &Plan, settings: &Settings, run: &str) -> Result<Option<Ledger>, JournalError> {
    let journal = match &settings.record {
        Record::Off => return Ok(None),
        Record::Memory => None,
        Record::Journal(path) => {
            let durable = settings.locality == Locality::Remote;
            Some(Journal::create(path, durable, header(contract, settings, run))?)
        }
    };
    Ok(Some(Ledger::new(contract, &plan.resources, run, journal).without(settings.secrets().collect())))
}

fn header(contract: &Contract, settings: &Settings, run: &str) -> Header {
    Header {
        schema: ledger::SCHEMA.to_owned(),
        run: run.to_owned(),
        endpoint: settings.endpoint.clone(),
        region: settings.region.clone(),
        service: contract.service.signing_name.clone().unwrap_or_default(),
        contract: contract.sha256.clone(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        broadcast: match &settings.broadcast {
            Broadcast::ControlPath(path) => Some(path.clone()),
            Broadcast::Unavailable | Broadcast::Command(_) => None,
        },
    }
}

async fn deadline(settings: &Settings) -> String {
    match settings.deadline {
        Some(limit) => {
            sleep(limit).await;
            format!("the deadline of {} s was reached", limit.as_secs_f64())
        }
        None => std::future::pending().await,
    }
}

/// What a thread tells the run.
enum Message {
    Case(CaseResult),
    Finished(Box<Tally>),
}

/// What the workers of all threads share out.
#[derive(Clone)]
struct Queue {
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

/// Long cases come first, so that none of them is left over at the end; the others in the order of the plan.
fn order(plan: &Plan, settings: &Settings) -> Vec<usize> {
    let weight = |index: &usize| match plan.cases.get(*index).map(|case| &case.check) {
        Some(Check::Scenario { scenario }) => {
            plan.suites.scenarios.get(*scenario).map_or(0, plan::suite::Scenario::weight)
        }
        Some(Check::Sequence { .. }) => sequence::moves(settings.profile),
        _ => 0,
    };
    let (mut long, short): (Vec<usize>, Vec<usize>) =
        (0..plan.cases.len()).partition(|index| weight(index) >= LONG_CASE);
    long.sort_by_key(|index| std::cmp::Reverse(weight(index)));
    long.extend(short);
    long
}

/// Runs the cases on as many workers as requests may be in flight, spread over a few threads. Strategies stay on the
/// thread that makes them, and so do connections: nothing is locked between requests.
async fn work(
    env: &Environment,
    observe: &(dyn Fn(Event) + Sync),
    tally: &mut Tally,
    created: Vec<(String, serde_json::Value)>,
) -> Vec<CaseResult> {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel::<Message>();
    let queue = Queue { next: Arc::default(), order: Arc::new(order(&env.plan, &env.settings)), sender };
    let jobs = env.settings.jobs.clamp(1, env.plan.cases.len().max(1));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = jobs.min(cores);
    for number in 0..threads {
        let share = jobs / threads + usize::from(number < jobs % threads);
        let created = if number == 0 { created.clone() } else { Vec::new() };
        let (env, queue) = (env.clone(), queue.clone());
        std::thread::spawn(move || thread(&env, &queue, share, created));
    }
    drop(queue);
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
    results.sort_by_key(|result| result.case);
    results
}

/// Runs `share` workers side by side on this thread. A thread that cannot be set up leaves its cases to the others.
fn thread(env: &Environment, queue: &Queue, share: usize, created: Vec<(String, serde_json::Value)>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    let env = Arc::new(env.for_thread());
    let local = tokio::task::LocalSet::new();
    let mut created = Some(created);
    for _ in 0..share {
        let created = created.take().unwrap_or_default();
        local.spawn_local(worker(Arc::clone(&env), queue.clone(), created));
    }
    runtime.block_on(local);
}

async fn worker(env: Arc<Environment>, queue: Queue, created: Vec<(String, serde_json::Value)>) {
    let mut worker = Worker::new(Arc::clone(&env));
    worker.adopt(&created).await;
    while let Some(index) = queue.take() {
        if env.target.is_stopped() {
            break;
        }
        if let Some(result) = worker.run(index).await {
            // The receiver only goes when the run is over.
            let _ = queue.sender.send(Message::Case(result));
        }
    }
    worker.finish().await;
    let _ = queue.sender.send(Message::Finished(Box::new(worker.tally)));
}

fn note_missing(env: &Environment, missing: &[Missing], tally: &mut Tally) {
    for missing in missing {
        let is_about = |case: &plan::Case| case.operation.as_deref() == Some(&missing.operation);
        // An operation that no case is about was looked for because it makes what others need.
        let Some(case) = env.plan.cases.iter().position(is_about) else { continue };
        let Some(operation) = env.contract.operation(&missing.operation) else { continue };
        let observed = match missing.exchange.response() {
            Some(response) => {
                format!("A valid request is answered with status {} like an unknown path.", response.status)
            }
            None => "A valid request is not answered.".to_owned(),
        };
        let violation = Violation {
            clause: operation.status_clause,
            operation: operation.name.clone(),
            detail: None,
            kind: FindingKind::NotImplemented,
            expected: format!("The target has the operation {}.", operation.name),
            observed,
            tier: None,
        };
        tally.find(violation, case, &missing.exchange, &[]);
    }
}

fn note_unchecked(env: &Environment, operation: String, exchange: crate::wire::Exchange, tally: &mut Tally) {
    let is_planned = |clause: &crate::spec::clause::ClauseIndex| env.plan.clauses.contains(clause);
    let Some(clause) = env.contract.clauses.find(SIGNATURE_CLAUSE).filter(is_planned) else { return };
    let is_about_it = |case: &plan::Case| case.clauses.contains(&clause);
    let Some(case) = env.plan.cases.iter().position(is_about_it) else { return };
    let violation = Violation {
        clause,
        operation,
        detail: None,
        kind: FindingKind::AcceptedInvalid,
        expected: "A request signed with a wrong secret is refused.".to_owned(),
        observed: "The target served it; it does not check signatures.".to_owned(),
        tier: None,
    };
    tally.find(violation, case, &exchange, &[]);
}
