//! Rules that are clauses: promises of the reference that only prose states.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::clause::Tier;
use super::errors::ExpectedError;
use super::words::{AbsentOutput, Generator};

/// A constraint on requests that only prose states. In its values `${TYPE}` is the ARN of a resource of that ARN type
/// which the run made, `${absent:TYPE}` a well-formed ARN that names nothing, `${p384-public-key}` a fresh public key.
#[derive(Debug, Clone, PartialEq)]
pub struct InputRule {
    /// Clause id.
    pub id: String,
    /// Numbers of the statements that it comes from.
    pub rules: Vec<u32>,
    /// Keys of [`super::Rules::sections`].
    pub sections: Vec<String>,
    /// What it promises.
    pub statement: String,
    /// How far the reference backs it.
    pub tier: Tier,
    /// JSON Schema that every unambiguously valid input, or value at the path, satisfies. What breaks it is not
    /// necessarily invalid: only `violating` is.
    pub schema: Value,
    /// Partial inputs, or values, that must be accepted.
    pub accepted: Vec<Value>,
    /// Partial inputs, or values, that break exactly this rule and must be refused.
    pub violating: Vec<Value>,
    /// Accepted responses to a violation.
    pub errors: Vec<ExpectedError>,
    /// Operations whose whole input `schema` describes; none if `paths` are given.
    pub operations: Vec<String>,
    /// Input members (`Operation.input.path`) whose value `schema` describes; none if `operations` are given.
    pub paths: Vec<String>,
    /// By operation, the partial create input of the resource that its request names.
    pub given: BTreeMap<String, Map<String, Value>>,
    /// How valid values are made where the schema does not say it.
    pub generator: Option<Generator>,
    /// Longest value in bytes of UTF-8.
    pub max_utf8_bytes: Option<u64>,
}

/// A constraint on responses that only prose states.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputRule {
    /// Clause id.
    pub id: String,
    /// Numbers of the statements that it comes from.
    pub rules: Vec<u32>,
    /// Keys of [`super::Rules::sections`].
    pub sections: Vec<String>,
    /// What it promises.
    pub statement: String,
    /// How far the reference backs it.
    pub tier: Tier,
    /// `Operation.output.path`, `Shape` for every structure of the shape, or `Shape$member`.
    pub paths: Vec<String>,
    /// JSON Schema that every value there satisfies.
    pub schema: Value,
}

/// A rule that needs several calls, or a request that is not built from a shape: scenarios and probes decide it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioRule {
    /// Clause id.
    pub id: String,
    /// Numbers of the statements that it comes from.
    pub rules: Vec<u32>,
    /// Keys of [`super::Rules::sections`].
    pub sections: Vec<String>,
    /// What it promises.
    pub statement: String,
    /// How far the reference backs it.
    pub tier: Tier,
    /// Operations that it is about.
    pub operations: Vec<String>,
}

/// What a create response shows for a member that the request leaves out.
#[derive(Debug, Clone, PartialEq)]
pub struct DefaultRule {
    /// Clause id.
    pub id: String,
    /// Numbers of the statements that it comes from.
    pub rules: Vec<u32>,
    /// Keys of [`super::Rules::sections`].
    pub sections: Vec<String>,
    /// The operation.
    pub operation: String,
    /// Path of the input member.
    pub member: String,
    /// Path of the output member that shows the default.
    pub output: String,
    /// Partial input beside which the member is left out.
    pub given: Map<String, Value>,
    /// Partial input with which the response shows the member: where the default is that it is absent, only a target that
    /// can show it upholds the rule.
    pub shown_by: Option<Map<String, Value>>,
    /// What the response shows; null stands for absent or null.
    pub value: Value,
    /// Further values that the readings allow.
    pub also_allowed: Vec<Value>,
    /// Whether the output member, or an object on the way to it, may be missing.
    pub absent: AbsentOutput,
    /// How far the reference backs it.
    pub tier: Tier,
}
