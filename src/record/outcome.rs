//! What a run found out, before it becomes a report.

use std::collections::BTreeMap;
use std::time::Duration;

use super::coverage::StepCoverage;
use super::finding::{FindingKey, Found};
use super::purpose::Spent;
use super::secrets::Secrets;
use super::upheld::Upheld;
use crate::spec::clause::ClauseIndex;

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseOutcome {
    /// Everything decided in the target's favour.
    Passed,
    /// At least one divergence of its clauses.
    Failed,
    /// It could not decide.
    Inconclusive {
        /// Why.
        reason: String,
    },
}

/// A case that was run.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseResult {
    /// Position in the plan.
    pub case: usize,
    /// How it ended.
    pub verdict: CaseOutcome,
    /// Requests it sent, set-up included.
    pub requests: u64,
    /// Requests and steps that decided something, for or against the target.
    pub decided: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// What it showed.
    pub findings: Vec<FindingKey>,
    /// What kept it from deciding anything: refusals of what it needed, as findings.
    pub hindered_by: Vec<FindingKey>,
}

/// Something that a run made, or may have made, and that is still on the target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Left {
    /// Its resource type, e.g. `bucket`.
    pub kind: String,
    /// Its ARN, or the request that may have made it.
    pub what: String,
    /// Why it is still there.
    pub reason: String,
}

/// Everything that a run found out.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Cases that were run, in the order of the plan.
    pub cases: Vec<CaseResult>,
    /// Findings by what makes them the same.
    pub findings: BTreeMap<FindingKey, Found>,
    /// What showed clauses upheld, by the clause's index.
    pub upheld: Vec<Upheld>,
    /// Operations that the target does not have.
    pub not_implemented: Vec<String>,
    /// Requests sent in all.
    pub requests: u64,
    /// Requests of cases by what they were for.
    pub spent: Spent,
    /// Requests sent by operation, where they are counted.
    pub requests_by_operation: Vec<(String, u64)>,
    /// Which steps sequences took one after another, by the name of their family.
    pub steps: BTreeMap<String, StepCoverage>,
    /// Resources made, where they are counted.
    pub census: Census,
    /// Wall time.
    pub elapsed: Duration,
    /// Start, as the time of day.
    pub started_at: Option<std::time::SystemTime>,
    /// Why the run stopped before its end.
    pub stopped_early: Option<String>,
    /// Whether the run ended at the first new cause, as it was asked to.
    pub ended_at_finding: bool,
    /// What went wrong in the program itself; then the run decides nothing, and what it found is kept.
    pub internal_errors: Vec<String>,
    /// What is worth knowing and no divergence.
    pub notes: Vec<String>,
    /// What the run made, or may have made, and could not delete.
    pub left: Vec<Left>,
    /// Texts that must not be shown anywhere.
    pub secrets: Secrets,
    /// Of recorded traffic, why clauses are untested; `None` for a run.
    pub unshown: Option<BTreeMap<ClauseIndex, String>>,
}

/// How many of what a run made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Census {
    /// Resources made, by type.
    pub made: BTreeMap<String, u64>,
    /// Most of a type that were there at the same time.
    pub most: BTreeMap<String, u64>,
    /// Those that are there still.
    pub alive: BTreeMap<String, u64>,
    /// Requests after which nobody knows whether they made something.
    pub open: u64,
}
