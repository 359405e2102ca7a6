//! The findings of shards: one per id, shown by its smallest request.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::report::record::{FindingRecord, SeenRecord};

/// What is compared of two findings with one id: requests before, length of the request, and index of the shard. The order
/// in which shards are added makes no difference.
type Size = (usize, usize, u32);

/// Findings by their ids.
#[derive(Debug, Default)]
pub(super) struct Findings(BTreeMap<String, (Size, FindingRecord)>);

impl Findings {
    /// Adds those of a shard.
    pub(super) fn add(&mut self, shard: u32, findings: Vec<FindingRecord>) {
        for finding in findings {
            let size = size(&finding, shard);
            match self.0.entry(finding.id.clone()) {
                Entry::Vacant(entry) => {
                    entry.insert((size, finding));
                }
                Entry::Occupied(mut entry) => join(entry.get_mut(), size, finding),
            }
        }
    }

    /// All of them, in the order of their ids.
    pub(super) fn into_sorted(self) -> Vec<FindingRecord> {
        self.0.into_values().map(|(_, finding)| finding).collect()
    }
}

fn join(kept: &mut (Size, FindingRecord), size: Size, finding: FindingRecord) {
    let occurrences = kept.1.occurrences.saturating_add(finding.occurrences);
    let seen = more_telling(kept.1.seen, finding.seen);
    if size < kept.0 {
        *kept = (size, finding);
    }
    kept.1.occurrences = occurrences;
    kept.1.seen = seen;
}

/// Shards see the same defect: one that saw it every time knows that it is no chance.
fn more_telling(left: SeenRecord, right: SeenRecord) -> SeenRecord {
    let share = |seen: SeenRecord| (seen.times * 1_000 / seen.of.max(1), seen.of, seen.times);
    if share(right) > share(left) { right } else { left }
}

fn size(finding: &FindingRecord, shard: u32) -> Size {
    (finding.setup.len(), finding.request.path.len() + finding.request.body.to_string().len(), shard)
}
