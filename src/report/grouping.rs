//! One root cause, one finding: what a random sequence finds is folded into the finding of a case that was made for the
//! same clause and operation, if there is one. That one says more of the cause, and its request is the same in every run.

use std::collections::{BTreeMap, HashMap};

use super::record::{CaseRecord, FindingRecord};
use crate::plan::case_id::CaseId;

/// Folds the findings of sequences into those of other cases; cases name what stays.
pub fn fold(findings: &mut Vec<FindingRecord>, cases: &mut [CaseRecord]) {
    let is_drawn = |finding: &FindingRecord| CaseId::is_drawn(&finding.case);
    let mut folded: HashMap<String, String> = HashMap::new();
    let mut occurrences: HashMap<String, u64> = HashMap::new();
    let about = |finding: &FindingRecord| (finding.clause.clone(), finding.operation.clone(), finding.kind);
    let mut made: BTreeMap<_, &str> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| !is_drawn(finding)) {
        made.entry(about(finding)).or_insert(&finding.id);
    }
    for drawn in findings.iter().filter(|finding| is_drawn(finding)) {
        if let Some(kept) = made.get(&about(drawn)).copied() {
            folded.insert(drawn.id.clone(), kept.to_owned());
            *occurrences.entry(kept.to_owned()).or_default() += drawn.occurrences;
        }
    }
    findings.retain(|finding| !folded.contains_key(&finding.id));
    for finding in findings.iter_mut() {
        finding.occurrences += occurrences.get(&finding.id).copied().unwrap_or(0);
    }
    for case in cases.iter_mut().filter(|case| case.findings.iter().any(|id| folded.contains_key(id))) {
        let ids = case.findings.iter().map(|id| folded.get(id).unwrap_or(id).clone());
        let mut kept: Vec<String> = Vec::new();
        for id in ids {
            if !kept.contains(&id) {
                kept.push(id);
            }
        }
        case.findings = kept;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::record::FindingKind;
    use crate::report::record::CaseVerdict;
    use crate::report::sample;

    fn finding(id: &str, operation: &str, case: &str) -> FindingRecord {
        let made = sample::finding(id, "rule.update-keeps-tags", operation, FindingKind::WrongBehaviour);
        FindingRecord { case: case.to_owned(), occurrences: 2, ..made }
    }

    #[test]
    fn what_a_scenario_found_a_sequence_does_not_find_again() {
        let written = finding("a#tags", "UpdateThing", "scenario/tags");
        let mut findings = vec![written, finding("a", "UpdateThing", "sequence/things")];
        let mut cases = vec![sample::case("sequence/things", None, CaseVerdict::Failed, &["a", "a#tags"])];
        fold(&mut findings, &mut cases);
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].id.as_str(), findings[0].occurrences), ("a#tags", 4));
        assert_eq!(cases[0].findings, ["a#tags"]);
    }

    #[test]
    fn what_only_sequences_find_stays() {
        let mut findings =
            vec![finding("a", "UpdateThing", "sequence/things"), finding("b", "GetThing", "scenario/tags")];
        let before = findings.clone();
        fold(&mut findings, &mut []);
        assert_eq!(findings, before);
    }
}
