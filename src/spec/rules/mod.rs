//! Rules of a contract that its model cannot carry, resolved: globs are spelled out, defaults filled in, and bases merged.
//!
//! `written` is the form in which a person writes them (`X.rules.toml` beside `X.json`, described by
//! `specs/rules.schema.json`), `extend` merges a file into the one that it extends, and `resolve` makes [`Rules`] of
//! the result and of the model. `sources` knows where everything was written.

mod clauses;
mod errors;
mod extend;
mod reading;
mod repeat;
mod resolve;
mod sources;
mod states;
mod words;
mod written;

use std::collections::BTreeMap;

pub use super::conventions::{BroadcastControl, MarkMembers, Regions};
pub use clauses::{DefaultRule, InputRule, OutputRule, ScenarioRule};
pub use errors::{CommonError, ErrorTrigger, ExpectedError, OtherError};
pub use reading::{Ambiguity, Erratum, NumberedRule, Retired, Untestable, Why};
pub(super) use resolve::resolve;
pub(super) use sources::{Located, RuleText, Sources, base_of};
pub use states::{Charges, Leniency, Limit, Precondition, Quota};
pub use words::*;

/// Everything that the rules of a contract say. The default says nothing: that is a model without rules.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// Form of the file: [`Rules::SCHEMA`]; empty for a model without rules.
    pub schema: String,
    /// Day of the reference, as `YYYY-MM-DD`.
    pub published: String,
    /// Headings of the reference, by key; names of operations and data types are keys.
    pub sections: BTreeMap<String, String>,
    /// Contradictions and damage of the reference, and how they are read.
    pub errata: Vec<Erratum>,
    /// What the reference leaves open: every reading listed passes.
    pub ambiguities: Vec<Ambiguity>,
    /// Other spellings of an error code, accepted in its place.
    pub aliases: BTreeMap<String, Vec<String>>,
    /// Errors that every operation may respond with.
    pub common_errors: Vec<CommonError>,
    /// Errors that an operation may respond with although it does not document them.
    pub other_errors: Vec<OtherError>,
    /// Members by which a run marks what it makes.
    pub marks: MarkMembers,
    /// Regions in which the service has endpoints.
    pub regions: Regions,
    /// How resources broadcast, if some do.
    pub broadcast: Option<BroadcastControl>,
    /// What a run on a real endpoint is charged for, if that is known.
    pub charges: Option<Charges>,
    /// Rates that a run on a real endpoint keeps to.
    pub quotas: Vec<Quota>,
    /// How many of a thing there can be.
    pub limits: Vec<Limit>,
    /// States without which a valid request does not succeed.
    pub preconditions: Vec<Precondition>,
    /// Resources of other services, by the type in their ARNs, for which any ARN of the form stands.
    pub external: Vec<String>,
    /// Lists (`Operation.input.path`) whose elements differ in valid requests, as duplicates are ambiguous.
    pub distinct: Vec<String>,
    /// Values that the constraints exclude but a target may accept: never sent.
    pub lenient_input: Vec<Leniency>,
    /// Values that the constraints exclude but that are legal in responses.
    pub lenient_output: Vec<Leniency>,
    /// Prose constraints on requests.
    pub input_rules: Vec<InputRule>,
    /// Prose constraints on responses.
    pub output_rules: Vec<OutputRule>,
    /// Rules that need several calls, or a request that is not built from a shape.
    pub scenario_rules: Vec<ScenarioRule>,
    /// What a create response shows for a member that the request leaves out.
    pub defaults: Vec<DefaultRule>,
    /// How each documented error is caused, or why it cannot be.
    pub error_triggers: Vec<ErrorTrigger>,
    /// Clauses without a case.
    pub untestable: Vec<Untestable>,
    /// Numbered statements of the reference, and what became of them.
    pub rules: Vec<NumberedRule>,
    /// Clauses that earlier versions had: their ids never mean anything else.
    pub retired: Vec<Retired>,
}

impl Rules {
    /// The form of rules files that this version reads.
    pub const SCHEMA: &str = "ivs-conformance/rules/2";

    /// Codes of the errors that every operation may respond with for this reason.
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
