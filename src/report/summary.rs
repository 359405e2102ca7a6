//! What several reports show of a record: each reads it here and only lays it out.

use std::collections::BTreeMap;

use super::record::{ClauseRecord, ClauseVerdict, FindingRecord, KnownFinding, Record};
use super::text::count;
use super::verdict::Weight;
use crate::record::FindingKind;
use crate::spec::clause_id::ClauseId;

/// Most resources left on a target that a page names.
const LEFT_SHOWN: usize = 50;

/// Clauses by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Upheld by every response.
    pub upheld: u64,
    /// Violated by at least one.
    pub violated: u64,
    /// Not tested.
    pub untested: u64,
}

impl Tally {
    /// Counts one more clause.
    pub fn add(&mut self, verdict: ClauseVerdict) {
        match verdict {
            ClauseVerdict::Upheld => self.upheld += 1,
            ClauseVerdict::Violated => self.violated += 1,
            ClauseVerdict::Untested => self.untested += 1,
        }
    }

    /// All of them.
    pub fn all(&self) -> u64 {
        self.upheld + self.violated + self.untested
    }
}

impl ClauseRecord {
    /// The operation of a clause, or what it belongs to if it holds for several: `rule`, `protocol`, `auth`.
    pub fn group(&self) -> &str {
        match &self.operation {
            Some(operation) => operation,
            None => ClauseId::parse(&self.id).map_or(self.id.as_str(), |id| id.group()),
        }
    }
}

impl FindingRecord {
    /// The operation on which a clause was violated, where the clause's id does not say it.
    pub fn elsewhere(&self) -> Option<&str> {
        let is_named =
            self.operation.is_empty() || ClauseId::parse(&self.clause).is_some_and(|id| id.group() == self.operation);
        (!is_named).then_some(self.operation.as_str())
    }
}

impl Record {
    /// Clauses by operation, and after the operations those that hold for several.
    pub fn groups(&self) -> BTreeMap<(bool, &str), Tally> {
        let mut groups: BTreeMap<(bool, &str), Tally> = BTreeMap::new();
        for clause in &self.clauses {
            groups.entry((clause.operation.is_none(), clause.group())).or_default().add(clause.verdict);
        }
        groups
    }

    /// Findings in the order of their urgency: what counts first, then by kind.
    pub fn by_urgency(&self) -> Vec<&FindingRecord> {
        let mut findings: Vec<&FindingRecord> = self.findings.iter().collect();
        findings.sort_by_key(|finding| {
            (self.weight(finding) != Weight::Counts, urgency(finding.kind), &finding.clause, &finding.id)
        });
        findings
    }

    /// Untested clauses by their reason, the most frequent reason first. Those of missing operations are not among them.
    pub fn untested(&self) -> Vec<(&str, Vec<&str>)> {
        let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let absent = self.absent_operations();
        let is_told = |clause: &&ClauseRecord| {
            clause.verdict == ClauseVerdict::Untested && absent.binary_search(&clause.group()).is_err()
        };
        for clause in self.clauses.iter().filter(is_told) {
            reasons.entry(clause.reason.as_deref().unwrap_or("no reason recorded")).or_default().push(&clause.id);
        }
        let mut reasons: Vec<(&str, Vec<&str>)> = reasons.into_iter().collect();
        reasons.sort_by_key(|(_, clauses)| std::cmp::Reverse(clauses.len()));
        reasons
    }

    /// What the target is called in a sentence.
    pub fn target_name(&self) -> &str {
        if self.target.embedded { "the embedded reference server" } else { &self.target.endpoint }
    }

    /// How many of the operations were there, in words.
    pub fn operations_in_words(&self) -> String {
        let operations = &self.summary.operations;
        let there = if self.target.recorded { "in the recording" } else { "implemented" };
        format!("{} of {} {there}", operations.implemented, count(operations.total, "operation"))
    }

