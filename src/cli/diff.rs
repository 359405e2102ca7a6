//! `diff`: what two saved reports say differently.

use super::args::{DiffArgs, ListFormat};
use super::environment::Environment;
use super::error::CliError;
use super::exit::Exit;
use super::output::print;
use crate::report::diff::{diff as compare, page};
use crate::report::json::without_raw_controls;

/// Compares two reports and prints what differs. Exit code 1 if anything does.
pub fn diff(args: &DiffArgs, environment: &Environment) -> Result<Exit, CliError> {
    let old = args.old.read(environment)?;
    let new = args.new.read(environment)?;
    let diff = compare(&old, &new).map_err(|error| CliError::usage(error.to_string()))?;
    let json = || serde_json::to_string_pretty(&diff).map_err(|error| CliError::usage(error.to_string()));
    print(&match args.format {
        ListFormat::Text => page(&diff),
        ListFormat::Json => without_raw_controls(&json()?) + "\n",
    });
    Ok(if diff.is_empty() { Exit::Success } else { Exit::Divergences })
}
