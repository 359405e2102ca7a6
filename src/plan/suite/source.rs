//! The files that suites come from, so that what is wrong with an entry can be shown where it stands.

use std::sync::Arc;

use miette::Diagnostic;
use thiserror::Error;

use super::Suites;
use crate::spec::Problem;

/// A list of entries in a suite file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::plan) enum List {
    /// `[[state]]`
    States,
    /// `[[scenario]]`
    Scenarios,
    /// `[[probe]]`
    Probes,
    /// `[[echo]]`
    Echoes,
    /// `[[agreement]]`
    Agreements,
    /// `[[sequence]]`
    Sequences,
    /// `[[law]]`
    Laws,
    /// `[[activity]]`
    Activities,
    /// `[[filter]]`
    Filters,
    /// `ingest.steps`
    Ingest,
}

impl List {
    /// All lists.
    pub const ALL: [List; 10] = [
        List::States,
        List::Scenarios,
        List::Probes,
        List::Echoes,
        List::Agreements,
        List::Sequences,
        List::Laws,
        List::Activities,
        List::Filters,
        List::Ingest,
    ];

    /// The keys that lead to it in a file.
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            List::States => &["state"],
            List::Scenarios => &["scenario"],
            List::Probes => &["probe"],
            List::Echoes => &["echo"],
            List::Agreements => &["agreement"],
            List::Sequences => &["sequence"],
            List::Laws => &["law"],
            List::Activities => &["activity"],
            List::Filters => &["filter"],
            List::Ingest => &["ingest", "steps"],
        }
    }

    /// How many entries suites have in it.
    pub fn length(self, suites: &Suites) -> usize {
        match self {
            List::States => suites.states.len(),
            List::Scenarios => suites.scenarios.len(),
            List::Probes => suites.probes.len(),
            List::Echoes => suites.echoes.len(),
            List::Agreements => suites.agreements.len(),
            List::Sequences => suites.sequences.len(),
            List::Laws => suites.laws.len(),
            List::Activities => suites.activities.len(),
            List::Filters => suites.filters.len(),
            List::Ingest => suites.ingest.steps.len(),
        }
    }
}

/// Which contract a suite file is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::plan) enum Origin {
    /// It comes with the program: for the built-in contract.
    BuiltIn,
    /// It was given: for the contract that it is used with.
    Given,
}

/// A suite file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) struct Source {
    pub name: String,
    pub text: Arc<str>,
    pub origin: Origin,
    /// Position of its first entry in each list of the joined suites.
    pub first: [usize; List::ALL.len()],
}

impl Suites {
    /// The file of an entry, and the entry's position in it.
    pub(in crate::plan) fn source(&self, list: List, index: usize) -> Option<(&Source, usize)> {
        let first = |source: &Source| source.first.get(list as usize).copied().unwrap_or_default();
        let source = self.sources.iter().rfind(|source| first(source) <= index)?;
        Some((source, index - first(source)))
    }
}

/// Suites that cannot be used, with everything that is wrong with them.
#[derive(Debug, Clone, Error, Diagnostic)]
#[error("{}", summary(.problems))]
pub struct SuiteError {
    /// Every problem found, by file and line.
    #[related]
    pub problems: Vec<Problem>,
}

fn summary(problems: &[Problem]) -> String {
    match problems {
        [] => "the suites cannot be used".to_owned(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more problems of the suites)", rest.len()),
    }
}
