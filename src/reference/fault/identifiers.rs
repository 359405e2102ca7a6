//! Names of resources that are not what they should be.

use std::sync::Arc;

use parking_lot::Mutex;

use super::super::ids::{Identifiers, Ids};
use super::{Behavior, Faults, Systemic};

/// Names resources as the plain server does, but for what faults change.
#[derive(Debug)]
pub(super) struct FaultyIds {
    ids: Ids,
    faults: Arc<Faults>,
    past: Mutex<PastIds>,
}

/// Ids that may be given out a second time.
#[derive(Debug, Default)]
struct PastIds {
    deleted: Vec<String>,
    last: String,
}

impl FaultyIds {
    pub(super) fn new(ids: Ids, faults: Arc<Faults>) -> Self {
        Self { ids, faults, past: Mutex::default() }
    }

    /// Notes that a resource is gone.
    pub(super) fn note_deleted(&self, arn: &str) {
        if let Some((_, id)) = arn.rsplit_once('/') {
            self.past.lock().deleted.push(id.to_owned());
        }
    }
}

impl Identifiers for FaultyIds {
    fn resource(&self) -> String {
        let reused = if self.faults.has_anywhere(Behavior::ReuseIds) { self.past.lock().deleted.pop() } else { None };
        let mut id = reused.unwrap_or_else(|| self.ids.resource());
        let mut past = self.past.lock();
        if !past.last.is_empty() && self.faults.has_anywhere(Behavior::SameId) {
            id.clone_from(&past.last);
        }
        if self.faults.has_anywhere(Behavior::Systemic(Systemic::LowerCaseIds)) {
            id = id.to_lowercase();
        }
        past.last.clone_from(&id);
        id
    }

    fn uuid(&self) -> String {
        self.ids.uuid()
    }

    fn alphanumeric(&self, length: usize) -> String {
        self.ids.alphanumeric(length)
    }

    fn hex(&self, length: usize) -> String {
        self.ids.hex(length)
    }

    fn arn(&self, region: &str, account: &str, kind: &str, id: &str) -> String {
        let region = if self.faults.has_anywhere(Behavior::WrongArnRegion) { "xx-else-1" } else { region };
        self.ids.arn(region, account, kind, id)
    }
}
