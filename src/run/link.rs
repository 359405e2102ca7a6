//! A target for a stage that makes up its own requests: connections, signature, pace and deadline are those of a run.

use std::sync::Arc;

use super::target::Target;
use super::{RunError, Settings, prepare};
use crate::plan::Plan;
use crate::plan::suite::BroadcastState;
use crate::spec::Contract;
use crate::wire::{Exchange, Request};

/// A connection to a target with the settings of a run.
#[derive(Debug, Clone)]
pub struct Link {
    target: Arc<Target>,
}

impl Link {
    /// Prepares the target of `settings`; sends nothing.
    ///
    /// # Errors
    /// The endpoint is not an HTTP URL, TLS cannot be set up, or the target is not on this machine and the settings are
    /// not for an account.
    pub fn new(contract: &Contract, plan: &Plan, settings: &Settings) -> Result<Link, RunError> {
        Ok(Link { target: prepare(contract, plan, settings)?.1 })
    }

    /// Sends a request, in a region if one is given; again if the target is busy.
    pub async fn send(&self, request: &Request, region: Option<&str>) -> Exchange {
        self.target.send_in(region, request).await
    }

    /// Starts or ends the broadcast of a resource.
    ///
    /// # Errors
    /// Why the broadcast did not change; one sentence.
    pub async fn broadcast(&self, resource: &str, state: BroadcastState) -> Result<(), String> {
        self.target.broadcast(resource, state, None).await
    }

    /// Whether the target has a path that starts and ends broadcasts.
    pub fn can_broadcast(&self) -> bool {
        self.target.control_path().is_some()
    }

    /// Base URL.
    pub fn endpoint(&self) -> &str {
        self.target.endpoint()
    }

    /// Region of the target.
    pub fn region(&self) -> &str {
        self.target.region()
    }

    /// Whether requests are signed.
    pub fn signs(&self) -> bool {
        self.target.signs()
    }

    /// Requests sent so far.
    pub fn requests(&self) -> u64 {
        self.target.requests()
    }

    /// Why no more requests are sent, if that is so: the target refuses access, or does not respond any more.
    pub fn stop_reason(&self) -> Option<&str> {
        self.target.stop_reason()
    }
}
