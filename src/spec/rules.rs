//! The companion file of a contract (`X.rules.json` beside `X.json`): facts beyond Smithy's traits, each with the numbers
//! of the readings that it comes from. `specs/rules.schema.json` describes the same form for editors.
//!
//! A clause is defined once, in one of [`Rules::input_rules`], [`Rules::output_rules`], [`Rules::scenario_rules`],
//! [`Rules::defaults`] or, if its id has no star, [`Rules::untestable`].

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::clause::Tier;
pub use super::conventions::{BroadcastControl, MarkMembers, Regions};
pub use super::rule_words::*;

/// Everything that a companion file says. The default says nothing: that is a model without a companion.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Form of the file: [`Rules::SCHEMA`].
    pub schema: String,
    /// Stem of the model's file name.
    pub contract: String,
    /// Day of the reference, as `YYYY-MM-DD`.
    pub published: String,
    /// Title of the reference.
    pub source: String,
    /// Headings of the reference, by key; names of operations and data types are keys.
    #[serde(default)]
    pub sections: BTreeMap<String, String>,
    /// Other documents that the reference defers to.
    #[serde(default)]
    pub documents: Vec<Document>,
    /// Contradictions and damage of the reference, and how they are read.
    #[serde(default)]
    pub errata: Vec<Erratum>,
    /// Silences: every reading listed passes.
    #[serde(default)]
    pub ambiguities: Vec<Ambiguity>,
    /// Other spellings of an error code, accepted in its place.
    #[serde(default)]
    pub aliases: BTreeMap<String, Vec<String>>,
    /// Errors that every operation may answer with.
    #[serde(default)]
    pub common_errors: Vec<CommonError>,
    /// Errors that an operation may answer with although it does not document them.
    #[serde(default)]
    pub other_errors: Vec<OtherError>,
    /// Members by which a run marks what it makes.
    #[serde(default)]
    pub marks: MarkMembers,
    /// Regions in which the service has endpoints.
    #[serde(default)]
    pub regions: Regions,
    /// How resources broadcast, if some do.
    #[serde(default)]
    pub broadcast: Option<BroadcastControl>,
    /// Rates that a run on a real endpoint keeps to.
    #[serde(default)]
    pub quotas: Vec<Quota>,
    /// How many of a thing there can be.
    #[serde(default)]
    pub limits: Vec<Limit>,
    /// States without which a valid request does not succeed.
    #[serde(default)]
    pub preconditions: Vec<Precondition>,
    /// Lists (`Operation.input.path`) whose elements differ in valid requests, as duplicates are ambiguous.
    #[serde(default)]
    pub distinct: Vec<String>,
    /// Values that the constraints exclude but a target may accept: never sent.
    #[serde(default)]
    pub lenient_input: Vec<Leniency>,
    /// Values that the constraints exclude but that are legal in answers.
    #[serde(default)]
    pub lenient_output: Vec<Leniency>,
    /// Prose constraints on requests.
    #[serde(default)]
    pub input_rules: Vec<InputRule>,
    /// Prose constraints on answers.
    #[serde(default)]
    pub output_rules: Vec<OutputRule>,
    /// Rules that need several calls, or a request that is not built from a shape.
    #[serde(default)]
    pub scenario_rules: Vec<ScenarioRule>,
    /// What a create answer shows for a member that the request leaves out.
    #[serde(default)]
    pub defaults: Vec<DefaultRule>,
    /// How each documented error is caused, or why it cannot be.
    #[serde(default)]
    pub error_triggers: Vec<ErrorTrigger>,
    /// Clauses without a case.
    #[serde(default)]
    pub untestable: Vec<Untestable>,
    /// Where every numbered statement about the reference went.
    #[serde(default)]
    pub rules: Vec<NumberedRule>,
    /// Clauses that earlier versions had: their ids never mean anything else.
    #[serde(default)]
    pub retired: Vec<Retired>,
}

impl Rules {
    /// The form of companion files that this version reads.
    pub const SCHEMA: &str = "ivs-conformance/rules/1";

    /// Codes of the errors that every operation may answer with for this reason.
    pub fn common_codes(&self, cause: ErrorCause) -> impl Iterator<Item = &str> {
        self.common_errors.iter().filter(move |error| error.when == cause).map(|error| error.code.as_str())
    }

    /// The input rule of that id.
    pub fn input_rule(&self, id: &str) -> Option<&InputRule> {
        self.input_rules.iter().find(|rule| rule.id == id)
    }

    /// How an operation's documented error is caused, or why it cannot be.
    pub fn error_trigger(&self, operation: &str, code: &str) -> Option<&ErrorTrigger> {
        self.error_triggers.iter().find(|trigger| trigger.operation == operation && trigger.code == code)
    }

