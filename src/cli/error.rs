//! Why a command could not do what was asked.

use std::path::Path;

use super::exit::Exit;

/// Why a command could not do what was asked.
#[derive(Debug)]
pub enum CliError {
    /// The arguments, or a file they name, make no sense; one sentence.
    Usage(String),
    /// A file is wrong, with the place; shown by miette.
    File(miette::Report),
    /// The target could not be tested; one sentence.
    CouldNotTest(String),
}

impl CliError {
    /// A sentence about the arguments.
    pub fn usage(sentence: impl Into<String>) -> Self {
        CliError::Usage(sentence.into())
    }

    /// A file that cannot be read or written.
    pub fn io(verb: &str, path: &Path, error: &std::io::Error) -> Self {
        CliError::Usage(format!("cannot {verb} {}: {error}", path.display()))
    }

    /// How the program ends.
    pub fn exit(&self) -> Exit {
        match self {
            CliError::Usage(_) | CliError::File(_) => Exit::Usage,
            CliError::CouldNotTest(_) => Exit::CouldNotTest,
        }
    }

    /// What to show on stderr.
    pub fn message(&self) -> String {
        match self {
            CliError::Usage(sentence) | CliError::CouldNotTest(sentence) => {
                format!("error: {}", crate::report::text::visible_block(sentence))
            }
            CliError::File(report) => format!("{report:?}"),
        }
    }
}
