//! The versioned record of a run: everything a reporter may know. Published as JSON; see `specs/report.schema.json`.

mod baseline;
mod finding;
mod totals;

pub use baseline::{BaselineRecord, KnownFinding};
pub use finding::{
    BaselineStatus, CauseRecord, EvidenceRecord, EvidenceSourceRecord, FindingRecord, RequestRecord, ResponseRecord,
    Role, SeenRecord,
};
use std::collections::BTreeSet;
pub use totals::{
    CaseTotals, CauseTotals, ClauseTotals, FindingTotals, OperationTotals, ShareTotals, StepTotals, Summary,
};

use serde::{Deserialize, Serialize};

use crate::spec::Bundle;
use crate::wire;

/// Value of [`Record::schema`].
pub const SCHEMA: &str = "ivs-conformance/report/1";

/// One run, or several shards of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of this format.
    pub schema: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// The contract checked against.
    pub contract: ContractInfo,
    /// What was checked.
    pub target: TargetInfo,
    /// Seed of every random choice.
    pub seed: u64,
    /// `quick`, `standard` or `deep`.
    pub profile: String,
    /// `I/N`.
    pub shard: String,
    /// Start, ISO 8601 in UTC.
    pub started_at: String,
    /// Wall time in seconds.
    pub duration_seconds: f64,
    /// Whether the run stopped before its end, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_early: Option<String>,
    /// Whether the run ended at the first new cause, as it was asked to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended_at_finding: bool,
    /// Totals.
    pub summary: Summary,
    /// Every clause with its verdict, in the order of the contract.
    pub clauses: Vec<ClauseRecord>,
    /// Every case with its verdict, in the order of the plan.
    pub cases: Vec<CaseRecord>,
    /// What is wrong with the target: each explains one or more findings; the one that explains most comes first.
    #[serde(default)]
    pub causes: Vec<CauseRecord>,
    /// Divergences, in the order of their ids.
    pub findings: Vec<FindingRecord>,
    /// What is worth knowing and no divergence (e.g. how many unknown members were seen).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What the run made, or may have made, and could not delete.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<LeftRecord>,
    /// Which part of the contract was asked for.
    #[serde(default, skip_serializing_if = "Selection::is_everything")]
    pub selection: Selection,
    /// Which findings count.
    #[serde(default, skip_serializing_if = "Gate::is_default")]
    pub gate: Gate,
    /// What the baseline says beyond its marks on findings; none without a baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineRecord>,
}

/// Something that a run made, or may have made, and that is still on the target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeftRecord {
    /// Resource type; empty if unknown.
    #[serde(rename = "type", default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Its ARN, or what may have made it.
    pub resource: String,
    /// Why it is still there.
    pub reason: String,
}

/// Which part of the contract a run was asked to check.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Selection {
    /// Globs of clause or case ids that were kept; empty keeps all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Globs of clause or case ids that were dropped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip: Vec<String>,
}

impl Selection {
    /// Whether nothing was left out.
    pub fn is_everything(&self) -> bool {
        self.only.is_empty() && self.skip.is_empty()
    }
}

/// Which findings count towards the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Gate {
    /// Findings of the inferred tier count too.
    #[serde(default)]
    pub strict: bool,
    /// Operations that the target does not have do not count.
    #[serde(default)]
    pub implemented_only: bool,
    /// Operations that the target is expected not to have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected_absent: Vec<ExpectedAbsence>,
}

impl Gate {
    /// Whether everything documented counts and nothing else.
    pub fn is_default(&self) -> bool {
        *self == Gate::default()
    }
}

/// An operation that the target is expected not to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedAbsence {
    /// The operation.
    pub operation: String,
    /// Why, as the configuration says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The program that wrote a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// `ivs-conformance`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The contract that a record speaks of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContractInfo {
    /// Service name.
    pub service: String,
    /// API version.
    pub version: String,
    /// Publication date of the reference; empty if unknown.
    pub published: String,
    /// SHA-256 of the model file.
    pub sha256: String,
    /// The file or directory that it was read from; none is the built-in contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl ContractInfo {
    /// Its name for a reader: that of the built-in bundle that was asked for, else service and version.
    pub fn name(&self) -> String {
        match self.file.as_deref().and_then(Bundle::named) {
            Some(bundle) => bundle.name().to_owned(),
            None => format!("{} {}", self.service, self.version),
        }
    }
}

/// The target that a record speaks of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetInfo {
    /// Base URL.
    pub endpoint: String,
    /// AWS region that requests were signed for.
    pub region: String,
    /// Whether it is the reference server that the run itself started.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub embedded: bool,
    /// `sigv4` if requests were signed, else `none`; none if the report does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// Path of the target that starts and ends broadcasts, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broadcast: Option<String>,
    /// Shell command that streams to the target, if there is one; secrets redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broadcast_command: Option<String>,
    /// Whether nothing was sent: its recorded traffic was judged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recorded: bool,
}

