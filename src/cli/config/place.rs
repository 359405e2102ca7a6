//! Where in the file a setting stands, and what may have been meant.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::cli::suggest::did_you_mean;
use crate::report::file_error::FileError;

/// A configuration file's text and path; empty for a configuration that comes from no file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// A file's text.
    pub fn new(path: &Path, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    /// A problem with the value of a setting.
    pub fn value(&self, setting: &str, problem: impl Into<String>) -> FileError {
        let span = DeTable::parse(&self.text).ok().and_then(|table| Some(table.get_ref().get(setting)?.span()));
        FileError::new(&self.path, &self.text, span.unwrap_or(0..0), problem)
    }

    /// A problem with the name of an operation in `[operations.NAME]`.
    pub fn operation(&self, name: &str, problem: impl Into<String>) -> FileError {
        let span = DeTable::parse(&self.text).ok().and_then(|table| operation(&table, name));
        FileError::new(&self.path, &self.text, span.unwrap_or(0..0), problem)
    }

    /// A problem that the TOML reader found, with a name that is like the one that it does not know.
    pub fn unreadable(&self, error: &toml::de::Error) -> FileError {
        let mut damaged = FileError::toml(&self.path, &self.text, error);
        damaged.problem.push_str(&question(error.message()));
        damaged
    }
}

fn operation(table: &Spanned<DeTable>, name: &str) -> Option<Range<usize>> {
    let DeValue::Table(operations) = table.get_ref().get("operations")?.get_ref() else { return None };
    operations.get_key_value(name).map(|(key, _)| key.span())
}

/// The question whether another of the names in a message was meant. The message puts the unknown name between
/// backticks first, and then those that are known.
pub fn question(message: &str) -> String {
    let mut quoted = message.splitn(3, '`').skip(1);
    let (Some(unknown), Some(rest)) = (quoted.next(), quoted.next()) else { return String::new() };
    let known = rest.split(|character: char| !character.is_alphanumeric() && !"-_".contains(character));
    did_you_mean(unknown, known.filter(|word| !word.is_empty() && *word != unknown))
}
