//! Full runs against servers with one or two faults: is each fault found, how many causes are named, and which of them
//! accuse a clause that no seeded fault breaks?

use std::sync::OnceLock;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::catalogue::Mutant;
use super::trial::Bench;
use crate::clock;
use crate::record::Event;
use crate::report::Record;
use crate::run;

/// What a full run said of a server with faults.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct WholeTrial {
    /// The faults.
    pub faults: Vec<String>,
    /// Those of which no finding accuses a clause that they break.
    pub missed: Vec<String>,
    /// Number of findings.
    pub findings: usize,
    /// Ids of the findings that accuse a clause which no seeded fault breaks.
    pub stray_findings: Vec<String>,
    /// Primary findings of the causes, by id.
    pub causes: Vec<String>,
    /// Those of them that accuse a clause which no seeded fault breaks.
    pub stray_causes: Vec<String>,
    /// Clauses that were decided.
    pub decided: u64,
    /// Requests of the run.
    pub requests: u64,
    /// Requests up to the first case that showed a finding; none if none did.
    pub first_finding: Option<u64>,
    /// Why it could not be tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// What came of all full runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WholeSummary {
    /// Seeded faults, those of pairs counted one by one.
    pub faults: usize,
    /// Those found by a clause that they break.
    pub found: usize,
    /// Findings in all.
    pub findings: usize,
    /// Findings that accuse a clause which no seeded fault breaks.
    pub stray_findings: usize,
    /// Causes in all.
    pub causes: usize,
    /// Causes whose primary finding accuses a clause which no seeded fault breaks.
    pub stray_causes: usize,
    /// Half of the runs that found something had sent at most so many requests by then.
    pub median_first_finding: u64,
    /// Requests of a run, half of the runs sent no more.
    pub median_requests: u64,
    /// Runs that could not be made.
    pub broken: usize,
    /// Wall time in seconds.
    pub seconds: f64,
    /// Every run.
    pub trials: Vec<WholeTrial>,
}

impl WholeSummary {
    /// Sums trials up.
    pub fn of(trials: Vec<WholeTrial>, seconds: f64) -> WholeSummary {
        let sum = |part: fn(&WholeTrial) -> usize| trials.iter().map(part).sum::<usize>();
        let faults = sum(|trial| trial.faults.len());
        WholeSummary {
            faults,
            found: faults - sum(|trial| trial.missed.len()),
            findings: sum(|trial| trial.findings),
            stray_findings: sum(|trial| trial.stray_findings.len()),
            causes: sum(|trial| trial.causes.len()),
            stray_causes: sum(|trial| trial.stray_causes.len()),
            median_first_finding: median(trials.iter().filter_map(|trial| trial.first_finding)),
            median_requests: median(trials.iter().map(|trial| trial.requests)),
            broken: sum(|trial| usize::from(trial.broken.is_some())),
            seconds,
            trials,
        }
    }

    /// Causes named for each seeded fault, on average.
    pub fn causes_per_fault(&self) -> f64 {
        self.causes as f64 / self.faults.max(1) as f64
    }

    /// Share of causes that accuse a clause which no seeded fault breaks, in percent.
    pub fn stray_share(&self) -> f64 {
        100.0 * self.stray_causes as f64 / self.causes.max(1) as f64
    }
}

/// The middle one of numbers; 0 if there are none.
fn median(numbers: impl Iterator<Item = u64>) -> u64 {
    let mut numbers: Vec<u64> = numbers.collect();
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

impl Bench {
    /// Checks a server with all these faults by a full run.
    pub async fn try_whole(&self, mutants: &[Mutant]) -> WholeTrial {
        let started = clock::instant();
        let faults: Vec<String> = mutants.iter().map(|mutant| mutant.id.clone()).collect();
        let checked = run::panics::caught(self.check_whole(mutants)).await;
        let checked = checked.unwrap_or_else(|message| Err(format!("internal error: {message}")));
        let trial = match checked {
            Ok((record, first_finding)) => WholeTrial { first_finding, ..self.compared(mutants, &record) },
            Err(reason) => WholeTrial { missed: faults.clone(), broken: Some(reason), ..WholeTrial::default() },
        };
        WholeTrial { faults, seconds: started.elapsed().as_secs_f64(), ..trial }
    }

    /// The record of a run, and the requests up to the first case that showed a finding.
    async fn check_whole(&self, mutants: &[Mutant]) -> Result<(Record, Option<u64>), String> {
        let (server, settings) = self.faulty_server(mutants).await?;
        let first = OnceLock::new();
        let observe = |event: Event| {
            if let Event::CaseFinished { findings: 1.., requests, .. } = event {
                let _ = first.set(requests);
            }
        };
        let outcome = run::run(&self.contract, &self.plan, &settings, &observe, std::future::pending()).await;
        drop(server);
        let outcome = outcome.map_err(|error| error.to_string())?;
        match outcome.internal_errors.first() {
            Some(error) => Err(format!("internal error: {error}")),
            None => {
                let record = Record::from_outcome(&self.contract, &self.plan, &settings, outcome);
                Ok((record, first.get().copied()))
            }
        }
    }

    fn compared(&self, mutants: &[Mutant], record: &Record) -> WholeTrial {
        let breaks = |mutant: &Mutant, id: &str| {
            self.contract.clauses.find(id).is_some_and(|clause| mutant.breaks_clause(clause))
        };
        let is_stray = |clause: &str| !mutants.iter().any(|mutant| breaks(mutant, clause));
        let is_missed = |mutant: &&Mutant| !record.findings.iter().any(|finding| breaks(mutant, &finding.clause));
        let primary = |id: &String| record.findings.iter().find(|finding| finding.id == *id);
        let primaries: Vec<_> =
            record.causes.iter().filter_map(|cause| cause.findings.first().and_then(primary)).collect();
        WholeTrial {
            missed: mutants.iter().filter(is_missed).map(|mutant| mutant.id.clone()).collect(),
            findings: record.findings.len(),
            stray_findings: record
                .findings
                .iter()
                .filter(|finding| is_stray(&finding.clause))
                .map(|finding| finding.id.clone())
                .collect(),
            causes: primaries.iter().map(|finding| finding.id.clone()).collect(),
            stray_causes: primaries
                .iter()
                .filter(|finding| is_stray(&finding.clause))
                .map(|finding| finding.id.clone())
                .collect(),
            decided: record.summary.clauses.upheld + record.summary.clauses.violated,
            requests: record.summary.requests,
            ..WholeTrial::default()
        }
    }
}

/// Random pairs of different faults; they depend on the seed alone.
pub(super) fn pairs(mutants: &[Mutant], number: usize, seed: u64) -> Vec<Vec<Mutant>> {
    let draw = |index: usize, turn: u8| {
        let turn = [turn];
        let digest = Sha256::new()
            .chain_update(seed.to_be_bytes())
            .chain_update(index.to_be_bytes())
            .chain_update(turn)
            .finalize();
        let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        mutants.get((number % mutants.len().max(1) as u64) as usize)
    };
    let pair = |index: usize| {
        let first = draw(index, 0)?;
        let second = (1..=u8::MAX).find_map(|turn| draw(index, turn).filter(|second| second.id != first.id))?;
        Some(vec![first.clone(), second.clone()])
    };
    (0..number).filter_map(pair).collect()
}
