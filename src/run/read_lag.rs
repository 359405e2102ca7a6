//! Reads that may show an earlier state although no suite and no rule says so. On this machine that is learned from the first
//! reads that are wrong ([`super::waits`]); elsewhere every read may lag.

use std::time::Duration;

use super::polling::{Polling, Recovery};
use super::run_context::RunContext;
use super::settings::Consistency;
use super::worker::Worker;
use crate::judge::Violation;

impl Worker {
    /// Notes how long it took until a read was right that no suite and no rule says may be late.
    pub fn note_read_lag(&mut self, lag: Duration) {
        self.env.waits.note_read_lag(lag);
        self.tally.lagged(lag);
    }
}

impl RunContext {
    /// How long to wait for a read to come right that no suite and no rule says may be late.
    pub fn patience_of_read(&self, operation: &str) -> Duration {
        match (self.target.is_loopback(), self.settings.consistency) {
            (false, _) => self.patience(operation),
            (true, Consistency::Unknown) => self.waits.patience_of_read(self.settings.patience),
            (true, Consistency::Strong) => Duration::ZERO,
        }
    }

    /// Whether chance may have made such a read wrong that is right now: then it counts as it was.
    pub fn is_chance(&self, polling: &Polling) -> bool {
        polling.recovery() == Recovery::ByChance && self.target.is_loopback() && !self.waits.reads_lag()
    }

    /// Notes what waiting for such a read did not end.
    pub fn note_read_in_vain<'v>(&self, violations: impl Iterator<Item = &'v Violation>, polling: &Polling) {
        match self.target.is_loopback() {
            true => self.waits.note_read_in_vain(violations, polling.waited()),
            false => self.waits.note_in_vain(violations),
        }
    }
}
