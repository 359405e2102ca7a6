//! Targets that misbehave in every way that sockets allow, in front of the reference server: whatever they do is a
//! finding or an inconclusive case with its reason, within bounded time and memory, and the rest of the run goes on or
//! ends early with a reason.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bodies;
mod busy;
mod connections;
mod ends;
mod heads;
mod outages;
mod refusals;
mod run;
pub mod server;
