//! All trials, side by side.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use globset::Glob;
use sha2::{Digest, Sha256};

use super::SelftestError;
use super::catalogue::{Catalogue, Mutant};
use super::result::{Summary, Trial};
use super::trial::Bench;
use super::whole::{self, WholeSummary, WholeTrial};
use crate::clock;
use crate::plan::{self, Filter, Suites};
use crate::run::settings::Settings;
use crate::spec::Contract;

/// Which faults to try, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Globs of fault or clause ids; empty takes all.
    pub only: Vec<String>,
    /// How many faults at most, spread over all families; none takes all.
    pub sample: Option<usize>,
    /// Faults tried at the same time.
    pub jobs: usize,
    /// What is sent: the suites that a run of the contract has.
    pub suites: Suites,
    /// How requests are sent; its seed chooses the sample as well.
    pub settings: Settings,
    /// How each server is set up, but for its fault.
    pub config: crate::reference::Config,
}

/// Tries the faults; `observe` hears of each as soon as it is decided.
///
/// # Errors
/// A glob matches nothing, or nothing can be set up.
pub fn run(
    contract: &Arc<Contract>,
    options: &Options,
    observe: &mut dyn FnMut(&Trial, usize),
) -> Result<Summary, SelftestError> {
    let started = clock::instant();
    let (bench, mutants) = prepared(contract, options)?;
    let chosen = match options.sample {
        Some(size) => sampled(mutants, size, options.settings.seed),
        None => mutants,
    };
    let trials = try_all(&chosen, options.jobs, |mutant| bench.try_fault(mutant), observe)?;
    Ok(Summary::of(trials, started.elapsed().as_secs_f64()))
}

/// How many faults a server of a full run has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seeding {
    /// One.
    Single,
    /// Two, in so many random pairs.
    Pairs(usize),
}

/// Checks servers with one or two faults by full runs; `observe` hears of each as soon as it is decided.
///
/// # Errors
/// A glob matches nothing, or nothing can be set up.
pub fn run_whole(
    contract: &Arc<Contract>,
    options: &Options,
    seeding: Seeding,
    observe: &mut dyn FnMut(&WholeTrial, usize),
) -> Result<WholeSummary, SelftestError> {
    let started = clock::instant();
    let (bench, mutants) = prepared(contract, options)?;
    let seeded = match seeding {
        Seeding::Single => {
            let size = options.sample.unwrap_or(mutants.len());
            sampled(mutants, size, options.settings.seed).into_iter().map(|mutant| vec![mutant]).collect()
        }
        Seeding::Pairs(pairs) => whole::pairs(&mutants, pairs, options.settings.seed),
    };
    let trials = try_all(&seeded, options.jobs, |mutants| bench.try_whole(mutants), observe)?;
    Ok(WholeSummary::of(trials, started.elapsed().as_secs_f64()))
}

/// What all trials share, and the faults to try.
fn prepared(contract: &Arc<Contract>, options: &Options) -> Result<(Bench, Vec<Mutant>), SelftestError> {
    let plan = plan::plan(contract, &options.suites, &Filter::default())?;
    let catalogue = Catalogue::of(contract, &plan.cases)?;
    let mut mutants = catalogue.mutants;
    if options.only.iter().any(|glob| glob.contains('@')) {
        mutants.extend(catalogue.undetected.into_iter().map(|(mutant, _)| mutant));
    }
    let mutants = chosen(contract, mutants, &options.only)?;
    let bench = Bench {
        contract: Arc::clone(contract),
        plan,
        settings: options.settings.clone(),
        config: options.config.clone(),
    };
    Ok((bench, mutants))
}

fn chosen(contract: &Contract, mutants: Vec<Mutant>, only: &[String]) -> Result<Vec<Mutant>, SelftestError> {
    if only.is_empty() {
        return Ok(mutants);
    }
    let mut matchers = Vec::new();
    for glob in only {
        let compiled = Glob::new(glob)
            .map_err(|error| SelftestError::Glob { glob: glob.clone(), reason: error.kind().to_string() })?;
        matchers.push((glob, compiled.compile_matcher()));
    }
    let fits = |matcher: &globset::GlobMatcher, mutant: &Mutant| {
        let breaks_match =
            |clause: &crate::spec::clause::ClauseIndex| matcher.is_match(&contract.clauses.get(*clause).id);
        matcher.is_match(&mutant.id) || mutant.breaks.iter().any(breaks_match)
    };
    for (glob, matcher) in &matchers {
        if !mutants.iter().any(|mutant| fits(matcher, mutant)) {
            return Err(SelftestError::NoMatch((*glob).clone()));
        }
    }
    Ok(mutants.into_iter().filter(|mutant| matchers.iter().any(|(_, matcher)| fits(matcher, mutant))).collect())
}

/// A sample that depends on the seed alone: the families take turns.
fn sampled(mutants: Vec<Mutant>, size: usize, seed: u64) -> Vec<Mutant> {
    let mut families: BTreeMap<String, Vec<([u8; 32], Mutant)>> = BTreeMap::new();
    for mutant in mutants {
        let digest = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(mutant.id.as_bytes()).finalize();
        families.entry(mutant.family.clone()).or_default().push((digest.into(), mutant));
    }
    for family in families.values_mut() {
        family.sort_by_key(|(digest, _)| *digest);
    }
    let mut sample = Vec::new();
    while sample.len() < size && families.values().any(|family| !family.is_empty()) {
        for family in families.values_mut() {
            if sample.len() < size {
                sample.extend(family.pop().map(|(_, mutant)| mutant));
            }
        }
    }
    sample
}

/// Each thread has a runtime of its own, on which its faulty servers live.
fn try_all<'i, Item, Trial, Tried>(
    items: &'i [Item],
    jobs: usize,
    try_one: impl Fn(&'i Item) -> Tried + Sync,
    observe: &mut dyn FnMut(&Trial, usize),
) -> Result<Vec<Trial>, SelftestError>
where
    Item: Sync,
    Trial: Send,
    Tried: Future<Output = Trial>,
{
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut runtimes = Vec::new();
    for _ in 0..jobs.clamp(1, items.len().max(1)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtimes.push(runtime.map_err(|error| SelftestError::Setup(error.to_string()))?);
    }
    let mut trials: Vec<(usize, Trial)> = std::thread::scope(|scope| {
        for runtime in runtimes {
            let (sender, next, try_one) = (sender.clone(), &next, &try_one);
            scope.spawn(move || {
                while let Some((index, item)) = take(next, items) {
                    let trial = runtime.block_on(try_one(item));
                    // The receiver only goes when all trials are over.
                    let _ = sender.send((index, trial));
                }
            });
        }
        drop(sender);
        receiver.iter().inspect(|(_, trial)| observe(trial, items.len())).collect()
    });
    trials.sort_by_key(|(index, _)| *index);
    Ok(trials.into_iter().map(|(_, trial)| trial).collect())
}

fn take<'i, Item>(next: &AtomicUsize, items: &'i [Item]) -> Option<(usize, &'i Item)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    items.get(index).map(|item| (index, item))
}
