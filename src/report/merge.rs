//! Joins the records of shards into the record that a single run would have made.

mod findings;

use std::collections::{BTreeSet, HashMap, HashSet};

use findings::Findings;

use super::causes;
use super::coverage;
use super::grouping;
use super::record::{
    BaselineRecord, CaseRecord, ClauseRecord, ClauseVerdict, FindingRecord, KnownFinding, Record, SCHEMA, StepTotals,
};
use crate::record::options::Shard;

/// Why records cannot be joined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// There are none.
    #[error("there is no report to merge")]
    Nothing,
    /// A record of another form.
    #[error("report {position} has the form `{schema}`, not `{SCHEMA}`")]
    Schema {
        /// Position among the records, from 1.
        position: usize,
        /// Its form.
        schema: String,
    },
    /// A record of another run.
    #[error("report {position} is of another run: its {what} is {theirs}, that of the first report is {ours}")]
    Mismatch {
        /// Position among the records, from 1.
        position: usize,
        /// What differs.
        what: &'static str,
        /// In the first record.
        ours: String,
        /// In this record.
        theirs: String,
    },
    /// A shard that makes no sense.
    #[error("report {position}: {problem}")]
    Shard {
        /// Position among the records, from 1.
        position: usize,
        /// What is wrong.
        problem: String,
    },
    /// Two records of one shard.
    #[error("shard {0} is given twice")]
    Duplicate(Shard),
    /// No record of a shard.
    #[error("{} missing", missing(.0))]
    Missing(Vec<Shard>),
}

fn missing(shards: &[Shard]) -> String {
    let names: Vec<String> = shards.iter().map(Shard::to_string).collect();
    let verb = if shards.len() == 1 { "is" } else { "are" };
    let noun = if shards.len() == 1 { "shard" } else { "shards" };
    format!("{noun} {} {verb}", names.join(", "))
}

/// The records of the shards of one run, joined one after another: findings that several shards have are kept once.
#[derive(Debug, Default)]
pub struct Merge {
    /// All of the records but their findings.
    shards: Vec<(Shard, Record)>,
    findings: Findings,
}

impl Merge {
    /// Adds the record of a shard. Shards come in any order.
    ///
    /// # Errors
    /// The record is of another run than the first one, or of a shard that was added already.
    pub fn add(&mut self, mut record: Record) -> Result<(), MergeError> {
        let position = self.shards.len() + 1;
        same_run(self.shards.first().map_or(&record, |(_, first)| first), &record, position)?;
        let shard: Shard = record.shard.parse().map_err(|problem| MergeError::Shard { position, problem })?;
        if let Some((first, _)) = self.shards.first()
            && first.count != shard.count
        {
            let (ours, theirs) = (first.to_string(), shard.to_string());
            return Err(MergeError::Mismatch { position, what: "shard", ours, theirs });
        }
        if self.shards.iter().any(|(other, _)| *other == shard) {
            return Err(MergeError::Duplicate(shard));
        }
        let findings = std::mem::take(&mut record.findings);
        self.findings.add(shard.index, &record.cases, findings);
        // Causes are named again when all findings are known.
        record.causes = Vec::new();
        self.shards.push((shard, record));
        Ok(())
    }

    /// The record of the whole run.
    ///
    /// # Errors
    /// Nothing was added, or a shard is missing.
    pub fn finish(self) -> Result<Record, MergeError> {
        let ordered = in_order(self.shards)?;
        let mut merged = ordered.first().cloned().ok_or(MergeError::Nothing)?;
        merged.shard = Shard::default().to_string();
        merged.started_at = ordered.iter().map(|record| record.started_at.clone()).min().unwrap_or_default();
        merged.duration_seconds = ordered.iter().map(|record| record.duration_seconds).fold(0.0, f64::max);
        merged.stopped_early = stopped(&ordered);
        merged.ended_at_finding = ordered.iter().any(|record| record.ended_at_finding);
        merged.clauses = clauses(&ordered);
        merged.cases = cases(&ordered);
        // What one shard could not show another may have shown.
        coverage::settle(&mut merged.clauses, &merged.cases);
        merged.findings = self.findings.into_sorted();
        grouping::fold(&mut merged.findings, &mut merged.cases);
        merged.causes = causes::name(&mut merged.findings, &merged.clauses, &merged.cases);
        merged.notes = notes(&ordered);
        merged.left = ordered.iter().flat_map(|record| record.left.clone()).collect();
        merged.left.sort();
        merged.left.dedup();
        merged.baseline = baseline(&ordered, &merged.findings);
        totals(&mut merged, &ordered);
        Ok(merged)
    }
}