    /// The heading of a section's key, e.g. the name of an operation or data type.
    pub fn section(&self, key: &str) -> Option<&str> {
        self.sections.get(key).map(String::as_str)
    }

    /// The headings of several sections in one line; an unknown key stands for itself.
    pub fn headings(&self, keys: &[String]) -> String {
        let headings: Vec<&str> = keys.iter().map(|key| self.section(key).unwrap_or(key)).collect();
        headings.join("; ")
    }
}

/// Another document that the reference defers to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Short name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Ids of the clauses that rest on it.
    pub used_by: Vec<String>,
}

/// A contradiction or damage of the reference.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erratum {
    /// Stable id, `erratum.name`.
    pub id: String,
    /// Numbers of the readings.
    pub rules: Vec<u32>,
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

/// A silence of the reference.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ambiguity {
    /// Stable id, `ambiguity.name`.
    pub id: String,
    /// Numbers of the readings.
    pub rules: Vec<u32>,
    /// Keys of [`Rules::sections`].
    pub sections: Vec<String>,
    /// What the reference leaves open.
    pub question: String,
    /// Every reading that passes.
    pub readings: Vec<String>,
    /// What that means for the harness.
    pub effect: String,
}

/// An error that every operation may answer with.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommonError {
    /// Its code.
    pub code: String,
    /// The statuses it may have.
    pub statuses: Vec<u16>,
    /// What it is an answer to.
    pub when: ErrorCause,
    /// How far the reference backs it.
    pub tier: Tier,
}

/// An error that an operation may answer with although it does not document it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherError {
    /// The operation.
    pub operation: String,
    /// The error's code.
    pub code: String,
    /// Its status.
    pub status: u16,
    /// Why it is allowed.
    pub why: String,
}

/// A rate of requests that the service allows.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Operations that share it.
    pub operations: Vec<String>,
    /// Requests per second.
    pub per_second: f64,
    /// What it is counted for.
    pub scope: QuotaScope,
    /// Whether the reference states it.
    pub in_contract: bool,
}

/// How many of a thing there can be.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The thing, for a reader.
    pub what: String,
    /// The operation that makes one.
    pub operation: String,
    /// What they are counted for.
    pub per: LimitScope,
    /// How many there can be.
    pub count: u64,
    /// Whether the reference states it.
    pub in_contract: bool,
}

/// The state of a resource without which a valid request does not succeed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Precondition {
    /// The operation.
    pub operation: String,
    /// Input member that names the resource.
    pub member: String,
    /// The state.
    pub state: String,
    /// Why it is needed.
    pub why: String,
    /// What the target must be able to do.
    #[serde(default)]
    pub requires: Vec<Capability>,
}

/// Values that are allowed beside those that the constraints allow.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leniency {
    /// `Operation.input.path`, `Operation.output.path`, or `Shape$member` for wherever the shape stands.
    pub path: String,
    /// The values.
    pub also_allowed: Vec<Value>,
    /// Numbers of the readings.
    pub rules: Vec<u32>,
}

/// A constraint on requests that only prose states. In its values `${TYPE}` is the ARN of a resource of that ARN type
/// which the run made, `${absent:TYPE}` a well-formed ARN that names nothing, `${p384-public-key}` a fresh public key.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputRule {
    /// Clause id.
    pub id: String,
    /// Numbers of the readings.
    pub rules: Vec<u32>,
    /// Keys of [`Rules::sections`].
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
    /// Accepted answers to a violation.
    pub errors: Vec<ExpectedError>,
    /// Operations whose whole input `schema` describes; none if `paths` are given.
    #[serde(default)]
    pub operations: Vec<String>,
    /// Input members (`Operation.input.path`) whose value `schema` describes; none if `operations` are given.
    #[serde(default)]
    pub paths: Vec<String>,
    /// By operation, the partial create input of the resource that its request names.
    #[serde(default)]
    pub given: BTreeMap<String, Map<String, Value>>,
    /// How valid values are made where the schema does not say it.
    #[serde(default)]
    pub generator: Option<Generator>,
    /// Longest value in bytes of UTF-8.
    #[serde(default)]
    pub max_utf8_bytes: Option<u64>,
    /// What the target must be able to do.
    #[serde(default)]
    pub requires: Vec<Capability>,
    /// More for the reader.
    #[serde(default)]
    pub notes: Option<String>,
}

