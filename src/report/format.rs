//! The formats of reports.

use std::fmt;
use std::str::FromStr;

use super::record::Record;
use super::sarif::UserFiles;
use super::{badge, html, json, junit, markdown, sarif};

/// A format that a record can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// The record itself.
    Json,
    /// JUnit XML.
    Junit,
    /// One page that opens offline.
    Html,
    /// For a step summary.
    Markdown,
    /// SARIF 2.1.0.
    Sarif,
    /// A badge, for the endpoint of shields.io.
    Badge,
}

/// Why a record could not be written in a format.
#[derive(Debug, thiserror::Error)]
#[error("the {format} report could not be made: {reason}")]
pub struct RenderError {
    /// The format.
    pub format: Format,
    /// What went wrong.
    pub reason: String,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 6] =
        [Format::Json, Format::Junit, Format::Html, Format::Markdown, Format::Sarif, Format::Badge];

    /// Name on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Junit => "junit",
            Format::Html => "html",
            Format::Markdown => "markdown",
            Format::Sarif => "sarif",
            Format::Badge => "badge",
        }
    }

    /// Writes a record in this format; SARIF points into the user's files.
    pub fn render(self, record: &Record, files: &UserFiles) -> Result<String, RenderError> {
        let rendered = match self {
            Format::Json => json::render(record).map_err(|error| error.to_string()),
            Format::Junit => junit::render(record).map_err(|error| error.to_string()),
            Format::Html => html::render(record).map_err(|error| error.to_string()),
            Format::Markdown => Ok(markdown::render(record)),
            Format::Sarif => sarif::render(record, files).map_err(|error| error.to_string()),
            Format::Badge => badge::render(record).map_err(|error| error.to_string()),
        };
        rendered.map_err(|reason| RenderError { format: self, reason })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.id())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Format::ALL.into_iter().find(|format| format.id() == text);
        known.ok_or_else(|| {
            let names: Vec<&str> = Format::ALL.iter().map(|format| format.id()).collect();
            format!("`{text}` is no report format; use one of {}", names.join(", "))
        })
    }
}
