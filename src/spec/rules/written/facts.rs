//! Facts that no single rule states, as they are written.

use serde::Deserialize;
use serde_json::Value;

use super::super::super::clause::Tier;
use super::super::words::{ReasonKind, Scope, TriggerKind};
use super::{Error, Untested, documented};

/// A rate that each of several operations has.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Quota {
    /// Requests per second.
    pub per_second: f64,
    /// What it is counted for.
    #[serde(default)]
    pub per: Scope,
    /// Globs over operations.
    pub operations: Vec<String>,
}

/// How many of a thing there can be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Limit {
    /// The thing, for a reader.
    pub what: String,
    /// The operation that makes one.
    pub operation: String,
    /// What they are counted for.
    #[serde(default)]
    pub per: Scope,
    /// How many there can be.
    pub count: u64,
}

/// A state without which requests do not succeed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Precondition {
    /// The state.
    pub state: String,
    /// Input members that name the resource, as `Operation.input.path`.
    pub of: Vec<String>,
}

/// Values that are allowed beside those that the constraints allow.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Leniency {
    /// Globs over `Operation.input.path` or `Operation.output.path`, or `Shape$member`.
    pub paths: Vec<String>,
    /// The values.
    pub values: Vec<Value>,
}

/// Clauses without a case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Untestable {
    /// Globs over clause ids; a rule, protocol or auth id without a star is defined here.
    pub clauses: Vec<String>,
    /// Numbers of other rules that the clauses bear on.
    #[serde(default)]
    pub also: Vec<u32>,
    /// The kind of reason.
    pub kind: ReasonKind,
    /// The reason.
    pub reason: String,
    /// What the target or the run must have for them to be tested nevertheless.
    pub unless: Option<String>,
}

/// What causes a documented error, or why nothing does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct ErrorEntry {
    /// Its code.
    pub code: String,
    /// Globs over the operations; those that document the error and that no other entry of the code names, if they are
    /// left out.
    pub operations: Option<Vec<String>>,
    /// How far the reference backs it.
    #[serde(default = "documented")]
    pub tier: Tier,
    /// Responses accepted in its place.
    #[serde(default)]
    pub accepts: Vec<Error>,
    /// What causes it.
    pub cause: Option<TriggerKind>,
    /// Why nothing does.
    pub untestable: Option<Untested>,
}
