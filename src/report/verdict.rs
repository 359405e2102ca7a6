//! What a record means for a gate: conforms, diverges, or could not be tested.

use std::collections::HashSet;

use serde::Serialize;

use super::ranking::of_causes;
use super::record::{BaselineStatus, CaseVerdict, ExpectedAbsence, FindingRecord, Gate, Record};
use super::text::{count, count_of};
use crate::record::FindingKind;
use crate::spec::clause::Tier;

/// The outcome of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything tested conforms, or matches the baseline exactly.
    Conforms,
    /// Something that counts diverges.
    Diverges,
    /// Nothing can be said: stopped early, or nothing was tested.
    CouldNotTest,
}

/// Whether a finding counts, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It fails the run.
    Counts,
    /// The baseline has it.
    Known,
    /// Convention only, and the run is not strict.
    Inferred,
    /// The operation is missing, and that is accepted.
    AcceptedAbsence,
    /// It did not show every time: it is told apart, as a sign of an unreliable target.
    Intermittent,
}

impl Weight {
    /// Why a finding does not count, for a reader; empty if it counts.
    pub fn label(self) -> &'static str {
        match self {
            Weight::Counts => "",
            Weight::Known => "known",
            Weight::Inferred => "inferred",
            Weight::AcceptedAbsence => "accepted",
            Weight::Intermittent => "intermittent",
        }
    }
}

impl Gate {
    /// Whether the target need not have the operation.
    pub fn accepts_absence(&self, operation: &str) -> bool {
        let is_expected = |absence: &ExpectedAbsence| absence.operation == operation;
        self.implemented_only || self.expected_absent.iter().any(is_expected)
    }
}

impl Record {
    /// Whether a finding of this record counts.
    pub fn weight(&self, finding: &FindingRecord) -> Weight {
        if finding.baseline == BaselineStatus::Known {
            Weight::Known
        } else if finding.kind == FindingKind::NotImplemented && self.gate.accepts_absence(&finding.operation) {
            Weight::AcceptedAbsence
        } else if finding.is_intermittent() {
            Weight::Intermittent
        } else if finding.tier == Tier::Inferred && !self.gate.strict {
            Weight::Inferred
        } else {
            Weight::Counts
        }
    }

    /// Findings that did not show every time, and that the baseline does not have.
    pub fn intermittent(&self) -> impl Iterator<Item = &FindingRecord> {
        self.findings.iter().filter(|finding| self.weight(finding) == Weight::Intermittent)
    }

    /// That the target is unreliable, if findings say so: all of them are one reason to fail.
    pub(super) fn unreliable(&self) -> Option<String> {
        let (number, tries, times) = self.intermittent().fold((0, 0, 0), |(number, tries, times), finding| {
            (number + 1, tries + finding.seen.of, times + finding.seen.times)
        });
        (number > 0).then(|| {
            let what = count(number, "intermittent divergence");
            format!("the target is unreliable: {what}, seen {times} of {tries} times")
        })
    }

    /// Findings that fail the run.
    pub fn counting(&self) -> impl Iterator<Item = &FindingRecord> {
        self.findings.iter().filter(|finding| self.weight(finding) == Weight::Counts)
    }

    /// How many causes fail the run, in words; `None` if none does.
    fn counting_causes(&self) -> Option<String> {
        let counting: Vec<&FindingRecord> = self.counting().collect();
        let cause = |finding: &&FindingRecord| match finding.cause.as_str() {
            "" => finding.id.clone(),
            cause => cause.to_owned(),
        };
        let causes: HashSet<String> = counting.iter().map(cause).collect();
        let is_missing = |finding: &&&FindingRecord| finding.kind == FindingKind::NotImplemented;
        let missing: HashSet<String> = counting.iter().filter(is_missing).map(cause).collect();
        let said = of_causes(causes.len(), missing.len());
        match (&self.baseline, counting.len() as u64) {
            (_, 0) => None,
            (None, _) => Some(said),
            (Some(_), findings) => Some(format!("{} from {said}", count(findings, "new finding"))),
        }
    }

    /// Operations that the target does not have.
    pub fn absent_operations(&self) -> Vec<&str> {
        let mut absent: Vec<&str> = self
            .findings
            .iter()
            .filter(|finding| finding.kind == FindingKind::NotImplemented && !finding.operation.is_empty())
            .map(|finding| finding.operation.as_str())
            .collect();
        absent.sort_unstable();
        absent.dedup();
        absent
    }

    /// Operations that were expected to be missing and answer all the same.
    pub fn unexpected_operations(&self) -> Vec<&str> {
        let absent: HashSet<&str> = self.absent_operations().into_iter().collect();
        self.gate
            .expected_absent
            .iter()
            .map(|absence| absence.operation.as_str())
            .filter(|operation| !absent.contains(operation) && self.has_conclusive_case(operation))
            .collect()
    }

    fn has_conclusive_case(&self, operation: &str) -> bool {
        self.cases
            .iter()
            .any(|case| case.operation.as_deref() == Some(operation) && case.verdict != CaseVerdict::Inconclusive)
    }

    /// The outcome.
    pub fn verdict(&self) -> Verdict {
        if self.no_verdict().is_some() {
            Verdict::CouldNotTest
        } else if self.reasons_to_fail().is_empty() {
            Verdict::Conforms
        } else {
            Verdict::Diverges
        }
    }

    /// The reason if the run has no verdict: it stopped early, tested nothing, or left resources behind.
    pub fn no_verdict(&self) -> Option<String> {
        let left = self.left.len() as u64;
        match &self.stopped_early {
            Some(reason) => Some(reason.clone()),
            None if !self.is_tested() => Some("nothing was tested".to_owned()),
            None => (left > 0).then(|| {
                let what = count(left, "resource");
                format!("{what} of the run may be left on the target, which could change later results")
            }),
        }
    }