/// Joins the records of all shards of one run, in any order.
///
/// # Errors
/// As [`Merge::add`] and [`Merge::finish`].
pub fn merge(records: impl IntoIterator<Item = Record>) -> Result<Record, MergeError> {
    let mut merge = Merge::default();
    records.into_iter().try_for_each(|record| merge.add(record))?;
    merge.finish()
}

/// Counts what a run counts itself, and everything else again.
fn totals(merged: &mut Record, ordered: &[Record]) {
    let requests = ordered.iter().map(|record| record.summary.requests);
    merged.summary.requests = requests.fold(0, u64::saturating_add);
    merged.summary.requests_by_purpose.clear();
    for (purpose, number) in ordered.iter().flat_map(|record| &record.summary.requests_by_purpose) {
        let sum = merged.summary.requests_by_purpose.entry(purpose.clone()).or_default();
        *sum = sum.saturating_add(*number);
    }
    merged.summary.requests_per_second = match merged.duration_seconds {
        0.0 => 0.0,
        seconds => merged.summary.requests as f64 / seconds,
    };
    merged.summary.steps = StepTotals::sum(ordered.iter().filter_map(|record| record.summary.steps));
    merged.summary.operations = merged.operation_totals(&merged.absent_operations());
    merged.recount();
}

/// What two records of one run have in common, for a reader.
type Fact<'a> = &'a dyn Fn(&Record) -> String;

fn same_run(first: &Record, record: &Record, position: usize) -> Result<(), MergeError> {
    if record.schema != SCHEMA {
        return Err(MergeError::Schema { position, schema: record.schema.clone() });
    }
    let selection = |record: &Record| format!("{:?}", record.selection);
    let gate = |record: &Record| format!("{:?}", record.gate);
    let contract = |record: &Record| {
        let contract = &record.contract;
        format!("{} {} ({:.12})", contract.service, contract.version, contract.sha256)
    };
    let baseline = |record: &Record| if record.baseline.is_some() { "there" } else { "not there" }.to_owned();
    let facts: [(&'static str, Fact<'_>); 9] = [
        ("program version", &|record| record.tool.version.clone()),
        ("contract", &contract),
        ("target", &|record| record.target.endpoint.clone()),
        ("region", &|record| record.target.region.clone()),
        ("seed", &|record| record.seed.to_string()),
        ("profile", &|record| record.profile.clone()),
        ("selection", &selection),
        ("gate", &gate),
        ("baseline", &baseline),
    ];
    for (what, fact) in facts {
        let is_moving = what == "target" && first.target.embedded && record.target.embedded;
        let (ours, theirs) = (fact(first), fact(record));
        if ours != theirs && !is_moving {
            return Err(MergeError::Mismatch { position, what, ours, theirs });
        }
    }
    Ok(())
}

/// The records in the order of their shards, none of which is missing.
fn in_order(mut shards: Vec<(Shard, Record)>) -> Result<Vec<Record>, MergeError> {
    let count = shards.first().map_or(0, |(shard, _)| shard.count);
    let given: HashSet<u32> = shards.iter().map(|(shard, _)| shard.index).collect();
    let missing = |index: &u32| !given.contains(index);
    let missing: Vec<Shard> = (1..=count).filter(missing).take(20).map(|index| Shard { index, count }).collect();
    if !missing.is_empty() {
        return Err(MergeError::Missing(missing));
    }
    shards.sort_by_key(|(shard, _)| shard.index);
    Ok(shards.into_iter().map(|(_, record)| record).collect())
}

fn stopped(records: &[Record]) -> Option<String> {
    let reasons: Vec<String> = records
        .iter()
        .filter_map(|record| Some(format!("shard {}: {}", record.shard, record.stopped_early.as_ref()?)))
        .collect();
    if reasons.is_empty() { None } else { Some(reasons.join("; ")) }
}

