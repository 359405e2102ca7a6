//! The command line as it is typed. What is left out stays `None`: [`resolve`](super::resolve) fills it from the
//! configuration file, the environment and the defaults.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

use super::output::ReportTarget;
use super::report_file::ReportFile;
use crate::run::settings::{Profile, Shard};
use crate::run::span::Span;

const AFTER_HELP: &str = "\
Exit codes: 0 everything tested conforms; 1 divergences; 2 bad usage, spec, suite, config or baseline, \
and nothing was sent; 3 could not test (target unreachable, not HTTP, not this API, access refused, deadline, \
interrupted, an internal error, or nothing was tested).";

const AFTER_REPORT: &str =
    "Exit codes: those of the saved run: 0 conforms, 1 diverges, 3 could not test; 2 bad report.";

const AFTER_DIFF: &str = "\
Exit codes: 0 the reports say the same of what both checked; 1 they differ; 2 bad report, or nothing to compare.";

/// Checks an API endpoint against its contract, clause by clause.
#[derive(Debug, Parser)]
#[command(name = "ivs-conformance", version, about, after_help = AFTER_HELP, propagate_version = true)]
#[command(disable_help_subcommand = true, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Checks a target against the contract
    #[command(long_about = "Checks a target against the contract.\n\nWithout --endpoint it starts the embedded \
        reference server on a free loopback port and checks that over real HTTP.", after_help = AFTER_HELP)]
    Run(Box<RunArgs>),
    /// Runs the reference server alone
    Serve(ServeArgs),
    /// Lists every case and clause that `run` would check; sends nothing
    List(ListArgs),
    /// Explains a clause, case, finding, finding kind, erratum or rule
    Explain(ExplainArgs),
    /// Sends the minimal requests of a report's findings again
    Replay(ReplayArgs),
    /// Joins the JSON reports of shards into one
    Merge(MergeArgs),
    /// Shows a saved report again, or writes it in other formats; sends nothing
    #[command(after_help = AFTER_REPORT)]
    Report(ReportArgs),
    /// Compares two saved reports: which findings are new, gone or changed, and what became of the clauses
    #[command(after_help = AFTER_DIFF)]
    Diff(DiffArgs),
    /// Judges recorded traffic (HAR 1.2, or one exchange per line as JSON); sends nothing
    #[command(after_help = AFTER_HELP)]
    Judge(Box<JudgeArgs>),
    /// Deletes what an interrupted run created, and nothing else
    Clean(CleanArgs),
    /// Seeds faults into the reference server and prints how many are caught
    Selftest(SelftestArgs),
    /// Checks, compares and exports contract files
    Spec {
        /// What to do with it.
        #[command(subcommand)]
        command: SpecCommand,
    },
    /// Prints the completion script of a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Prints the manual page of a command (roff), or writes all pages
    Man(ManArgs),
}

