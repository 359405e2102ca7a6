//! `merge`: one report from the reports of shards.

use std::path::Path;

use super::args::MergeArgs;
use super::error::CliError;
use super::exit::Exit;
use super::output::{self, Sinks};
use crate::report::Record;
use crate::report::damaged::Damaged;
use crate::report::merge::merge as join;
use crate::report::sarif::UserFiles;

/// Joins reports; without a report asked for, the JSON goes to stdout.
pub fn merge(args: &MergeArgs) -> Result<Exit, CliError> {
    let records = args.reports.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let merged = join(&records).map_err(|error| CliError::usage(error.to_string()))?;
    let mut targets = args.report.clone();
    if targets.is_empty() {
        targets.extend("json=-".parse());
    }
    let mut sinks = Sinks::open(&targets)?;
    output::choose_colours(args.console.color);
    // Which baseline and configuration the shards had, their reports do not say.
    sinks.write(&merged, &UserFiles::default())?;
    output::show(&merged, &sinks, &args.console);
    Ok(merged.verdict().into())
}

/// Reads a JSON report.
pub fn read(path: &Path) -> Result<Record, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| CliError::io("read the report", path, &error))?;
    serde_json::from_str(&text).map_err(|error| {
        let before = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let place = before + error.column().saturating_sub(1);
        let message = error.to_string();
        let problem = message.split(" at line ").next().unwrap_or(&message).to_owned();
        let damaged = Damaged::new(path, &text, place..place, format!("not a JSON report of this program: {problem}"));
        CliError::File(damaged.into())
    })
}
