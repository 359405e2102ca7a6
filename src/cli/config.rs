//! `ivs-conformance.toml`: the flags of `run` as a file, and what is expected of single operations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

use super::args::{
    AccountArgs, AuthMode, ColorMode, ConsoleArgs, EffortArgs, PlanArgs, RunArgs, TargetArgs, VerdictArgs,
};
use super::error::CliError;
use super::output::ReportTarget;
use super::span::Span;
use crate::report::damaged::Damaged;
use crate::report::record::ExpectedAbsence;
use crate::run::settings::{Profile, Shard};

/// The file that is read without being asked for.
pub const DEFAULT_FILE: &str = "ivs-conformance.toml";

/// A configuration file.
#[derive(Debug, Default, PartialEq, Deserialize)]
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
    journal: Option<PathBuf>,
    throttling: Option<bool>,
    quotas: Option<bool>,
    verbose: Option<bool>,
    quiet: Option<bool>,
    color: Option<ColorMode>,
    #[serde(default)]
    operations: BTreeMap<String, OperationConfig>,
}

/// What is expected of one operation.
#[derive(Debug, PartialEq, Deserialize)]
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
    pub fn parse(path: &Path, text: &str) -> Result<Config, Damaged> {
        let mut config: Config = toml::from_str(text).map_err(|error| Damaged::toml(path, text, &error))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let files = [config.spec.as_mut(), config.baseline.as_mut(), config.journal.as_mut(), config.record.as_mut()];
        let reports = config.report.iter_mut().map(|report| report.file.as_mut());
        let certificates = config.ca_cert.iter_mut().map(Some);
        for file in files.into_iter().chain(reports).chain(certificates).flatten() {
            *file = folder.join(&*file);
        }
        Ok(config)
    }

    /// The endpoint that the file names.
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// Operations that the file names.
    pub fn named_operations(&self) -> impl Iterator<Item = &str> {
        self.operations.keys().map(String::as_str)
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
                spec: flags.plan.spec.or(self.spec),
                only: or_list(flags.plan.only, self.only),
                skip: or_list(flags.plan.skip, self.skip),
                operation: or_list(flags.plan.operation, self.operation),
                shard: flags.plan.shard.or(self.shard),
                config: flags.plan.config,
            },
            effort: EffortArgs {
                profile: flags.effort.profile.or(self.profile),
                cases: flags.effort.cases.or(self.cases),
                seed: flags.effort.seed.or(self.seed),
                jobs: flags.effort.jobs.or(self.jobs),
                rate: flags.effort.rate.or(self.rate),
                request_timeout: flags.effort.request_timeout.or(self.request_timeout),
                deadline: flags.effort.deadline.or(self.deadline),
            },
            verdict: VerdictArgs {
                report: or_list(flags.verdict.report, self.report),
                baseline: flags.verdict.baseline.or(self.baseline),
                update_baseline: flags.verdict.update_baseline,
                strict: flags.verdict.strict.or(self.strict),
                implemented: flags.verdict.implemented.or(self.implemented),
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
mod tests {
    use std::time::Duration;

    use super::*;

    fn parse(text: &str) -> Result<Config, Damaged> {
        Config::parse(Path::new("ci/ivs-conformance.toml"), text)
    }

    const FULL: &str = r#"
        endpoint = "http://127.0.0.1:5000"
        auth = "none"
        region = "eu-west-1"
        aws-profile = "test"
        proxy = "http://proxy.example:3128"
        ca-cert = ["ca.pem"]
        broadcast = "/live"
        spec = "model.json"
        only = ["CreateChannel.*"]
        skip = ["*.pattern"]
        operation = ["GetChannel"]
        shard = "1/2"
        profile = "deep"
        cases = 20000
        seed = 9
        jobs = 3
        rate = 2.5
        request-timeout = 1.5
        deadline = "1m"
        wait = 5
        report = ["json=-", "html=out/report.html"]
        baseline = "baseline.toml"
        strict = true
        implemented = true
        journal = "run.journal"
        record = "run.har"
        throttling = true
        quotas = false
        verbose = true
        quiet = false
        color = "never"

        [operations.StopStream]
        expect = "not_implemented"
        reason = "no streams here"

        [operations.GetChannel]
        expect = "implemented"
    "#;

    #[test]
    fn every_flag_of_run_can_stand_in_the_file() {
        let config = parse(FULL).unwrap();
        assert_eq!(config.expected_absent().len(), 1);
        let run = config.under(RunArgs::default());
        assert_eq!(run.target.endpoint.as_deref(), Some("http://127.0.0.1:5000"));
        assert_eq!(run.target.proxy.as_deref(), Some("http://proxy.example:3128"));
        assert_eq!(run.plan.shard, Some(Shard { index: 1, count: 2 }));
        assert_eq!(run.effort.profile, Some(Profile::Deep));
        assert_eq!(run.effort.deadline, Some(Span(Duration::from_secs(60))));
        assert_eq!(run.target.wait, Some(Span(Duration::from_secs(5))));
        assert_eq!(run.verdict.strict, Some(true));
        assert_eq!(run.plan.operation, ["GetChannel"]);
        assert_eq!((run.console.verbose, run.console.quiet), (Some(true), Some(false)));
        assert_eq!(run.console.color, Some(ColorMode::Never));
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let run = parse(FULL).unwrap().under(RunArgs::default());
        assert_eq!(run.plan.spec, Some(PathBuf::from("ci/model.json")));
        assert_eq!(run.verdict.baseline, Some(PathBuf::from("ci/baseline.toml")));
        assert_eq!(run.target.ca_cert, [PathBuf::from("ci/ca.pem")]);
        assert_eq!(run.account.journal, Some(PathBuf::from("ci/run.journal")));
        assert_eq!(run.record, Some(PathBuf::from("ci/run.har")));
        assert_eq!((run.account.throttling, run.account.quotas), (Some(true), Some(false)));
        assert_eq!(run.verdict.report[0].file, None);
        assert_eq!(run.verdict.report[1].file, Some(PathBuf::from("ci/out/report.html")));
    }

    #[test]
    fn flags_win_over_the_file() {
        let mut flags = RunArgs::default();
        flags.effort.seed = Some(1);
        flags.plan.only = vec!["GetChannel.*".to_owned()];
        flags.verdict.strict = Some(false);
        let run = parse(FULL).unwrap().under(flags);
        assert_eq!(run.effort.seed, Some(1));
        assert_eq!(run.plan.only, ["GetChannel.*"]);
        assert_eq!(run.plan.skip, ["*.pattern"]);
        assert_eq!(run.verdict.strict, Some(false));
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_line() {
        for (text, line, word) in [
            ("seed = 1\nsede = 2\n", 2, "sede"),
            ("profile = \"slow\"\n", 1, "slow"),
            ("seed = 1\n\nreport = [\"pdf=x\"]\n", 3, "pdf"),
            ("[operations.StopStream]\nexpect = \"maybe\"\n", 2, "maybe"),
            ("seed = \n", 1, ""),
        ] {
            let damaged = parse(text).unwrap_err();
            assert_eq!(damaged.line, line, "{damaged}");
            assert!(damaged.to_string().contains(word), "{damaged}");
        }
    }

    #[test]
    fn a_file_that_was_asked_for_must_be_there() {
        assert!(Config::load(Some(Path::new("/nowhere/config.toml"))).is_err());
    }
}
