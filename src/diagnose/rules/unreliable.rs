//! Failures that show only sometimes, in one way, on many operations are one cause: the target, or a proxy before it, is
//! unreliable. So are refusals that show only sometimes beside them: what a failed request left undone gets in the way of
//! others.

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{grouped, operations};
use crate::judge::finding::FindingKind;
use crate::spec::clause_id::ClauseId;

/// Operations that must fail in the same way.
const MANY: usize = 3;
/// Lowest status of an error of the server.
const SERVER_ERROR: u16 = 500;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let mut first = None;
    for group in grouped(findings, failure).values() {
        let operations = operations(findings, group);
        if operations.len() < MANY {
            continue;
        }
        let Some(primary) = group.iter().copied().max_by_key(|position| rank(findings, *position)) else { continue };
        links.join(group, primary);
        links.note(primary, operations, CommonDeviation::Unreliable);
        first = first.or(Some(primary));
    }
    if let Some(primary) = first {
        let refused = findings.iter().enumerate().filter(|(_, finding)| is_refused_sometimes(finding));
        refused.for_each(|(position, _)| links.follows(position, primary));
    }
}

fn is_refused_sometimes(finding: &Evidence<'_>) -> bool {
    !finding.is_steady && matches!(finding.kind, FindingKind::RejectedValid | FindingKind::WrongErrorCode)
}

/// Status of a response that failed only sometimes, 0 if none arrived; `None` for all other findings.
fn failure(finding: &Evidence<'_>) -> Option<u16> {
    match finding.kind {
        _ if finding.is_steady || !finding.kind.may_be_noise() => None,
        FindingKind::Transport => Some(0),
        _ => Some(finding.status).filter(|status| *status >= SERVER_ERROR),
    }
}

/// A plain failure at valid requests names the cause best, the one that was seen most.
fn rank(findings: &[Evidence<'_>], position: usize) -> (bool, bool, u64, std::cmp::Reverse<usize>) {
    let finding = findings.get(position);
    let is_failure = finding.is_some_and(|finding| finding.kind.is_failure());
    let is_plain = finding.is_some_and(|finding| matches!(finding.about, Some(ClauseId::Success { .. })));
    let occurrences = finding.map_or(0, |finding| finding.occurrences);
    (is_failure, is_plain, occurrences, std::cmp::Reverse(position))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::samples::{finding, linked};

    fn failing(clause: &'static str, operation: &'static str, kind: FindingKind, status: u16) -> Evidence<'static> {
        Evidence { is_steady: false, status, ..finding(clause, operation, kind) }
    }

    fn failures(kind: FindingKind, status: u16) -> [Evidence<'static>; 3] {
        [
            failing("protocol.encodings-are-optional", "ListChannels", kind, status),
            failing("GetChannel.status", "GetChannel", kind, status),
            failing("CreateChannel.input.name.pattern", "CreateChannel", kind, status),
        ]
    }

    #[test]
    fn failures_of_three_operations_are_one_cause_named_by_a_valid_request() {
        assert_eq!(linked(link, &failures(FindingKind::ServerError, 502)), [1, 1, 1]);
        assert_eq!(linked(link, &failures(FindingKind::Transport, 0)), [1, 1, 1]);
        let mut with_page = failures(FindingKind::ServerError, 502).to_vec();
        let body = "protocol.error-body-is-json-object";
        with_page.push(failing(body, "GetChannel", FindingKind::MalformedResponse, 502));
        assert_eq!(linked(link, &with_page), [1, 1, 1, 1], "the page of a proxy comes with its status");
        let full = failing("CreateStreamKey.status", "CreateStreamKey", FindingKind::RejectedValid, 402);
        let steady = Evidence { is_steady: true, ..full.clone() };
        with_page.extend([full, steady]);
        assert_eq!(linked(link, &with_page), [1, 1, 1, 1, 1, 5], "a deletion that failed leaves the quota full");
    }

    #[test]
    fn failures_of_another_kind_or_of_few_operations_or_that_always_show_stay_apart() {
        assert_eq!(linked(link, &failures(FindingKind::ServerError, 502)[..2]), [0, 1]);
        assert_eq!(linked(link, &failures(FindingKind::RejectedValid, 400)), [0, 1, 2]);
        assert_eq!(linked(link, &failures(FindingKind::WrongErrorCode, 404)), [0, 1, 2]);
        let mut mixed = failures(FindingKind::ServerError, 502);
        mixed[0].status = 500;
        assert_eq!(linked(link, &mixed), [0, 1, 2]);
        let mut steady = failures(FindingKind::ServerError, 502);
        steady[2].is_steady = true;
        assert_eq!(linked(link, &steady), [0, 1, 2]);
    }
}
