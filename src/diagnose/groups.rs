//! Groups of findings that have something in common.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::Evidence;

/// Positions of the findings that have the same key, in their order. A finding without a key is in no group.
pub(super) fn grouped<'a, Key: Ord>(
    findings: &[Evidence<'a>],
    key: impl Fn(&Evidence<'a>) -> Option<Key>,
) -> BTreeMap<Key, Vec<usize>> {
    let mut groups: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
    for (position, finding) in findings.iter().enumerate() {
        if let Some(key) = key(finding) {
            groups.entry(key).or_default().push(position);
        }
    }
    groups
}

/// The operations of the findings at these positions.
pub(super) fn operations<'a>(findings: &[Evidence<'a>], positions: &[usize]) -> BTreeSet<&'a str> {
    positions.iter().filter_map(|position| Some(findings.get(*position)?.operation)).collect()
}
