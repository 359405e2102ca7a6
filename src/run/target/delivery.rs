//! How a request gets to the target in spite of connections that are refused or break.

use std::time::Duration;

use super::{Attempt, Target};
use crate::clock;
use crate::send::Sender;
use crate::wire::{Exchange, FailureKind, Reply, Request, TransportFailure};

/// How long after a refused connection another one is tried.
const RECONNECT: Duration = Duration::from_millis(100);

/// Who sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// The run.
    Run,
    /// Another caller, or one that cannot be told: the signature is not that of the run.
    Other,
}

impl Target {
    /// Sends a request; to a target that refuses connections and was there a moment ago, again and again for a while. If the
    /// target went away under this request and stays away, the result is the connection that broke.
    pub(super) async fn deliver(&self, attempt: Attempt<'_>) -> Exchange {
        let mut broken = None;
        loop {
            let started = clock::instant();
            let exchange = self.deliver_once(attempt, &mut broken).await;
            if attempt.region.is_none() && !is_refused(&exchange) {
                self.health().note_back(started);
            }
            // No response was seen, so none is hidden by trying again.
            let tries_again = attempt.region.is_none()
                && is_refused(&exchange)
                && !self.is_stopped()
                && self.health().may_come_back();
            if !tries_again {
                return broken.filter(|_| is_refused(&exchange)).unwrap_or(exchange);
            }
            self.pause(RECONNECT).await;
        }
    }

    /// Sends a request; on a connection of its own once more if it changes nothing and a kept connection broke under it.
    /// `broken` is the first exchange that a broken connection ended.
    async fn deliver_once(&self, attempt: Attempt<'_>, broken: &mut Option<Exchange>) -> Exchange {
        let sender = self.senders.to(attempt.region);
        let exchange = sender.send(attempt.request, attempt.signer).await;
        self.record(attempt, sender, &exchange);
        if !self.shared.repeats.allow(&exchange, self.requests()) {
            return exchange;
        }
        let again = sender.send_on_fresh_connection(attempt.request, attempt.signer).await;
        self.record(attempt, sender, &again);
        let (elapsed, repeats) = (exchange.elapsed + again.elapsed, exchange.repeats + 1);
        broken.get_or_insert(exchange);
        Exchange { elapsed, repeats, ..again }
    }

    /// Writes down what was sent, if anything does.
    fn record(&self, attempt: Attempt<'_>, sender: &Sender, exchange: &Exchange) {
        if let Some(recorder) = &self.shared.recorder {
            let region = match attempt.caller {
                Caller::Run => Some(attempt.region.unwrap_or(&self.signing.region)),
                Caller::Other => None,
            };
            recorder.note(sender.endpoint(), region, exchange, &self.signing.secrets());
        }
    }
}

fn is_refused(exchange: &Exchange) -> bool {
    matches!(&exchange.reply, Reply::Failure(failure) if failure.kind == FailureKind::Connect)
}

/// The exchange of a request that was not sent.
pub(super) fn withheld(request: &Request, reason: String) -> Exchange {
    failed(request, format!("not sent: {reason}"))
}

/// The exchange of a request whose response the run did not wait for.
pub(super) fn failed(request: &Request, detail: String) -> Exchange {
    let reply = Reply::Failure(TransportFailure { kind: FailureKind::Withheld, detail });
    Exchange { request: request.clone(), reply, elapsed: Duration::ZERO, repeats: 0 }
}
