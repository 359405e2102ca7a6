//! Groups of findings that have something in common.

use std::cmp::Reverse;
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

/// Positions of the findings that are wanted, in their order.
pub(super) fn positions<'a>(findings: &[Evidence<'a>], is_wanted: impl Fn(&Evidence<'a>) -> bool) -> Vec<usize> {
    (0..findings.len()).filter(|position| findings.get(*position).is_some_and(&is_wanted)).collect()
}

/// Of the findings at these positions the one that names their cause: one that says it best, if there is any; of several the
/// one that was seen most, and the first of those.
pub(super) fn most_telling<'a>(
    findings: &[Evidence<'a>],
    group: &[usize],
    says_best: impl Fn(&Evidence<'a>) -> bool,
) -> Option<usize> {
    let rank = |position: &usize| {
        findings.get(*position).map(|finding| (says_best(finding), finding.occurrences, Reverse(*position)))
    };
    group.iter().copied().max_by_key(rank)
}

/// Names of the members of responses that the findings at these positions are about.
pub(super) fn shown_names<'a>(findings: &[Evidence<'a>], positions: &[usize]) -> BTreeSet<&'a str> {
    positions.iter().filter_map(|position| Some(findings.get(*position)?.shown_name())).collect()
}

/// The operations of the findings at these positions.
pub(super) fn operations<'a>(findings: &[Evidence<'a>], positions: &[usize]) -> BTreeSet<&'a str> {
    positions.iter().filter_map(|position| Some(findings.get(*position)?.operation)).collect()
}
