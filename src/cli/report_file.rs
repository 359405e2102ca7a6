//! Saved reports: a file, or the word for a kept run.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use clap::builder::{MapValueParser, OsStringValueParser, TypedValueParser, ValueParserFactory};

use super::environment::Environment;
use super::error::CliError;
use super::history::History;
use super::output::print_error;
use crate::report::Record;
use crate::report::file_error::FileError;
use crate::report::record::SCHEMA;
use crate::report::text::visible;

/// The word for the last run that was kept; `latest~1` is the one before it. A file of that name is `./latest`.
const LATEST: &str = "latest";

/// A JSON report of an earlier run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportFile {
    /// A file.
    File(PathBuf),
    /// A kept run.
    Kept {
        /// How many runs were kept after it.
        age: usize,
    },
}

impl From<OsString> for ReportFile {
    fn from(word: OsString) -> Self {
        let age = |word: &str| match word.strip_prefix(LATEST)? {
            "" => Some(0),
            back => back.strip_prefix('~')?.parse().ok(),
        };
        match word.to_str().and_then(age) {
            Some(age) => ReportFile::Kept { age },
            None => ReportFile::File(word.into()),
        }
    }
}

impl ValueParserFactory for ReportFile {
    type Parser = MapValueParser<OsStringValueParser, fn(OsString) -> ReportFile>;

    fn value_parser() -> Self::Parser {
        OsStringValueParser::new().map(ReportFile::from)
    }
}

impl ReportFile {
    /// Reads the report.
    ///
    /// # Errors
    /// The file is not there or is not a report, with the place; or no run is kept.
    pub fn read(&self, environment: &Environment) -> Result<Record, CliError> {
        match self {
            ReportFile::File(path) => read(path),
            ReportFile::Kept { age } => {
                let path = History::of(environment).and_then(|history| history.find(*age));
                read(&path.map_err(|error| CliError::usage(error.to_string()))?)
            }
        }
    }

    /// Reads the report, and says on stderr which run a word stands for.
    ///
    /// # Errors
    /// As [`read`](ReportFile::read).
    pub fn read_and_name(&self, environment: &Environment) -> Result<Record, CliError> {
        let record = self.read(environment)?;
        if let ReportFile::Kept { age } = self {
            let name = if *age == 0 { LATEST.to_owned() } else { format!("{LATEST}~{age}") };
            let (started, target) = (visible(&record.started_at), visible(record.target_name()));
            print_error(&format!("{name} is the run of {started} against {target}\n"));
        }
        Ok(record)
    }
}

/// Reads a JSON report as a stream, so that its text is never in memory as a whole.
fn read(path: &Path) -> Result<Record, CliError> {
    let unreadable = |error: &io::Error| CliError::io("read the report", path, error);
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let record: Record = serde_json::from_reader(BufReader::new(file)).map_err(|error| match error.is_io() {
        true => unreadable(&error.into()),
        false => damaged(path, &error),
    })?;
    match record.schema.as_str() {
        SCHEMA => Ok(record),
        other => Err(CliError::usage(format!(
            "{} has the form `{other}`, and this version reads `{SCHEMA}`: use the version that wrote it",
            path.display()
        ))),
    }
}

/// Shows the place of an error. A file is read again for it, because a stream is one character further when it finds the
/// error; a pipe cannot be read again.
fn damaged(path: &Path, of_stream: &serde_json::Error) -> CliError {
    let text = if path.is_file() { std::fs::read(path).unwrap_or_default() } else { Vec::new() };
    let text = String::from_utf8_lossy(&text);
    let of_text = serde_json::from_str::<Record>(&text).err().filter(|_| !text.is_empty());
    let error = of_text.as_ref().unwrap_or(of_stream);
    let before = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let place = before + error.column().saturating_sub(1);
    let message = error.to_string();
    let problem = message.split(" at line ").next().unwrap_or(&message).to_owned();
    let problem = format!("not a JSON report of this program: {problem}");
    CliError::File(FileError::new(path, &text, place..place, problem).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stands_for_a_kept_run_and_all_else_is_a_file() {
        let read = |word: &str| ReportFile::from(OsString::from(word));
        assert_eq!(read("latest"), ReportFile::Kept { age: 0 });
        assert_eq!(read("latest~3"), ReportFile::Kept { age: 3 });
        for file in ["./latest", "latest.json", "latest~", "latest~x", "Latest", "a/latest"] {
            assert_eq!(read(file), ReportFile::File(PathBuf::from(file)));
        }
    }
}
