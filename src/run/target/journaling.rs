//! The ledger is asked before a request is sent, and told what came back.

use super::{Attempt, Target};
use crate::run::ledger::{Refusal, Ticket};
use crate::wire::Exchange;

impl Target {
    /// Notes that a resource is gone which was not deleted by itself; if that cannot be written down, it is looked for again
    /// after the run.
    pub(in crate::run) fn note_gone(&self, arn: &str) {
        let _ = self.ledger().map(|ledger| ledger.gone(arn));
    }

    /// Asks the ledger whether a request may be sent. What makes something is written down here.
    ///
    /// # Errors
    /// The request must not be sent, for this reason.
    pub(super) fn admit(&self, attempt: Attempt<'_>) -> Result<Ticket, String> {
        match self.ledger().map(|ledger| ledger.before(attempt.request, attempt.region)) {
            None => Ok(Ticket::Neither),
            Some(Ok(ticket)) => Ok(ticket),
            Some(Err(Refusal::NotOurs(reason))) => Err(reason),
            Some(Err(Refusal::Unwritten(reason))) => {
                self.stop_because(reason.clone());
                Err(reason)
            }
        }
    }

    /// Writes down what became of a request.
    pub(super) fn settle(&self, ticket: &Ticket, exchange: &Exchange) {
        let Some(ledger) = self.ledger() else { return };
        if exchange.repeats > 0
            && let Err(reason) = ledger.repeated(exchange)
        {
            self.stop_because(reason);
        }
        // What the journal's own filter does not know must not get there either.
        if let Err(reason) = ledger.after(ticket, &self.signing.without_secrets(exchange)) {
            self.stop_because(reason);
        }
    }
}
