//! `spec`: checks, compares and exports contract files.

use super::args::{ExportFormat, SpecCommand};
use super::error::CliError;
use super::exit::Exit;
use super::output::print;
use super::stages;
use crate::report::text::visible;
use crate::spec::{Impact, diff, export_json_schema, export_openapi};

/// Does what is asked with a contract file.
pub fn spec(command: SpecCommand) -> Result<Exit, CliError> {
    match command {
        SpecCommand::Check { file } => {
            print(&format!("{}: {}\n", file.display(), stages::check(&file)?));
            Ok(Exit::Success)
        }
        SpecCommand::Diff { old, new } => {
            let old = stages::load(Some(&old))?.contract;
            let new = stages::load(Some(&new))?.contract;
            let changes = diff(&old, &new);
            let lines: Vec<String> = changes.iter().map(|change| visible(&change.to_string()).into_owned()).collect();
            print(&match lines.as_slice() {
                [] => "nothing changes for a caller\n".to_owned(),
                lines => lines.join("\n") + "\n",
            });
            let is_breaking = changes.iter().any(|change| change.impact == Impact::Breaking);
            Ok(if is_breaking { Exit::Divergences } else { Exit::Success })
        }
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
