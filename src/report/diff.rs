//! What two reports say differently: findings by id and cause, and verdicts on clauses.

mod document;
mod page;
mod volatile;

use std::collections::{BTreeMap, HashMap};

use super::baseline::{BaselineJudge, Fate, entry_of};
use super::record::{CaseVerdict, CauseRecord, ClauseRecord, ClauseVerdict, FindingRecord, Record};

pub use document::{
    CauseChange, Change, ClauseChange, Compared, Diff, DiffTotals, FindingChange, Presence, RunInfo, SCHEMA, Showing,
};
pub use page::page;

/// Why two reports cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiffError {
    /// They are about different services.
    #[error("the reports are about different services, `{old}` and `{new}`: compare reports of one service")]
    Services {
        /// Service of the old report.
        old: String,
        /// Service of the new report.
        new: String,
    },
    /// No clause is in both.
    #[error("the reports have no clause in common: compare runs with the same --only, --skip and --shard")]
    NothingInCommon,
}

/// Compares two reports. Reports of two versions of a contract are compared by the clauses that both have.
///
/// # Errors
/// The reports are about different services, or have no clause in common.
pub fn diff(old: &Record, new: &Record) -> Result<Diff, DiffError> {
    if old.contract.service != new.contract.service {
        let (old, new) = (old.contract.service.clone(), new.contract.service.clone());
        return Err(DiffError::Services { old, new });
    }
    let before: HashMap<&str, &ClauseRecord> = old.clauses.iter().map(|clause| (clause.id.as_str(), clause)).collect();
    let after: HashMap<&str, &ClauseRecord> = new.clauses.iter().map(|clause| (clause.id.as_str(), clause)).collect();
    let common = after.keys().filter(|id| before.contains_key(*id)).count() as u64;
    if common == 0 {
        return Err(DiffError::NothingInCommon);
    }
    // A missing operation is a finding even where its clause was not selected.
    let is_common = |clause: &str| before.contains_key(clause) == after.contains_key(clause);
    let mut findings = findings(old, new, &is_common);
    for finding in &mut findings {
        finding.clause_verdict = after.get(finding.clause.as_str()).map(|clause| clause.verdict);
    }
    let clauses = clauses(&before, new);
    let of = |change| findings.iter().filter(|finding| finding.change == change).count() as u64;
    Ok(Diff {
        schema: SCHEMA,
        old: run_info(old),
        new: run_info(new),
        compared: Compared {
            clauses: common,
            only_old: before.len() as u64 - common,
            only_new: after.len() as u64 - common,
        },
        summary: DiffTotals {
            new: of(Change::New),
            gone: of(Change::Gone),
            undecided: of(Change::Undecided),
            changed: of(Change::Changed),
            clauses: clauses.len() as u64,
        },
        causes: causes(old, new, &findings),
        findings,
        clauses,
    })
}

fn run_info(record: &Record) -> RunInfo {
    RunInfo {
        started_at: record.started_at.clone(),
        target: record.target_name().to_owned(),
        contract: record.contract.clone(),
        seed: record.seed,
        profile: record.profile.clone(),
        verdict: record.verdict(),
        score: record.score(),
    }
}

fn findings(old: &Record, new: &Record, is_common: &dyn Fn(&str) -> bool) -> Vec<FindingChange> {
    let pairs = pairs(old, new);
    let (old_judge, new_judge) = (judge(old, new), judge(new, old));
    let mut changes = Vec::new();
    for (before, after) in pairs.into_values() {
        let Some(finding) = after.or(before).filter(|finding| is_common(&finding.clause)) else { continue };
        // A run that could have shown a finding and did not rules it out.
        let open = |other: &Record, judge: &BaselineJudge<'_>| {
            (judge.of(&entry_of(finding)) != Fate::Fixed).then(|| why_open(other, finding))
        };
        let (change, reason) = match (before, after) {
            (Some(before), Some(after)) if Showing::of(before).is_like(&Showing::of(after)) => continue,
            (Some(_), Some(_)) => (Change::Changed, None),
            (None, _) => (Change::New, open(old, &old_judge)),
            (Some(_), None) => match open(new, &new_judge) {
                None => (Change::Gone, None),
                reason => (Change::Undecided, reason),
            },
        };
        changes.push(FindingChange {
            id: finding.id.clone(),
            change,
            clause: finding.clause.clone(),
            clause_verdict: None,
            operation: finding.operation.clone(),
            kind: finding.kind,
            cause: finding.cause.clone(),
            before: before.map(Showing::of),
            after: after.map(Showing::of),
            reason,
        });
    }
    changes
}

