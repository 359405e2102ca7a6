//! Arguments of `spec`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::ListFormat;

/// Form of an exported contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// OpenAPI
    Openapi,
    /// JSON Schema
    JsonSchema,
}

/// What to do with a contract file.
#[derive(Debug, Subcommand)]
pub enum SpecCommand {
    /// Checks a contract file and says exactly what is wrong and where
    Check {
        /// A Smithy 2.0 JSON AST model, a botocore service-2.json (gzipped or not), or a directory with one of them
        file: PathBuf,
    },
    /// Shows what two contracts change for callers and for implementers; exit code 1 if anything changes
    Diff {
        /// The old contract: a file or directory, or `builtin`
        old: PathBuf,
        /// The new contract: a file or directory, or `builtin`
        new: PathBuf,
        /// Form of the result
        #[arg(long, value_enum, default_value = "text")]
        format: ListFormat,
        /// Known divergences: shows which of them the changes touch
        #[arg(long, value_name = "FILE")]
        baseline: Option<PathBuf>,
    },
    /// Writes a contract in another form to stdout
    Export {
        /// Which form
        #[arg(long, value_enum)]
        format: ExportFormat,
        /// Contract to export [default: the built-in contract]
        #[arg(long, value_name = "FILE")]
        spec: Option<PathBuf>,
    },
}
