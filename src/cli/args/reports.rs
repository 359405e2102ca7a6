//! Arguments of the commands that read reports and recordings.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{AccountArgs, ConsoleArgs, ListFormat, SelectionArgs, TargetArgs, VerdictArgs};
use crate::cli::output::ReportTarget;
use crate::cli::report_file::ReportFile;

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// JSON report whose findings are sent again; `latest` is that of the last run
    #[arg(value_hint = ValueHint::FilePath)]
    pub report: ReportFile,
    /// Ids of findings [default: all findings of the report]
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
    /// Which clauses.
    #[command(flatten)]
    pub selection: SelectionArgs,
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
