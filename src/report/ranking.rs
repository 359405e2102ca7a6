//! Causes as reports show them: with their findings at hand, the most telling first.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::record::{BaselineStatus, ClauseVerdict, FindingRecord, Record};
use super::text::count;
use super::title;
use super::verdict::Weight;
use crate::record::FindingKind;
use crate::spec::clause::Tier;

/// A cause with its findings. Missing operations are not among the ranked causes: they are told apart.
#[derive(Debug, Clone)]
pub struct RankedCause<'r> {
    /// Id of the cause, which is that of its primary finding.
    pub id: &'r str,
    /// What the target does, in one sentence.
    pub title: String,
    /// Operations on which the clause is broken.
    pub operations: Vec<&'r str>,
    /// The finding that names the cause best.
    pub primary: &'r FindingRecord,
    /// The findings that follow from it.
    pub consequences: Vec<&'r FindingRecord>,
    /// Number of clauses that a repair decides: those that the cause masks, and those that its findings violate.
    pub unlocks: u64,
    /// Whether it counts: it does if one of its findings does.
    pub weight: Weight,
}

impl<'r> RankedCause<'r> {
    /// All findings, the primary one first.
    pub fn findings(&self) -> impl Iterator<Item = &'r FindingRecord> {
        std::iter::once(self.primary).chain(self.consequences.iter().copied())
    }

    /// What a repair unlocks, in words; `None` if no clause depends on it.
    pub fn unlocks_in_words(&self) -> Option<String> {
        (self.unlocks > 0).then(|| format!("fixing this decides {}", count(self.unlocks, "clause")))
    }

    /// How many consequences there are, in words; `None` if there are none.
    pub fn consequences_in_words(&self) -> Option<String> {
        let number = self.consequences.len() as u64;
        (number > 0).then(|| count(number, "consequence"))
    }

    /// How often its primary finding showed when it was looked for again, in words; `None` if it always did.
    pub fn seen_in_words(&self) -> Option<String> {
        self.primary.seen.in_words()
    }
}

impl Record {
    /// The causes without missing operations: what counts first, documented before inferred, then by what a repair
    /// unlocks.
    pub fn ranked_causes(&self) -> Vec<RankedCause<'_>> {
        let mut causes: Vec<RankedCause<'_>> = self.grouped();
        causes.retain(|cause| cause.primary.kind != FindingKind::NotImplemented);
        causes.sort_by_key(|cause| {
            (
                rank(cause.weight),
                cause.primary.tier == Tier::Inferred,
                std::cmp::Reverse((cause.unlocks, cause.consequences.len())),
                cause.id,
            )
        });
        causes
    }

    /// Findings that say that the target does not have an operation.
    pub fn missing(&self) -> Vec<&FindingRecord> {
        let mut missing: Vec<&FindingRecord> =
            self.findings.iter().filter(|finding| finding.kind == FindingKind::NotImplemented).collect();
        missing.sort_by_key(|finding| (&finding.operation, &finding.id));
        missing
    }

    /// Findings by cause. One that names no cause of the record stands alone.
    fn grouped(&self) -> Vec<RankedCause<'_>> {
        let by_id: HashMap<&str, &FindingRecord> =
            self.findings.iter().map(|finding| (finding.id.as_str(), finding)).collect();
        let violated = self.clauses.iter().filter(|clause| clause.verdict == ClauseVerdict::Violated);
        let violated: HashSet<&str> = violated.map(|clause| clause.id.as_str()).collect();
        let mut told: HashSet<&str> = HashSet::new();
        let mut causes = Vec::new();
        for cause in &self.causes {
            let ids = cause.findings.iter().filter(|id| told.insert(id.as_str()));
            let findings: Vec<&FindingRecord> = ids.filter_map(|id| by_id.get(id.as_str()).copied()).collect();
            let Some((primary, consequences)) = findings.split_first() else { continue };
            causes.push(RankedCause {
                id: &cause.id,
                title: cause.title.clone(),
                operations: cause.operations.iter().map(String::as_str).collect(),
                primary,
                consequences: consequences.to_vec(),
                unlocks: cause.masks + decided(&findings, &violated),
                weight: self.heaviest(&findings),
            });
        }
        let alone = self.findings.iter().filter(|finding| !told.contains(finding.id.as_str()));
        causes.extend(alone.map(|finding| RankedCause {
            id: &finding.id,
            title: title::of(finding),
            operations: Some(finding.operation.as_str()).filter(|name| !name.is_empty()).into_iter().collect(),
            primary: finding,
            consequences: Vec::new(),
            unlocks: decided(&[finding], &violated),
            weight: self.weight(finding),
        }));
        causes
    }

    fn heaviest(&self, findings: &[&FindingRecord]) -> Weight {
        let weights = findings.iter().map(|finding| self.weight(finding));
        weights.min_by_key(|weight| rank(*weight)).unwrap_or(Weight::Counts)
    }

    /// Findings by tier, in words: "204 findings: 187 documented, 17 inferred (count with --strict)".
    pub fn findings_in_words(&self) -> String {
        let number =
            |is: &dyn Fn(&FindingRecord) -> bool| self.findings.iter().filter(|finding| is(finding)).count() as u64;
        let documented = number(&|finding| finding.tier == Tier::Documented);
        let inferred = number(&|finding| finding.tier == Tier::Inferred);
        let mut parts = Vec::new();
        if documented > 0 {
            parts.push(format!("{documented} documented"));
        }
        if inferred > 0 {
            let hint = if self.gate.strict { "" } else { " (count with --strict)" };
            parts.push(format!("{inferred} inferred{hint}"));
        }
        let known = number(&|finding| finding.baseline == BaselineStatus::Known);
        if known > 0 {
            parts.push(format!("{known} of them known"));
        }
        let intermittent = self.intermittent().count();
        if intermittent > 0 {
            parts.push(format!("{intermittent} of them intermittent"));
        }
        format!("{}: {}", count(self.findings.len() as u64, "finding"), parts.join(", "))
    }

    /// Causes and findings in words: "31 causes, 29 missing operations; 216 findings: 199 documented, …". `None`
    /// without findings.
    pub fn causes_in_words(&self) -> Option<String> {
        let all = self.grouped();
        if all.is_empty() {
            return None;
        }
        let missing = all.iter().filter(|cause| cause.primary.kind == FindingKind::NotImplemented).count();
        Some(format!("{}; {}", of_causes(all.len(), missing), self.findings_in_words()))
    }
}

