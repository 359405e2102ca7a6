//! Drives generate → send → judge over the cases of a plan, and cleans up.

mod accepted;
mod access;
mod broadcast;
mod case_executor;
pub mod clean;
mod concurrency;
mod concurrent;
mod confirmation;
mod control;
mod created;
pub mod credentials;
mod damage;
mod dependencies;
mod diagnostics;
mod fail_fast;
mod health;
mod input_form;
mod interruption;
pub mod ledger;
mod link;
mod lists;
mod look_round;
mod order;
mod own_name;
pub mod panics;
mod polling;
mod preflight;
mod probe;
pub mod rate_limit;
mod read_lag;
pub mod recorder;
mod remains;
mod repeats;
mod run_context;
mod savings;
mod scenario;
mod scheduler;
mod session;
pub mod settings;
mod shadowing;
mod shared_acceptance;
mod shutdown;
mod skip_reason;
pub mod span;
mod stateful;
mod target;
mod unnamed;
mod usual_success;
mod variation;
mod waits;
mod workaround;
mod worker;
mod worker_pool;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use thiserror::Error;
use tokio::time::sleep;

pub use case_executor::{CaseExecutor, CaseSender, Prepared};
pub use link::Link;
pub(crate) use polling::Polling;
pub use recorder::Recorder;
pub use settings::Settings;

use crate::clock;
use crate::entropy;
use crate::generate::GenerateError;
use crate::plan::{Phase, Plan};
use crate::record::Tally;
pub use crate::record::{CaseOutcome, CaseResult, Event, FindingKey, Found, Left, Outcome};
use crate::send::SendError;
use crate::spec::Contract;
pub use access::Refusal;
use clean::{Cleaned, Haste};
use ledger::{Header, Journal, JournalError, Ledger, Signing};
use preflight::Checked;
pub use preflight::Untestable;
use run_context::RunContext;
pub use run_context::RunId;
use scheduler::work;
use settings::{Broadcast, JournalMode, Locality};
use target::Target;

/// Why a run could not begin.
#[derive(Debug, Error)]
pub enum RunError {
    /// The pre-flight check: nothing can be tested on the target.
    #[error(transparent)]
    Untestable(#[from] Untestable),
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
        let Checked { mut env, mut tally, created } = preflight::check(contract, plan, settings, &run, &target).await?;
        env.unshortened = Some(Arc::default());
        observe(Event::Started { cases: env.plan.cases.len() });
        damage::prepare(&env).await;
        let (mut cases, mut dropped, mut created) = (Vec::new(), confirmation::Dropped::default(), created);
        let mut taken_back = BTreeSet::new();
        let mut is_ended = ends(&env, &tally);
        for phase in Phase::ALL {
            let mut open = order::of_phase(&env, phase);
            while !(is_ended || env.target.is_stopped() || open.is_empty() && created.is_empty()) {
                // Findings of an earlier phase are settled: a target may be damaged now.
                let settled: BTreeSet<FindingKey> = tally.findings.keys().cloned().collect();
                let (done, rest) = work(&env, observe, &mut tally, std::mem::take(&mut created), phase, open).await;
                cases.extend(done);
                stateful::shorten(&env, &mut tally).await;
                dropped += confirmation::confirm(&env, &mut tally, &mut cases, &settled).await;
                is_ended = ends(&env, &tally);
                open = rest;
                if !is_ended && !env.target.is_stopped() {
                    let again = interruption::take_back(&tally, &mut cases, &mut taken_back);
                    if !again.is_empty() {
                        observe(Event::CasesReopened { cases: again.len() });
                        open.extend(again);
                    }
                }
            }
            damage::after_phase(&env, phase).await;
        }
        scheduler::delete(&env, created).await;
        cases.sort_by_key(|result| result.case);
        let suspects = interruption::withdraw(&env, &mut tally, &mut cases);
        let notes: Vec<String> =
            suspects.into_iter().chain(diagnostics::of_run(&env, &tally, &cases, dropped)).collect();
        Ok::<_, RunError>((env, tally, cases, notes, is_ended))
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
    if done.is_err() && target.ledger().is_some_and(|ledger| !ledger.census().made.is_empty()) {
        // Nothing is tested; what the pre-flight check made must go all the same.
        sweep(contract, settings, Haste::Hurried).await;
    }
    let (env, tally, cases, mut notes, is_ended) = done?;
    let internal = tally.internal_error();
    let stopped_early = internal.or_else(|| target.stop_reason().map(str::to_owned)).or(stopped_early);
    let haste = if stopped_early.is_some() { Haste::Hurried } else { Haste::Unhurried };
    let mut left = remains::sweep(&env).await;
    notes.extend(diagnostics::unnamed(&env.remains.unnamed()));
    left.extend(env.damage.unseen());
    let cleaned = sweep(contract, settings, haste).await;
    if let Some(cleaned) = &cleaned {
        // What the journal names was tried again after that, and what it does not name was looked for.
        left = clean::left(cleaned, settings);
    }
    let mut outcome = Outcome {
        cases,
        not_implemented: env.not_implemented.iter().cloned().collect(),
        requests: target.requests(),
        requests_by_operation: target.requests_by_operation(),
        census: target.ledger().map(Ledger::census).unwrap_or_default(),
        elapsed: started.elapsed(),
        started_at: Some(started_at),
        ended_at_finding: is_ended && stopped_early.is_none(),
        stopped_early,
        notes,
        left,
        ..Outcome::default()
    };
    outcome.spent = tally.spent;
    outcome.findings = tally.findings;
    outcome.upheld = tally.upheld;
    outcome.steps = tally.steps;
    outcome.internal_errors = tally.internal_errors;
    outcome.secrets = std::mem::take(&mut *env.secrets.lock());
    outcome.secrets.merge(tally.secrets);
    outcome.secrets.extend(settings.secrets());
    Ok(outcome)
}

/// Whether a finding that ends the run was shown again.
fn ends(env: &RunContext, tally: &Tally) -> bool {
    env.settings.fail_fast.as_ref().is_some_and(|fail_fast| fail_fast.ends(&env.contract, tally))
}

/// After the run: what its journal says is there still, or may be.
async fn sweep(contract: &Arc<Contract>, settings: &Settings, haste: Haste) -> Option<Result<Cleaned, RunError>> {
    match &settings.record {
        JournalMode::Journal(path) => Some(clean::after_run(contract, settings, path, haste).await),
        JournalMode::Off | JournalMode::Memory => None,
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

/// The ledger of a run, where one is wanted.
fn ledger(contract: &Contract, plan: &Plan, settings: &Settings, run: &str) -> Result<Option<Ledger>, JournalError> {
    let journal = match &settings.record {
        JournalMode::Off => return Ok(None),
        JournalMode::Memory => None,
        JournalMode::Journal(path) => {
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
        signing: if settings.credentials.is_some() { Signing::Sigv4 } else { Signing::None },
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