    /// What a target without divergences does, as the middle of a sentence.
    pub fn conforms_in_words(&self) -> &'static str {
        let clauses = &self.summary.clauses;
        match self.target.recorded {
            true => "shows, as far as it was recorded, no divergence from",
            // Of a part of the contract it is not said that the target keeps to all of it.
            false if clauses.upheld * 2 < clauses.total => "shows, as far as it was tested, no divergence from",
            false => "conforms to",
        }
    }

    /// What narrows the verdict, said loudly.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.gate.implemented_only {
            let absent = self.absent_operations().len() as u64;
            let verb = if absent == 1 { "does" } else { "do" };
            let operations = count(absent, "operation");
            warnings.push(format!("--implemented: {operations} that the target does not have {verb} not count"));
        }
        if !self.selection.is_everything() {
            let list = |flag: &str, globs: &[String]| -> String {
                globs.iter().map(|glob| format!(" {flag} '{glob}'")).collect()
            };
            let (only, skip) = (list("--only", &self.selection.only), list("--skip", &self.selection.skip));
            warnings.push(format!("only a selection was checked:{only}{skip}"));
        }
        for absence in &self.gate.expected_absent {
            let reason = absence.reason.as_deref().unwrap_or("no reason given");
            warnings.push(format!("{} is expected not to be implemented ({reason})", absence.operation));
        }
        warnings.extend(
            self.left
                .iter()
                .take(LEFT_SHOWN)
                .map(|left| format!("left on the target: {} ({})", left.resource, left.reason)),
        );
        if let more @ 1.. = self.left.len().saturating_sub(LEFT_SHOWN) {
            warnings.push(format!("left on the target: {more} more, which the JSON report names"));
        }
        warnings
    }

    /// Entries of the baseline that fail the run, under a title.
    pub fn stale_entries(&self) -> Vec<(&'static str, &[KnownFinding])> {
        let Some(baseline) = &self.baseline else { return Vec::new() };
        let lists = [
            ("Known divergences that are fixed", baseline.fixed.as_slice()),
            ("Baseline entries that have expired", baseline.expired.as_slice()),
        ];
        lists.into_iter().filter(|(_, entries)| !entries.is_empty()).collect()
    }
}

impl KnownFinding {
    /// The entry in one line: its clause, its kind, and until when it was accepted.
    pub fn one_line(&self) -> String {
        let until = self.expires.as_deref().map(|date| format!(", until {date}")).unwrap_or_default();
        format!("{} ({}{until})", self.clause, self.kind.id())
    }
}

/// A missing operation says little; all else has the order of the kinds, but for what is broken altogether.
fn urgency(kind: FindingKind) -> usize {
    match kind {
        FindingKind::NotImplemented => FindingKind::ALL.len() + 1,
        FindingKind::ServerError | FindingKind::Transport => 0,
        kind => 1 + kind as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn what_counts_comes_first_and_what_is_missing_last() {
        let record = sample::failing();
        let order: Vec<bool> =
            record.by_urgency().iter().map(|finding| record.weight(finding) == Weight::Counts).collect();
        assert!(order.is_sorted_by(|first, second| first >= second), "{order:?}");
        let counting: Vec<FindingKind> = record
            .by_urgency()
            .iter()
            .filter(|finding| record.weight(finding) == Weight::Counts)
            .map(|finding| finding.kind)
            .collect();
        assert_eq!(counting.last(), Some(&FindingKind::NotImplemented));
    }

    #[test]
    fn groups_hold_every_clause_once() {
        let record = sample::large(500, 20);
        let all: u64 = record.groups().values().map(Tally::all).sum();
        assert_eq!(all, 500);
        let untested: usize = record.untested().iter().map(|(_, clauses)| clauses.len()).sum();
        assert_eq!(untested as u64, record.groups().values().map(|tally| tally.untested).sum::<u64>());
    }

    #[test]
    fn what_narrows_the_verdict_is_said() {
        let mut record = sample::failing();
        record.gate.implemented_only = true;
        record.selection.only = vec!["GetChannel.*".to_owned()];
        let warnings = record.warnings();
        assert_eq!(warnings[0], "--implemented: 1 operation that the target does not have does not count");
        assert_eq!(warnings[1], "only a selection was checked: --only 'GetChannel.*'");
    }
}
