//! The command line: arguments become one set of resolved settings, a command runs the stages, reports are written, and
//! the outcome becomes an exit code.

pub mod args;
mod aws;
mod clean;
mod compare;
mod completions;
pub mod config;
mod consent;
mod diff;
mod dry_run;
pub mod embedded;
mod endpoint;
pub mod environment;
pub mod error;
pub mod exit;
mod explain;
pub mod history;
pub mod identities;
mod judge;
mod list;
mod manual;
mod merge;
mod output;
mod progress;
mod replay;
mod report;
pub mod report_file;
mod repository;
pub mod resolve;
mod run;
mod selftest;
mod serve;
mod signals;
mod spec;
mod spec_diff;
mod stages;
mod start;
mod suggest;
mod values;

pub use exit::Exit;
pub use start::start;

#[cfg(test)]
mod tests;
