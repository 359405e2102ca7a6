//! The settings of the configuration file as variables: `IVS_CONFORMANCE_REQUEST_TIMEOUT=30s`.

use serde::Deserialize;

use super::place::question;
use super::{Config, FILE_SETTING, KEYS};
use crate::cli::args::RunArgs;
use crate::cli::environment::Environment;
use crate::cli::error::CliError;
use crate::cli::suggest::did_you_mean;
use crate::cli::values;

/// What the names of all variables of this program begin with.
const PREFIX: &str = "IVS_CONFORMANCE_";

/// The variable of a setting.
pub fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('-', "_"))
}

impl Config {
    /// The settings that variables give. Paths are relative to the current directory.
    ///
    /// # Errors
    /// A variable has a value that its setting cannot have, or a name that is like one of a setting and is not one.
    pub fn from_variables(environment: &Environment) -> Result<Config, CliError> {
        known_names(environment)?;
        let mut table = toml::Table::new();
        for key in KEYS {
            if let Some(text) = environment.get(&variable(key)) {
                table.insert((*key).to_owned(), value(key, text)?);
            }
        }
        let config = read(table).map_err(|error| CliError::usage(error.message().trim()))?;
        values::check(&config.clone().under(RunArgs::default()))
            .map_err(|bad| CliError::usage(format!("{} {}", variable(bad.setting), bad.problem)))?;
        Ok(config)
    }
}

/// A name that is like one of a setting is a slip: a run must not go on without what was meant.
fn known_names(environment: &Environment) -> Result<(), CliError> {
    let known: Vec<String> = KEYS.iter().chain([&FILE_SETTING]).map(|key| variable(key)).collect();
    for name in environment.names().filter(|name| name.starts_with(PREFIX)) {
        let suffixes = known.iter().filter_map(|name| name.strip_prefix(PREFIX));
        let question = did_you_mean(name.trim_start_matches(PREFIX), suffixes);
        if !known.iter().any(|known| known == name) && !question.is_empty() {
            let question = question.replace('`', "").replace("did you mean ", "did you mean IVS_CONFORMANCE_");
            return Err(CliError::usage(format!("there is no variable {name}{question}")));
        }
    }
    Ok(())
}

/// The first form of a text that its setting takes: the text itself, a TOML value, or a list of the text alone.
fn value(key: &str, text: &str) -> Result<toml::Value, CliError> {
    let plain = toml::Value::String(text.to_owned());
    let written = toml::from_str::<toml::Table>(&format!("value = {text}")).ok();
    let written = written.filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"));
    let list = toml::Value::Array(vec![plain.clone()]);
    let mut last = String::new();
    for form in [Some(plain), written, Some(list)].into_iter().flatten() {
        match read(toml::Table::from_iter([(key.to_owned(), form.clone())])) {
            Ok(_) => return Ok(form),
            // The complaint of another type about the text would mislead.
            Err(error) if last.is_empty() || last.starts_with("invalid type: string") => {
                let message = error.message().trim();
                if last.is_empty() || !message.starts_with("invalid type: sequence") {
                    last = message.to_owned();
                }
            }
            Err(_) => {}
        }
    }
    Err(CliError::usage(format!("{}={text}: {last}{}", variable(key), question(&last))))
}

fn read(table: toml::Table) -> Result<Config, toml::de::Error> {
    Config::deserialize(toml::Value::Table(table))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cli::environment::Profiles;

    fn config(variables: &[(&str, &str)]) -> Result<RunArgs, String> {
        let environment = Environment::of(variables, Profiles::new());
        Config::from_variables(&environment).map(|config| config.under(RunArgs::default())).map_err(|e| e.message())
    }

    #[test]
    fn every_setting_has_a_variable() {
        let run = config(&[
            ("IVS_CONFORMANCE_ENDPOINT", "http://127.0.0.1:5000"),
            ("IVS_CONFORMANCE_REQUEST_TIMEOUT", "5m"),
            ("IVS_CONFORMANCE_DEADLINE", "90"),
            ("IVS_CONFORMANCE_STRICT", "true"),
            ("IVS_CONFORMANCE_SEED", "7"),
            ("IVS_CONFORMANCE_REGION", "7"),
            ("IVS_CONFORMANCE_ONLY", "[\"A.*\", \"B.*\"]"),
            ("IVS_CONFORMANCE_SKIP", "C.*"),
            ("IVS_CONFORMANCE_REPORT", "json=report.json"),
            ("IVS_CONFORMANCE_SHARD", "2/3"),
            ("IVS_CONFORMANCE_JUNIT", "of somebody else"),
            ("IVS_CONFORMANCE_JOBS", ""),
        ])
        .unwrap();
        assert_eq!(run.target.endpoint.as_deref(), Some("http://127.0.0.1:5000"));
        assert_eq!(run.effort.request_timeout.unwrap().0, Duration::from_secs(300));
        assert_eq!(run.effort.deadline.unwrap().0, Duration::from_secs(90));
        assert_eq!((run.verdict.strict, run.effort.seed, run.effort.jobs), (Some(true), Some(7), None));
        assert_eq!(run.target.region.as_deref(), Some("7"));
        assert_eq!(
            (run.plan.selection.only.as_slice(), run.plan.selection.skip.len()),
            (["A.*", "B.*"].map(str::to_owned).as_slice(), 1)
        );
        assert_eq!(run.verdict.report.len(), 1);
    }

    #[test]
    fn a_bad_value_names_its_variable() {
        for (name, value, words) in [
            ("IVS_CONFORMANCE_JOBS", "many", "IVS_CONFORMANCE_JOBS=many: invalid type"),
            ("IVS_CONFORMANCE_JOBS", "-1", "`-1`"),
            ("IVS_CONFORMANCE_JOBS", "0", "IVS_CONFORMANCE_JOBS 0 would send nothing"),
            ("IVS_CONFORMANCE_STRICT", "yes", "expected a boolean"),
            ("IVS_CONFORMANCE_PROFILE", "depe", "did you mean `deep`?"),
            ("IVS_CONFORMANCE_REPORT", "jsno=x", "did you mean `json`?"),
            ("IVS_CONFORMANCE_DEADLINE", "soon", "no span of time"),
            ("IVS_CONFORMANCE_ENDPIONT", "http://127.0.0.1:1", "did you mean IVS_CONFORMANCE_ENDPOINT?"),
        ] {
            let said = config(&[(name, value)]).unwrap_err();
            assert!(said.contains(words), "{name}={value}: {said}");
        }
    }
}
