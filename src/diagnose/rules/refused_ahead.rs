//! Requests of several operations that are refused without an error code, valid ones among them, while the same operations refuse
//! others as documented, are one cause: something before the API refuses them, such as a firewall or a limit on bodies.

use std::collections::BTreeSet;

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{grouped, operations};
use crate::judge::finding::FindingKind;
use crate::spec::clause_id::ClauseId;

/// Operations whose valid requests must be refused so, and that must refuse others as documented.
const MANY: usize = 3;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], upheld: &BTreeSet<&str>, links: &mut Links) {
    let as_documented: BTreeSet<&str> = upheld.iter().filter_map(|clause| refuses_with_a_code(clause)).collect();
    for group in grouped(findings, refusal).values() {
        let is_valid = |position: &usize| findings.get(*position).is_some_and(Evidence::is_refused_valid);
        let valid: Vec<usize> = group.iter().copied().filter(is_valid).collect();
        let refused = operations(findings, &valid);
        if refused.intersection(&as_documented).count() >= MANY {
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

/// Status and body of a refusal without a code, if it came each time. Pages may differ by an id of the request.
fn refusal(finding: &Evidence<'_>) -> Option<(u16, String)> {
    let is_refusal = match finding.kind {
        FindingKind::RejectedValid | FindingKind::WrongStatus | FindingKind::WrongErrorCode => true,
        FindingKind::MalformedResponse => finding.asks_for_an_object(),
        _ => false,
    };
    let is_of_the_client = (400..500).contains(&finding.status);
    let body = || if finding.is_page() { String::new() } else { finding.response.to_string() };
    (is_refusal && is_of_the_client && finding.is_steady && finding.code.is_none()).then(|| (finding.status, body()))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::diagnose::samples::{body, finding};

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
        let mut links = Links::new(findings);
        link(findings, &upheld.iter().copied().collect(), &mut links);
        (0..findings.len()).map(|position| links.primary(position)).collect()
    }

    #[test]
    fn what_something_before_the_api_refuses_is_one_cause() {
        assert_eq!(primaries(&findings(), &UPHELD), [1; 5]);
    }

    #[test]
    fn an_api_whose_errors_never_have_a_code_refuses_for_reasons_of_its_own() {
        assert_eq!(primaries(&findings(), &UPHELD[..2]), [0, 1, 2, 3, 4]);
        assert_eq!(primaries(&findings(), &["CreateChannel.status", "GetChannel.status"]), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn other_bodies_failures_and_what_comes_by_chance_stay_apart() {
        let mut other = findings();
        other[2].response = body(Value::from("no"));
        assert_eq!(primaries(&other, &UPHELD), [0, 1, 2, 3, 4]);
        let mut failures = findings();
        failures.iter_mut().for_each(|finding| finding.status = 500);
        assert_eq!(primaries(&failures, &UPHELD), [0, 1, 2, 3, 4]);
        let mut by_chance = findings();
        by_chance[1].is_steady = false;
        assert_eq!(primaries(&by_chance, &UPHELD), [0, 1, 2, 3, 4]);
    }
}
