//! `ivs-conformance.toml`: the flags of `run` as a file, and what is expected of single operations.

mod place;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

use super::args::{
    AccountArgs, AuthMode, ColorMode, ConsoleArgs, EffortArgs, PlanArgs, RunArgs, SelectionArgs, TargetArgs,
    VerdictArgs,
};
use super::environment::Environment;
use super::error::CliError;
use super::output::ReportTarget;
use super::suggest::did_you_mean;
use super::values;
use crate::report::file_error::FileError;
use crate::report::record::ExpectedAbsence;
use crate::run::settings::{Profile, Shard};
use crate::run::span::Span;
use crate::spec::Bundle;
use place::Source;
pub use variables::variable;

/// The file that is read without being asked for.
pub const DEFAULT_FILE: &str = "ivs-conformance.toml";

/// The setting that names the file, which has a flag and a variable and is not a key.
const FILE_SETTING: &str = "config";

/// The keys of the file but `operations`: settings that have a flag and a variable as well.
pub const KEYS: &[&str] = &[
    "endpoint",
    "auth",
    "region",
    "aws-profile",
    "proxy",
    "wait",
    "ca-cert",
    "broadcast",
    "broadcast-command",
    "spec",
    "only",
    "skip",
    "operation",
    "shard",
    "profile",
    "cases",
    "seed",
    "jobs",
    "rate",
    "request-timeout",
    "deadline",
    "report",
    "baseline",
    "record",
    "strict",
    "implemented",
    "fail-fast",
    "history",
    "journal",
    "throttling",
    "quotas",
    "verbose",
    "quiet",
    "color",
];

/// A configuration file, or what variables say in its place.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    endpoint: Option<String>,
    auth: Option<AuthMode>,
    region: Option<String>,
    aws_profile: Option<String>,
    proxy: Option<String>,
    wait: Option<Span>,
    #[serde(default)]
    ca_cert: Vec<PathBuf>,
    broadcast: Option<String>,
    broadcast_command: Option<String>,
    spec: Option<PathBuf>,
    #[serde(default)]
    only: Vec<String>,
    #[serde(default)]
    skip: Vec<String>,
    #[serde(default)]
    operation: Vec<String>,
    #[serde(default, deserialize_with = "parsed")]
    shard: Option<Shard>,
    #[serde(default, deserialize_with = "parsed")]
    profile: Option<Profile>,
    cases: Option<u64>,
    seed: Option<u64>,
    jobs: Option<usize>,
    rate: Option<f64>,
    request_timeout: Option<Span>,
    deadline: Option<Span>,
    #[serde(default, deserialize_with = "parsed_list")]
    report: Vec<ReportTarget>,
    baseline: Option<PathBuf>,
    record: Option<PathBuf>,
    strict: Option<bool>,
    implemented: Option<bool>,
    fail_fast: Option<bool>,
    history: Option<bool>,
    journal: Option<PathBuf>,
    throttling: Option<bool>,
    quotas: Option<bool>,
    verbose: Option<bool>,
    quiet: Option<bool>,
    color: Option<ColorMode>,
    #[serde(default)]
    operations: BTreeMap<String, OperationConfig>,
    #[serde(skip)]
    source: Source,
}

/// What is expected of one operation.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationConfig {
    expect: Expect,
    reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Expect {
    Implemented,
    NotImplemented,
}

fn parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = String>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(de::Error::custom)
}

fn parsed_list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = String>,
{
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| text.parse().map_err(de::Error::custom)).collect()
}

/// What flags and variables say of a run, and the file that they name or that lies there.
///
/// # Errors
/// A variable or the file is wrong.
pub fn read(flags: RunArgs, environment: &Environment) -> Result<(RunArgs, Config), CliError> {
    let mut args = Config::from_variables(environment)?.under(flags);
    let from_variable = || environment.get(&variable(FILE_SETTING)).map(PathBuf::from);
    args.plan.selection.config = args.plan.selection.config.or_else(from_variable);
    let config = Config::load(args.plan.selection.config.as_deref())?;
    Ok((args, config))
}

impl Config {
    /// Reads the file that was asked for, or the one that lies there; an empty configuration if there is none.
    pub fn load(asked_for: Option<&Path>) -> Result<Config, CliError> {
        let path = asked_for.unwrap_or(Path::new(DEFAULT_FILE));
        match std::fs::read_to_string(path) {
            Ok(text) => Config::parse(path, &text).map_err(|damaged| CliError::File(damaged.into())),
            Err(error) if asked_for.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(Config::default()),
            Err(error) => Err(CliError::io("read the configuration", path, &error)),
        }
    }

    /// Understands the text of a file; the paths in it are relative to where it lies.
    pub fn parse(path: &Path, text: &str) -> Result<Config, FileError> {
        let source = Source::new(path, text);
        let mut config: Config = toml::from_str(text).map_err(|error| source.unreadable(&error))?;
        config.source = source;
        config.check()?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let files = [config.spec.as_mut(), config.baseline.as_mut(), config.journal.as_mut(), config.record.as_mut()];
        let reports = config.report.iter_mut().map(|report| report.file.as_mut());
        let certificates = config.ca_cert.iter_mut().map(Some);
        // A built-in contract has a name instead of a path.
        let is_name = |file: &PathBuf| file.to_str().is_some_and(|name| Bundle::named(name).is_some());
        for file in files.into_iter().chain(reports).chain(certificates).flatten() {
            let path = folder.join(&*file);
            if path.exists() || !is_name(file) {
                *file = path;
            }
        }
        Ok(config)
    }

