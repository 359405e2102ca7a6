//! Reads suite files.

use std::path::Path;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use super::source::{List, Origin, Source, SuiteError};
use super::{Suites, written};
use crate::plan::PlanError;
use crate::spec::problems;

static BUILTIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/suites/scenarios");

impl Suites {
    /// The suites that come with the program. They are written for the built-in contract.
    ///
    /// # Errors
    /// A file that is no suite.
    pub fn builtin() -> Result<Suites, PlanError> {
        let mut files: Vec<_> = BUILTIN.files().collect();
        files.sort_by_key(|file| file.path());
        let mut suites = Suites::default();
        for file in files {
            let path = Path::new("suites/scenarios").join(file.path());
            suites.extend(Suites::parse(&path, file.contents_utf8().unwrap_or(""))?);
        }
        suites.sources.iter_mut().for_each(|source| source.origin = Origin::BuiltIn);
        Ok(suites)
    }

    /// Reads one suite file. It is written for the contract that it is used with.
    ///
    /// # Errors
    /// What is wrong, with line and column. Whether the names in it are known is for [`crate::plan::plan`] to say.
    pub fn parse(path: &Path, text: &str) -> Result<Suites, PlanError> {
        let name = path.display().to_string();
        let located = |flaws| PlanError::Suites(SuiteError { problems: problems(&name, text, flaws) });
        let expanded = written::expand(text).map_err(located)?;
        let mut suites = Suites::deserialize(toml::Deserializer::from(expanded)).map_err(|error| {
            let help = "write the suite as `specs/suites.schema.json` describes it".to_owned();
            located(vec![(error.span().unwrap_or(0..0), error.message().trim().to_owned(), help)])
        })?;
        let first = [0; List::ALL.len()];
        suites.sources = vec![Source { name, text: text.into(), origin: Origin::Given, first }];
        Ok(suites)
    }

    /// Adds another file's content.
    pub fn extend(&mut self, other: Suites) {
        let before = List::ALL.map(|list| list.length(self));
        self.sources.extend(other.sources.into_iter().map(|mut source| {
            source.first.iter_mut().zip(before).for_each(|(first, before)| *first += before);
            source
        }));
        self.scenarios.extend(other.scenarios);
        self.states.extend(other.states);
        self.probes.extend(other.probes);
        self.echoes.extend(other.echoes);
        self.agreements.extend(other.agreements);
        self.sequences.extend(other.sequences);
        self.laws.extend(other.laws);
        self.activities.extend(other.activities);
        self.filters.extend(other.filters);
        self.ingest.steps.extend(other.ingest.steps);
    }
}
