//! What a run must know of a service to use it: rates, limits, states, and values that are neither valid nor invalid.

use serde::Deserialize;
use serde_json::Value;

use super::words::Scope;

/// A rate of requests that the service allows.
#[derive(Debug, Clone, PartialEq)]
pub struct Quota {
    /// Operations that have this rate, each for itself.
    pub operations: Vec<String>,
    /// Requests per second.
    pub per_second: f64,
    /// What it is counted for.
    pub per: Scope,
}

/// What a run on a real endpoint is charged for, each in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Charges {
    /// Of requests and the resources that they make.
    pub requests: String,
    /// Of broadcasts, if resources broadcast.
    pub broadcasts: Option<String>,
}

/// How many of a thing there can be.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// The thing, for a reader.
    pub what: String,
    /// The operation that makes one.
    pub operation: String,
    /// What they are counted for.
    pub per: Scope,
    /// How many there can be.
    pub count: u64,
}

/// The state of a resource without which a valid request does not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Precondition {
    /// The operation.
    pub operation: String,
    /// Input member that names the resource.
    pub member: String,
    /// The state.
    pub state: String,
}

/// Values that are allowed beside those that the constraints allow.
#[derive(Debug, Clone, PartialEq)]
pub struct Leniency {
    /// `Operation.input.path`, `Operation.output.path`, or `Shape$member` for wherever the shape stands.
    pub path: String,
    /// The values.
    pub also_allowed: Vec<Value>,
}