/// Verdict on a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClauseVerdict {
    /// Decided, and no divergence seen.
    Upheld,
    /// A divergence was seen.
    Violated,
    /// Not decided; the reason says why.
    Untested,
}

/// Verdict on a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseVerdict {
    /// Everything it decides was decided in the target's favour.
    Passed,
    /// It showed at least one divergence.
    Failed,
    /// It could not decide; the reason says why.
    Inconclusive,
}

/// A clause with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClauseRecord {
    /// Clause id.
    pub id: String,
    /// Its operation; none for rule, protocol and auth clauses.
    pub operation: Option<String>,
    /// The verdict.
    pub verdict: ClauseVerdict,
    /// Why it is untested; none otherwise.
    pub reason: Option<String>,
    /// How many requests bore on it.
    pub requests: u64,
    /// Observations in which it held and could have been violated; one response may hold several.
    #[serde(default)]
    pub observations: u64,
    /// The operations on which it was observed, upheld or violated, in the order of their names.
    #[serde(default)]
    pub operations: Vec<String>,
}

/// A case with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseRecord {
    /// Case id.
    pub id: String,
    /// Operation it is about, if it is about one.
    pub operation: Option<String>,
    /// The verdict.
    pub verdict: CaseVerdict,
    /// Why it is inconclusive; none otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Requests it sent.
    pub requests: u64,
    /// Requests and steps that decided something, for or against the target.
    #[serde(default)]
    pub decided: u64,
    /// Seconds it took.
    pub seconds: f64,
    /// Ids of the findings it showed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// Position in the whole plan, before it was cut into shards; [`merge`](super::merge) restores the order by it.
    #[serde(default)]
    pub position: u64,
}

impl Default for SeenRecord {
    fn default() -> Self {
        SeenRecord { of: 1, times: 1 }
    }
}

impl FindingRecord {
    /// Whether it says that the target is unreliable, and nothing of the clause.
    pub fn is_intermittent(&self) -> bool {
        self.kind.is_intermittent(self.seen.of, self.seen.times, self.is_page())
    }

    /// Whether a page in place of a document shows it.
    pub fn is_page(&self) -> bool {
        self.response.body.as_str().is_some_and(|text| wire::is_page(text.as_bytes()))
    }
}

impl Record {
    /// The operations that the record speaks of, without those that are `absent`: a run with a filter says nothing of
    /// the others.
    pub fn operation_totals(&self, absent: &[&str]) -> OperationTotals {
        let of_clauses = self.clauses.iter().filter_map(|clause| clause.operation.as_deref());
        let of_cases = self.cases.iter().filter_map(|case| case.operation.as_deref());
        let named: BTreeSet<&str> = of_clauses.chain(of_cases).collect();
        let implemented = named.iter().filter(|name| !absent.contains(name)).count() as u64;
        OperationTotals { total: named.len() as u64, implemented }
    }

    /// Counts clauses, cases and findings again; requests are left alone, and operations, of which some may
    /// be known to be absent by the run alone.
    pub fn recount(&mut self) {
        let clauses = |verdict| self.clauses.iter().filter(|clause| clause.verdict == verdict).count() as u64;
        let cases = |verdict| self.cases.iter().filter(|case| case.verdict == verdict).count() as u64;
        let findings = |status| self.findings.iter().filter(|finding| finding.baseline == status).count() as u64;
        self.summary.clauses = ClauseTotals {
            total: self.clauses.len() as u64,
            upheld: clauses(ClauseVerdict::Upheld),
            violated: clauses(ClauseVerdict::Violated),
            untested: clauses(ClauseVerdict::Untested),
        };
        self.summary.cases = CaseTotals {
            total: self.cases.len() as u64,
            passed: cases(CaseVerdict::Passed),
            failed: cases(CaseVerdict::Failed),
            inconclusive: cases(CaseVerdict::Inconclusive),
        };
        self.summary.findings = FindingTotals {
            total: self.findings.len() as u64,
            new: findings(BaselineStatus::New),
            known: findings(BaselineStatus::Known),
            fixed: self.baseline.as_ref().map_or(0, |baseline| baseline.fixed.len() as u64),
        };
        let missing: BTreeSet<&str> = self.missing().into_iter().map(|finding| finding.id.as_str()).collect();
        self.summary.causes = CauseTotals {
            total: self.causes.len() as u64,
            missing: self.causes.iter().filter(|cause| missing.contains(cause.id.as_str())).count() as u64,
        };
        self.summary.score = self.score();
    }
}
