//! Divergences that several exchanges show together. Each may be taken back: an exchange that comes later in the recording
//! may turn out to overlap in time with the one that shows it.

use std::collections::BTreeMap;

use super::times::Moment;
use crate::judge::Violation;
use crate::record::{FindingKey, TrailStep};
use crate::wire::Exchange;

/// Most examples of one divergence that are kept.
const MOST_OF_ONE: usize = 8;

/// A divergence that an exchange shows together with those before it.
#[derive(Debug)]
pub struct Doubt {
    /// The resource that it is about.
    pub arn: String,
    /// When the exchange that shows it was over.
    pub ended: Moment,
    /// The divergence.
    pub violation: Violation,
    /// Position of the operation's case in the plan.
    pub case: usize,
    /// The exchange that shows it.
    pub exchange: Exchange,
    /// What was done to the resource before, and the request that shows it.
    pub history: Vec<TrailStep>,
}

/// All of them so far.
#[derive(Debug, Default)]
pub(super) struct Doubts(BTreeMap<FindingKey, Vec<Doubt>>);

impl Doubts {
    pub fn add(&mut self, doubt: Doubt) {
        let alike = self.0.entry(FindingKey::from(&doubt.violation)).or_default();
        if alike.len() < MOST_OF_ONE {
            alike.push(doubt);
        }
    }

    /// A resource was changed by a request that began at this moment: what was over later has no order to it.
    pub fn take_back(&mut self, arn: &str, began: Moment) {
        for alike in self.0.values_mut() {
            alike.retain(|doubt| doubt.arn != arn || doubt.ended <= began);
        }
    }

    pub fn into_all(self) -> Vec<Doubt> {
        self.0.into_values().flatten().collect()
    }
}
