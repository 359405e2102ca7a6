//! What a faulty server remembers of resources: how they were before they became what they are.

use std::collections::{HashMap, HashSet};

use super::super::state::{Channel, Tags};

/// What is remembered of resources, by ARN.
#[derive(Debug, Default)]
pub(super) struct Memory {
    untagged: HashMap<String, Tags>,
    tagged: HashSet<String>,
    channels: HashMap<String, Channel>,
}

impl Memory {
    /// Remembers that a resource was tagged.
    pub(super) fn tag(&mut self, arn: &str) {
        self.tagged.insert(arn.to_owned());
    }

    /// Whether it was.
    pub(super) fn was_tagged(&self, arn: &str) -> bool {
        self.tagged.contains(arn)
    }

    /// Remembers tags that were removed.
    pub(super) fn untag(&mut self, arn: &str, removed: Tags) {
        self.untagged.entry(arn.to_owned()).or_default().extend(removed);
    }

    /// The tags that were ever removed.
    pub(super) fn untagged(&self, arn: &str) -> Tags {
        self.untagged.get(arn).cloned().unwrap_or_default()
    }

    /// Remembers a channel as it was before its first update.
    pub(super) fn update(&mut self, before: &Channel) {
        self.channels.entry(before.arn.clone()).or_insert_with(|| before.clone());
    }

    /// The channel as it was before its first update; none if it was not updated.
    pub(super) fn before_updates(&self, arn: &str) -> Option<&Channel> {
        self.channels.get(arn)
    }
}
