//! The reports of the last runs, kept in the user's state directory so that they can be used after the run.

use std::fmt;
use std::fs::{self, DirBuilder};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::environment::Environment;
use crate::clock;
use crate::report::{Record, json};

/// How many runs are kept.
const MOST_RUNS: usize = 20;
/// Directory of the runs inside the state directory.
const RUNS: &str = "runs";
/// Form of the time in a name: names in the order of their bytes are runs in the order of their ends.
const TIME: &str = "%Y%m%dT%H%M%S.%6fZ";
/// Extension of a kept report.
const WHOLE: &str = "json";
/// Extension of a report that is being written.
const PARTIAL: &str = "partial";

/// Whether a run is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keeping {
    /// Its report is kept.
    #[default]
    On,
    /// It leaves nothing behind that was not asked for.
    Off,
}

/// Why a run was not kept, or none can be found.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Neither the variable nor a home directory says where.
    #[error("there is no home directory to keep runs in: set IVS_CONFORMANCE_STATE_DIR to a directory")]
    NoPlace,
    /// The report could not be written.
    #[error("the run was not kept: {0}")]
    Unwritable(String),
    /// The directory could not be read.
    #[error("cannot read {}: {error}", path.display())]
    Unreadable {
        /// The directory.
        path: PathBuf,
        /// What went wrong.
        error: io::Error,
    },
    /// No or too few runs are kept.
    #[error("{} in {}: use `ivs-conformance run` first, or name a report of `--report json=FILE`", kept(*.runs), path.display())]
    TooFew {
        /// How many there are.
        runs: usize,
        /// The directory.
        path: PathBuf,
    },
}

fn kept(runs: usize) -> String {
    match runs {
        0 => "no run is kept".to_owned(),
        1 => "only 1 run is kept".to_owned(),
        runs => format!("only {runs} runs are kept"),
    }
}

/// The kept runs of a user.
#[derive(Debug)]
pub struct History {
    directory: PathBuf,
}

impl History {
    /// The history of the user who runs the program.
    ///
    /// # Errors
    /// The user has no home directory.
    pub fn of(environment: &Environment) -> Result<History, HistoryError> {
        let state = environment.state_directory().ok_or(HistoryError::NoPlace)?;
        Ok(History { directory: state.join(RUNS) })
    }

    /// Keeps the report of a run, readable by the user alone, and removes the oldest ones; returns its file. A reader
    /// sees the whole report or none of it.
    ///
    /// # Errors
    /// The report could not be written. Old ones that could not be removed are not an error.
    pub fn keep(&self, record: &Record) -> Result<PathBuf, HistoryError> {
        let file = self.write(record).map_err(|error| self.unwritable(&error))?;
        // What cannot be removed now, the next run removes.
        let _ = self.prune();
        Ok(file)
    }

    fn unwritable(&self, error: &dyn fmt::Display) -> HistoryError {
        HistoryError::Unwritable(format!("cannot write into {}: {error}", self.directory.display()))
    }

    fn write(&self, record: &Record) -> io::Result<PathBuf> {
        create_private(&self.directory)?;
        let now = Timestamp::try_from(clock::now()).map_err(io::Error::other)?;
        let prefix = format!("{}-", now.strftime(TIME));
        // Created for the user alone, under a name that no other run has.
        let mut file =
            tempfile::Builder::new().prefix(&prefix).suffix(&format!(".{PARTIAL}")).tempfile_in(&self.directory)?;
        let mut to = BufWriter::new(&mut file);
        json::write(record, &mut to)?;
        to.flush()?;
        drop(to);
        let whole = file.path().with_extension(WHOLE);
        file.persist(&whole)?;
        Ok(whole)
    }

    /// Removes all but the last runs, and what a killed run left before them. Concurrent runs may remove the same file.
    fn prune(&self) -> io::Result<()> {
        let files = files(&self.directory)?;
        let Some(oldest) = files.iter().filter(|name| is_whole(name)).nth(MOST_RUNS - 1) else { return Ok(()) };
        for name in files.iter().filter(|name| *name < oldest) {
            match fs::remove_file(self.directory.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// The file of the last run for age 0, of the one before it for age 1, and so on.
    ///
    /// # Errors
    /// The directory cannot be read, or there are fewer runs.
    pub fn find(&self, age: usize) -> Result<PathBuf, HistoryError> {
        let path = self.directory.clone();
        let files = match files(&path) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(HistoryError::Unreadable { path, error }),
        };
        let whole: Vec<String> = files.into_iter().filter(|name| is_whole(name)).collect();
        match whole.get(age) {
            Some(name) => Ok(path.join(name)),
            None => Err(HistoryError::TooFew { runs: whole.len(), path }),
        }
    }
}

/// Names of the files that were made here, the newest first. Other files are left alone.
fn files(directory: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        names.extend(entry?.file_name().into_string().ok().filter(|name| is_ours(name)));
    }
    names.sort_unstable_by(|a, b| b.cmp(a));
    Ok(names)
}

fn is_ours(name: &str) -> bool {
    let is_known = [WHOLE, PARTIAL].iter().any(|extension| has_extension(name, extension));
    let time = name.split_once('-').map(|(time, _)| time);
    is_known && time.is_some_and(|time| jiff::civil::DateTime::strptime(TIME, time).is_ok())
}

fn is_whole(name: &str) -> bool {
    has_extension(name, WHOLE)
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == extension)
}

/// Makes a directory that only the user can read; one that is there stays as it is.
fn create_private(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

#[cfg(test)]
mod tests;
