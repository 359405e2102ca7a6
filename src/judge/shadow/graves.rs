//! What earlier tests deleted: no list may show it ever again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::state::{Life, Tracked};
use crate::plan::sequence::LawKind;

/// Most that are kept in mind; a target that goes on showing what was deleted shows the first ones too.
const MOST: usize = 4096;

/// Deleted resources by ARN.
#[derive(Debug, Clone, Default)]
pub struct Graves {
    buried: Arc<HashMap<String, Grave>>,
    /// Those that were found in a list: one defect shows once.
    found: HashSet<String>,
}

/// One deleted resource.
#[derive(Debug, Clone)]
pub(super) struct Grave {
    /// Its type.
    pub resource: String,
    /// What a view that shows it breaks.
    pub law: LawKind,
}

impl Graves {
    /// Keeps in mind that a resource was deleted, if its ARN cannot come again.
    pub(super) fn bury(&mut self, arn: &str, tracked: &Tracked) {
        let Life::Gone(law) = tracked.life else { return };
        if self.buried.len() < MOST && !is_named_by_the_caller(arn, tracked) {
            Arc::make_mut(&mut self.buried).insert(arn.to_owned(), Grave { resource: tracked.resource.clone(), law });
        }
    }

    pub(super) fn get(&self, arn: &str) -> Option<&Grave> {
        self.buried.get(arn).filter(|_| !self.found.contains(arn))
    }

    /// Nothing is known of it any more.
    pub(super) fn forget(&mut self, arn: &str) {
        if self.buried.contains_key(arn) {
            Arc::make_mut(&mut self.buried).remove(arn);
        }
    }

    /// One was found in a list.
    pub(super) fn note_found(&mut self, arn: &str) {
        if self.buried.contains_key(arn) {
            self.found.insert(arn.to_owned());
        }
    }

    /// Adds what others saw deleted.
    pub fn extend(&mut self, other: &Graves) {
        let is_new = |(arn, _): &(&String, &Grave)| !self.buried.contains_key(*arn);
        let room = MOST.saturating_sub(self.buried.len());
        let new: Vec<(String, Grave)> =
            other.buried.iter().filter(is_new).take(room).map(|(arn, grave)| (arn.clone(), grave.clone())).collect();
        // Others hold what is known so far: it is copied only for something new.
        if !new.is_empty() {
            Arc::make_mut(&mut self.buried).extend(new);
        }
    }
}

/// Whether the last part of an ARN is what the caller called the resource: another test may call one so too.
fn is_named_by_the_caller(arn: &str, tracked: &Tracked) -> bool {
    let last = arn.rsplit(['/', ':']).next().unwrap_or(arn);
    tracked.members.values().filter_map(Value::as_str).any(|value| value == last)
}