fn clauses(records: &[Record]) -> Vec<ClauseRecord> {
    let mut merged: Vec<Joined> = Vec::new();
    let mut positions: HashMap<String, usize> = HashMap::new();
    for record in records {
        let blockers: HashSet<&str> = record.cases.iter().filter_map(|case| case.reason.as_deref()).collect();
        for clause in &record.clauses {
            let clause = &coverage::unsettled(clause);
            let is_blocked = clause.reason.as_deref().is_some_and(|reason| blockers.contains(reason));
            let known = positions.get(clause.id.as_str()).and_then(|position| merged.get_mut(*position));
            match known {
                Some(kept) => kept.join(clause, is_blocked),
                None => {
                    positions.insert(clause.id.clone(), merged.len());
                    merged.push(Joined { clause: clause.clone(), is_blocked });
                }
            }
        }
    }
    merged.into_iter().map(|joined| joined.clause).collect()
}

/// What the shards so far say of a clause.
struct Joined {
    clause: ClauseRecord,
    /// Whether the reason is that of a case, which only the shard with that case can know.
    is_blocked: bool,
}

impl Joined {
    /// Violated outweighs upheld, upheld outweighs untested, and the reason of a case any other.
    fn join(&mut self, other: &ClauseRecord, is_blocked: bool) {
        let weight = |verdict, is_blocked| match verdict {
            ClauseVerdict::Untested => u8::from(is_blocked),
            ClauseVerdict::Upheld => 2,
            ClauseVerdict::Violated => 3,
        };
        if weight(other.verdict, is_blocked) > weight(self.clause.verdict, self.is_blocked) {
            self.clause.verdict = other.verdict;
            self.clause.reason.clone_from(&other.reason);
            self.is_blocked = is_blocked;
        }
        self.clause.requests = self.clause.requests.saturating_add(other.requests);
        self.clause.observations = self.clause.observations.saturating_add(other.observations);
        let operations: BTreeSet<&String> = self.clause.operations.iter().chain(&other.operations).collect();
        self.clause.operations = operations.into_iter().cloned().collect();
    }
}

fn cases(records: &[Record]) -> Vec<CaseRecord> {
    let mut seen = HashSet::new();
    let all = records.iter().flat_map(|record| &record.cases);
    let mut merged: Vec<CaseRecord> = all.filter(|case| seen.insert(case.id.as_str())).cloned().collect();
    merged.sort_by_key(|case| case.position);
    merged
}

fn notes(records: &[Record]) -> Vec<String> {
    let mut seen = HashSet::new();
    let all = records.iter().flat_map(|record| &record.notes);
    all.filter(|note| seen.insert(note.as_str())).cloned().collect()
}

/// What one shard did not see another may have seen; what none saw is fixed.
fn baseline(records: &[Record], findings: &[FindingRecord]) -> Option<BaselineRecord> {
    let baselines: Vec<&BaselineRecord> = records.iter().filter_map(|record| record.baseline.as_ref()).collect();
    if baselines.is_empty() {
        return None;
    }
    let seen: HashSet<&str> = findings.iter().map(|finding| finding.id.as_str()).collect();
    let gone = baselines.iter().flat_map(|baseline| baseline.fixed.iter().chain(&baseline.unseen));
    let fixed = unique(gone.filter(|entry| !seen.contains(entry.id.as_str())));
    let expired = unique(baselines.iter().flat_map(|baseline| &baseline.expired));
    Some(BaselineRecord { fixed, expired, unseen: Vec::new() })
}

fn unique<'a>(entries: impl Iterator<Item = &'a KnownFinding>) -> Vec<KnownFinding> {
    let mut seen = HashSet::new();
    let mut unique: Vec<KnownFinding> = entries.filter(|entry| seen.insert(entry.id.as_str())).cloned().collect();
    unique.sort_by(|a, b| (&a.clause, &a.operation, &a.id).cmp(&(&b.clause, &b.operation, &b.id)));
    unique
}

#[cfg(test)]
mod tests;
