//! What a case found out, as libtest says it: ok, FAILED or ignored.

use std::fmt::Write;
use std::sync::Arc;

use libtest_mimic::{Completion, Failed};

use super::known::{Known, Stale};
use crate::plan::{Case, Plan};
use crate::report::Record;
use crate::report::record::{FindingRecord, Gate};
use crate::report::text::{body_line, visible};
use crate::report::verdict::Weight;
use crate::run::settings::Settings;
use crate::run::{CaseOutcome, Outcome};
use crate::spec::Contract;
use crate::spec::clause::ClauseIndex;

/// Longest body in a message.
const BODY_SHOWN: usize = 2000;

/// Who runs the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// `cargo test`: all tests in this process.
    Libtest,
    /// cargo-nextest: one process per test, of which nothing but the exit code counts.
    Nextest,
}

/// Turns what cases found out into what libtest says.
pub struct TrialJudge {
    /// The contract.
    pub contract: Arc<Contract>,
    /// The cases.
    pub plan: Arc<Plan>,
    /// Where and how they are run.
    pub settings: Settings,
    /// What counts.
    pub gate: Gate,
    /// Known divergences.
    pub known: Known,
    /// Who runs the tests.
    pub host: Host,
}

impl TrialJudge {
    /// What libtest says of the case at a position of the plan.
    pub fn completion(&self, index: usize, outcome: Outcome) -> Result<Completion, Failed> {
        let name = self.plan.cases.get(index).map(|case| case.id.clone()).unwrap_or_default();
        let undecided = outcome.cases.iter().find_map(|result| match &result.verdict {
            CaseOutcome::Inconclusive { reason } => Some(reason.clone()),
            CaseOutcome::Passed | CaseOutcome::Failed => None,
        });
        if let Some(error) = outcome.internal_errors.first() {
            return Err(Failed::from(format!("internal error: {}; please report it", visible(error))));
        }
        let mut record = self.record(index, outcome);
        let stale = self.known.apply(&mut record, &name);
        if let Some(message) = failure(&record, &stale) {
            return Err(Failed::from(message));
        }
        if let Some(reason) = absence(&record, &self.gate).or(undecided) {
            return self.undecided(&reason);
        }
        let known = record.findings.iter().find(|finding| record.weight(finding) == Weight::Known);
        match (known, self.host) {
            (None, _) => Ok(Completion::Completed),
            (Some(finding), Host::Libtest) => Ok(Completion::ignored_with(known_divergence(finding))),
            (Some(finding), Host::Nextest) => {
                // The case was decided, and it is as the baseline says.
                println!("{}", known_divergence(finding));
                Ok(Completion::Completed)
            }
        }
    }

    /// Never a pass.
    fn undecided(&self, reason: &str) -> Result<Completion, Failed> {
        let reason = visible(reason);
        match self.host {
            Host::Libtest => Ok(Completion::ignored_with(reason)),
            Host::Nextest => Err(Failed::from(format!(
                "could not decide: {reason}\n\
                 (cargo-nextest knows no test that turns out to be ignored; `cargo test` shows this one as ignored)"
            ))),
        }
    }
}

fn known_divergence(finding: &FindingRecord) -> String {
    format!("known divergence {}", visible(&finding.id))
}

impl TrialJudge {
    /// The record of one case alone: a record of everything for every case would take longer than the cases.
    fn record(&self, index: usize, mut outcome: Outcome) -> Record {
        let part = part(&self.plan, index, &outcome);
        outcome.cases.iter_mut().for_each(|result| result.case = 0);
        outcome.findings.values_mut().for_each(|found| found.case = 0);
        let mut record = Record::from_outcome(&self.contract, &part, &self.settings, outcome);
        record.gate.clone_from(&self.gate);
        record
    }
}

/// The part of a plan that is about one case, which stands first in it.
fn part(plan: &Plan, index: usize, outcome: &Outcome) -> Plan {
    let cases: Vec<Case> = plan.cases.get(index).cloned().into_iter().collect();
    let selected = |clause: &ClauseIndex| plan.clauses.contains(clause);
    let mut clauses: Vec<ClauseIndex> = cases.iter().flat_map(|case| case.clauses.clone()).filter(selected).collect();
    clauses.extend(outcome.findings.keys().map(|key| key.clause).filter(selected));
    clauses.sort_unstable();
    clauses.dedup();
    Plan { cases, clauses, resources: plan.resources.clone(), suites: Arc::default(), notes: Vec::new() }
}

/// The operation that the target need not have and does not have, with the reason that the suite gives.
fn absence(record: &Record, gate: &Gate) -> Option<String> {
    let absent = record.findings.iter().find(|finding| record.weight(finding) == Weight::AcceptedAbsence)?;
    let expected = gate.expected_absent.iter().find(|expected| expected.operation == absent.operation);
    let reason = expected.and_then(|expected| expected.reason.as_ref()).map(|reason| format!(": {reason}"));
    Some(format!("{} is not implemented{}", absent.operation, reason.unwrap_or_default()))
}

fn failure(record: &Record, stale: &Stale) -> Option<String> {
    let mut message = String::new();
    for finding in record.counting() {
        describe(&mut message, finding);
    }
    for entry in &stale.fixed {
        let _ = writeln!(message, "fixed: {} no longer diverges; take it out of the baseline", visible(&entry.id));
    }
    for entry in &stale.expired {
        let day = entry.expires.as_deref().unwrap_or_default();
        let _ = writeln!(message, "expired: {} was accepted until {day}", visible(&entry.id));
    }
    (!message.is_empty()).then_some(message)
}

fn describe(message: &mut String, finding: &FindingRecord) {
    let request = format!("{} {} {}", finding.request.method, finding.request.path, body(&finding.request.body));
    let response = match finding.response.status {
        0 => body(&finding.response.body),
        status => format!("{status} {}", body(&finding.response.body)),
    };
    let fields = [
        ("expected", &finding.expected),
        ("observed", &finding.observed),
        ("request", &request),
        ("response", &response),
        ("curl", &finding.curl),
    ];
    let _ = writeln!(message, "{}", visible(&finding.id));
    for (label, text) in fields {
        let _ = writeln!(message, "  {label:<9} {}", visible(text));
    }
}

fn body(value: &serde_json::Value) -> String {
    let text = body_line(value);
    crate::report::text::shorten(&text, BODY_SHOWN).into_owned()
}
