//! `report`: a saved report in other formats, without running again.

use super::args::{ConsoleArgs, ReportArgs};
use super::environment::Environment;
use super::error::CliError;
use super::exit::Exit;
use super::output;

/// Writes the formats that are asked for; without any, the console shows the report as the run did. The exit code is
/// that of the run.
pub fn report(args: &ReportArgs, environment: &Environment) -> Result<Exit, CliError> {
    let record = args.saved.read_and_name(environment)?;
    output::choose_colours(args.console.color);
    let sinks = output::write_all(&record, &args.report)?;
    let is_verdict_enough = !args.report.is_empty() && args.console.verbose.is_none();
    let quiet = args.console.quiet.or(is_verdict_enough.then_some(true));
    output::show(&record, &sinks, &ConsoleArgs { quiet, ..args.console.clone() });
    Ok(record.verdict().into())
}
