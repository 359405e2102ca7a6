//! Checks any Amazon IVS Low-Latency Streaming endpoint against the documented API contract, clause by clause.
//!
//! One direction of data: [`spec`] → [`plan`] → [`generate`] → [`send`] → [`judge`] → [`diagnose`] → [`report`], driven by [`run`], with
//! [`cli`] on top. [`mod@reference`] is a conforming server, the default target, reached only over a socket.
//!
//! # What a version promises
//!
//! [`trials`] is the interface for other crates: what it names changes incompatibly only with a new major version (before
//! 1.0: a new minor version). So do the command line, exit codes, ids and `specs/report.schema.json`. The other modules
//! are public for the program and its tests; they may change in any release.

pub mod cli;
pub mod clock;
pub mod compare;
pub mod diagnose;
pub mod entropy;
pub mod generate;
pub mod judge;
pub mod plan;
pub mod protocol;
pub mod record;
pub mod recording;
pub mod reference;
pub mod report;
pub mod run;
pub mod selftest;
pub mod send;
pub mod spec;
pub mod traffic;
pub mod trials;
pub mod wire;
