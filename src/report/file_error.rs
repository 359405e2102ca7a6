//! A file of a person's that cannot be understood, with the place.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};

/// A file that cannot be understood, with the place.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{file}:{line}: {problem}")]
pub struct FileError {
    /// Name of the file.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
    /// What to do next.
    #[help]
    pub help: Option<String>,
    #[source_code]
    source_code: Arc<NamedSource<String>>,
    #[label("here")]
    span: SourceSpan,
}

impl FileError {
    /// A problem at a range of bytes of a file's text.
    pub fn new(path: &Path, text: &str, span: Range<usize>, problem: impl Into<String>) -> Self {
        let file = path.display().to_string();
        let start = span.start.min(text.len());
        let before = text.as_bytes().get(..start).unwrap_or_default();
        FileError {
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
            problem: problem.into(),
            help: None,
            source_code: Arc::new(NamedSource::new(&file, text.to_owned())),
            span: SourceSpan::from((start, span.len())),
            file,
        }
    }

    /// A problem that the TOML reader found.
    pub fn toml(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        FileError::new(path, text, error.span().unwrap_or(0..0), error.message().trim())
    }

    /// With advice.
    pub fn with_help(self, help: impl Into<String>) -> Self {
        FileError { help: Some(help.into()), ..self }
    }
}
