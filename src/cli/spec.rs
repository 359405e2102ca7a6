//! `spec`: checks, compares and exports contract files.

use super::args::{ExportFormat, SpecCommand};
use super::error::CliError;
use super::exit::Exit;
use super::output::print;
use super::spec_diff::{Comparison, spec_diff};
use super::stages;
use crate::spec::{export_json_schema, export_openapi};

/// Does what is asked with a contract file.
pub fn spec(command: SpecCommand) -> Result<Exit, CliError> {
    match command {
        SpecCommand::Check { file } => {
            print(&format!("{}: {}\n", file.display(), stages::check(&file)?));
            Ok(Exit::Success)
        }
        SpecCommand::Diff { old, new, format, baseline } => spec_diff(&Comparison { old, new, format, baseline }),
        SpecCommand::Export { format, spec } => {
            let contract = stages::load(spec.as_deref())?.contract;
            let document = match format {
                ExportFormat::Openapi => export_openapi(&contract),
                ExportFormat::JsonSchema => export_json_schema(&contract),
            };
            print(&format!("{document:#}\n"));
            Ok(Exit::Success)
        }
    }
}
