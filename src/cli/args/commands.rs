//! Arguments of the commands that serve, list, explain, clean and test the harness itself.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::run::profiles;
use super::{AuthMode, PlanArgs, TargetArgs};
use crate::cli::output::ReportTarget;
use crate::cli::report_file::ReportFile;
use crate::run::settings::Profile;

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
    /// Prints the faults and variants of the default API, and serves nothing
    #[arg(long, conflicts_with_all = ["listen", "auth", "api", "fault", "variant"])]
    pub list_faults: bool,
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
    /// Operation, or id of a clause, case, finding, finding kind or erratum, or rule:N
    pub id: String,
    /// Contract that the id is of [default: the built-in contract]
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
    /// JSON report in which to look up a finding's id; `latest` is that of the last run
    #[arg(long, value_name = "REPORT", value_hint = ValueHint::FilePath, alias = "report")]
    pub from: Option<ReportFile>,
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
    /// Contract whose API is served with faults, e.g. ivs-2026-11 [default: the built-in contract]
    #[arg(long, value_name = "PATH")]
    pub spec: Option<PathBuf>,
    /// Keeps faults whose id matches, or that of a clause they break; repeatable
    #[arg(long, value_name = "GLOB")]
    pub only: Vec<String>,
    /// Tries N of the faults, chosen by the seed; their kinds take turns, so that kinds of few faults count as much
    #[arg(long, value_name = "N")]
    pub sample: Option<usize>,
    /// How many examples a clause gets [default: standard]
    #[arg(long, value_name = "PROFILE", value_parser = profiles())]
    pub profile: Option<Profile>,
    /// Seed of every random choice
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Form of the result
    #[arg(long, value_enum, default_value = "text")]
    pub format: ListFormat,
    /// Writes a report: json; `-` is stdout
    #[arg(long, value_name = "FORMAT=FILE")]
    pub report: Option<ReportTarget>,
    /// Checks each faulty server by a full run, and counts what it accuses beside the fault
    #[arg(long, default_value_t = false, hide_default_value = true, action = clap::ArgAction::Set)]
    #[arg(value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub whole: bool,
    /// Ends each full run at the first finding
    #[arg(long, default_value_t = false, hide_default_value = true, action = clap::ArgAction::Set, requires = "whole")]
    #[arg(value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub fail_fast: bool,
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