/// How many of these causes fail the run; `None` if all do.
pub(super) fn counting<'a>(causes: impl IntoIterator<Item = &'a RankedCause<'a>>) -> Option<u64> {
    let weights: Vec<Weight> = causes.into_iter().map(|cause| cause.weight).collect();
    let counting = weights.iter().filter(|weight| **weight == Weight::Counts).count();
    (counting < weights.len()).then_some(counting as u64)
}

/// A number of causes, of which some are missing operations, in words that tell those apart.
pub(super) fn of_causes(causes: usize, missing: usize) -> String {
    let wrong = count(causes.saturating_sub(missing) as u64, "cause");
    let missing_in_words = count(missing as u64, "missing operation");
    match (causes, missing) {
        (_, 0) => wrong,
        (causes, missing) if causes == missing => missing_in_words,
        _ => format!("{wrong}, {missing_in_words}"),
    }
}

/// Clauses that findings violate.
fn decided(findings: &[&FindingRecord], violated: &HashSet<&str>) -> u64 {
    let clauses: BTreeSet<&str> = findings.iter().map(|finding| finding.clause.as_str()).collect();
    clauses.iter().filter(|clause| violated.contains(*clause)).count() as u64
}

fn rank(weight: Weight) -> u8 {
    match weight {
        Weight::Counts => 0,
        Weight::Intermittent => 1,
        Weight::Inferred => 2,
        Weight::Known => 3,
        Weight::AcceptedAbsence => 4,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::report::record::{CauseRecord, SeenRecord};
    use crate::report::sample;

    #[test]
    fn documented_causes_come_before_inferred_ones_whatever_they_unlock() {
        let mut record = sample::failing();
        let first = record.causes.iter_mut().find(|cause| cause.id == "a0a0a0a0").unwrap();
        first.findings.retain(|id| id != "b1b1b1b1");
        let alone = vec!["b1b1b1b1".to_owned()];
        let inferred = CauseRecord { id: "b1b1b1b1".to_owned(), findings: alone, masks: 1000, ..first.clone() };
        record.causes.push(inferred);
        let masking = record.causes.iter_mut().find(|cause| cause.clause == "rule.tags-merge");
        masking.unwrap().masks = 5;
        let ranked = record.ranked_causes();
        assert_eq!(ranked.first().map(|cause| (cause.id, cause.unlocks)), Some(("d4e5f6a7", 6)));
        assert_eq!(ranked.last().map(|cause| cause.id), Some("b1b1b1b1"));
    }

    #[test]
    fn missing_operations_are_told_apart() {
        let record = sample::failing();
        assert!(record.ranked_causes().iter().all(|cause| cause.primary.kind != FindingKind::NotImplemented));
        assert_eq!(record.missing().len(), 1);
        let said = record.causes_in_words().unwrap();
        let expected = "3 causes, 1 missing operation; 5 findings: 4 documented, 1 inferred \
                        (count with --strict)";
        assert_eq!(said, expected);
    }

    #[test]
    fn a_cause_says_how_often_it_was_seen_unless_it_always_was() {
        let mut record = sample::failing();
        let told = |record: &Record| -> Vec<String> {
            record.ranked_causes().iter().filter_map(RankedCause::seen_in_words).collect()
        };
        assert!(told(&record).is_empty());
        let tags = record.findings.iter_mut().find(|finding| finding.id == "d4e5f6a7").unwrap();
        tags.seen = SeenRecord { of: 3, times: 1 };
        assert_eq!(told(&record), ["seen 1 of 3 times"]);
    }

    #[test]
    fn a_finding_without_a_cause_stands_alone() {
        let mut record = sample::failing();
        record.causes.clear();
        let mut alone: Vec<&str> = record.ranked_causes().iter().map(|cause| cause.id).collect();
        alone.sort_unstable();
        assert_eq!(alone, ["a0a0a0a0", "b1b1b1b1", "c2c2c2c2", "d4e5f6a7"]);
    }
}
