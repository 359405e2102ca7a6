//! The deletion of one resource.

use std::sync::Arc;
use std::time::Duration;

use crate::clock;
use crate::plan::suite::BroadcastState;
use crate::protocol;
use crate::run::remains::Obstacle;
use crate::run::target::Target;
use crate::spec::Contract;
use crate::wire::{Exchange, Reply, Request};

/// How often a target is asked whether a stream that was stopped has ended.
const STREAM_END: Duration = Duration::from_secs(2);

/// What has to be sent to delete one resource.
pub(super) struct ResourceDeletion {
    pub(super) resource: String,
    pub(super) arn: String,
    pub(super) request: Request,
    /// Whether it is known that another request deleted it.
    pub(super) is_gone: bool,
    /// How long a conflict is waited for: the target needs a while to see that a stream has ended.
    pub(super) patience: Duration,
    pub(super) contract: Arc<Contract>,
    pub(super) operation: String,
}

impl ResourceDeletion {
    /// Sends a deletion. It is sent once more if the response is that the resource does not exist, or a success unlike those
    /// before: an unreliable target gives such responses by chance. Returns why the resource may still exist; `None` if it was
    /// deleted.
    pub(super) async fn obstacle(&self, target: &Target, region: Option<&str>) -> Option<Obstacle> {
        match self.attempt(target, region).await {
            Some(Obstacle::NotFound) => self.attempt(target, region).await,
            Some(Obstacle::Unusual(_)) => {
                self.attempt(target, region).await.filter(|again| *again != Obstacle::NotFound)
            }
            obstacle => obstacle,
        }
    }

    async fn attempt(&self, target: &Target, region: Option<&str>) -> Option<Obstacle> {
        let request = &self.request;
        let mut exchange = target.send_in(region, request).await;
        let deadline = clock::instant() + self.patience;
        while self.status(&exchange) == Some(409) && clock::instant() < deadline {
            tokio::time::sleep(STREAM_END).await;
            exchange = target.send_in(region, request).await;
        }
        if self.status(&exchange) == Some(409) && target.controls_broadcasts_of(&self.resource) {
            // It may still broadcast.
            let _ = target.broadcast(&self.arn, BroadcastState::Offline, None).await;
            exchange = target.send_in(region, request).await;
        }
        match &exchange.reply {
            Reply::Response(response) => match self.status(&exchange) {
                Some(200..=299) if response.is_page() => Some(Obstacle::Page),
                Some(200..=299) if self.is_unusual(target, response.status) => Some(Obstacle::Unusual(response.status)),
                Some(200..=299) => None,
                Some(404) if self.is_gone => None,
                Some(404) => Some(Obstacle::NotFound),
                Some(409) => Some(Obstacle::InUse),
                _ => Some(Obstacle::Status(response.status)),
            },
            Reply::Failure(failure) => Some(Obstacle::Unanswered(failure.detail.clone())),
        }
    }

    fn is_unusual(&self, target: &Target, status: u16) -> bool {
        let operation = self.contract.operation(&self.operation);
        operation.is_some_and(|operation| target.usual_success().is_broken_by(operation, status))
    }

    fn status(&self, exchange: &Exchange) -> Option<u16> {
        protocol::documented_status_of(&self.contract, &self.operation, exchange)
    }
}