/// Which clauses and cases, and with what.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "What to check")]
pub struct PlanArgs {
    /// Contract to check against: `ivs-2026-11`, a Smithy model, a botocore service-2.json, or a directory with one
    /// [default: built-in, of the reference document]
    #[arg(long, value_name = "PATH")]
    pub spec: Option<PathBuf>,
    /// Keeps clauses or cases whose id matches, and the clauses of such cases; findings of other clauses do not count
    /// and are not shown; repeatable
    #[arg(long, value_name = "GLOB")]
    pub only: Vec<String>,
    /// Drops clauses or cases whose id matches; findings of dropped clauses do not count and are not shown; repeatable
    #[arg(long, value_name = "GLOB")]
    pub skip: Vec<String>,
    /// Keeps the clauses and cases of an operation, like --only 'NAME.*'; repeatable
    #[arg(long, value_name = "NAME")]
    pub operation: Vec<String>,
    /// Keeps the I-th of N deterministic, disjoint parts [default: 1/1]
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Settings as TOML [default: ivs-conformance.toml if present]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Arguments of `run`.
#[derive(Debug, Clone, Default, Args)]
pub struct RunArgs {
    /// The target.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Which clauses and cases.
    #[command(flatten)]
    pub plan: PlanArgs,
    /// How hard.
    #[command(flatten)]
    pub effort: EffortArgs,
    /// What comes out.
    #[command(flatten)]
    pub verdict: VerdictArgs,
    /// What the console shows.
    #[command(flatten)]
    pub console: ConsoleArgs,
    /// What is done in an account.
    #[command(flatten)]
    pub account: AccountArgs,
    /// Says how many requests, resources and minutes the run will take, and what stays untested; sends nothing
    #[arg(long = "plan", help_heading = "Account", default_value_t = false, hide_default_value = true, action = clap::ArgAction::Set)]
    #[arg(value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub plan_only: bool,
    /// Writes every exchange as HAR 1.2, with placeholders for secrets; `judge` reads it
    #[arg(long, value_name = "FILE", help_heading = "Reports and verdict")]
    pub record: Option<PathBuf>,
}

/// What is done, and how carefully, on a target that is not on this machine.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Account")]
pub struct AccountArgs {
    /// Goes on without asking on a target that is not on this machine
    #[arg(long, default_value_t = false, hide_default_value = true, action = clap::ArgAction::Set)]
    #[arg(value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub yes: bool,
    /// Where everything is written down before it is made [default: a new file here, if the target is not on this machine]
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Tests the clauses about throttling too, by sending more than the quotas allow [default: on this machine only]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub throttling: Option<bool>,
    /// Keeps to the service's quotas [default: if the target is not on this machine]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub quotas: Option<bool>,
}

/// Where the target is and how to talk to it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Target")]
pub struct TargetArgs {
    /// Base URL of the target, or `aws` for the service itself [default: the embedded reference server]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// Whether to sign requests [default: sigv4]
    #[arg(long, value_enum)]
    pub auth: Option<AuthMode>,
    /// AWS region to sign for [default: from the environment, else us-east-1]
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// Profile of the AWS configuration files to take credentials and region from
    #[arg(long, value_name = "NAME")]
    pub aws_profile: Option<String>,
    /// Proxy for a target that is not on this machine [default: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY]
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// How long to wait for the target to accept connections: seconds, or 30s, 5m [default: 0]
    #[arg(long, value_name = "S")]
    pub wait: Option<Span>,
    /// PEM certificates to trust besides the system's, AWS_CA_BUNDLE's and SSL_CERT_FILE's; repeatable
    #[arg(long, value_name = "FILE")]
    pub ca_cert: Vec<PathBuf>,
    /// Path of the target that starts and ends broadcasts on POST of the body that the contract states
    #[arg(long, value_name = "PATH")]
    pub broadcast: Option<String>,
    /// Shell command that streams to {ingest-endpoint} with {stream-key} for {duration} seconds
    #[arg(long, value_name = "COMMAND", conflicts_with = "broadcast")]
    pub broadcast_command: Option<String>,
}

/// How much is sent, and how fast.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Effort")]
pub struct EffortArgs {
    /// How many examples a clause gets [default: standard]
    #[arg(long, value_name = "PROFILE", value_parser = profiles())]
    pub profile: Option<Profile>,
    /// Requests to make up in all, shared out evenly over the cases [default: by the profile]
    #[arg(long, value_name = "N")]
    pub cases: Option<u64>,
    /// Seed of every random choice [default: fixed]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Requests in flight [default: chosen from the machine]
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Requests per second in all [default: unlimited on loopback, else the contract's quotas]
    #[arg(long, value_name = "R")]
    pub rate: Option<f64>,
    /// How long one request may take: seconds, or 30s, 5m [default: 10]
    #[arg(long, value_name = "S")]
    pub request_timeout: Option<Span>,
    /// How long the whole run may take: seconds, or 30s, 5m [default: none]
    #[arg(long, value_name = "S")]
    pub deadline: Option<Span>,
}

/// Profiles by name, so that help and completion know them.
fn profiles() -> impl TypedValueParser<Value = Profile> {
    let names = [Profile::Quick, Profile::Standard, Profile::Deep].map(Profile::id);
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Profile>())
}

/// What is written, and what fails.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Reports and verdict")]
pub struct VerdictArgs {
    /// Writes a report: json, junit, html, markdown, sarif or badge; `-` is stdout; repeatable
    #[arg(long, value_name = "FORMAT=FILE")]
    pub report: Vec<ReportTarget>,
    /// Known divergences: only what is new fails, and what is fixed fails until the file is tightened
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Rewrites the baseline to what this run saw, keeping reasons and dates
    #[arg(long, default_value_t = false, hide_default_value = true, action = clap::ArgAction::Set)]
    #[arg(value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub update_baseline: bool,
    /// Counts recommendations inferred beyond the text of the reference too
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub strict: Option<bool>,
    /// Does not count operations that the target does not have
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub implemented: Option<bool>,
    /// Keeps the report among those of the last 20 runs, where `latest` stands for it [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub history: Option<bool>,
}

/// What the console shows.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Console")]
pub struct ConsoleArgs {
    /// Shows all causes with their findings, all notes and every untested reason
    #[arg(long, short, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub verbose: Option<bool>,
    /// Shows the verdict alone
    #[arg(long, short, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[arg(conflicts_with = "verbose")]
    pub quiet: Option<bool>,
    /// When to use colours [default: auto]
    #[arg(long, value_name = "WHEN", value_enum)]
    pub color: Option<ColorMode>,
}

/// When the console has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColorMode {
    /// Where a terminal reads, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Whether requests are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthMode {
    /// Signed with AWS Signature Version 4
    #[value(name = "sigv4")]
    SigV4,
    /// Unsigned
    None,
}

