//! Lists that show nothing, whatever is asked of them, are one cause.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{operations, positions};
use crate::judge::finding::FindingKind;

/// Operations that must show nothing.
const MANY: usize = 3;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let is_about_nothing =
        |finding: &Evidence<'_>| finding.kind == FindingKind::WrongBehaviour && is_empty(finding.response);
    let group = positions(findings, is_about_nothing);
    let of = |position: &usize| findings.get(*position);
    if operations(findings, &group).len() < MANY {
        return;
    }
    // The rule that is broken on most operations says best what they have in common.
    let mut broken: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for finding in group.iter().filter_map(of) {
        broken.entry(finding.clause).or_default().insert(finding.operation);
    }
    let breadth = |position: &&usize| of(position).and_then(|finding| broken.get(finding.clause)).map(BTreeSet::len);
    let Some(primary) = group.iter().rev().max_by_key(breadth).copied() else { return };
    let primary = links.join(&group, primary);
    links.note(primary, operations(findings, &group), CommonDeviation::ShowsNothing);
}

/// Whether a response has lists, and nothing in any of them.
fn is_empty(response: &Value) -> bool {
    let lists: Vec<&Vec<Value>> =
        response.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_array()).collect();
    !lists.is_empty() && lists.iter().all(|list| list.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};

    fn shown(clause: &'static str, operation: &'static str, response: Value) -> Evidence<'static> {
        Evidence { response: body(response), ..finding(clause, operation, FindingKind::WrongBehaviour) }
    }

    fn lists(number: usize) -> Vec<Evidence<'static>> {
        let clause = "rule.lists-show-what-was-created";
        let mut findings = vec![
            shown("rule.filter-by-name-finds-the-channel", "ListChannels", json!({"channels": []})),
            shown(clause, "ListChannels", json!({"channels": []})),
            shown(clause, "ListStreamKeys", json!({"streamKeys": []})),
            shown(clause, "ListPlaybackKeyPairs", json!({"keyPairs": []})),
        ];
        findings.truncate(number);
        findings
    }

    #[test]
    fn many_lists_that_show_nothing_are_one_cause() {
        assert_eq!(linked(link, &lists(4)), [1; 4]);
    }

    #[test]
    fn two_lists_and_lists_that_show_something_are_not() {
        assert_eq!(linked(link, &lists(3)), [0, 1, 2]);
        let mut some = lists(4);
        some.iter_mut().for_each(|finding| finding.response = body(json!({"channels": [{}], "nextToken": "x"})));
        assert_eq!(linked(link, &some), [0, 1, 2, 3]);
    }
}
