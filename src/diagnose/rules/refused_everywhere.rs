//! One refusal of valid requests on many operations is one cause: it lies in what they have in common.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::judge::finding::FindingKind;
use crate::spec::clause_id::ClauseId;

/// Operations that a refusal must be seen on.
const MANY: usize = 6;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let mut groups: BTreeMap<(u16, &str), Vec<usize>> = BTreeMap::new();
    for (position, finding) in findings.iter().enumerate() {
        let is_refusal = finding.is_refused_valid() || finding.kind == FindingKind::WrongErrorCode;
        if is_refusal && finding.status >= 400 {
            groups.entry(finding.refusal()).or_default().push(position);
        }
    }
    for group in groups.values() {
        let of = |position: &usize| findings.get(*position);
        let refused = || group.iter().filter(|position| of(position).is_some_and(Evidence::is_refused_valid)).copied();
        let operations: BTreeSet<&str> =
            refused().filter_map(|position| Some(findings.get(position)?.operation)).collect();
        if operations.len() < MANY {
            continue;
        }
        let Some(primary) = refused().max_by_key(|position| rank(findings, *position)) else { continue };
        group.iter().for_each(|position| links.follows(*position, primary));
    }
}

/// A clause that holds for all operations names what they have in common; the more operations show it, the better.
fn rank(findings: &[Evidence<'_>], position: usize) -> (bool, bool, usize, u64) {
    let Some(finding) = findings.get(position) else { return (false, false, 0, 0) };
    let is_shared = matches!(finding.about, Some(ClauseId::General { family: "protocol" | "auth", .. }));
    let shows = |other: &&Evidence<'_>| other.clause == finding.clause && other.is_refused_valid();
    (is_shared, finding.is_general(), findings.iter().filter(shows).count(), finding.occurrences)
}
