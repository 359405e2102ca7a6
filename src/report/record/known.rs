//! Known divergences in a record.

use serde::{Deserialize, Serialize};

use crate::record::FindingKind;

/// A run against its baseline.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BaselineRecord {
    /// Entries that no longer diverge though everything that showed them was tested.
    #[serde(default)]
    pub fixed: Vec<KnownFinding>,
    /// Entries whose date has passed.
    #[serde(default)]
    pub expired: Vec<KnownFinding>,
    /// Entries that were not seen by a run that is no judge of them: a shard, which [`merge`](crate::report::merge) completes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<KnownFinding>,
}

/// An entry of a baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownFinding {
    /// Finding id.
    pub id: String,
    /// The violated clause.
    pub clause: String,
    /// The operation on which it was violated; empty if it is about none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operation: String,
    /// What kind of divergence.
    pub kind: FindingKind,
    /// The case that showed it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub case: String,
    /// Why it is tolerated, written by a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Last day on which it is tolerated, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}