    /// Whether the target showed anything of the contract. That it lacks operations, where that is accepted, is not tested:
    /// a target that is not this API lacks all of them.
    pub fn is_tested(&self) -> bool {
        let is_told = |finding: &FindingRecord| self.weight(finding) != Weight::AcceptedAbsence;
        let only_lacks = !self.findings.is_empty() && !self.findings.iter().any(is_told);
        let clauses = &self.summary.clauses;
        clauses.upheld > 0 || (clauses.violated > 0 && !only_lacks) || self.findings.iter().any(is_told)
    }

    /// Why the run fails, one short phrase each; empty if nothing that counts diverges.
    pub fn reasons_to_fail(&self) -> Vec<String> {
        let mut causes = Vec::new();
        causes.extend(self.counting_causes());
        if let Some(baseline) = &self.baseline {
            if !baseline.fixed.is_empty() {
                let fixed = count(baseline.fixed.len() as u64, "known divergence");
                causes.push(format!("{fixed} fixed: tighten the baseline with --update-baseline"));
            }
            if !baseline.expired.is_empty() {
                let expired = count_of(baseline.expired.len() as u64, "baseline entry", "baseline entries");
                causes.push(format!("{expired} expired"));
            }
        }
        causes.extend(self.unreliable());
        let unexpected = self.unexpected_operations();
        if !unexpected.is_empty() {
            causes.push(format!(
                "{} responded though expected not to be implemented: drop the expectation",
                unexpected.join(", ")
            ));
        }
        causes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::record::{BaselineRecord, LeftRecord};
    use crate::report::sample;

    #[test]
    fn a_clean_record_conforms() {
        assert_eq!(sample::clean().verdict(), Verdict::Conforms);
    }

    #[test]
    fn one_counting_finding_is_enough() {
        assert_eq!(sample::failing().verdict(), Verdict::Diverges);
    }

    #[test]
    fn inferred_findings_count_only_when_strict() {
        let mut record = sample::failing();
        record.findings.retain(|finding| finding.tier == Tier::Inferred);
        assert!(!record.findings.is_empty());
        assert_eq!(record.verdict(), Verdict::Conforms);
        record.gate.strict = true;
        assert_eq!(record.verdict(), Verdict::Diverges);
    }

    #[test]
    fn an_accepted_absence_does_not_count_and_a_stale_one_does() {
        let mut record = sample::failing();
        record.findings.retain(|finding| finding.kind == FindingKind::NotImplemented);
        let expect = |operation: &str| ExpectedAbsence { operation: operation.to_owned(), reason: None };
        assert_eq!(record.verdict(), Verdict::Diverges);
        record.gate.expected_absent = vec![expect("StopStream")];
        assert_eq!(record.verdict(), Verdict::Conforms);
        record.gate.expected_absent.push(expect("CreateChannel"));
        assert_eq!(record.verdict(), Verdict::Diverges);
        assert_eq!(record.unexpected_operations(), ["CreateChannel"]);
    }

    #[test]
    fn implemented_only_forgives_missing_operations() {
        let mut record = sample::failing();
        record.findings.retain(|finding| finding.kind == FindingKind::NotImplemented);
        record.gate.implemented_only = true;
        assert_eq!(record.verdict(), Verdict::Conforms);
    }

    #[test]
    fn nothing_but_accepted_absences_is_no_test() {
        let mut record = sample::failing();
        record.findings.retain(|finding| finding.kind == FindingKind::NotImplemented);
        assert!(!record.findings.is_empty());
        record.summary.clauses.upheld = 0;
        assert_eq!(record.verdict(), Verdict::Diverges, "an operation that is missing is a divergence");
        record.gate.implemented_only = true;
        assert_eq!(record.verdict(), Verdict::CouldNotTest);
        record.summary.clauses.upheld = 1;
        assert_eq!(record.verdict(), Verdict::Conforms);
    }

    #[test]
    fn what_the_baseline_knows_passes_until_it_is_fixed_or_expires() {
        let mut record = sample::failing();
        for finding in &mut record.findings {
            finding.baseline = BaselineStatus::Known;
        }
        record.baseline = Some(BaselineRecord::default());
        assert_eq!(record.verdict(), Verdict::Conforms);
        let entry = sample::known(&record.findings[0]);
        record.baseline = Some(BaselineRecord { fixed: vec![entry.clone()], ..BaselineRecord::default() });
        assert_eq!(record.verdict(), Verdict::Diverges);
        record.baseline = Some(BaselineRecord { expired: vec![entry], ..BaselineRecord::default() });
        assert_eq!(record.verdict(), Verdict::Diverges);
    }

    #[test]
    fn what_is_left_on_the_target_leaves_no_verdict() {
        for mut record in [sample::clean(), sample::failing()] {
            let resource = "arn:aws:ivs:us-east-1:123456789012:channel/left00000001".to_owned();
            let reason = "its deletion was answered with status 500".to_owned();
            record.left.push(LeftRecord { kind: "channel".to_owned(), resource: resource.clone(), reason });
            assert_eq!(record.verdict(), Verdict::CouldNotTest);
            assert!(record.warnings().iter().any(|warning| warning.contains(&resource)));
        }
    }

    #[test]
    fn an_interrupted_or_empty_run_decides_nothing() {
        let mut record = sample::clean();
        record.stopped_early = Some("interrupted".to_owned());
        assert_eq!(record.verdict(), Verdict::CouldNotTest);
        let mut record = sample::clean();
        record.summary.clauses.upheld = 0;
        assert_eq!(record.verdict(), Verdict::CouldNotTest);
    }
}
