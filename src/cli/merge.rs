//! `merge`: one report from the reports of shards.

use super::args::MergeArgs;
use super::environment::Environment;
use super::error::CliError;
use super::exit::Exit;
use super::output;
use crate::report::merge::{Merge, MergeError};

/// Joins reports; without a report asked for, the JSON goes to stdout.
pub fn merge(args: &MergeArgs, environment: &Environment) -> Result<Exit, CliError> {
    let refused = |error: MergeError| CliError::usage(error.to_string());
    let mut merge = Merge::default();
    for report in &args.reports {
        merge.add(report.read_and_name(environment)?).map_err(refused)?;
    }
    let merged = merge.finish().map_err(refused)?;
    let mut targets = args.report.clone();
    if targets.is_empty() {
        targets.extend("json=-".parse());
    }
    output::choose_colours(args.console.color);
    let sinks = output::write_all(&merged, &targets)?;
    output::show(&merged, &sinks, &args.console);
    Ok(merged.verdict().into())
}
