//! Requests that are sent again because a kept connection broke. A target may close a connection that is not in use, and
//! then a request may be on its way; one that does so often is unreliable, and that must show.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::protocol::Route;
use crate::spec::Contract;
use crate::wire::{Exchange, FailureKind, Reply, Request};

/// Repeats that any run may have.
const FEW: u64 = 3;
/// One request of so many may be repeated besides.
const SELDOM: u64 = 50;

/// The repeats of a run.
#[derive(Debug)]
pub struct Repeats {
    /// Operations that change nothing.
    readonly: Vec<Route>,
    number: AtomicU64,
}

impl Repeats {
    /// No repeats so far.
    pub fn new(contract: &Contract) -> Repeats {
        let readonly = contract.operations.iter().filter(|operation| operation.is_readonly).map(Route::of).collect();
        Repeats { readonly, number: AtomicU64::new(0) }
    }

    /// Repeats so far.
    pub fn number(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }

    /// Whether the request of an exchange is to be sent again, which counts it. `sent` requests were sent so far.
    pub fn allow(&self, exchange: &Exchange, sent: u64) -> bool {
        let is_dropped = matches!(&exchange.reply, Reply::Failure(failure) if failure.kind == FailureKind::Dropped);
        if !is_dropped || !self.changes_nothing(&exchange.request) || self.number() >= FEW + sent / SELDOM {
            return false;
        }
        self.number.fetch_add(1, Ordering::Relaxed);
        true
    }

    fn changes_nothing(&self, request: &Request) -> bool {
        self.readonly.iter().any(|route| route.fits(request))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::wire::TransportFailure;

    fn exchange(target: &str, kind: FailureKind) -> Exchange {
        let request =
            Request { method: "POST".into(), target: target.into(), headers: Vec::new(), body: Default::default() };
        let reply = Reply::Failure(TransportFailure { kind, detail: String::new() });
        Exchange { request, reply, elapsed: Duration::ZERO, repeats: 0 }
    }

    #[test]
    fn only_what_changes_nothing_is_repeated_and_only_on_a_kept_connection() {
        let repeats = Repeats::new(&crate::spec::builtin().unwrap());
        assert!(!repeats.allow(&exchange("/CreateChannel", FailureKind::Dropped), 1_000));
        assert!(!repeats.allow(&exchange("/nowhere", FailureKind::Dropped), 1_000));
        assert!(!repeats.allow(&exchange("/GetChannel", FailureKind::Closed), 1_000));
        assert!(repeats.allow(&exchange("/GetChannel", FailureKind::Dropped), 1_000));
        assert_eq!(repeats.number(), 1);
    }

    #[test]
    fn a_target_that_drops_often_is_not_covered_up() {
        let repeats = Repeats::new(&crate::spec::builtin().unwrap());
        let dropped = exchange("/GetChannel", FailureKind::Dropped);
        let allowed = |sent| (0..100).filter(|_| repeats.allow(&dropped, sent)).count();
        assert_eq!((allowed(10), allowed(110)), (3, 2));
    }
}
