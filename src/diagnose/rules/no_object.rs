//! Bodies of responses that are not JSON objects are one cause: what should be read in them is missing for that reason.

use serde_json::Value;

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{most_telling, operations, positions};
use crate::judge::finding::FindingKind;

/// Operations that must respond so with success.
const MANY: usize = 3;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    link_errors(findings, links);
    let is_of_output = |finding: &Evidence<'_>| finding.is_of_success() && finding.asks_for_an_object();
    if operations(findings, &positions(findings, is_of_output)).len() < MANY {
        return;
    }
    let group = positions(findings, |finding| finding.asks_for_an_object() || reads_no_object(finding));
    links.join_as(findings, &group, is_of_output, CommonDeviation::NoObject);
}

/// Errors whose bodies are not JSON objects have no code in them for that reason.
fn link_errors(findings: &[Evidence<'_>], links: &mut Links) {
    // The page of a failure follows from the failure.
    let is_malformed = |finding: &Evidence<'_>| finding.is_of_client_error() && finding.asks_for_an_object();
    let malformed = positions(findings, is_malformed);
    let (Some(primary), MANY..) =
        (most_telling(findings, &malformed, |_| true), operations(findings, &malformed).len())
    else {
        return;
    };
    let lacks_code = |finding: &Evidence<'_>| {
        let is_wrong = matches!(finding.kind, FindingKind::WrongStatus | FindingKind::WrongErrorCode);
        is_wrong && finding.is_of_client_error() && finding.code.is_none() && finding.response.is_string()
    };
    let group = positions(findings, |finding| is_malformed(finding) || lacks_code(finding));
    links.join(&group, primary);
}

/// Whether something is missing in a response of success that has another body than an object.
fn reads_no_object(finding: &Evidence<'_>) -> bool {
    finding.kind == FindingKind::WrongBehaviour
        && finding.is_of_success()
        && !matches!(finding.response, Value::Object(_) | Value::Null)
        && !finding.counts_responses()
        && !finding.expects_absence()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};

    fn lists() -> [Evidence<'static>; 5] {
        let malformed = |clause: &'static str, operation: &'static str| Evidence {
            expected: "The body is a JSON object.",
            response: body(json!([{"channel": {}}])),
            ..finding(clause, operation, FindingKind::MalformedResponse)
        };
        let of_error = Evidence { status: 404, ..malformed("protocol.error-body-is-json-object", "DeleteChannel") };
        let absent = finding("rule.get-returns-what-create-answered", "CreateChannel", FindingKind::WrongBehaviour);
        [
            malformed("CreateChannel.content_type", "CreateChannel"),
            malformed("GetChannel.content_type", "GetChannel"),
            malformed("ListChannels.content_type", "ListChannels"),
            Evidence { response: body(json!([{"channel": {}}])), ..absent },
            of_error,
        ]
    }

    #[test]
    fn three_operations_whose_bodies_are_not_objects_are_one_cause_with_all_that_is_missing() {
        assert_eq!(linked(link, &lists()), [0, 0, 0, 0, 0]);
    }

    #[test]
    fn errors_that_are_pages_are_one_cause_with_those_that_have_no_code_for_it() {
        let page = || body(json!("<h1>Bad Request</h1>"));
        let of = |clause: &'static str, operation: &'static str, kind| Evidence {
            expected: if kind == FindingKind::MalformedResponse { "The body is a JSON object." } else { "" },
            response: page(),
            status: 400,
            ..finding(clause, operation, kind)
        };
        let malformed = |operation| of("protocol.error-body-is-json-object", operation, FindingKind::MalformedResponse);
        let without = || of("GetStream.error.ValidationException", "GetStream", FindingKind::WrongStatus);
        let findings = [without(), malformed("GetStream"), malformed("GetChannel"), malformed("ListChannels")];
        assert_eq!(linked(link, &findings), [1, 1, 1, 1]);
        assert_eq!(linked(link, &findings[..3]), [0, 1, 2]);
        let coded = Evidence { code: Some("Bad"), ..without() };
        let object = Evidence { response: body(json!({"message": "no"})), ..without() };
        let [_, rest @ ..] = findings;
        assert_eq!(linked(link, &[rest.to_vec(), vec![coded, object]].concat()), [0, 0, 0, 3, 4]);
    }

    #[test]
    fn two_operations_and_bodies_that_are_objects_stay_apart() {
        let [first, second, _, absent, of_error] = lists();
        assert_eq!(linked(link, &[first, second, absent, of_error]), [0, 1, 2, 3]);
        let mut read = lists();
        read[3].response = body(json!({"channel": {}}));
        assert_eq!(linked(link, &read), [0, 0, 0, 3, 0]);
    }
}
