//! Totals of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::{Share, StepCoverage};
use crate::report::score::Score;
use crate::report::text::grouped;

/// Totals of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Clauses by verdict.
    pub clauses: ClauseTotals,
    /// Cases by verdict.
    pub cases: CaseTotals,
    /// Operations that the target has.
    pub operations: OperationTotals,
    /// Requests sent.
    pub requests: u64,
    /// Requests by what they were for; empty if that is not known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub requests_by_purpose: BTreeMap<String, u64>,
    /// Requests sent per second of the run.
    pub requests_per_second: f64,
    /// Which steps random sequences took one after another; none without sequences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<StepTotals>,
    /// Findings, against the baseline.
    pub findings: FindingTotals,
    /// Causes of the findings.
    #[serde(default)]
    pub causes: CauseTotals,
    /// How much of what the contract has is upheld; missing operations apart from wrong ones.
    #[serde(default)]
    pub score: Score,
}

/// Operations on one resource right after one another, by whether it exists and is the first of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StepTotals {
    /// Two of them.
    pub pairs: ShareTotals,
    /// Three of them.
    pub triples: ShareTotals,
}

/// Some of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ShareTotals {
    /// How many were seen.
    pub seen: u64,
    /// How many there can be.
    pub possible: u64,
}

impl StepTotals {
    /// The totals of families of sequences; none if there are none.
    pub fn of<'s>(families: impl IntoIterator<Item = &'s StepCoverage>) -> Option<StepTotals> {
        let mut total = StepCoverage::default();
        families.into_iter().for_each(|family| total += *family);
        let share = |share: Share| ShareTotals { seen: share.seen, possible: share.possible };
        (total.pairs.possible > 0).then(|| StepTotals { pairs: share(total.pairs), triples: share(total.triples) })
    }

    /// The totals of shards, each of which has other families.
    pub fn sum(totals: impl IntoIterator<Item = StepTotals>) -> Option<StepTotals> {
        let add = |left: ShareTotals, right: ShareTotals| ShareTotals {
            seen: left.seen.saturating_add(right.seen),
            possible: left.possible.saturating_add(right.possible),
        };
        totals.into_iter().reduce(|left, right| StepTotals {
            pairs: add(left.pairs, right.pairs),
            triples: add(left.triples, right.triples),
        })
    }

    /// In one sentence.
    pub fn in_words(&self) -> String {
        let share = |share: ShareTotals| format!("{} of {}", grouped(share.seen), grouped(share.possible));
        format!(
            "sequences took {} pairs and {} triples of steps on one resource",
            share(self.pairs),
            share(self.triples)
        )
    }
}

/// Causes of the findings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CauseTotals {
    pub total: u64,
    /// Of these, operations that the target does not have.
    #[serde(default)]
    pub missing: u64,
}

/// Clauses by verdict.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ClauseTotals {
    pub total: u64,
    pub upheld: u64,
    pub violated: u64,
    pub untested: u64,
}

/// Cases by verdict.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CaseTotals {
    pub total: u64,
    pub passed: u64,
    pub failed: u64,
    pub inconclusive: u64,
}

/// Operations that the record speaks of (all of the contract, without a filter), and those that the target has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OperationTotals {
    pub total: u64,
    pub implemented: u64,
}

/// Findings against the baseline; without one, all are new.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FindingTotals {
    pub total: u64,
    pub new: u64,
    pub known: u64,
    pub fixed: u64,
}
