//! A report that was asked for: which format, and into which file.

use std::path::PathBuf;
use std::str::FromStr;

use super::Format;

/// A report that was asked for: `FORMAT=FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportTarget {
    /// The format.
    pub format: Format,
    /// The file; none is stdout.
    pub file: Option<PathBuf>,
}

impl FromStr for ReportTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((format, file)) = text.split_once('=') else {
            return Err(format!("`{text}` is no report; write FORMAT=FILE, e.g. json=report.json"));
        };
        match file {
            "" => Err(format!("`{text}` names no file; write {format}=FILE, or {format}=- for stdout")),
            "-" => Ok(ReportTarget { format: format.parse()?, file: None }),
            file => Ok(ReportTarget { format: format.parse()?, file: Some(PathBuf::from(file)) }),
        }
    }
}
