//! Plays all programs of a plan on both targets and keeps what tells them apart.

mod conclude;
mod derived;
mod keep;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};
use thiserror::Error;
use tokio::time::sleep;

use super::builder::Materials;
use super::cases;
use super::corresponding::Corresponding;
use super::difference::{Comparer, Kind};
use super::draw::Drawing;
use super::outcome::{Comparison, Difference};
use super::past::Past;
use super::play::{Key, Pairing, Run};
use super::program::Program;
use super::side::{Played, Side};
use super::support::{Bench, Supports};
use crate::clock;
use crate::generate::{GenerateError, Generator};
use crate::judge::{Answer, Judge};
use crate::plan::Plan;
use crate::plan::case::Check;
use crate::run::settings::{Profile, Settings};
use crate::run::{Link, RunError};
use crate::spec::Contract;

/// Programs after which a comparison ends in which both targets accepted no request.
const HOPELESS: u64 = 200;
/// Id of the case under which random programs are known if the plan has none of its own.
const RANDOM: &str = "sequence";
/// Most differences that are made smaller; a target that differs everywhere is told apart long before.
const MOST_DIFFERENCES: usize = 400;

/// Why nothing could be compared.
#[derive(Debug, Error)]
pub enum CompareError {
    /// A target cannot be set up.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The contract's rules are no JSON Schemas.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// A target does not respond.
    #[error("{endpoint} does not respond: {reason}")]
    Unreachable {
        /// Base URL of the target.
        endpoint: String,
        /// What happened instead.
        reason: String,
    },
    /// No operation can be called without a resource, so that nothing tells whether a target responds.
    #[error("the contract has no operation")]
    Empty,
}

/// How far a comparison is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Cases that are done.
    pub done: u64,
    /// Cases in all.
    pub of: u64,
    /// Id of the last case.
    pub case: String,
    /// Differences so far that count.
    pub differences: usize,
    /// Requests so far, to both targets.
    pub requests: u64,
}

/// How many random programs there are, and how many steps each has before it looks at everything.
fn random(profile: Profile) -> (usize, usize) {
    match profile {
        Profile::Quick => (60, 16),
        Profile::Deep => (1_500, 40),
        _ => (240, 24),
    }
}

/// A difference that was found, before it is written down.
struct Known {
    difference: Difference,
    /// What it has in common with other places that show the same.
    group: (Kind, String, Vec<String>, Supports),
}

struct Driver<'d> {
    contract: &'d Contract,
    bench: Bench<'d>,
    materials: Materials<'d>,
    pairing: Pairing<'d>,
    seed: u64,
    known: Vec<Known>,
    /// Positions of what is known by key and support.
    places: BTreeMap<(Key, Supports), usize>,
    corresponding: Vec<Corresponding>,
    usable: BTreeSet<String>,
    /// Operations with a response that differs on their smallest input.
    differing: BTreeSet<String>,
    programs: u64,
    steps: u64,
    cut: u64,
    fleeting: u64,
}

/// Compares two targets. Seed, profile and deadline are those of the first one's settings. `observe` hears how far it
/// is; it stops early, and cleans up, when `interrupt` says why it should.
///
/// # Errors
/// A target cannot be reached, or the contract cannot be used.
pub async fn compare(
    contract: &Arc<Contract>,
    plan: &Arc<Plan>,
    sides: (&Settings, &Settings),
    observe: &(dyn Fn(Progress) + Sync),
    interrupt: impl Future<Output = String>,
) -> Result<Comparison, CompareError> {
    let (started, started_at) = (clock::instant(), clock::now());
    let states = plan.suites.states.iter().map(|state| (state.name.clone(), state.resource.clone())).collect();
    let generator = Arc::new(Generator::new(Arc::clone(contract), &states)?);
    let judge = Arc::new(Judge::new(contract));
    let nonce = sides.0.nonce.unwrap_or(sides.0.seed);
    let side = |settings: &Settings| -> Result<Side, CompareError> {
        let link = Link::new(contract, plan, settings)?;
        Ok(Side::new(contract, plan, &generator, &judge, link, nonce))
    };
    let (mut a, mut b) = (side(sides.0)?, side(sides.1)?);
    reach(contract, &mut a).await?;
    reach(contract, &mut b).await?;
    let stop = Arc::new(OnceLock::new());
    let can_broadcast = a.link.can_broadcast() && b.link.can_broadcast();
    let has_regions = a.link.signs() && b.link.signs();
    let mut driver = Driver {
        contract,
        bench: Bench { contract, plan, generator: &generator, judge: &judge },
        materials: Materials { contract, plan, generator: &generator, can_broadcast },
        pairing: Pairing {
            contract,
            comparer: Comparer::new(contract, &plan.suites),
            a,
            b,
            lasting: BTreeSet::new(),
            in_vain: BTreeSet::new(),
            past: Past::default(),
            jobs: sides.0.jobs,
            stop: Arc::clone(&stop),
        },
        seed: sides.0.seed,
        known: Vec::new(),
        places: BTreeMap::new(),
        corresponding: Vec::new(),
        usable: BTreeSet::new(),
        differing: BTreeSet::new(),
        programs: 0,
        steps: 0,
        cut: 0,
        fleeting: 0,
    };
    let deadline = async {
        match sides.0.deadline {
            Some(limit) => {
                sleep(limit).await;
                format!("the deadline of {} s was reached", limit.as_secs_f64())
            }
            None => std::future::pending().await,
        }
    };
    let reason = async {
        tokio::select! { reason = interrupt => reason, reason = deadline => reason }
    };
    {
        let work = driver.work(plan, sides.0.profile, has_regions, observe);
        tokio::pin!(work, reason);
        tokio::select! {
            () = &mut work => {}
            reason = &mut reason => {
                let _ = stop.set(reason);
                work.await;
            }
        }
    }
    driver.find_derived();
    let mut comparison = driver.finish(sides, can_broadcast);
    comparison.started_at = jiff::Timestamp::try_from(started_at).map(|time| time.to_string()).unwrap_or_default();
    comparison.duration_seconds = started.elapsed().as_secs_f64();
    Ok(comparison)
}

