//! The command line: arguments become one set of resolved settings, a command runs the stages, reports are written, and
//! the outcome becomes an exit code.

pub mod args;
mod aws;
mod clean;
pub mod config;
pub mod embedded;
pub mod environment;
pub mod error;
pub mod exit;
mod explain;
mod forecast;
pub mod identities;
mod judge;
mod list;
mod merge;
mod output;
mod progress;
mod replay;
mod repository;
pub mod resolve;
mod run;
mod selftest;
mod serve;
mod shell;
mod signals;
mod span;
mod spec;
mod spec_diff;
mod stages;
mod start;
mod suggest;

pub use exit::Exit;
pub use start::start;

#[cfg(test)]
mod tests;
