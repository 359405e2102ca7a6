//! `--only` and `--skip`: a report speaks of the clauses that were selected, and of no others.

use std::collections::{BTreeSet, HashSet};

use crate::plan::Plan;
use crate::record::FindingKind;
use crate::record::{CaseOutcome, FindingKey, Outcome};
use crate::spec::Contract;
use crate::spec::clause::ClauseIndex;

use super::text::count;

/// How many clauses the note names.
const MOST_NAMED: usize = 5;
/// Why a case says nothing that showed only divergences of other clauses.
const NOT_SELECTED: &str = "it showed divergences only of clauses that were not selected (--only, --skip)";

/// Takes findings of clauses that were not selected out of an outcome. A note says which they were, so that a target
/// that fails on the way to what was selected is not taken for one that conforms. An operation that the target does not
/// have is a finding whichever of its clauses were selected.
pub(super) fn restrict(contract: &Contract, plan: &Plan, outcome: &mut Outcome) -> Option<String> {
    let selected: HashSet<ClauseIndex> = plan.clauses.iter().copied().collect();
    let is_selected = |key: &FindingKey| selected.contains(&key.clause) || key.kind == FindingKind::NotImplemented;
    let left_out: BTreeSet<FindingKey> = outcome.findings.keys().filter(|key| !is_selected(key)).cloned().collect();
    if left_out.is_empty() {
        return None;
    }
    outcome.findings.retain(|key, _| is_selected(key));
    for case in &mut outcome.cases {
        let before = case.findings.len();
        case.findings.retain(is_selected);
        if case.findings.is_empty() && before > 0 && case.verdict == CaseOutcome::Failed {
            case.verdict = match case.decided {
                0 => CaseOutcome::Inconclusive { reason: NOT_SELECTED.to_owned() },
                _ => CaseOutcome::Passed,
            };
        }
    }
    let ids: BTreeSet<&str> = left_out.iter().map(|key| contract.clauses.get(key.clause).id.as_str()).collect();
    let named: Vec<&str> = ids.iter().take(MOST_NAMED).copied().collect();
    let more = match ids.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let findings = count(left_out.len() as u64, "finding");
    Some(format!("left out {findings} of clauses that were not selected: {}{more}", named.join(", ")))
}
