//! Bodies of responses that are not JSON objects are one cause: what should be read in them is missing for that reason.

use serde_json::Value;

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{operations, positions};
use crate::judge::finding::FindingKind;

/// Operations that must respond so with success.
const MANY: usize = 3;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let is_of_output = |finding: &Evidence<'_>| finding.is_of_success() && finding.asks_for_an_object();
    if operations(findings, &positions(findings, is_of_output)).len() < MANY {
        return;
    }
    let group = positions(findings, |finding| finding.asks_for_an_object() || reads_no_object(finding));
    links.join_as(findings, &group, is_of_output, CommonDeviation::NoObject);
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
    fn two_operations_and_bodies_that_are_objects_stay_apart() {
        let [first, second, _, absent, of_error] = lists();
        assert_eq!(linked(link, &[first, second, absent, of_error]), [0, 1, 2, 3]);
        let mut read = lists();
        read[3].response = body(json!({"channel": {}}));
        assert_eq!(linked(link, &read), [0, 0, 0, 3, 0]);
    }
}
