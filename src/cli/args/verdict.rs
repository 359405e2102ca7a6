//! Arguments about what comes out: reports, verdict, console.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::output::ReportTarget;

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
