//! Checks any Amazon IVS Low-Latency Streaming endpoint against the documented API contract, clause by clause.
//!
//! One direction of data: [`spec`] → [`plan`] → [`generate`] → [`send`] → [`judge`] → [`report`], driven by [`run`], with
//! [`cli`] on top. [`mod@reference`] is a conforming server, the default target, reached only over a socket.

pub mod cli;
pub mod clock;
pub mod entropy;
pub mod generate;
pub mod judge;
pub mod plan;
pub mod reference;
pub mod report;
pub mod run;
pub mod selftest;
pub mod send;
pub mod spec;
pub mod trials;
pub mod wire;
