//! How the reference is read: its numbered statements, contradictions, silences, and what cannot be tested.

use serde::Deserialize;

use super::super::clause::Tier;
use super::words::{ReasonKind, RulePlace};

/// A numbered statement of the reference, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberedRule {
    /// Its number.
    pub number: u32,
    /// What became of it.
    pub place: RulePlace,
    /// Ids of clauses, errata and ambiguities, or globs over clause ids.
    pub ids: Vec<String>,
    /// Keys of [`super::Rules::sections`].
    pub sections: Vec<String>,
    /// What it says, in one sentence.
    pub statement: String,
    /// What the harness accepts.
    pub reading: String,
    /// How far the reference backs it.
    pub tier: Tier,
}

/// A contradiction or damage of the reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Erratum {
    /// Stable id, `erratum.name`.
    pub id: String,
    /// Numbers of the statements that it is about.
    pub rules: Vec<u32>,
    /// Globs over the clauses that it is about.
    pub places: Vec<String>,
    /// What the literal text would do.
    pub literal: String,
    /// How it is read.
    pub reading: String,
    /// Why it is read so.
    pub why: String,
}

/// Something that the reference leaves open.
#[derive(Debug, Clone, PartialEq)]
pub struct Ambiguity {
    /// Stable id, `ambiguity.name`.
    pub id: String,
    /// Numbers of the statements that it is about.
    pub rules: Vec<u32>,
    /// Keys of [`super::Rules::sections`].
    pub sections: Vec<String>,
    /// What the reference leaves open.
    pub question: String,
    /// Every reading that passes.
    pub readings: Vec<String>,
    /// What that means for the harness.
    pub effect: String,
}

/// Why something cannot be tested.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// The kind of reason.
    pub kind: ReasonKind,
    /// The reason.
    pub reason: String,
    /// What the target or the run must have for it to be tested nevertheless, e.g. `signature-verification`.
    #[serde(default)]
    pub unless: Option<String>,
}

/// A clause without a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Untestable {
    /// Glob over clause ids; a rule, protocol or auth id without a star is defined here.
    pub clause: String,
    /// Numbers of the statements that it bears on.
    pub rules: Vec<u32>,
    /// Why it has none.
    pub why: Why,
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
