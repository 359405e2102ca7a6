//! The document of a comparison. Published as JSON; see `specs/report-diff.schema.json`.

use serde::Serialize;

use super::volatile::without_volatile;
use crate::record::FindingKind;
use crate::report::record::{ClauseVerdict, ContractInfo, FindingRecord};
use crate::report::score::Score;
use crate::report::verdict::Verdict;
use crate::spec::clause::Tier;

/// Value of [`Diff::schema`].
pub const SCHEMA: &str = "ivs-conformance/report-diff/1";

/// What two reports say differently of the clauses that both have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// Form of the document.
    pub schema: &'static str,
    /// The earlier run.
    pub old: RunInfo,
    /// The later run.
    pub new: RunInfo,
    /// What was compared.
    pub compared: Compared,
    /// How much differs.
    pub summary: DiffTotals,
    /// Causes of the findings that differ, in the order of their ids.
    pub causes: Vec<CauseChange>,
    /// Findings that differ, in the order of their ids.
    pub findings: Vec<FindingChange>,
    /// Clauses with another verdict, in the order of the contract.
    pub clauses: Vec<ClauseChange>,
}

/// The run that a report is of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunInfo {
    /// Start, ISO 8601 in UTC.
    pub started_at: String,
    /// What was checked, by its name.
    pub target: String,
    /// The contract checked against.
    pub contract: ContractInfo,
    /// Seed of every random choice.
    pub seed: u64,
    /// `quick`, `standard` or `deep`.
    pub profile: String,
    /// Outcome of the run.
    pub verdict: Verdict,
    /// All clauses of the report by verdict.
    pub score: Score,
}

/// How many clauses the reports have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// In both: these are compared.
    pub clauses: u64,
    /// In the old report alone.
    pub only_old: u64,
    /// In the new report alone.
    pub only_new: u64,
}

/// How much differs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct DiffTotals {
    /// New findings.
    pub new: u64,
    /// Findings that are gone.
    pub gone: u64,
    /// Findings that the new report neither shows nor rules out.
    pub undecided: u64,
    /// Findings that show in another way.
    pub changed: u64,
    /// Clauses with another verdict.
    pub clauses: u64,
}

/// What became of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The new report alone has it.
    New,
    /// The old report alone has it, and the new run tested for it.
    Gone,
    /// The old report alone has it, and the new run could not tell.
    Undecided,
    /// Both have it, and it shows in another way.
    Changed,
}

/// A finding that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FindingChange {
    /// Finding id.
    pub id: String,
    /// What became of it.
    pub change: Change,
    /// The violated clause.
    pub clause: String,
    /// Verdict of the new report on the clause; `None` if it does not have the clause.
    pub clause_verdict: Option<ClauseVerdict>,
    /// The operation on which it was violated; empty if it is about none.
    pub operation: String,
    /// What kind of divergence.
    pub kind: FindingKind,
    /// Id of its cause, in the new report if that has it.
    pub cause: String,
    /// How it showed in the old report; `None` if it did not.
    pub before: Option<Showing>,
    /// How it shows in the new report; `None` if it does not.
    pub after: Option<Showing>,
    /// Why the report without it does not rule it out; `None` if it does.
    pub reason: Option<String>,
}

/// How a finding shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Showing {
    /// What the target did, in one sentence.
    pub observed: String,
    /// How far the reference backs the clause.
    pub tier: Tier,
    /// Whether it showed only now and then.
    pub intermittent: bool,
}

impl Showing {
    pub(super) fn of(finding: &FindingRecord) -> Showing {
        Showing { observed: finding.observed.clone(), tier: finding.tier, intermittent: finding.is_intermittent() }
    }

    /// Whether both show the same, apart from times and ids.
    pub(super) fn is_like(&self, other: &Showing) -> bool {
        let observed = |showing: &Showing| without_volatile(&showing.observed);
        (self.tier, self.intermittent) == (other.tier, other.intermittent) && observed(self) == observed(other)
    }
}

/// A cause of findings that differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CauseChange {
    /// Its id.
    pub id: String,
    /// What the target does, in one sentence.
    pub title: String,
    /// Which reports have it.
    pub present_in: Presence,
    /// Ids of its findings that differ.
    pub findings: Vec<String>,
}

/// Which reports have something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// The old one.
    Old,
    /// The new one.
    New,
    /// Both.
    Both,
}

/// A clause with another verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClauseChange {
    /// Clause id.
    pub id: String,
    /// Verdict of the old report.
    pub before: ClauseVerdict,
    /// Verdict of the new report.
    pub after: ClauseVerdict,
    /// Why it is untested now, or was; `None` if both reports decide it.
    pub reason: Option<String>,
}

impl Diff {
    /// Whether the reports say the same of what both have.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.clauses.is_empty()
    }
}
