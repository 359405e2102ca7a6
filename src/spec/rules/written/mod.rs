//! Rules as a person writes them, in TOML or as the same structure in JSON. Everything about one rule of the reference
//! stands in one `[[rule]]`: its number, what it says, how it is read, and the clauses that it makes. What is left out is
//! derived: `super::resolve` says how.

mod clauses;
mod facts;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::clause::Tier;
use super::super::conventions::{BroadcastControl, MarkMembers, Regions};
use super::errors::{CommonError, OtherError};
use super::reading::{Retired, Why};
use super::states::Charges;
use super::words::RulePlace;
pub(super) use clauses::{Ambiguity, Default, Erratum, Error, Input, Output, Scenario};
pub(super) use facts::{ErrorEntry, Leniency, Limit, Precondition, Quota, Untestable};

/// A rules file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Form of the file: [`super::Rules::SCHEMA`].
    pub schema: String,
    /// The rules that this file adds to: the stem of a file beside it, or a built-in contract.
    pub extends: Option<String>,
    /// Keys of entries of the extended file that do not hold: `super::extend` lists them.
    #[serde(default)]
    pub drop: Vec<String>,
    /// Day of the reference, as `YYYY-MM-DD`.
    pub published: Option<String>,
    /// Codes of the errors that refuse input, for rules that name none.
    pub invalid_input: Option<Vec<String>>,
    /// Headings of the reference, by key.
    #[serde(default)]
    pub sections: BTreeMap<String, String>,
    /// Other spellings of an error code.
    #[serde(default)]
    pub aliases: BTreeMap<String, Vec<String>>,
    /// Errors that every operation may respond with.
    #[serde(default)]
    pub common_errors: Vec<CommonError>,
    /// Errors that an operation may respond with although it does not document them.
    #[serde(default)]
    pub other_errors: Vec<OtherError>,
    /// Members by which a run marks what it makes.
    pub marks: Option<MarkMembers>,
    /// Regions in which the service has endpoints.
    pub regions: Option<Regions>,
    /// How resources broadcast.
    pub broadcast: Option<BroadcastControl>,
    /// What a run on a real endpoint is charged for.
    pub charges: Option<Charges>,
    /// Rates that a run on a real endpoint keeps to.
    #[serde(default)]
    pub quotas: Vec<Quota>,
    /// How many of a thing there can be.
    #[serde(default)]
    pub limits: Vec<Limit>,
    /// States without which a valid request does not succeed.
    #[serde(default)]
    pub preconditions: Vec<Precondition>,
    /// Resources of other services, by the type in their ARNs, for which any ARN of the form stands: no operation makes
    /// them.
    #[serde(default)]
    pub external: Vec<String>,
    /// Globs over lists of requests whose elements differ in valid ones.
    #[serde(default)]
    pub distinct: Vec<String>,
    /// Clauses without a case that no single rule is about.
    #[serde(default)]
    pub untestable: Vec<Untestable>,
    /// What causes documented errors.
    #[serde(default)]
    pub error: Vec<ErrorEntry>,
    /// The rules.
    #[serde(default)]
    pub rule: Vec<Rule>,
    /// Clauses that earlier versions had.
    #[serde(default)]
    pub retired: Vec<Retired>,
}

/// A rule of the reference with everything about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// Its number, where the statements of the reference are numbered.
    pub number: Option<u32>,
    /// Keys of the file's sections, for its clauses too.
    #[serde(default)]
    pub sections: Vec<String>,
    /// What the reference says, in one sentence.
    pub statement: Option<String>,
    /// What the harness accepts; that of its erratum or ambiguity if it is left out.
    pub reading: Option<String>,
    /// How far the reference backs it; its clauses say it themselves.
    #[serde(default = "documented")]
    pub tier: Tier,
    /// What became of it, where its entries do not say it.
    pub place: Option<RulePlace>,
    /// Globs over clauses of the model that carry it out.
    #[serde(default)]
    pub covers: Vec<String>,
    /// The contradiction or damage that it is.
    pub erratum: Option<Erratum>,
    /// What it leaves open.
    pub ambiguity: Option<Ambiguity>,
    /// Constraints on requests.
    #[serde(default)]
    pub input: Vec<Input>,
    /// Constraints on responses.
    #[serde(default)]
    pub output: Vec<Output>,
    /// Clauses that scenarios or probes decide.
    #[serde(default)]
    pub scenario: Vec<Scenario>,
    /// What a create response shows for members that the request leaves out.
    #[serde(default)]
    pub default: Vec<Default>,
    /// Clauses without a case.
    #[serde(default)]
    pub untestable: Vec<Untestable>,
    /// Values of requests that the constraints exclude but a target may accept.
    #[serde(default)]
    pub lenient_input: Vec<Leniency>,
    /// Values of responses that the constraints exclude but that are legal.
    #[serde(default)]
    pub lenient_output: Vec<Leniency>,
}

/// What an entry is documented as unless it says otherwise.
pub(super) fn documented() -> Tier {
    Tier::Documented
}

/// Why something cannot be tested, as a part of an entry.
pub(super) type Untested = Why;
