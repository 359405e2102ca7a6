//! What earlier tests deleted: no list may show it ever again.

use std::collections::HashMap;

use serde_json::Value;

use super::state::{Life, Tracked};
use crate::plan::sequence::LawKind;

/// Most that are kept in mind; a target that goes on showing what was deleted shows the first ones too.
const MOST: usize = 1024;

/// Deleted resources by ARN.
#[derive(Debug, Default)]
pub(super) struct Graves(HashMap<String, Grave>);

/// One deleted resource.
#[derive(Debug)]
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
        if self.0.len() < MOST && !is_named_by_the_caller(arn, tracked) {
            self.0.insert(arn.to_owned(), Grave { resource: tracked.resource.clone(), law });
        }
    }

    pub(super) fn get(&self, arn: &str) -> Option<&Grave> {
        self.0.get(arn)
    }

    /// Nothing is known of it any more.
    pub(super) fn forget(&mut self, arn: &str) {
        self.0.remove(arn);
    }
}

/// Whether the last part of an ARN is what the caller called the resource: another test may call one so too.
fn is_named_by_the_caller(arn: &str, tracked: &Tracked) -> bool {
    let last = arn.rsplit(['/', ':']).next().unwrap_or(arn);
    tracked.members.values().filter_map(Value::as_str).any(|value| value == last)
}
