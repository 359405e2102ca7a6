//! The journal: one JSON object a line, only ever added to. It holds names and ARNs, never a secret and never a body.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What the first line says that it is.
pub const SCHEMA: &str = "ivs-conformance/journal/1";

/// Why a journal cannot be written or read.
#[derive(Debug, Error)]
pub enum JournalError {
    /// There is one already.
    #[error(
        "the journal {path} is there already: `clean` it if its run was interrupted, then remove it or name another \
         with --journal"
    )]
    Exists {
        /// The file.
        path: String,
    },
    /// The file system refuses.
    #[error("cannot {what} the journal {path}: {reason}")]
    Io {
        /// `write` or `read`.
        what: &'static str,
        /// The file.
        path: String,
        /// Why.
        reason: std::io::Error,
    },
    /// It is no journal.
    #[error("{path}, line {line}: {reason}; is this the file that `run` named?")]
    FileError {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// A resource by type and ARN.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Type, e.g. `bucket`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its ARN.
    pub arn: String,
}

/// What a journal is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: String,
    /// Id of the run: the value of the tag, and part of every name.
    pub run: String,
    /// Base URL of the target.
    pub endpoint: String,
    /// Region of the run.
    pub region: String,
    /// Service by its signing name.
    pub service: String,
    /// SHA-256 of the contract's model file.
    pub contract: String,
    /// Version of the program.
    pub tool: String,
    /// Path of the target by which a broadcast ends, if the run used one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broadcast: Option<String>,
    /// Whether the run signed its requests.
    #[serde(default, skip_serializing_if = "Signing::is_default")]
    pub signing: Signing,
}

/// Whether a run signed its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signing {
    /// With Signature Version 4.
    #[default]
    Sigv4,
    /// Not at all.
    None,
}

impl Signing {
    fn is_default(&self) -> bool {
        *self == Signing::default()
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Entry {
    /// The first line.
    Run(Header),
    /// A request that makes something is about to be sent.
    Intent {
        /// Tells it from the others.
        number: u64,
        /// The operation.
        operation: String,
        /// Region, if not the run's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<String>,
        /// The name that it gives, if that is one of the run's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Whether it carries the run's tag.
        tagged: bool,
        /// ARNs that it names: what it makes may belong to one of them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parents: Vec<String>,
    },
    /// It made something.
    Created {
        /// The intent.
        number: u64,
        /// What.
        resources: Vec<Named>,
    },
    /// It made nothing: the target refused it.
    Refused {
        /// The intent.
        number: u64,
    },
    /// The request failed; it may have created something.
    Failed {
        /// The intent.
        number: u64,
        /// How.
        failure: Failure,
    },
    /// A resource is gone.
    Deleted {
        /// Which.
        arn: String,
    },
    /// A request that changes nothing was sent again, because the connection broke on which it was sent first.
    Repeated {
        /// Its method and the first part of its path.
        request: String,
        /// How often it was sent again.
        times: u32,
    },
    /// An intent without a response was looked for, and nothing is left of it.
    Settled {
        /// The intent.
        number: u64,
    },
    /// Everything is gone.
    Ended,
}

/// How a request failed that may have created something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// With a response that has this status.
    Status(u16),
    /// No response came in time.
    Timeout,
    /// The connection broke, or what came is not HTTP.
    Broken,
    /// The run was stopped before the response came.
    Stopped,
}

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    /// Whether intents reach the disk before anything is sent; else they only outlive the process.
    durable: bool,
}

impl Journal {
    /// Begins a journal.
    ///
    /// # Errors
    /// The file is there already, or cannot be written.
    pub fn create(path: &Path, durable: bool, header: Header) -> Result<Journal, JournalError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => JournalError::Exists { path: path.display().to_string() },
            _ => cannot("write", path, error),
        })?;
        let mut journal = Journal { file, path: path.to_owned(), durable };
        journal.write(&Entry::Run(header))?;
        Ok(journal)
    }

    /// Goes on with a journal after its last whole line.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn reopen(path: &Path, durable: bool) -> Result<Journal, JournalError> {
        let refuse = |error| cannot("write", path, error);
        let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(refuse)?;
        let text = std::fs::read(path).map_err(refuse)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        file.set_len(whole as u64).map_err(refuse)?;
        file.seek(SeekFrom::End(0)).map_err(refuse)?;
        Ok(Journal { file, path: path.to_owned(), durable })
    }

    /// Adds a line in one write.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&mut self, entry: &Entry) -> Result<(), JournalError> {
        let refuse = |error| cannot("write", &self.path, error);
        let mut line = serde_json::to_vec(entry).map_err(|error| refuse(error.into()))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(refuse)?;
        let must_last = matches!(entry, Entry::Run(_) | Entry::Intent { .. });
        if self.durable && must_last {
            self.file.sync_data().map_err(refuse)?;
        }
        Ok(())
    }
}

/// The lines of a journal. What follows the last line break was being written when the run was killed, and is left out.
///
/// # Errors
/// The file cannot be read, or is no journal.
pub fn read(path: &Path) -> Result<(Header, Vec<Entry>), JournalError> {
    parse(path, &std::fs::read(path).map_err(|error| cannot("read", path, error))?)
}

/// The lines of a journal that was read from `path`.
///
/// # Errors
/// It is no journal.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<(Header, Vec<Entry>), JournalError> {
    let damaged =
        |line: usize, reason: String| JournalError::FileError { path: path.display().to_string(), line, reason };
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').and_then(|last| bytes.get(..last)).unwrap_or_default();
    let mut entries = Vec::new();
    for (index, line) in whole.split(|byte| *byte == b'\n').enumerate().filter(|_| !whole.is_empty()) {
        entries.push(serde_json::from_slice(line).map_err(|error| damaged(index + 1, error.to_string()))?);
    }
    if entries.is_empty() {
        return Err(damaged(1, "there is no whole line".to_owned()));
    }
    match entries.remove(0) {
        Entry::Run(header) if header.schema == SCHEMA => Ok((header, entries)),
        Entry::Run(header) => Err(damaged(1, format!("its schema is `{}` and not `{SCHEMA}`", header.schema))),
        _ => Err(damaged(1, "the first line does not say which run this is".to_owned())),
    }
}

fn cannot(what: &'static str, path: &Path, reason: std::io::Error) -> JournalError {
    JournalError::Io { what, path: path.display().to_string(), reason }
}

#[cfg(test)]
mod tests;
