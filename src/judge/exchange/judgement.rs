//! What one exchange says about clauses.

use serde_json::Value;

use crate::judge::finding::Violation;
use crate::protocol::Unread;
use crate::spec::clause::ClauseIndex;

/// What kind of response came back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Answer {
    /// A 2xx.
    Success,
    /// Any other status.
    Error {
        /// HTTP status.
        status: u16,
        /// Error code, if the response names one.
        code: Option<String>,
    },
    /// A 2xx with a page in place of a document: something else than the operation may have sent it, and whether the operation
    /// was carried out is not known.
    Page,
    /// No HTTP response.
    #[default]
    Nothing,
}

/// What one exchange says about clauses.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judgement {
    /// The operation that was called.
    pub operation: String,
    /// Clauses that it shows upheld; an index may occur more than once.
    pub upheld: Vec<ClauseIndex>,
    /// Divergences.
    pub violations: Vec<Violation>,
    /// Why the clause in question could not be decided; none if it was.
    pub undecided: Option<String>,
    /// What kind of response came back.
    pub answer: Answer,
    /// The JSON body, if there is one.
    pub body: Option<Value>,
    /// The beginning of the body as text, where there is one and it is no JSON.
    pub unreadable: Option<String>,
    /// Why there is no JSON body.
    pub unread: Option<Unread>,
    /// A name that occurs twice in one object of the body.
    pub repeated: Option<String>,
    /// Whether a byte order mark stands before the body.
    pub has_byte_order_mark: bool,
    /// Members of the response that the contract does not know.
    pub unknown_members: usize,
    /// Members that are null where they could be absent.
    pub nulls: usize,
}

pub(super) fn quoted(text: &str) -> String {
    text.chars().take(LONGEST_QUOTE).collect()
}

/// Longest error code or content type that is quoted, in characters.
pub(super) const LONGEST_QUOTE: usize = 100;
