//! Targets that misbehave in every way that sockets allow, in front of the reference server: whatever they do is a
//! finding or an inconclusive case with its reason, within bounded time and memory, and the rest of the run goes on or
//! ends early with a reason.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "hostile/bodies.rs"]
mod bodies;
#[path = "hostile/busy.rs"]
mod busy;
#[path = "hostile/connections.rs"]
mod connections;
#[path = "hostile/ends.rs"]
mod ends;
#[path = "hostile/heads.rs"]
mod heads;
#[path = "hostile/outages.rs"]
mod outages;
#[path = "hostile/refusals.rs"]
mod refusals;
#[path = "hostile/run.rs"]
mod run;
#[path = "hostile/server.rs"]
mod server;
