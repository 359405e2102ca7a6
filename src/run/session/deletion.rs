//! Deletes what tests made.

use std::time::Duration;

use serde_json::Value;

use super::{Bundle, Session};
use crate::clock;
use crate::generate::encode;
use crate::wire::Exchange;

/// How often a target is asked whether a stream that was stopped has ended.
const STREAM_END: Duration = Duration::from_secs(2);
/// How often deleting is tried again for what was in use.
const DELETE_PASSES: u32 = 4;

impl Session<'_> {
    /// Deletes what the test made.
    pub async fn finish(mut self) {
        let bundles = std::mem::take(&mut self.own);
        self.variables.clear();
        self.delete_all(bundles).await;
    }

    /// Deletes the resources that the worker's tests share: at the end, and when a request may have changed them which
    /// should have been refused.
    pub async fn delete_shared(&mut self) {
        let bundles = std::mem::take(&mut self.worker.shared);
        self.delete_all(bundles).await;
    }

    /// Deletes newest first, and again what was still in use by what was deleted after it.
    async fn delete_all(&mut self, bundles: Vec<Bundle>) {
        let mut left = bundles;
        for _ in 0..DELETE_PASSES {
            let mut in_use = Vec::new();
            for bundle in left.into_iter().rev() {
                match self.delete(&bundle).await {
                    Deleted::Gone => {}
                    Deleted::InUse => in_use.push(bundle),
                    Deleted::Unanswered => self.worker.tally.unanswered_deletions += 1,
                }
            }
            in_use.reverse();
            left = in_use;
            if left.is_empty() {
                return;
            }
        }
        self.worker.tally.left_over += left.len() as u64;
    }

    async fn delete(&mut self, bundle: &Bundle) -> Deleted {
        let env = std::sync::Arc::clone(&self.worker.env);
        let leave = bundle.state.as_ref().and_then(|name| {
            let (resource, _) = bundle.resources.first()?;
            self.state(name, resource).map(|state| state.leave.clone())
        });
        if let Some(steps) = leave {
            // Deleting goes on whatever the target says: what is left is reported at the end.
            let _ = self.take_steps(bundle, &steps).await;
        }
        let mut deleted = Deleted::Gone;
        for (resource, arn) in bundle.resources.iter().rev() {
            let Some((deleter, member)) = env.plan.resources.deleter(resource) else { continue };
            let Some(operation) = env.contract.operation(deleter) else { continue };
            if env.not_implemented.contains(deleter) {
                continue;
            }
            let input = Value::Object(serde_json::Map::from_iter([(member.to_owned(), Value::from(arn.as_str()))]));
            let request = encode::request(operation, &input);
            self.worker.requests += 1;
            let was_streaming = self.stop_streaming(arn).await;
            let mut exchange = env.target.send_in(bundle.region.as_deref(), &request).await;
            let deadline = clock::instant() + env.settings.patience;
            while was_streaming && is_conflict(&exchange) && clock::instant() < deadline {
                // The target needs a while to see that nothing comes any more.
                tokio::time::sleep(STREAM_END).await;
                exchange = env.target.send_in(bundle.region.as_deref(), &request).await;
            }
            if is_conflict(&exchange) && env.target.has_control_path() {
                // A channel that is still live; for other resources this changes nothing.
                let _ = env.target.broadcast(arn, crate::plan::suite::BroadcastState::Offline, None).await;
                exchange = env.target.send_in(bundle.region.as_deref(), &request).await;
            }
            if is_conflict(&exchange) {
                deleted = Deleted::InUse;
            } else if exchange.response().is_none() {
                deleted = Deleted::Unanswered;
            }
        }
        deleted
    }
}

fn is_conflict(exchange: &Exchange) -> bool {
    exchange.response().is_some_and(|response| response.status == 409)
}

/// What became of an attempt to delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deleted {
    /// It is gone, or cannot be deleted at all.
    Gone,
    /// Something else still needs it.
    InUse,
    /// Nobody knows.
    Unanswered,
}