/// A finding as the old and the new report have it.
type Pair<'r> = (Option<&'r FindingRecord>, Option<&'r FindingRecord>);

fn pairs<'r>(old: &'r Record, new: &'r Record) -> BTreeMap<&'r str, Pair<'r>> {
    let mut pairs: BTreeMap<&str, Pair<'_>> = BTreeMap::new();
    for finding in &old.findings {
        pairs.entry(&finding.id).or_default().0 = Some(finding);
    }
    for finding in &new.findings {
        pairs.entry(&finding.id).or_default().1 = Some(finding);
    }
    pairs
}

/// Judges by a run what only the other one showed.
fn judge<'r>(record: &'r Record, other: &Record) -> BaselineJudge<'r> {
    BaselineJudge::new(record, other.profile.parse().ok())
}

/// Why a run that did not show a finding does not rule it out.
fn why_open(record: &Record, finding: &FindingRecord) -> String {
    let clause = record.clauses.iter().find(|clause| clause.id == finding.clause);
    let case = record.cases.iter().find(|case| case.id == finding.case);
    let untested = clause.filter(|clause| clause.verdict == ClauseVerdict::Untested);
    let inconclusive = case.filter(|case| case.verdict == CaseVerdict::Inconclusive);
    let reason = record
        .stopped_early
        .clone()
        .or_else(|| untested?.reason.clone())
        .or_else(|| inconclusive?.reason.clone())
        .unwrap_or_default();
    match (reason.as_str(), case) {
        ("", None) => "its case was not run".to_owned(),
        ("", Some(_)) => "the run had fewer examples or a narrower selection".to_owned(),
        _ => reason,
    }
}

fn clauses(before: &HashMap<&str, &ClauseRecord>, new: &Record) -> Vec<ClauseChange> {
    let change = |after: &ClauseRecord| {
        let before = before.get(after.id.as_str())?;
        (before.verdict != after.verdict).then(|| ClauseChange {
            id: after.id.clone(),
            before: before.verdict,
            after: after.verdict,
            reason: after.reason.clone().or_else(|| before.reason.clone()),
        })
    };
    new.clauses.iter().filter_map(change).collect()
}

fn causes(old: &Record, new: &Record, findings: &[FindingChange]) -> Vec<CauseChange> {
    let find = |record: &'_ Record, id: &str| -> Option<CauseRecord> {
        record.causes.iter().find(|cause| cause.id == id).cloned()
    };
    let mut changes: BTreeMap<&str, CauseChange> = BTreeMap::new();
    for finding in findings {
        // A report of an early version has no causes: there, a finding is its own.
        let id = if finding.cause.is_empty() { &finding.id } else { &finding.cause };
        let entry = changes.entry(id).or_insert_with(|| {
            let (before, after) = (find(old, id), find(new, id));
            let present_in = match (&before, &after) {
                (Some(_), Some(_)) => Presence::Both,
                (Some(_), None) => Presence::Old,
                (None, Some(_)) => Presence::New,
                (None, None) if finding.after.is_none() => Presence::Old,
                (None, None) => Presence::New,
            };
            let title = after.or(before).map_or_else(|| finding.clause.clone(), |cause| cause.title);
            CauseChange { id: id.clone(), title, present_in, findings: Vec::new() }
        });
        entry.findings.push(finding.id.clone());
    }
    changes.into_values().collect()
}

#[cfg(test)]
mod tests;
