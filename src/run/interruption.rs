//! Cases that were interrupted: the target went away while they were under way. Their observations decide nothing, so they
//! are run once more when the target is back. One of the requests that broke off may have crashed the target: each is sent
//! again alone, and breaks off again if it did.

use std::collections::BTreeSet;

use super::run_context::RunContext;
use super::worker::{Progress, Worker};
use crate::judge::{FindingKind, Violation};
use crate::plan::Plan;
use crate::record::{CaseOutcome, CaseResult, FindingKey, Found, Tally};
use crate::wire::{FailureKind, Reply};

/// Why an interrupted case decides nothing.
const REASON: &str = "the target went away meanwhile, and may have forgotten what it held";
/// End of the sentence on a request that broke off before the target went away.
const AFTERWARDS: &str = " After that the target was away.";
/// Most cases that a note names.
const MOST_NAMED: usize = 5;

impl Worker {
    /// Whether the target was away while a case ran. A request that broke off may have crashed it; then it refuses
    /// connections from now on, and is waited for.
    pub(super) async fn was_interrupted(&self, outages: u64, violations: &[Violation]) -> bool {
        let is_broken = |violation: &Violation| {
            let found = self.tally.findings.get(&FindingKey::from(violation));
            found.is_some_and(|found| broke_off(&found.exchange.reply))
        };
        if violations.iter().any(is_broken) {
            self.env.target.accepts_connections(&super::preflight::nowhere_request()).await;
        }
        self.env.target.health().outages() != outages
    }

    /// Keeps nothing of an interrupted case but the requests that got no response.
    pub(super) fn doubt(&mut self, index: usize, progress: &mut Progress) {
        self.tally.interrupted.insert(index);
        self.tally.findings.retain(|_, found| found.case != index || found.violation.kind == FindingKind::Transport);
        progress.violations.retain(|violation| violation.kind == FindingKind::Transport);
        for found in self.tally.findings.values_mut().filter(|found| found.case == index) {
            if !found.violation.observed.ends_with(AFTERWARDS) {
                found.violation.observed.push_str(AFTERWARDS);
            }
        }
        progress.undecided = Some(REASON.to_owned());
    }
}

fn broke_off(reply: &Reply) -> bool {
    let broken = [FailureKind::Closed, FailureKind::Dropped, FailureKind::Connect];
    matches!(reply, Reply::Failure(failure) if broken.contains(&failure.kind))
}

/// Takes back the results of interrupted cases that show nothing, each case once. The cases, to be run again.
pub(super) fn take_back(
    tally: &Tally,
    cases: &mut Vec<CaseResult>,
    taken_back: &mut BTreeSet<usize>,
) -> Vec<Vec<usize>> {
    let is_open = |result: &mut CaseResult| {
        let is_undecided = matches!(result.verdict, CaseOutcome::Inconclusive { .. }) && result.findings.is_empty();
        is_undecided && tally.interrupted.contains(&result.case) && taken_back.insert(result.case)
    };
    cases.extract_if(.., is_open).map(|result| vec![result.case]).collect()
}

/// Drops the findings of requests that broke off in several cases when the target went away for good: they cannot be sent
/// again to see which of them crashed it. A sentence that names the cases.
pub(super) fn withdraw(env: &RunContext, tally: &mut Tally, cases: &mut [CaseResult]) -> Option<String> {
    if !env.target.health().is_away() {
        return None;
    }
    let is_open = |found: &Found| {
        let is_of_outage = found.violation.kind == FindingKind::Transport && tally.interrupted.contains(&found.case);
        is_of_outage && found.seen.of == 1
    };
    let open: BTreeSet<FindingKey> =
        tally.findings.iter().filter(|(_, found)| is_open(found)).map(|(key, _)| key.clone()).collect();
    let suspects: BTreeSet<usize> = cases
        .iter()
        .filter(|result| result.findings.iter().any(|key| open.contains(key)))
        .map(|result| result.case)
        .collect();
    if suspects.len() < 2 {
        return None;
    }
    tally.findings.retain(|key, _| !open.contains(key));
    for result in cases.iter_mut().filter(|result| suspects.contains(&result.case)) {
        result.findings.retain(|key| !open.contains(key));
        result.verdict = CaseOutcome::Inconclusive { reason: REASON.to_owned() };
    }
    Some(told(&env.plan, &suspects))
}

fn told(plan: &Plan, suspects: &BTreeSet<usize>) -> String {
    let ids = suspects.iter().filter_map(|index| plan.cases.get(*index)).map(|case| case.id.as_str());
    let named: Vec<&str> = ids.take(MOST_NAMED).collect();
    let more = match suspects.len().saturating_sub(named.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let number = suspects.len();
    format!(
        "The target went away while requests of {number} cases were under way; a run with --jobs 1 shows which of them crashed \
         it: {}{more}.",
        named.join(", ")
    )
}
