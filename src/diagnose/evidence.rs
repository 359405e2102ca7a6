//! What the diagnosis reads of a finding.

use serde_json::Value;

use crate::judge::finding::FindingKind;
use crate::spec::clause_id::ClauseId;

/// A finding, as far as the diagnosis reads it.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    /// Id of the finding.
    pub id: &'a str,
    /// Id of the violated clause.
    pub clause: &'a str,
    /// The same, read; `None` if the id has not the form of one.
    pub about: Option<ClauseId<'a>>,
    /// The operation on which it was violated; empty if it is about none.
    pub operation: &'a str,
    /// The member that the clause constrains, as `Shape$member`; empty if it constrains none.
    pub member: &'a str,
    /// Which of several defects of one clause.
    pub detail: Option<&'a str>,
    /// What kind of divergence.
    pub kind: FindingKind,
    /// What the target did, in one sentence.
    pub observed: &'a str,
    /// Status of the telling response; 0 if none arrived.
    pub status: u16,
    /// Error code of the telling response.
    pub code: Option<&'a str>,
    /// How often it was seen.
    pub occurrences: u64,
    /// Body of the telling request.
    pub request: &'a Value,
    /// Whether a case that was made for its clause showed it, and not a random sequence.
    pub is_direct: bool,
}

impl Evidence<'_> {
    /// How the target refused: status and code.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.code.unwrap_or_default())
    }

    /// Whether the clause holds for several operations.
    pub fn is_general(&self) -> bool {
        matches!(self.about, Some(ClauseId::General { .. }))
    }

    /// Whether the target refused, or failed at, what it should have served.
    pub fn is_refused_valid(&self) -> bool {
        matches!(self.kind, FindingKind::RejectedValid | FindingKind::ServerError) && self.status >= 400
    }
}
