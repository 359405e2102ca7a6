//! Clauses, errata and ambiguities of a rule, as they are written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::super::clause::Tier;
use super::super::errors::ExpectedError;
use super::super::words::{AbsentOutput, Generator};
use super::documented;

/// An accepted error: its code, whose status the contract knows, or code and status.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(in super::super) enum Error {
    /// The code alone.
    Code(String),
    /// Code and status.
    Exactly(ExpectedError),
}

/// A constraint on requests: of whole inputs (`operations`) or of members (`paths`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Input {
    /// Clause id.
    pub id: String,
    /// Numbers of other rules that it bears on.
    #[serde(default)]
    pub also: Vec<u32>,
    /// Its own sections, where they differ from those of the rule.
    pub sections: Option<Vec<String>>,
    /// What it promises.
    pub statement: String,
    /// How far the reference backs it.
    #[serde(default = "documented")]
    pub tier: Tier,
    /// Globs over operations.
    #[serde(default)]
    pub operations: Vec<String>,
    /// Globs over `Operation.input.path`.
    #[serde(default)]
    pub paths: Vec<String>,
    /// JSON Schema of what is unambiguously valid; everything if it is left out.
    #[serde(default = "anything")]
    pub schema: Value,
    /// What must be accepted.
    #[serde(default)]
    pub accepted: Vec<Value>,
    /// What must be refused.
    #[serde(default)]
    pub violating: Vec<Value>,
    /// Accepted responses to a violation; those of `invalid_input` if they are left out.
    pub errors: Option<Vec<Error>>,
    /// By operation, the partial create input of the resource that its request names.
    #[serde(default)]
    pub given: BTreeMap<String, Map<String, Value>>,
    /// How valid values are made where the schema does not say it.
    pub generator: Option<Generator>,
    /// Longest value in bytes of UTF-8.
    pub max_utf8_bytes: Option<u64>,
}

/// The schema that every value satisfies.
fn anything() -> Value {
    Value::Bool(true)
}

/// A constraint on responses.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Output {
    /// Clause id.
    pub id: String,
    /// Numbers of other rules that it bears on.
    #[serde(default)]
    pub also: Vec<u32>,
    /// Its own sections, where they differ from those of the rule.
    pub sections: Option<Vec<String>>,
    /// What it promises.
    pub statement: String,
    /// How far the reference backs it.
    #[serde(default = "documented")]
    pub tier: Tier,
    /// Globs over `Operation.output.path`, or `Shape`, or `Shape$member`.
    pub paths: Vec<String>,
    /// JSON Schema that every value there satisfies.
    pub schema: Value,
}

/// A clause that scenarios or probes decide.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Scenario {
    /// Clause id.
    pub id: String,
    /// Numbers of other rules that it bears on.
    #[serde(default)]
    pub also: Vec<u32>,
    /// Its own sections, where they differ from those of the rule.
    pub sections: Option<Vec<String>>,
    /// What it promises.
    pub statement: String,
    /// How far the reference backs it.
    #[serde(default = "documented")]
    pub tier: Tier,
    /// Globs over the operations that it is about.
    #[serde(default)]
    pub operations: Vec<String>,
}

/// What a create response shows for a member that the request leaves out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Default {
    /// Clause id.
    pub id: String,
    /// Numbers of other rules that it bears on.
    #[serde(default)]
    pub also: Vec<u32>,
    /// Its own sections, where they differ from those of the rule.
    pub sections: Option<Vec<String>>,
    /// The member, as `Operation.input.path`.
    pub of: String,
    /// Path of the output member that shows it; the one output member of the same path if it is left out.
    pub output: Option<String>,
    /// Partial input beside which the member is left out.
    #[serde(default)]
    pub given: Map<String, Value>,
    /// Partial input with which the response shows the member.
    pub shown_by: Option<Map<String, Value>>,
    /// What the response shows; nothing if it is left out.
    #[serde(default)]
    pub value: Value,
    /// Further values that the readings allow.
    #[serde(default)]
    pub also_allowed: Vec<Value>,
    /// Whether the output member may be missing.
    #[serde(default = "must_be_there")]
    pub absent: AbsentOutput,
    /// How far the reference backs it.
    #[serde(default = "documented")]
    pub tier: Tier,
}

fn must_be_there() -> AbsentOutput {
    AbsentOutput::Violates
}

/// The contradiction or damage that a rule is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Erratum {
    /// `erratum.name`.
    pub id: String,
    /// Numbers of other rules that it bears on.
    #[serde(default)]
    pub also: Vec<u32>,
    /// Globs over the clauses that it is about.
    #[serde(rename = "where")]
    pub places: Vec<String>,
    /// What the literal text would do.
    pub literal: String,
    /// How it is read.
    pub reading: String,
    /// Why it is read so.
    pub why: String,
}

/// What a rule leaves open.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Ambiguity {
    /// `ambiguity.name`.
    pub id: String,
    /// Its own sections, where they differ from those of the rule.
    pub sections: Option<Vec<String>>,
    /// What is left open.
    pub question: String,
    /// Every reading that passes.
    pub readings: Vec<String>,
    /// What that means for the harness.
    pub effect: String,
}
