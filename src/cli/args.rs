//! The command line as it is typed. What is left out stays `None`: [`resolve`](super::resolve) fills it from the
//! configuration file, the environment and the defaults.

mod commands;
mod compare;
mod reports;
mod run;
mod selection;
mod spec;
#[cfg(test)]
mod tests;
mod verdict;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

pub use commands::{CleanArgs, ExplainArgs, ListArgs, ListFormat, ManArgs, SelftestArgs, ServeArgs, ServedApi};
pub use compare::CompareArgs;
pub use reports::{DiffArgs, JudgeArgs, MergeArgs, ReplayArgs, ReportArgs};
pub use run::{AccountArgs, AuthMode, EffortArgs, RunArgs, TargetArgs};
pub use selection::{PlanArgs, SelectionArgs};
pub use spec::{ExportFormat, SpecCommand};
pub use verdict::{ColorMode, ConsoleArgs, VerdictArgs};

const AFTER_HELP: &str = "\
Exit codes: 0 everything tested conforms; 1 divergences; 2 bad usage, spec, suite, config or baseline, \
and nothing was sent; 3 could not test (target unreachable, not HTTP, not this API, access refused, deadline, \
interrupted, an internal error, or nothing was tested).";

const AFTER_REPORT: &str =
    "Exit codes: those of the saved run: 0 conforms, 1 diverges, 3 could not test; 2 bad report.";

const AFTER_DIFF: &str = "\
Exit codes: 0 the reports say the same of what both checked; 1 they differ; 2 bad report, or nothing to compare.";

const AFTER_COMPARE: &str = "\
Exit codes: 0 the targets respond alike, or as the contract leaves it open; 1 they differ; 2 bad usage or spec, and \
nothing was sent; 3 could not compare (a target unreachable, deadline, interrupted, or nothing was compared).";

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
    /// Sends the same cases and sequences to two targets and reports where they respond differently
    #[command(after_help = AFTER_COMPARE)]
    Compare(Box<CompareArgs>),
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
