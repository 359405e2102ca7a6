//! Totals of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::report::score::Score;

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
    /// Findings, against the baseline.
    pub findings: FindingTotals,
    /// Causes of the findings.
    #[serde(default)]
    pub causes: CauseTotals,
    /// How much of what the contract has is upheld; missing operations apart from wrong ones.
    #[serde(default)]
    pub score: Score,
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
