//! One malformed value in many members of responses is one cause: whatever fills them in does not look at what they are.

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{grouped, shown_names};
use crate::spec::clause::Constraint;

/// Members that must have the value.
const MANY: usize = 3;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    for ((constraint, _), mut group) in grouped(findings, malformed_value) {
        group.retain(|position| !links.is_of_form(*position));
        let members = shown_names(findings, &group).len();
        if members < MANY {
            continue;
        }
        links.join_as(findings, &group, |_| true, CommonDeviation::SameValue { constraint, members });
    }
}

/// The constraint that a value of a response breaks, and the value.
fn malformed_value(finding: &Evidence<'_>) -> Option<(Constraint, String)> {
    let (path, constraint) = finding.malformed_output()?;
    finding.value_at(path).map(|value| (constraint, value.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};
    use crate::judge::finding::FindingKind;

    fn shown(clause: &'static str, member: &'static str, response: Value) -> Evidence<'static> {
        let operation = clause.split('.').next().unwrap_or_default();
        Evidence { member, response: body(response), ..finding(clause, operation, FindingKind::MalformedResponse) }
    }

    fn malformed(values: [&str; 3]) -> [Evidence<'static>; 3] {
        let [arn, policy, stream] = values;
        [
            shown("GetChannel.output.channel.arn.pattern", "Channel$arn", json!({"channel": {"arn": arn}})),
            shown("GetChannel.output.channel.policy.pattern", "Channel$policy", json!({"channel": {"policy": policy}})),
            shown("ListStreams.output.s.member.id.pattern", "Stream$id", json!({"s": [{"id": stream}]})),
        ]
    }

    #[test]
    fn one_malformed_value_of_three_members_is_one_cause() {
        assert_eq!(linked(link, &malformed(["string", "string", "string"])), [0, 0, 0]);
    }

    #[test]
    fn other_values_other_constraints_and_one_member_of_several_operations_stay_apart() {
        assert_eq!(linked(link, &malformed(["string", "string", "text"])), [0, 1, 2]);
        let mut other = malformed(["string", "string", "string"]);
        other[2] = shown("ListStreams.output.s.member.id.type", "Stream$id", json!({"s": [{"id": "string"}]}));
        assert_eq!(linked(link, &other), [0, 1, 2]);
        let channel = json!({"channel": {"arn": "string"}});
        let of = |clause| shown(clause, "Channel$arn", channel.clone());
        let clauses = ["GetChannel", "CreateChannel", "UpdateChannel"];
        let same = clauses.map(|name| of(format!("{name}.output.channel.arn.pattern").leak()));
        assert_eq!(linked(link, &same), [0, 1, 2]);
    }
}