/// The API that the reference server keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ServedApi {
    /// That of the API reference of 2025-02-28: 35 operations
    #[value(name = "2025-02")]
    Document,
    /// That of the service's public model of November 2026: 46 operations, as in `--spec ivs-2026-11`
    #[value(name = "2026-11")]
    November2026,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Whether to verify signatures, against the access key in the environment, else the test key that `run` signs with
    #[arg(long, value_enum, default_value = "sigv4")]
    pub auth: AuthMode,
    /// Which API to serve
    #[arg(long, value_enum, default_value = "2025-02")]
    pub api: ServedApi,
    /// Deviates deliberately; repeatable
    #[arg(long, value_name = "ID")]
    pub fault: Vec<String>,
    /// Behaves differently within the contract; repeatable
    #[arg(long, value_name = "ID")]
    pub variant: Vec<String>,
}

/// Form of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which clauses and cases.
    #[command(flatten)]
    pub plan: PlanArgs,
    /// Form of the list
    #[arg(long, value_enum, default_value = "text")]
    pub format: ListFormat,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Id of a clause, case, finding, finding kind or erratum, or rule:N
    pub id: String,
    /// Contract that the id is of [default: the built-in contract]
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
    /// JSON report in which to look up a finding's id; `latest` is that of the last run
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub report: Option<ReportFile>,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// JSON report whose findings are sent again; `latest` is that of the last run
    #[arg(value_hint = ValueHint::FilePath)]
    pub report: ReportFile,
    /// Ids of findings; all of the report if none is given
    pub findings: Vec<String>,
    /// The target.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Contract that the report was made with [default: the built-in contract]
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
    /// What is done in an account.
    #[command(flatten)]
    pub account: AccountArgs,
}

/// Arguments of `merge`.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// JSON reports, one of every shard; `latest` is that of the last run
    #[arg(required = true, value_hint = ValueHint::FilePath)]
    pub reports: Vec<ReportFile>,
    /// Writes a report: json, junit, html, markdown, sarif or badge; `-` is stdout; repeatable
    #[arg(long, value_name = "FORMAT=FILE")]
    pub report: Vec<ReportTarget>,
    /// What the console shows.
    #[command(flatten)]
    pub console: ConsoleArgs,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// JSON report; `latest` is that of the last run, `latest~1` that of the run before
    #[arg(value_name = "REPORT", value_hint = ValueHint::FilePath)]
    pub saved: ReportFile,
    /// Writes a report: json, junit, html, markdown, sarif or badge; `-` is stdout; repeatable; the console shows the
    /// verdict alone then
    #[arg(long, value_name = "FORMAT=FILE")]
    pub report: Vec<ReportTarget>,
    /// What the console shows.
    #[command(flatten)]
    pub console: ConsoleArgs,
}

