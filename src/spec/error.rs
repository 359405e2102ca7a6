//! What is wrong with a contract file: every problem of it, each with what, where and what to do next.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

use super::json::{Json, Span};

/// Longest line, in bytes, that is shown with its problem; a minified file would fill the screen.
const LONGEST_SHOWN_LINE: usize = 400;

/// A contract that cannot be used, with everything that is wrong with it.
#[derive(Debug, Clone, Error, Diagnostic)]
#[error("the contract `{name}` cannot be used: {}", count(.problems.len()))]
pub struct SpecError {
    /// Name of the model file.
    pub name: String,
    /// Every problem found, in the order of the files and their lines.
    #[related]
    pub problems: Vec<Problem>,
}

fn count(problems: usize) -> String {
    match problems {
        1 => "1 problem".to_owned(),
        several => format!("{several} problems"),
    }
}

/// One thing that is wrong with a contract file.
#[derive(Debug, Clone, Error)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// What to do next.
    pub help: String,
    /// Name of the file.
    pub file: String,
    /// JSON pointer of the place; empty for the whole file.
    pub pointer: String,
    /// Line, counted from 1; 0 if the file could not be read.
    pub line: usize,
    /// Column in characters, counted from 1; 0 if the file could not be read.
    pub column: usize,
    source_code: Option<NamedSource<Arc<str>>>,
    span: Option<SourceSpan>,
}

impl Problem {
    /// A problem of a file as a whole, e.g. one that cannot be read.
    pub fn of_file(file: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
            file: file.to_owned(),
            pointer: String::new(),
            line: 0,
            column: 0,
            source_code: None,
            span: None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return write!(formatter, "{}: {}", self.file, self.message);
        }
        write!(formatter, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        if self.pointer.is_empty() { Ok(()) } else { write!(formatter, " (at {})", self.pointer) }
    }
}

impl Diagnostic for Problem {
    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Some(Box::new(&self.help))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source_code.as_ref().map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        let span = self.span?;
        Some(Box::new(std::iter::once(miette::LabeledSpan::new_with_span(Some("here".to_owned()), span))))
    }
}

/// A problem before its line and column are known: the bytes of the file, what is wrong, what to do next.
pub type Flaw = (Range<usize>, String, String);

/// The problems of a file that is not JSON, in the order of their places.
pub fn problems(file: &str, text: &str, flaws: Vec<Flaw>) -> Vec<Problem> {
    let mut found = Problems::new(file, text);
    for (span, message, help) in flaws {
        found.add(Span { start: span.start, end: span.end }, message, help);
    }
    found.finish(None)
}

/// Collects the problems of one file.
#[derive(Debug)]
pub(super) struct Problems<'a> {
    file: &'a str,
    text: &'a str,
    found: BTreeSet<(Span, String, String)>,
    /// The file that this one extends; its places count from the end of `text` on.
    extended: Option<(&'a str, &'a str, Json)>,
}

impl<'a> Problems<'a> {
    /// For a file of that name and text.
    pub fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, found: BTreeSet::new(), extended: None }
    }

    /// Notes a problem, once.
    pub fn add(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.found.insert((span, message.into(), help.into()));
    }

    /// The file extends another one with that name, text and content.
    pub fn extend_file(&mut self, file: &'a str, text: &'a str, content: Json) {
        self.extended = Some((file, text, content));
    }

    /// Whether none was noted.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The problems by place; `root` is the file's content, if it is JSON.
    pub fn finish(mut self, root: Option<&Json>) -> Vec<Problem> {
        let Some((file, text, content)) = self.extended.take() else {
            return self.finish_file(root);
        };
        let end = self.text.len();
        let (own, of_extended): (BTreeSet<_>, BTreeSet<_>) =
            std::mem::take(&mut self.found).into_iter().partition(|(span, _, _)| span.start < end);
        let mut extended = Problems::new(file, text);
        for (span, message, help) in of_extended {
            let span = Span { start: span.start - end, end: span.end.saturating_sub(end) };
            extended.add(span, message, help);
        }
        self.found = own;
        let mut found = self.finish_file(root);
        found.extend(extended.finish_file(Some(&content)));
        found
    }

    fn finish_file(self, root: Option<&Json>) -> Vec<Problem> {
        let source: Arc<str> = Arc::from(self.text);
        let starts: Vec<usize> =
            std::iter::once(0).chain(self.text.match_indices('\n').map(|(index, _)| index + 1)).collect();
        self.found
            .into_iter()
            .map(|(span, message, help)| {
                let line = starts.partition_point(|start| *start <= span.start);
                let line_start = starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
                let line_end = starts.get(line).copied().unwrap_or(self.text.len());
                let column = self.text.get(line_start..span.start).map_or(1, |before| before.chars().count() + 1);
                let is_shown = line_end - line_start <= LONGEST_SHOWN_LINE;
                Problem {
                    message,
                    help,
                    file: self.file.to_owned(),
                    pointer: root.map(|root| root.pointer(span)).unwrap_or_default(),
                    line,
                    column,
                    source_code: is_shown.then(|| {
                        let language = if self.file.ends_with(".toml") { "toml" } else { "json" };
                        NamedSource::new(self.file, Arc::clone(&source)).with_language(language)
                    }),
                    span: is_shown.then(|| SourceSpan::from((span.start, first_line(self.text, span)))),
                }
            })
            .collect()
    }
}

/// Length of the span's first line: a label over a whole shape hides what it points at.
fn first_line(text: &str, span: Span) -> usize {
    let covered = text.get(span.start..span.end).unwrap_or_default();
    covered.find('\n').unwrap_or(covered.len())
}
