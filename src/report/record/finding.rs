//! Findings and their causes in a report.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::record::FindingKind;
use crate::spec::Stand;
use crate::spec::clause::Tier;

/// Whether a finding is in the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BaselineStatus {
    /// Not in the baseline.
    New,
    /// In the baseline.
    Known,
}

/// One divergence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindingRecord {
    /// Stable for the same defect across runs and seeds.
    pub id: String,
    /// The violated clause.
    pub clause: String,
    /// The operation on which it was violated; empty if it is about none.
    pub operation: String,
    /// What kind of divergence.
    pub kind: FindingKind,
    /// How far the reference backs the clause.
    pub tier: Tier,
    /// What the contract asks for, in one sentence.
    pub expected: String,
    /// What the target did, in one sentence.
    pub observed: String,
    /// How often it was seen.
    pub occurrences: u64,
    /// How often it showed when it was looked for.
    #[serde(default)]
    pub seen: SeenRecord,
    /// Minimal request, secrets redacted.
    pub request: RequestRecord,
    /// What came back for it.
    pub response: ResponseRecord,
    /// Reproduces it on an endpoint that needs no signature.
    pub curl: String,
    /// A POSIX shell script that makes what is needed and sends the request last; none if `not_reproducible` says why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reproduce: Option<String>,
    /// Why there is no script, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_reproducible: Option<String>,
    /// Against the baseline.
    pub baseline: BaselineStatus,
    /// The case that showed it first.
    #[serde(default)]
    pub case: String,
    /// Section of the reference.
    #[serde(default)]
    pub section: String,
    /// What the clause promises, in words.
    #[serde(default)]
    pub promise: String,
    /// The member that it is about, as `Shape$member`; empty if it is about none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub member: String,
    /// Id of its cause.
    #[serde(default)]
    pub cause: String,
    /// What it is to its cause.
    #[serde(default)]
    pub role: Role,
    /// Requests to send before the minimal one, oldest first (a sequence needs them; a single request does not).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub setup: Vec<RequestRecord>,
    /// What is publicly known of the service about the clause; empty if the document is all there is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceRecord>,
}

/// One thing that is publicly known of the service, beyond the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRecord {
    /// How the service stands to what the document says.
    pub stand: Stand,
    /// What is known, in one sentence.
    pub says: String,
    /// What became of it, in one sentence.
    pub effect: String,
    /// Where it was found.
    pub sources: Vec<EvidenceSourceRecord>,
}

/// Where a piece of evidence was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceSourceRecord {
    /// Its short name.
    pub key: String,
    /// What it is.
    pub title: String,
    /// When it was published; empty if unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub date: String,
}

/// One thing that is wrong with the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CauseRecord {
    /// Id of its primary finding: stable for the same defect across runs and seeds.
    pub id: String,
    /// What the target does, in one sentence.
    pub title: String,
    /// The clause that is broken.
    pub clause: String,
    /// The operations on which it is broken.
    pub operations: Vec<String>,
    /// Ids of the findings that it explains, the primary one first.
    pub findings: Vec<String>,
    /// How many clauses it keeps from being decided.
    pub masks: u64,
}

/// What a finding is to its cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It names the cause best.
    #[default]
    Primary,
    /// It follows from the cause.
    Consequence,
}

/// How often a finding showed when it was looked for; fewer times than tries is intermittent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenRecord {
    /// Times it was looked for.
    pub of: u64,
    /// Times it showed.
    pub times: u64,
}

impl SeenRecord {
    /// How often it showed, in words: "seen 1 of 3 times"; `None` if it always did.
    pub fn in_words(self) -> Option<String> {
        (self.times < self.of).then(|| format!("seen {} of {} times", self.times, self.of))
    }
}

/// A request in a report.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RequestRecord {
    /// HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Header names and values.
    pub headers: serde_json::Map<String, Value>,
    /// JSON if the body is JSON, else a string; null without a body.
    pub body: Value,
}

/// A response in a report.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ResponseRecord {
    /// Status; 0 if no response arrived.
    pub status: u16,
    /// Header names and values.
    pub headers: serde_json::Map<String, Value>,
    /// JSON if the body is JSON, else a string; null without a body.
    pub body: Value,
}
