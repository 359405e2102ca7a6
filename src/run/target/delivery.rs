//! How a request gets to the target in spite of connections that are refused or break.

use std::time::Duration;

use super::Target;
use crate::run::credentials::RefreshingCredentials;
use crate::send::{Sender, Signer};
use crate::wire::{Exchange, FailureKind, Reply, Request};

/// How long after a refused connection another one is tried.
const RECONNECT: Duration = Duration::from_millis(100);

impl Target {
    /// Sends a request; to a target that refuses connections and was there a moment ago, again and again for a while.
    pub(super) async fn deliver(&self, request: &Request, signer: Option<&Signer>, region: Option<&str>) -> Exchange {
        loop {
            let exchange = self.deliver_once(request, signer, region).await;
            // No answer was seen, so none is hidden by trying again.
            let tries_again =
                region.is_none() && is_refused(&exchange) && !self.is_stopped() && self.health().may_come_back();
            if !tries_again {
                return exchange;
            }
            self.pause(RECONNECT).await;
        }
    }

    /// Sends a request; on a connection of its own once more if it changes nothing and a kept connection broke under it.
    async fn deliver_once(&self, request: &Request, signer: Option<&Signer>, region: Option<&str>) -> Exchange {
        let sender = self.sender_for(region);
        let exchange = sender.send(request, signer).await;
        self.record(sender, &exchange);
        if !self.shared.repeats.allow(&exchange, self.requests()) {
            return exchange;
        }
        let again = sender.send_on_fresh_connection(request, signer).await;
        self.record(sender, &again);
        Exchange { elapsed: exchange.elapsed + again.elapsed, repeats: exchange.repeats + 1, ..again }
    }

    /// Writes down what was sent, if anything does.
    fn record(&self, sender: &Sender, exchange: &Exchange) {
        if let Some(recorder) = &self.shared.recorder {
            let renewed = self.refreshing.as_ref().map(RefreshingCredentials::secrets).unwrap_or_default();
            recorder.note(sender.endpoint(), exchange, &renewed);
        }
    }

    fn sender_for(&self, region: Option<&str>) -> &Sender {
        let elsewhere = region.and_then(|region| self.elsewhere.iter().find(|(known, _)| known == region));
        elsewhere.map_or(&self.sender, |(_, sender)| sender)
    }
}

fn is_refused(exchange: &Exchange) -> bool {
    matches!(&exchange.reply, Reply::Failure(failure) if failure.kind == FailureKind::Connect)
}
