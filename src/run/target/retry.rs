//! Requests are sent again where the target asks to wait.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Attempt, Target};
use crate::entropy;
use crate::wire::{Exchange, Reply};

/// How often a request is sent again when the target is busy.
const RETRIES: u32 = 4;
/// The same where quotas make it likelier.
const REMOTE_RETRIES: u32 = 8;
/// Longest wait before a retry.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// First wait before a retry.
const FIRST_WAIT: Duration = Duration::from_millis(120);

impl Target {
    /// Sends a request, again if the target is busy.
    pub(super) async fn send_until_accepted(&self, attempt: Attempt<'_>) -> Exchange {
        let mut wait = FIRST_WAIT;
        let mut exchange = self.once_noted(attempt).await;
        let retries = if self.is_loopback() { RETRIES } else { REMOTE_RETRIES };
        for _ in 0..retries {
            if !is_busy(&exchange) || self.is_stopped() {
                break;
            }
            self.shared.throttled.fetch_add(1, Ordering::Relaxed);
            self.pause(jittered(wait)).await;
            wait = (wait * 2).min(LONGEST_WAIT);
            exchange = self.once_noted(attempt).await;
        }
        exchange
    }

    /// Sends a request and notes what came back for it.
    async fn once_noted(&self, attempt: Attempt<'_>) -> Exchange {
        let in_flight = self.shared.concurrency.depart();
        let exchange = self.once_as_run(attempt).await;
        self.shared.concurrency.note(in_flight, &exchange, self.senders.to(None).stalled_openings());
        exchange
    }
}

/// Between half of a wait and all of it, so that threads do not come back together.
fn jittered(wait: Duration) -> Duration {
    let part = (entropy::nonce() % 1000) as f64 / 2000.0;
    wait.mul_f64(0.5 + part)
}

fn is_busy(exchange: &Exchange) -> bool {
    match &exchange.reply {
        Reply::Response(response) => matches!(response.status, 429 | 503),
        Reply::Failure(_) => false,
    }
}
