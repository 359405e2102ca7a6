//! Several instances behind one address that do not share their state are one cause: operations find what requests made in some
//! responses and not in others, and rules on states break with it.

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{operations, positions};
use crate::judge::finding::FindingKind;

/// Operations that must find a resource in some responses and not in others.
const MANY: usize = 3;
/// Status of the error for a resource that does not exist.
const NOT_FOUND: u16 = 404;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    // By chance a resource is not found once, and not again and again.
    let changes = |finding: &Evidence<'_>| !finding.is_steady && !finding.is_intermittent;
    let split = positions(findings, |finding| is_lost(finding) && changes(finding));
    if operations(findings, &split).len() < MANY {
        return;
    }
    // The plainest request of an operation says it best.
    let says_best = |finding: &Evidence<'_>| changes(finding) && finding.is_about_success();
    links.join_as(findings, &positions(findings, is_lost), says_best, CommonDeviation::SplitState);
    let Some(primary) = split.first().copied() else { return };
    for position in positions(findings, is_about_state) {
        links.follows(position, primary);
    }
}

/// Whether a valid request was refused because a resource was not found.
fn is_lost(finding: &Evidence<'_>) -> bool {
    finding.kind == FindingKind::RejectedValid && finding.status == NOT_FOUND
}

/// Whether a state that is not the one which requests made may show it.
fn is_about_state(finding: &Evidence<'_>) -> bool {
    match finding.kind {
        FindingKind::WrongBehaviour => true,
        FindingKind::WrongErrorCode => finding.status == NOT_FOUND,
        FindingKind::AcceptedInvalid => finding.is_general(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::samples::{finding, linked, refusal};

    fn findings() -> Vec<Evidence<'static>> {
        let lost =
            |clause, operation| Evidence { is_steady: false, ..refusal(clause, operation, NOT_FOUND, "NotFound") };
        vec![
            finding("rule.lists-show-what-was-created", "ListChannels", FindingKind::WrongBehaviour),
            finding("rule.same-public-key-is-imported-once", "ImportPlaybackKeyPair", FindingKind::AcceptedInvalid),
            Evidence { occurrences: 9, ..lost("rule.names-may-be-empty", "UpdateChannel") },
            lost("GetChannel.status", "GetChannel"),
            lost("UpdateChannel.status", "UpdateChannel"),
            lost("ListStreamKeys.status", "ListStreamKeys"),
            Evidence { is_steady: true, ..lost("TagResource.status", "TagResource") },
            finding("CreateChannel.input.name.pattern", "CreateChannel", FindingKind::AcceptedInvalid),
        ]
    }

    #[test]
    fn what_some_responses_find_and_others_do_not_is_one_cause_with_the_rules_on_states() {
        assert_eq!(linked(link, &findings()), [3, 3, 3, 3, 3, 3, 3, 7]);
    }

    #[test]
    fn what_is_never_found_or_by_chance_is_not() {
        let mut never = findings();
        never[5].is_steady = true;
        assert_eq!(linked(link, &never), [0, 1, 2, 3, 4, 5, 6, 7]);
        let mut by_chance = findings();
        by_chance[5].is_intermittent = true;
        assert_eq!(linked(link, &by_chance), [0, 1, 2, 3, 4, 5, 6, 7]);
    }
}
