//! The seam between what is sent and what sends it.

use std::future::Future;

use super::failure::Failure;
use super::message::Message;
use crate::wire::Response;

/// Most bytes of a body that are read, before and after decoding.
pub const BODY_LIMIT: usize = 4 << 20;

/// On which connections requests travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connections {
    /// On one that an earlier request left open, if there is one.
    Kept,
    /// Each on one of its own.
    Fresh,
}

/// Sends requests to one target. It follows no redirect, sends nothing twice and decodes nothing. reqwest is the one
/// implementation today.
pub trait Transport: std::fmt::Debug + Sized {
    /// The same transport without the connections of this one, for another thread and its runtime.
    fn fork(&self) -> Self;

    /// Sends a request and reads the response, its body up to [`BODY_LIMIT`]. The caller limits the time: a transport
    /// that is dropped while it waits closes the connection.
    fn send(
        &self,
        message: Message,
        connections: Connections,
    ) -> impl Future<Output = Result<Response, Failure>> + Send;

    /// Connections that the target closed between two requests without saying so, of this transport and its forks.
    fn closed_between_requests(&self) -> u64;

    /// Connections that took so much longer to open than others that a packet for them got lost, of this transport and
    /// its forks: the target's queue of connections was full.
    fn stalled_openings(&self) -> u64;
}