/// A constraint on answers that only prose states.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputRule {
    /// Clause id.
    pub id: String,
    /// Numbers of the readings.
    pub rules: Vec<u32>,
    /// Keys of [`Rules::sections`].
    pub sections: Vec<String>,
    /// What it promises.
    pub statement: String,
    /// How far the reference backs it.
    pub tier: Tier,
    /// `Operation.output.path`, `Shape` for every structure of the shape, or `Shape$member`.
    pub paths: Vec<String>,
    /// JSON Schema that every value there satisfies.
    pub schema: Value,
    /// More for the reader.
    #[serde(default)]
    pub notes: Option<String>,
}

/// A rule that needs several calls, or a request that is not built from a shape.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioRule {
    /// Clause id.
    pub id: String,
    /// Numbers of the readings.
    pub rules: Vec<u32>,
    /// Keys of [`Rules::sections`].
    pub sections: Vec<String>,
    /// What it promises.
    pub statement: String,
    /// How far the reference backs it.
    pub tier: Tier,
    /// Operations that it is about.
    pub operations: Vec<String>,
    /// Steps and expectation, in words.
    pub check: String,
    /// What the target must be able to do.
    #[serde(default)]
    pub requires: Vec<Capability>,
}

/// What a create answer shows for a member that the request leaves out.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultRule {
    /// Clause id.
    pub id: String,
    /// Numbers of the readings.
    pub rules: Vec<u32>,
    /// Keys of [`Rules::sections`].
    pub sections: Vec<String>,
    /// The operation.
    pub operation: String,
    /// Path of the input member.
    pub member: String,
    /// Path of the output member that shows the default.
    pub output: String,
    /// Partial input beside which the member is left out.
    pub given: Map<String, Value>,
    /// Partial input with which the answer shows the member: where the default is that it is absent, only a target that
    /// can show it upholds the rule.
    #[serde(default)]
    pub shown_by: Option<Map<String, Value>>,
    /// What the answer shows; null stands for absent or null.
    pub value: Value,
    /// Further values that the readings allow.
    pub also_allowed: Vec<Value>,
    /// Whether the output member, or an object on the way to it, may be missing.
    pub absent: AbsentOutput,
    /// How far the reference backs it.
    pub tier: Tier,
}

/// How a documented error is caused, or why it cannot be: exactly one of `trigger` and `untestable` is there.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorTrigger {
    /// The operation.
    pub operation: String,
    /// The error's code.
    pub code: String,
    /// Its documented status.
    pub status: u16,
    /// How far the reference backs it.
    pub tier: Tier,
    /// Answers accepted beside the code and status.
    pub accepts: Vec<ExpectedError>,
    /// How it is caused.
    #[serde(default)]
    pub trigger: Option<Trigger>,
    /// Why it cannot be caused.
    #[serde(default)]
    pub untestable: Option<NoTrigger>,
    /// What the target must be able to do.
    #[serde(default)]
    pub requires: Vec<Capability>,
}

/// How an error is caused.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// What it takes.
    pub kind: TriggerKind,
    /// In words.
    pub how: String,
    /// Partial input; `${live:channel}` is live, `${used:TYPE}` is in use.
    pub input: Map<String, Value>,
}

/// Why an error cannot be caused.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoTrigger {
    /// The kind of reason.
    pub reason_kind: ReasonKind,
    /// The reason.
    pub reason: String,
    /// The capability with which it can be caused.
    #[serde(default)]
    pub unless: Option<Capability>,
}

/// Clauses without a case.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Untestable {
    /// Glob over clause ids; a rule, protocol or auth id without a star is defined here.
    pub clause: String,
    /// The kind of reason.
    pub reason_kind: ReasonKind,
    /// The reason.
    pub reason: String,
    /// Numbers of the readings.
    pub rules: Vec<u32>,
    /// The capability with which they have cases.
    #[serde(default)]
    pub unless: Option<Capability>,
}

/// A numbered statement about the reference, and where it went.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberedRule {
    /// Its number.
    pub number: u32,
    /// What became of it.
    pub place: RulePlace,
    /// Ids of clauses, errata and ambiguities, or globs over clause ids.
    pub ids: Vec<String>,
    /// Keys of [`Rules::sections`].
    pub sections: Vec<String>,
    /// What it says, in one sentence.
    pub statement: String,
    /// What the harness accepts.
    pub reading: String,
    /// How far the reference backs it.
    pub tier: Tier,
}

/// A clause that the contract no longer has.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retired {
    /// Its id.
    pub clause: String,
    /// Why it was dropped.
    pub reason: String,
    /// The clause that takes its place.
    #[serde(default)]
    pub replaced_by: Option<String>,
}

/// An error as an answer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedError {
    /// Its code.
    pub code: String,
    /// Its status.
    pub status: u16,
}
