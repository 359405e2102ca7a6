//! Reports: pure functions of the versioned [`Record`] of a run. Nothing here sends, prints or reads a
//! clock; what a target responded is made harmless by [`text`] before it reaches a terminal or a file.

pub mod badge;
pub mod baseline;
pub mod causes;
pub mod coverage;
mod curl;
pub mod diff;
pub mod file_error;
pub mod finding_id;
mod format;
pub mod grouping;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
mod member;
pub mod merge;
pub mod outcome;
pub mod ranking;
pub mod record;
pub mod redact;
mod reproduction;
#[cfg(test)]
pub mod sample;
pub mod sarif;
mod score;
mod script;
mod selection;
mod sent;
pub mod summary;
pub mod target;
pub mod terminal;
pub mod text;
mod title;
mod untested;
pub mod verdict;

pub use format::Format;
pub use record::Record;
pub use score::Score;
pub use verdict::Verdict;
