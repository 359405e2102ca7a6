//! Reads suites, and keeps of them what fits a contract.

use std::path::Path;

use include_dir::{Dir, include_dir};

use super::PlanError;
use super::resources::Resources;
use super::suite::{Assert, Expect, Scenario, Step, Suites};
use crate::spec::Contract;
use crate::spec::rules::{AbsentOutput, DefaultRule};

static BUILTIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/suites/scenarios");

impl Suites {
    /// The suites that come with the program.
    ///
    /// # Errors
    /// A file that is no suite.
    pub fn builtin() -> Result<Suites, PlanError> {
        let mut files: Vec<_> = BUILTIN.files().collect();
        files.sort_by_key(|file| file.path());
        let mut suites = Suites::default();
        for file in files {
            suites.extend(Suites::parse(file.path(), file.contents_utf8().unwrap_or(""))?);
        }
        Ok(suites)
    }

    /// Reads one suite file.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn parse(path: &Path, text: &str) -> Result<Suites, PlanError> {
        let refused = |reason| PlanError::Suite { file: path.display().to_string(), reason };
        let suites: Suites = toml::from_str(text).map_err(|error| refused(error.to_string().trim_end().to_owned()))?;
        match suites.scenarios.iter().find(|scenario| !scenario.decides_something()) {
            Some(scenario) => Err(refused(format!(
                "the scenario `{}` decides no clause and would never run: give a step a `rule`, an `assert` or an error \
                 that it expects",
                scenario.name
            ))),
            None => Ok(suites),
        }
    }

    /// Adds another file's content.
    pub fn extend(&mut self, other: Suites) {
        self.scenarios.extend(other.scenarios);
        self.states.extend(other.states);
        self.probes.extend(other.probes);
        self.echoes.extend(other.echoes);
        self.sequences.extend(other.sequences);
        self.laws.extend(other.laws);
        self.ingest.steps.extend(other.ingest.steps);
    }

    /// Drops what speaks of operations or clauses that the contract does not have, and adds a scenario for every
    /// default that it states.
    pub(super) fn for_contract(mut self, contract: &Contract) -> Suites {
        let has_clause = |id: &str| contract.clauses.find(id).is_some();
        let fits_alone = |step: &Step| {
            let operation = step.call.as_deref().or(step.walk.as_deref());
            operation.is_none_or(|name| contract.operation(name).is_some())
                && step.asserts.iter().all(|assert| has_clause(&assert.rule))
                && step.rule.as_deref().is_none_or(has_clause)
        };
        let fits = |step: &Step| fits_alone(step) && step.beside.iter().all(fits_alone);
        self.scenarios.retain(|scenario| scenario.steps.iter().all(fits));
        self.states.retain(|state| state.reach.iter().chain(&state.leave).all(fits));
        self.probes.retain(|probe| has_clause(&probe.clause));
        self.echoes.retain(|echo| has_clause(&echo.rule));
        self.laws.retain(|law| has_clause(&law.rule));
        let resources = Resources::of(contract);
        let can_be_made = |resource: &String| resources.producer(resource).is_some();
        self.sequences.retain(|sequence| sequence.resources.iter().all(can_be_made));
        self.ingest.steps.retain(fits);
        self.scenarios.extend(contract.rules.defaults.iter().map(default_scenario));
        self
    }
}

/// One create that leaves the member out, and what its answer shows.
fn default_scenario(rule: &DefaultRule) -> Scenario {
    let mut allowed = vec![rule.value.clone()];
    allowed.extend(rule.also_allowed.clone());
    if rule.absent == AbsentOutput::Tolerated {
        allowed.push(serde_json::Value::Null);
    }
    Scenario {
        name: rule.id.trim_start_matches("rule.").to_owned(),
        summary: format!("Without `{}`, {} answers with the documented default.", rule.member, rule.operation),
        needs: Vec::new(),
        slow: false,
        steps: vec![Step {
            call: Some(rule.operation.clone()),
            input: serde_json::Value::Object(rule.given.clone()),
            complete: true,
            times: 1,
            expect: Expect::default(),
            asserts: vec![Assert {
                rule: rule.id.clone(),
                at: rule.output.clone(),
                one_of: Some(allowed),
                ..Assert::default()
            }],
            ..Step::default()
        }],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_scenario_that_decides_nothing_is_refused() {
        let text = "[[scenario]]\nname = \"idle\"\nsummary = \"x\"\n[[scenario.step]]\ncall = \"ListChannels\"\n";
        let error = Suites::parse(Path::new("suites/scenarios/mine.toml"), text).unwrap_err().to_string();
        assert!(error.starts_with("suites/scenarios/mine.toml: the scenario `idle` decides no clause"), "{error}");
        let decisive = format!("{text}expect = \"ConflictException\"\n");
        assert_eq!(Suites::parse(Path::new("suites/scenarios/mine.toml"), &decisive).unwrap().scenarios.len(), 1);
    }
}
