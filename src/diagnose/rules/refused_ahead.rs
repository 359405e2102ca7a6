//! Requests of several operations that are refused without an error code, valid ones among them, while the same operations refuse
//! others as documented, are one cause: something before the API refuses them, such as a firewall or a limit on bodies.

use std::collections::BTreeSet;

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{grouped, operations};
use crate::judge::finding::FindingKind;
use crate::spec::clause_id::ClauseId;

/// Operations that must refuse so.
const SEVERAL: usize = 2;
/// Statuses of what no route leads to.
const NO_ROUTE: [u16; 2] = [404, 405];

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], upheld: &BTreeSet<&str>, links: &mut Links) {
    let as_documented: BTreeSet<&str> = upheld.iter().filter_map(|clause| refuses_with_a_code(clause)).collect();
    for group in grouped(findings, refusal).values() {
        let shows = |finding: &Evidence<'_>| {
            finding.is_refused_valid() && finding.is_steady && as_documented.contains(finding.operation)
        };
        if group.iter().filter_map(|position| findings.get(*position)).any(shows)
            && operations(findings, group).len() >= SEVERAL
        {
            links.join_as(findings, group, Evidence::is_refused_valid, CommonDeviation::RefusedAhead);
        }
    }
}

/// The operation of a clause that it upholds only by an error with the right code.
fn refuses_with_a_code(upheld: &str) -> Option<&str> {
    match ClauseId::parse(upheld)? {
        ClauseId::Error { operation, .. } => Some(operation),
        _ => None,
    }
}

/// Status and body of a refusal without a code. Pages may differ by an id of the request.
fn refusal(finding: &Evidence<'_>) -> Option<(u16, String)> {
    let is_refusal = match finding.kind {
        FindingKind::RejectedValid | FindingKind::WrongStatus | FindingKind::WrongErrorCode => true,
        FindingKind::MalformedResponse => finding.asks_for_an_object(),
        _ => false,
    };
    let is_of_the_client = finding.is_of_client_error() && !NO_ROUTE.contains(&finding.status);
    let body = || if finding.is_page() { String::new() } else { finding.response.to_string() };
    (is_refusal && is_of_the_client && finding.code.is_none()).then(|| (finding.status, body()))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked_beside};

    const UPHELD: [&str; 3] =
        ["CreateChannel.error.Invalid", "GetChannel.error.Invalid", "ImportPlaybackKeyPair.error.Invalid"];

    fn refused(clause: &'static str, operation: &'static str, kind: FindingKind) -> Evidence<'static> {
        let response = body(Value::from("<html>blocked</html>"));
        Evidence { status: 403, response, ..finding(clause, operation, kind) }
    }

    fn findings() -> [Evidence<'static>; 5] {
        [
            refused("UntagResource.input.tagKeys.length.max", "UntagResource", FindingKind::WrongStatus),
            refused("protocol.malformed-json-is-refused", "ImportPlaybackKeyPair", FindingKind::RejectedValid),
            refused("CreateChannel.status", "CreateChannel", FindingKind::RejectedValid),
            refused("GetChannel.input.arn.length.max", "GetChannel", FindingKind::RejectedValid),
            Evidence {
                expected: "The body is a JSON object.",
                ..refused("protocol.error-body-is-json-object", "TagResource", FindingKind::MalformedResponse)
            },
        ]
    }

    fn primaries(findings: &[Evidence<'_>], upheld: &[&str]) -> Vec<usize> {
        linked_beside(link, findings, upheld)
    }

    #[test]
    fn what_something_before_the_api_refuses_is_one_cause() {
        assert_eq!(primaries(&findings(), &UPHELD), [1; 5]);
    }

    #[test]
    fn an_api_whose_errors_never_have_a_code_refuses_for_reasons_of_its_own() {
        assert_eq!(primaries(&findings(), &["UntagResource.error.Invalid"]), [0, 1, 2, 3, 4]);
        assert_eq!(primaries(&findings(), &["CreateChannel.status", "GetChannel.status"]), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn other_bodies_and_failures_and_what_no_route_leads_to_stay_apart() {
        let mut other = findings();
        other[2].response = body(Value::from("no"));
        assert_eq!(primaries(&other, &UPHELD), [1, 1, 2, 1, 1]);
        for status in [500, 404] {
            let mut failures = findings();
            failures.iter_mut().for_each(|finding| finding.status = status);
            assert_eq!(primaries(&failures, &UPHELD), [0, 1, 2, 3, 4]);
        }
    }

    #[test]
    fn what_comes_by_chance_does_not_show_it_and_follows() {
        let by_chance = |position: &usize| Evidence { is_steady: false, ..findings()[*position].clone() };
        assert_eq!(primaries(&[0, 1, 2, 3].map(|position| by_chance(&position)), &UPHELD), [0, 1, 2, 3]);
        let [status, valid, ..] = findings();
        assert_eq!(primaries(&[Evidence { is_steady: false, ..status.clone() }, valid.clone()], &UPHELD), [1, 1]);
        assert_eq!(primaries(&[valid.clone(), valid], &UPHELD), [0, 1], "one operation may have its own limit");
    }
}
