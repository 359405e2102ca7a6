//! Errors beyond what a model says of them: which every operation may have, and how documented ones are caused.

use serde::Deserialize;

use super::super::clause::Tier;
use super::reading::Why;
use super::words::{ErrorCause, TriggerKind};

/// An error that every operation may respond with.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommonError {
    /// Its code.
    pub code: String,
    /// The statuses it may have, the usual one first.
    pub statuses: Vec<u16>,
    /// What it is a response to.
    pub when: ErrorCause,
}

/// An error that an operation may respond with although it does not document it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherError {
    /// The operation.
    pub operation: String,
    /// The error's code.
    pub code: String,
    /// Its status.
    pub status: u16,
}

/// How a documented error is caused, or why it cannot be: exactly one of `cause` and `untestable` is there.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorTrigger {
    /// The operation.
    pub operation: String,
    /// The error's code.
    pub code: String,
    /// Its documented status.
    pub status: u16,
    /// How far the reference backs it.
    pub tier: Tier,
    /// Responses accepted beside the code and status.
    pub accepts: Vec<ExpectedError>,
    /// What causes it.
    pub cause: Option<TriggerKind>,
    /// Why it cannot be caused.
    pub untestable: Option<Why>,
}

/// An error as a response.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedError {
    /// Its code.
    pub code: String,
    /// Its status.
    pub status: u16,
}
