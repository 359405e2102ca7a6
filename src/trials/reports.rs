//! Reports of a whole test program, gathered from its cases.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::outcome::TrialJudge;
use crate::clock;
use crate::plan::Plan;
use crate::record::Tally;
use crate::report::record::Selection;
use crate::report::sarif::{Source, UserFiles};
use crate::report::target::ReportTarget;
use crate::report::{Format, Record};
use crate::run::{CaseResult, Left, Outcome, Prepared};
use crate::spec::clause::ClauseIndex;

/// What the cases found out.
#[derive(Debug, Default)]
pub struct Gathered {
    /// What all workers noted.
    pub tally: Tally,
    /// One result for each case that was decided in time.
    pub cases: Vec<CaseResult>,
}

impl Gathered {
    /// Everything as the outcome of one run.
    fn outcome(self, prepared: &Prepared, clock: &Clock, stopped_early: Option<String>, left: Vec<Left>) -> Outcome {
        let Gathered { tally, mut cases } = self;
        cases.sort_by_key(|result| result.case);
        Outcome {
            cases,
            findings: tally.findings,
            upheld: tally.upheld,
            secrets: tally.secrets,
            internal_errors: tally.internal_errors,
            not_implemented: prepared.not_implemented().map(str::to_owned).collect(),
            requests: prepared.requests(),
            elapsed: clock.started.elapsed(),
            started_at: Some(clock.time_of_day),
            stopped_early,
            left,
            ..Outcome::default()
        }
    }
}

/// When the tests began.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// To measure spans from.
    pub started: Instant,
    time_of_day: SystemTime,
}

impl Clock {
    /// They begin now.
    pub fn start() -> Clock {
        Clock { started: clock::instant(), time_of_day: clock::now() }
    }
}

/// Checks that every file can be written, before anything is sent.
///
/// # Errors
/// A file cannot be written, or a report has none.
pub fn check(reports: &[ReportTarget]) -> Result<(), String> {
    for report in reports {
        let Some(file) = &report.file else {
            return Err(format!("the {} report names no file: stdout belongs to the tests", report.format));
        };
        let opened = OpenOptions::new().create(true).write(true).truncate(false).open(file);
        opened.map_err(|error| cannot_write(report.format, file, &error))?;
    }
    Ok(())
}

/// What a report is made of besides the outcomes of the cases.
pub struct Whole<'w> {
    /// Contract, cases and what counts.
    pub judge: &'w Arc<TrialJudge>,
    /// The target as it was looked over.
    pub prepared: &'w Prepared,
    /// When the tests began.
    pub clock: Clock,
    /// Why not all cases were run.
    pub stopped_early: Option<String>,
    /// What could not be deleted.
    pub left: Vec<Left>,
    /// The baseline's file.
    pub baseline: Option<&'w Path>,
}

impl Whole<'_> {
    /// Writes every report.
    ///
    /// # Errors
    /// A report cannot be made or written.
    pub fn write(self, gathered: Gathered, reports: &[ReportTarget]) -> Result<(), String> {
        if reports.is_empty() {
            return Ok(());
        }
        let Whole { judge, prepared, clock, stopped_early, left, baseline } = self;
        let outcome = gathered.outcome(prepared, &clock, stopped_early, left);
        let plan = narrowed(&judge.plan, &outcome);
        let mut record = Record::from_outcome(&judge.contract, &plan, &judge.settings, outcome);
        record.gate.clone_from(&judge.gate);
        let (only, skip) = (judge.settings.only.clone(), judge.settings.skip.clone());
        record.selection = Selection { only, skip };
        judge.known.mark(&mut record);
        let files = UserFiles { baseline: baseline.and_then(source), ..UserFiles::default() };
        for ReportTarget { format, file } in reports {
            let text = format.render(&record, &files).map_err(|error| error.to_string())?;
            if let Some(file) = file {
                std::fs::write(file, text).map_err(|error| cannot_write(*format, file, &error))?;
                eprintln!("wrote: {format} {}", file.display());
            }
        }
        Ok(())
    }
}

/// The plan with no more clauses than its cases are about: filters of the test program leave the others out.
fn narrowed(plan: &Plan, outcome: &Outcome) -> Plan {
    let of_cases = plan.cases.iter().flat_map(|case| case.clauses.iter().copied());
    let kept: BTreeSet<ClauseIndex> = of_cases.chain(outcome.findings.keys().map(|key| key.clause)).collect();
    let mut plan = plan.clone();
    plan.clauses.retain(|clause| kept.contains(clause));
    plan
}

fn source(path: &Path) -> Option<Source> {
    let text = std::fs::read_to_string(path).ok()?;
    path.is_relative().then(|| Source { uri: path.display().to_string(), text })
}

fn cannot_write(format: Format, file: &Path, error: &std::io::Error) -> String {
    format!("cannot write the {format} report {}: {error}", file.display())
}
