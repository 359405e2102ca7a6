//! What a comparison found, as plain data; the JSON report is this and nothing else.

use serde::Serialize;
use serde_json::Value;

use super::difference::Kind;
use super::support::Supports;

/// The form of the JSON report.
pub const SCHEMA: &str = "ivs-conformance/comparison/1";

/// What a comparison found. `specs/comparison.schema.json` describes it.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// The form of this document.
    pub schema: &'static str,
    /// The program.
    pub tool: Tool,
    /// The contract.
    pub contract: ContractName,
    /// The first target.
    pub a: Target,
    /// The second target.
    pub b: Target,
    /// Seed of every random choice.
    pub seed: u64,
    /// How much was tried.
    pub profile: String,
    /// When it began, as ISO 8601.
    pub started_at: String,
    /// How long it took.
    pub duration_seconds: f64,
    /// Why it ended early; `None` if it did not.
    pub stopped_early: Option<String>,
    /// Numbers.
    pub summary: Summary,
    /// The differences, those that the contract decides first.
    pub differences: Vec<Difference>,
    /// What was not compared and other things worth knowing.
    pub notes: Vec<String>,
}

/// The program that compared.
#[derive(Debug, Clone, Serialize)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// The contract that responses are read by.
#[derive(Debug, Clone, Serialize)]
pub struct ContractName {
    /// Name of the service.
    pub service: String,
    /// Version of the service.
    pub version: String,
    /// SHA-256 of the model.
    pub sha256: String,
}

/// One of the two targets.
#[derive(Debug, Clone, Serialize)]
pub struct Target {
    /// Base URL.
    pub endpoint: String,
    /// Region.
    pub region: String,
    /// Whether it is the embedded reference server.
    pub embedded: bool,
    /// Requests that it got.
    pub requests: u64,
}

/// Numbers of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Programs that were played.
    pub programs: u64,
    /// Pairs of responses that were compared.
    pub steps: u64,
    /// Operations of which both targets accepted a request.
    pub operations: u64,
    /// Differences that count: the contract does not allow both readings.
    pub differences: u64,
    /// Those of them in which the contract supports the first target.
    pub supports_a: u64,
    /// Those of them in which the contract supports the second target.
    pub supports_b: u64,
    /// Those of them in which the contract supports neither.
    pub supports_neither: u64,
    /// Differences that the contract allows.
    pub allowed: u64,
}

/// One difference.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// Stable for the same difference across runs and seeds.
    pub id: String,
    /// One sentence.
    pub title: String,
    /// The operation whose responses differ.
    pub operation: String,
    /// Where: a path below the output, or for answers below the input; empty for the response as a whole.
    pub path: String,
    /// In which way.
    pub kind: Kind,
    /// Which side the contract supports.
    pub supports: Supports,
    /// Why, in one sentence.
    pub reason: String,
    /// Ids of the clauses that say so.
    pub clauses: Vec<String>,
    /// How often it was seen.
    pub occurrences: u64,
    /// Other places that show the same after the same changes, as `Operation path`.
    pub also: Vec<String>,
    /// Id of the case that found it.
    pub found_by: String,
    /// The shortest sequence that shows it; the last step tells.
    pub steps: Vec<StepRecord>,
    /// What the first target shows.
    pub a: Shown,
    /// What the second target shows.
    pub b: Shown,
}

/// One step of a sequence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepRecord {
    /// Its number, from 1.
    pub number: usize,
    /// Operation; `broadcast` for the start or end of a broadcast.
    pub operation: String,
    /// Region, if it is not the target's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Input; `${1.item.arn}` is what stands at `item.arn` in the response of step 1. Secrets redacted.
    pub input: Value,
}

/// What a target showed at the telling step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// The response in a few words.
    pub answer: String,
    /// The value at the path; null if nothing, or if it is a secret.
    pub value: Value,
}

impl Comparison {
    /// Whether something was compared that could have differed.
    pub fn is_tested(&self) -> bool {
        self.summary.operations > 0
    }
}
