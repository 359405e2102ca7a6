//! Cases that were interrupted: the target went away while they were under way. Their observations decide nothing, so they
//! are run once more when the target is back. One of the requests that broke off may have crashed the target: each is sent
//! again alone, and breaks off again if it did. If the target refuses the run from some request on, that its signatures do
//! not match is not a divergence.

use std::collections::BTreeSet;

use super::run_context::RunContext;
use super::worker::{Progress, Worker};
use crate::judge::{FindingKind, Violation};
use crate::plan::Plan;
use crate::record::{CaseOutcome, CaseResult, FindingKey, Found, Tally};
use crate::wire::{FailureKind, Reply};

/// Why an interrupted case decides nothing.
const REASON: &str = "the target went away meanwhile, and may have forgotten what it held";
/// Why a case decides nothing whose requests were refused before the run ended for it.
const SHUT_OUT: &str = "the target let the run in no more";
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
/// again to see which of them crashed it. A sentence that names the cases. So are those of requests that were refused before
/// the run ended for it.
pub(super) fn withdraw(env: &RunContext, tally: &mut Tally, cases: &mut [CaseResult]) -> Option<String> {
    let access = env.target.access();
    let is_refused =
        |found: &Found| found.exchange.response().is_some_and(|response| access.refusal(response).is_some());
    if access.is_lost() {
        Withdrawn::of(tally, cases, is_refused).take_away(tally, cases, SHUT_OUT);
    }
    if !env.target.health().is_away() {
        return None;
    }
    let interrupted = &tally.interrupted;
    let is_of_outage =
        |found: &Found| found.violation.kind == FindingKind::Transport && interrupted.contains(&found.case);
    let withdrawn = Withdrawn::of(tally, cases, is_of_outage);
    if withdrawn.cases.len() < 2 {
        return None;
    }
    withdrawn.take_away(tally, cases, REASON);
    Some(told(&env.plan, &withdrawn.cases))
}

/// Findings that showed once and were not looked for again, and the cases that have them.
struct Withdrawn {
    findings: BTreeSet<FindingKey>,
    cases: BTreeSet<usize>,
}

impl Withdrawn {
    fn of(tally: &Tally, cases: &[CaseResult], is_meant: impl Fn(&Found) -> bool) -> Withdrawn {
        let is_open = |found: &Found| found.seen.of == 1 && is_meant(found);
        let findings: BTreeSet<FindingKey> =
            tally.findings.iter().filter(|(_, found)| is_open(found)).map(|(key, _)| key.clone()).collect();
        let has_one = |result: &&CaseResult| result.findings.iter().any(|key| findings.contains(key));
        let cases = cases.iter().filter(has_one).map(|result| result.case).collect();
        Withdrawn { findings, cases }
    }

    fn take_away(&self, tally: &mut Tally, cases: &mut [CaseResult], reason: &str) {
        tally.findings.retain(|key, _| !self.findings.contains(key));
        for result in cases.iter_mut().filter(|result| self.cases.contains(&result.case)) {
            result.findings.retain(|key| !self.findings.contains(key));
            result.verdict = CaseOutcome::Inconclusive { reason: reason.to_owned() };
        }
    }
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
