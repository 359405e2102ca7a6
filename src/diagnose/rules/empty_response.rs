//! Operations that respond with an empty object, where there should be something in it, are one cause: they are stubs.

use serde_json::Map;

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{operations, positions};
use crate::judge::finding::FindingKind;

/// Operations that must respond so, or findings of one operation.
const MANY: usize = 3;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let mut group = positions(findings, lacks_everything);
    group.retain(|position| !links.is_of_form(*position));
    let of = |operation: &str| {
        let is_of = |position: &&usize| findings.get(**position).is_some_and(|finding| finding.operation == operation);
        group.iter().filter(is_of).copied().collect()
    };
    let operations = operations(findings, &group);
    let groups = if operations.len() < MANY { operations.into_iter().map(of).collect() } else { vec![group.clone()] };
    for group in groups.iter().filter(|group| group.len() >= MANY) {
        // What must always be there says it best.
        links.join_as(findings, group, Evidence::is_about_required_output, CommonDeviation::EmptyResponse);
    }
}

/// Whether something is missing in a response, and nothing is in it.
fn lacks_everything(finding: &Evidence<'_>) -> bool {
    let is_empty = finding.response.as_object().is_some_and(Map::is_empty) && finding.is_of_success();
    let is_missing = match finding.kind {
        FindingKind::MalformedResponse => finding.is_about_required_output(),
        FindingKind::WrongBehaviour => !finding.counts_responses() && !finding.expects_absence(),
        _ => false,
    };
    is_empty && is_missing
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};

    fn shown(clause: &'static str, operation: &'static str, kind: FindingKind, response: Value) -> Evidence<'static> {
        Evidence { response: body(response), ..finding(clause, operation, kind) }
    }

    fn stubs() -> [Evidence<'static>; 4] {
        let (behaviour, malformed) = (FindingKind::WrongBehaviour, FindingKind::MalformedResponse);
        [
            shown("rule.get-returns-what-create-answered", "CreateChannel", behaviour, json!({})),
            shown("ListChannels.output.channels.required", "ListChannels", malformed, json!({})),
            shown("ListStreams.output.streams.required", "ListStreams", malformed, json!({})),
            shown("rule.get-returns-what-create-answered", "CreatePolicy", behaviour, json!({})),
        ]
    }

    #[test]
    fn three_operations_that_respond_with_an_empty_object_are_one_cause_named_by_a_required_member() {
        assert_eq!(linked(link, &stubs()), [1, 1, 1, 1]);
    }

    #[test]
    fn three_findings_of_one_operation_are_one_cause() {
        let [empty, list, ..] = stubs();
        assert_eq!(linked(link, &[empty.clone(), list.clone(), empty.clone(), empty.clone()]), [0, 1, 0, 0]);
        assert_eq!(linked(link, &[empty.clone(), list, empty]), [0, 1, 2]);
    }

    #[test]
    fn two_operations_and_responses_that_have_something_stay_apart() {
        assert_eq!(linked(link, &stubs()[..2]), [0, 1]);
        let mut some = stubs();
        some[1].response = body(json!({"nextToken": "a"}));
        some[2].status = 404;
        assert_eq!(linked(link, &some), [0, 1, 2, 3]);
        let mut counted = stubs();
        counted[0].detail = Some("among 3 responses");
        assert_eq!(linked(link, &counted), [0, 1, 1, 1]);
    }
}
