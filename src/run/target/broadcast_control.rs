//! Broadcasts that the target itself starts and ends, by a path outside of the contract.

use super::Target;
use crate::plan::suite::BroadcastState;
use crate::run::settings::{Broadcast, Settings};
use crate::spec::Contract;
use crate::spec::rules::BroadcastControl;
use crate::wire::{Exchange, Request};

/// How broadcasts are started on a target.
#[derive(Debug)]
pub(super) struct Broadcasts {
    means: Broadcast,
    /// The body of the request that starts one, as the contract states it.
    control: Option<BroadcastControl>,
}

impl Broadcasts {
    pub(super) fn new(contract: &Contract, settings: &Settings) -> Broadcasts {
        Broadcasts { means: settings.broadcast.clone(), control: contract.rules.broadcast.clone() }
    }
}

impl Target {
    /// Whether the target itself starts and ends broadcasts of a resource type.
    pub fn controls_broadcasts_of(&self, kind: &str) -> bool {
        let control = self.shared.broadcasts.control.as_ref();
        self.control_path().is_some() && control.is_some_and(|control| control.resource == kind)
    }

    /// The path by which the target itself starts and ends broadcasts, if it has one.
    pub fn control_path(&self) -> Option<&str> {
        match &self.shared.broadcasts.means {
            Broadcast::ControlPath(path) => Some(path),
            Broadcast::Unavailable | Broadcast::Command(_) => None,
        }
    }

    /// Starts or ends the broadcast of a resource.
    ///
    /// # Errors
    /// Why the target's broadcast did not change.
    pub async fn broadcast(&self, resource: &str, state: BroadcastState, health: Option<&str>) -> Result<(), String> {
        let exchange = self.control(resource, state, health).await;
        let exchange = exchange.ok_or_else(|| "the target has no path that starts a broadcast".to_owned())?;
        match exchange.response() {
            Some(response) if (200..300).contains(&response.status) => Ok(()),
            Some(response) => Err(format!("the broadcast control answered with status {}", response.status)),
            None => Err("the broadcast control did not respond".to_owned()),
        }
    }

    /// Asks the control path for a state of a resource's broadcast; `None` if the target has no such path.
    pub async fn control(&self, resource: &str, state: BroadcastState, health: Option<&str>) -> Option<Exchange> {
        let request = self.control_request(resource, state, health)?;
        Some(self.send_once(&request).await)
    }

    /// The request that starts or ends the broadcast of a resource; `None` if the target has no path for it, or the
    /// contract does not say what its body is.
    pub fn control_request(&self, resource: &str, state: BroadcastState, health: Option<&str>) -> Option<Request> {
        let path = self.control_path()?;
        let body = self.shared.broadcasts.control.as_ref()?.body(resource, state.id(), health);
        Some(Request {
            method: "POST".into(),
            target: path.into(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_string().into(),
        })
    }
}