/// Arguments of `judge`.
#[derive(Debug, Args)]
pub struct JudgeArgs {
    /// Recordings: HAR 1.2, or one exchange per line as JSON; `-` is stdin
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Judges the exchanges with this target alone, by its base URL [default: every exchange that has method and path of an
    /// operation, and neither host nor signature of another AWS service]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// Contract to judge by: `ivs-2026-11`, a Smithy model, a botocore service-2.json, or a directory with one
    /// [default: built-in, of the reference document]
    #[arg(long, value_name = "PATH")]
    pub spec: Option<PathBuf>,
    /// Keeps clauses whose id matches; repeatable
    #[arg(long, value_name = "GLOB")]
    pub only: Vec<String>,
    /// Drops clauses whose id matches; repeatable
    #[arg(long, value_name = "GLOB")]
    pub skip: Vec<String>,
    /// Keeps the clauses of an operation, like --only 'NAME.*'; repeatable
    #[arg(long, value_name = "NAME")]
    pub operation: Vec<String>,
    /// Settings as TOML; what is about a target is not used [default: ivs-conformance.toml if present]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What comes out.
    #[command(flatten)]
    pub verdict: VerdictArgs,
    /// What the console shows.
    #[command(flatten)]
    pub console: ConsoleArgs,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// JSON report of the earlier run; `latest~1` is that of the run before the last
    #[arg(value_hint = ValueHint::FilePath)]
    pub old: ReportFile,
    /// JSON report of the later run; `latest` is that of the last run
    #[arg(value_hint = ValueHint::FilePath)]
    pub new: ReportFile,
    /// Form of the result
    #[arg(long, value_enum, default_value = "text")]
    pub format: ListFormat,
}

/// Arguments of `clean`.
#[derive(Debug, Args)]
pub struct CleanArgs {
    /// Journal that the interrupted run left
    #[arg(required_unless_present = "run_id")]
    pub journal: Option<PathBuf>,
    /// Run whose journal is lost: deletes what carries its tag
    #[arg(long, value_name = "ID", conflicts_with = "journal", requires = "endpoint")]
    pub run_id: Option<String>,
    /// Contract of the run [default: the built-in contract]
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
    /// The target.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// Arguments of `selftest`.
#[derive(Debug, Args)]
pub struct SelftestArgs {
    /// Keeps faults whose id matches, or that of a clause they break; repeatable
    #[arg(long, value_name = "GLOB")]
    pub only: Vec<String>,
    /// Tries N of the faults, chosen by the seed
    #[arg(long, value_name = "N")]
    pub sample: Option<usize>,
    /// Seed of every random choice
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Form of the result
    #[arg(long, value_enum, default_value = "text")]
    pub format: ListFormat,
    /// Writes the result as JSON to a file as well
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Checks each faulty server by a full run, and counts what it accuses beside the fault
    #[arg(long, default_value_t = false, hide_default_value = true, action = clap::ArgAction::Set)]
    #[arg(value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub whole: bool,
    /// The same with N random pairs of faults
    #[arg(long, value_name = "N", conflicts_with_all = ["whole", "sample"])]
    pub pairs: Option<usize>,
    /// Faults tried at the same time [default: chosen from the machine]
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Command whose page is printed, e.g. `run` or `spec diff` [default: the page of the program]
    #[arg(value_name = "COMMAND", conflicts_with = "directory")]
    pub command: Vec<String>,
    /// Writes the pages of all commands into a directory, which is created if it does not exist
    #[arg(long, value_name = "DIRECTORY")]
    pub directory: Option<PathBuf>,
}

/// Form of an exported contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// OpenAPI
    Openapi,
    /// JSON Schema
    JsonSchema,
}

/// What to do with a contract file.
#[derive(Debug, Subcommand)]
pub enum SpecCommand {
    /// Checks a contract file and says exactly what is wrong and where
    Check {
        /// A Smithy 2.0 JSON AST model, a botocore service-2.json (gzipped or not), or a directory with one of them
        file: PathBuf,
    },
    /// Shows what two contracts change for callers and for implementers; exit code 1 if anything changes
    Diff {
        /// The old contract: a file or directory, or `builtin`
        old: PathBuf,
        /// The new contract: a file or directory, or `builtin`
        new: PathBuf,
        /// Form of the result
        #[arg(long, value_enum, default_value = "text")]
        format: ListFormat,
        /// Known divergences: shows which of them the changes touch
        #[arg(long, value_name = "FILE")]
        baseline: Option<PathBuf>,
    },
    /// Writes a contract in another form to stdout
    Export {
        /// Which form
        #[arg(long, value_enum)]
        format: ExportFormat,
        /// Contract to export [default: the built-in contract]
        #[arg(long, value_name = "FILE")]
        spec: Option<PathBuf>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_can_be_given_more_than_once() {
        let cli = Cli::try_parse_from([
            "ivs-conformance",
            "run",
            "--only",
            "a*",
            "--only",
            "b*",
            "--report",
            "json=-",
            "--report",
            "html=x.html",
            "--strict",
            "--implemented=false",
            "--yes=false",
            "--plan",
            "--shard",
            "2/3",
        ])
        .unwrap();
        let Command::Run(run) = cli.command else { panic!("run") };
        assert_eq!(run.plan.only, ["a*", "b*"]);
        assert_eq!(run.verdict.report.len(), 2);
        assert_eq!(run.verdict.strict, Some(true));
        assert_eq!((run.account.yes, run.plan_only, run.verdict.update_baseline), (false, true, false));
        assert_eq!(run.verdict.implemented, Some(false));
        assert_eq!(run.plan.shard, Some(Shard { index: 2, count: 3 }));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for bad in [
            vec!["run", "--shard", "4/3"],
            vec!["run", "--profile", "slow"],
            vec!["run", "--report", "pdf=x"],
            vec!["run", "--report", "json"],
            vec!["run", "--seed", "-1"],
            vec!["serve", "--listen", "nowhere"],
            vec!["merge"],
            vec!["spec", "export", "--format", "pdf"],
            vec!["run", "--unknown"],
        ] {
            let line = std::iter::once("ivs-conformance").chain(bad.iter().copied());
            assert!(Cli::try_parse_from(line).is_err(), "{bad:?}");
        }
    }
}