    fn check(&self) -> Result<(), FileError> {
        for (one, other) in [("broadcast", "broadcast-command"), ("quiet", "verbose")] {
            let are_given = match one {
                "broadcast" => self.broadcast.is_some() && self.broadcast_command.is_some(),
                _ => self.quiet == Some(true) && self.verbose == Some(true),
            };
            if are_given {
                return Err(self.source.value(other, format!("`{other}` cannot stand beside `{one}`: leave one out")));
            }
        }
        values::check(&self.clone().under(RunArgs::default()))
            .map_err(|bad| self.source.value(bad.setting, format!("`{}` {}", bad.setting, bad.problem)))
    }

    /// Checks the names of operations, which only the contract knows.
    ///
    /// # Errors
    /// The file names an operation that is not one of `known`.
    pub fn check_operations(&self, known: &[&str]) -> Result<(), FileError> {
        match self.operations.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let question = did_you_mean(name, known.iter().copied());
                Err(self.source.operation(name, format!("the contract has no operation `{name}`{question}")))
            }
        }
    }

    /// Operations that the target is expected not to have.
    pub fn expected_absent(&self) -> Vec<ExpectedAbsence> {
        self.operations
            .iter()
            .filter(|(_, config)| config.expect == Expect::NotImplemented)
            .map(|(operation, config)| ExpectedAbsence { operation: operation.clone(), reason: config.reason.clone() })
            .collect()
    }

    /// The flags, and where they are silent, this file. A list on the command line replaces the file's.
    pub fn under(self, flags: RunArgs) -> RunArgs {
        RunArgs {
            target: TargetArgs {
                endpoint: flags.target.endpoint.or(self.endpoint),
                auth: flags.target.auth.or(self.auth),
                region: flags.target.region.or(self.region),
                aws_profile: flags.target.aws_profile.or(self.aws_profile),
                proxy: flags.target.proxy.or(self.proxy),
                wait: flags.target.wait.or(self.wait),
                ca_cert: or_list(flags.target.ca_cert, self.ca_cert),
                // A flag for one of the two ways to go live takes the place of the file's other one.
                broadcast_command: match flags.target.broadcast {
                    Some(_) => None,
                    None => flags.target.broadcast_command.clone().or(self.broadcast_command),
                },
                broadcast: match flags.target.broadcast_command {
                    Some(_) => None,
                    None => flags.target.broadcast.or(self.broadcast),
                },
            },
            plan: PlanArgs {
                selection: SelectionArgs {
                    spec: flags.plan.selection.spec.or(self.spec),
                    only: or_list(flags.plan.selection.only, self.only),
                    skip: or_list(flags.plan.selection.skip, self.skip),
                    operation: or_list(flags.plan.selection.operation, self.operation),
                    config: flags.plan.selection.config,
                },
                shard: flags.plan.shard.or(self.shard),
            },
            effort: EffortArgs {
                profile: flags.effort.profile.or(self.profile),
                cases: flags.effort.cases.or(self.cases),
                seed: flags.effort.seed.or(self.seed),
                jobs: flags.effort.jobs.or(self.jobs),
                rate: flags.effort.rate.or(self.rate),
                request_timeout: flags.effort.request_timeout.or(self.request_timeout),
                deadline: flags.effort.deadline.or(self.deadline),
                fail_fast: flags.effort.fail_fast.or(self.fail_fast),
            },
            verdict: VerdictArgs {
                report: or_list(flags.verdict.report, self.report),
                baseline: flags.verdict.baseline.or(self.baseline),
                update_baseline: flags.verdict.update_baseline,
                strict: flags.verdict.strict.or(self.strict),
                implemented: flags.verdict.implemented.or(self.implemented),
                history: flags.verdict.history.or(self.history),
            },
            account: AccountArgs {
                // Consent is given each time anew.
                yes: flags.account.yes,
                journal: flags.account.journal.or(self.journal),
                throttling: flags.account.throttling.or(self.throttling),
                quotas: flags.account.quotas.or(self.quotas),
            },
            // A flag for one of the two takes the place of the file's other one.
            console: ConsoleArgs {
                verbose: flags.console.verbose.or(self.verbose.filter(|_| flags.console.quiet.is_none())),
                quiet: flags.console.quiet.or(self.quiet.filter(|_| flags.console.verbose.is_none())),
                color: flags.console.color.or(self.color),
            },
            plan_only: flags.plan_only,
            record: flags.record.or(self.record),
        }
    }
}

fn or_list<T>(flags: Vec<T>, file: Vec<T>) -> Vec<T> {
    if flags.is_empty() { file } else { flags }
}

#[cfg(test)]
mod tests;
