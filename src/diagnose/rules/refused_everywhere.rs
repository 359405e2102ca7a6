//! One refusal of valid requests on many operations is one cause: it lies in what they have in common. If it is that signatures
//! do not match, two operations are enough: one part of the target verifies them for all.

use std::cmp::Reverse;

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{grouped, most_telling, operations};
use crate::judge::finding::FindingKind;
use crate::spec::clause_id::ClauseId;

/// Operations that a refusal must be seen on.
const MANY: usize = 6;
/// The same of one for a signature.
const MANY_OF_SIGNATURES: usize = 2;
/// What stands in the codes of such refusals.
const SIGNATURE: &str = "Signature";

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    for ((_, code), group) in &grouped(findings, Evidence::wrong_refusal) {
        match code.contains(SIGNATURE) {
            true => link_signatures(findings, group, links),
            false => link_alike(findings, group, links),
        }
    }
}

fn link_signatures(findings: &[Evidence<'_>], group: &[usize], links: &mut Links) {
    if operations(findings, &of_plain_requests(findings, group)).len() >= MANY_OF_SIGNATURES {
        links.join_as(findings, group, Evidence::is_about_success, CommonDeviation::RefusedSignatures);
    }
}

fn link_alike(findings: &[Evidence<'_>], group: &[usize], links: &mut Links) {
    let refused = of_valid_requests(findings, group);
    if operations(findings, &refused).len() < MANY {
        return;
    }
    let plain = of_plain_requests(findings, group);
    let primary = match operations(findings, &plain).len() {
        MANY.. => most_telling(findings, &plain, |_| true),
        _ => refused.into_iter().max_by_key(|position| rank(findings, *position)),
    };
    if let Some(primary) = replaced_error(findings, group).or(primary) {
        links.join(group, primary);
    }
}

fn of_valid_requests(findings: &[Evidence<'_>], group: &[usize]) -> Vec<usize> {
    let is_refused = |position: &usize| findings.get(*position).is_some_and(Evidence::is_refused_valid);
    group.iter().copied().filter(is_refused).collect()
}

/// Those of requests that are valid and nothing more.
fn of_plain_requests(findings: &[Evidence<'_>], group: &[usize]) -> Vec<usize> {
    let is_plain = |position: &usize| findings.get(*position).is_some_and(Evidence::is_about_success);
    of_valid_requests(findings, group).into_iter().filter(is_plain).collect()
}

/// The finding that says best that the refusal stands for a documented error: of those on an error that all refused requests
/// may have too, the one that was seen most.
fn replaced_error(findings: &[Evidence<'_>], group: &[usize]) -> Option<usize> {
    let of = |position: &usize| findings.get(*position);
    let refused: Vec<_> = group.iter().filter_map(of).filter(|finding| finding.is_refused_valid()).collect();
    let fits = |code| refused.iter().all(|finding| finding.expected.contains(code));
    let is_of_error = |position: &&usize| of(position).and_then(missing_error).is_some_and(fits);
    let occurrences = |position: &&usize| (of(position).map(|finding| finding.occurrences), Reverse(**position));
    group.iter().filter(is_of_error).max_by_key(occurrences).copied()
}

/// The documented error that has another one in its place, if that is what a finding is about.
fn missing_error<'a>(finding: &Evidence<'a>) -> Option<&'a str> {
    match finding.about {
        Some(ClauseId::Error { code, .. }) if finding.kind == FindingKind::WrongErrorCode => Some(code),
        _ => None,
    }
}

/// A clause that holds for all operations names what they have in common; the more operations show it, the better.
fn rank(findings: &[Evidence<'_>], position: usize) -> (bool, bool, usize, u64) {
    let Some(finding) = findings.get(position) else { return (false, false, 0, 0) };
    let is_shared = matches!(finding.about, Some(ClauseId::General { family: "protocol" | "auth", .. }));
    let shows = |other: &&Evidence<'_>| other.clause == finding.clause && other.is_refused_valid();
    (is_shared, finding.is_general(), findings.iter().filter(shows).count(), finding.occurrences)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::samples::{finding, linked, refusal};

    const CLAUSES: [(&str, &str); 7] = [
        ("GetChannel.status", "GetChannel"),
        ("ListChannels.status", "ListChannels"),
        ("protocol.encodings-are-optional", "ListChannels"),
        ("GetStreamKey.status", "GetStreamKey"),
        ("ListStreams.status", "ListStreams"),
        ("TagResource.status", "TagResource"),
        ("DeleteChannel.input.arn.pattern", "DeleteChannel"),
    ];

    fn refused(number: usize, code: &'static str) -> Vec<Evidence<'static>> {
        CLAUSES.iter().take(number).map(|(clause, operation)| refusal(clause, operation, 403, code)).collect()
    }

    #[test]
    fn one_refusal_of_many_operations_is_named_by_what_they_share() {
        assert_eq!(linked(link, &refused(7, "Denied")), [2; 7]);
    }

    #[test]
    fn where_the_plainest_requests_are_refused_a_clause_that_operations_share_says_nothing() {
        let mut findings = refused(7, "Denied");
        findings[6] = refusal("DeleteChannel.status", "DeleteChannel", 403, "Denied");
        assert_eq!(linked(link, &findings), [0; 7]);
    }

    #[test]
    fn a_refusal_in_place_of_a_documented_error_is_named_by_it() {
        let mut findings = refused(7, "ValidationException");
        let error = refusal("GetStream.error.NotFound", "GetStream", 403, "ValidationException");
        findings.push(Evidence { kind: FindingKind::WrongErrorCode, ..error });
        assert_eq!(linked(link, &findings), [2; 8], "nothing but success was expected");
        findings.iter_mut().for_each(|finding| finding.expected = "The response is success or NotFound (404).");
        assert_eq!(linked(link, &findings), [7; 8]);
    }

    #[test]
    fn refusals_of_few_operations_or_with_other_codes_stay_apart() {
        assert_eq!(linked(link, &refused(6, "Denied")), [0, 1, 2, 3, 4, 5], "two are of one operation");
        let mut mixed = refused(7, "Denied");
        mixed.iter_mut().step_by(2).for_each(|finding| finding.code = Some("Other"));
        assert_eq!(linked(link, &mixed), [0, 1, 2, 3, 4, 5, 6]);
        let mut wrong = refused(7, "Denied");
        wrong
            .iter_mut()
            .for_each(|finding| *finding = Evidence { kind: FindingKind::WrongErrorCode, ..finding.clone() });
        wrong.push(finding("GetStream.status", "GetStream", FindingKind::AcceptedInvalid));
        assert_eq!(linked(link, &wrong), [0, 1, 2, 3, 4, 5, 6, 7], "nothing valid was refused");
    }
}
