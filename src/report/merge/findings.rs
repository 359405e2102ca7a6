//! The findings of shards: one per id, as the earliest case of the plan shows it. A single run shows it so too, and its
//! causes depend on it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use crate::report::record::{CaseRecord, FindingRecord, SeenRecord};

/// What decides which of two findings with one id is shown, the smaller first: position of its case, requests before,
/// length of the request, and index of the shard. The order in which shards are added makes no difference.
type Rank = (u64, usize, usize, u32);

/// Findings by their ids.
#[derive(Debug, Default)]
pub(super) struct Findings(BTreeMap<String, (Rank, FindingRecord)>);

impl Findings {
    /// Adds those of a shard, which its cases showed.
    pub(super) fn add(&mut self, shard: u32, cases: &[CaseRecord], findings: Vec<FindingRecord>) {
        let positions: HashMap<&str, u64> = cases.iter().map(|case| (case.id.as_str(), case.position)).collect();
        for finding in findings {
            let position = positions.get(finding.case.as_str()).copied().unwrap_or(u64::MAX);
            let length = finding.request.path.len() + finding.request.body.to_string().len();
            let rank = (position, finding.setup.len(), length, shard);
            match self.0.entry(finding.id.clone()) {
                Entry::Vacant(entry) => {
                    entry.insert((rank, finding));
                }
                Entry::Occupied(mut entry) => join(entry.get_mut(), rank, finding),
            }
        }
    }

    /// All of them, in the order of their ids.
    pub(super) fn into_sorted(self) -> Vec<FindingRecord> {
        self.0.into_values().map(|(_, finding)| finding).collect()
    }
}

fn join(kept: &mut (Rank, FindingRecord), rank: Rank, finding: FindingRecord) {
    let occurrences = kept.1.occurrences.saturating_add(finding.occurrences);
    let seen = more_telling(kept.1.seen, finding.seen);
    if rank < kept.0 {
        *kept = (rank, finding);
    }
    kept.1.occurrences = occurrences;
    kept.1.seen = seen;
}

/// How often a defect was seen: by the shard whose requests showed it in the larger share of its attempts.
fn more_telling(left: SeenRecord, right: SeenRecord) -> SeenRecord {
    let share = |seen: SeenRecord| (seen.times * 1_000 / seen.of.max(1), seen.of, seen.times);
    if share(right) > share(left) { right } else { left }
}