/// Whether a target responds at all.
async fn reach(contract: &Contract, side: &mut Side) -> Result<(), CompareError> {
    let needs_nothing = |operation: &&crate::spec::contract::Operation| {
        operation.is_readonly && operation.input.members().iter().all(|member| !member.is_required)
    };
    let operation = contract.operations.iter().find(needs_nothing).or_else(|| contract.operations.first());
    let operation = operation.ok_or(CompareError::Empty)?;
    let called = side.call(operation, Value::Object(Map::new()), None, &mut Played::default()).await;
    match &called.exchange.reply {
        crate::wire::Reply::Response(_) => Ok(()),
        crate::wire::Reply::Failure(failure) => {
            Err(CompareError::Unreachable { endpoint: side.link.endpoint().to_owned(), reason: failure.detail.clone() })
        }
    }
}

impl Driver<'_> {
    async fn work(&mut self, plan: &Plan, profile: Profile, has_regions: bool, observe: &(dyn Fn(Progress) + Sync)) {
        let materials = self.materials;
        let sequences: Vec<&str> = plan
            .cases
            .iter()
            .filter(|case| matches!(case.check, Check::Sequence { .. }))
            .map(|case| case.id.as_str())
            .collect();
        let (number, length) = if sequences.is_empty() { (0, 0) } else { random(profile) };
        let of = (plan.cases.len() + number) as u64;
        let mut done = 0;
        for case in &plan.cases {
            for program in cases::of_case(materials, case, profile, self.seed) {
                if self.pairing.is_stopped() || self.is_hopeless() {
                    return;
                }
                self.play(&program).await;
            }
            done += 1;
            observe(self.progress(done, of, &case.id));
        }
        let mut drawing = Drawing::new(materials, self.seed, has_regions);
        drawing.unusable = self.differing.difference(&self.usable).cloned().collect();
        for index in 0..number {
            if self.pairing.is_stopped() {
                return;
            }
            let origin = sequences.get(index % sequences.len().max(1)).copied().unwrap_or(RANDOM);
            let program = drawing.program(origin, index, length);
            self.play(&program).await;
            done += 1;
            observe(self.progress(done, of, &format!("random program {}", index + 1)));
        }
    }

    /// Whether so many programs without a success show that one of the targets is not the API.
    fn is_hopeless(&self) -> bool {
        self.usable.is_empty() && self.programs >= HOPELESS
    }

    fn progress(&self, done: u64, of: u64, case: &str) -> Progress {
        let requests = self.pairing.a.link.requests() + self.pairing.b.link.requests();
        let counted = self.known.iter().filter(|known| known.difference.supports != Supports::Both);
        Progress { done, of, case: case.to_owned(), differences: counted.count(), requests }
    }

    /// Plays a program, and makes what tells the targets apart for the first time as small as possible.
    async fn play(&mut self, program: &Program) {
        let run = self.pairing.play(program).await;
        self.programs += 1;
        self.steps += run.performed.len() as u64;
        self.cut += u64::from(run.is_cut);
        self.note(&run);
        let mut is_first = true;
        for told in &run.told {
            let support = self.bench.support(program, &run.performed, told);
            if let Some(position) = self.places.get(&(told.key.clone(), support.side)).copied() {
                if let Some(known) = self.known.get_mut(position) {
                    known.difference.occurrences += 1;
                }
                continue;
            }
            if self.known.len() >= MOST_DIFFERENCES || self.pairing.is_stopped() {
                continue;
            }
            // What differs after something else differed may be no more than its consequence.
            if is_first || told.key.kind != Kind::Answer {
                self.keep(program, told, support.side).await;
            }
            is_first = false;
        }
    }

    fn note(&mut self, run: &Run) {
        for performed in &run.performed {
            let Some(operation) = &performed.operation else { continue };
            let (Some(a), Some(b)) = (&performed.a, &performed.b) else { continue };
            match (a.response.answer == Answer::Success, b.response.answer == Answer::Success) {
                (true, true) => {
                    self.usable.insert(operation.clone());
                }
                (false, false) => {}
                _ => {
                    self.differing.insert(operation.clone());
                }
            }
        }
        self.corresponding.extend(run.corresponding.iter().cloned());
    }
}
