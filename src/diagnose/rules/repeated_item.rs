//! Lists of several operations that show one item twice are one cause.

use serde_json::Value;

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{operations, positions};
use crate::judge::finding::FindingKind;

/// Operations whose lists must show it.
const MANY: usize = 3;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let group = positions(findings, |finding| is_about_lists(finding) && repeats_an_item(finding.response));
    if operations(findings, &group).len() >= MANY {
        let names_it = |finding: &Evidence<'_>| finding.mentions("twice") || finding.mentions("again");
        links.join_as(findings, &group, names_it, CommonDeviation::RepeatedItems);
    }
}

fn is_about_lists(finding: &Evidence<'_>) -> bool {
    let is_about_what_is_shown = matches!(finding.kind, FindingKind::WrongBehaviour | FindingKind::MalformedResponse);
    is_about_what_is_shown && finding.is_of_success() && !finding.lacks_an_item() && !finding.misses_something()
}

/// Whether a list of the response has an object that comes before in it.
fn repeats_an_item(response: &Value) -> bool {
    let mut lists = response.as_object().into_iter().flat_map(|members| members.values()).filter_map(Value::as_array);
    let repeats = |list: &Vec<Value>| {
        list.iter()
            .enumerate()
            .any(|(index, item)| item.is_object() && list.iter().take(index).any(|earlier| earlier == item))
    };
    lists.any(repeats)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};

    fn lists(items: &Value) -> Vec<Evidence<'static>> {
        let of = |operation: &'static str, clause: &'static str, observed: &'static str| Evidence {
            observed,
            response: body(json!({ "items": items })),
            ..finding(clause, operation, FindingKind::WrongBehaviour)
        };
        vec![
            of("ListChannels", "rule.filter", "`items` has length 2."),
            of("ListStreamKeys", "rule.pages", "It is shown again."),
            of("BatchGetChannel", "rule.batch", "`channels` has length 2."),
        ]
    }

    #[test]
    fn lists_of_three_operations_that_show_an_item_twice_are_one_cause() {
        let twice = json!([{"arn": "a"}, {"arn": "b"}, {"arn": "a"}]);
        assert_eq!(linked(link, &lists(&twice)), [1; 3]);
        assert_eq!(linked(link, &lists(&twice)[1..]), [0, 1]);
        assert_eq!(linked(link, &lists(&json!([{"arn": "a"}, {"arn": "b"}]))), [0, 1, 2]);
        assert_eq!(linked(link, &lists(&json!([1, 1]))), [0, 1, 2]);
    }
}
