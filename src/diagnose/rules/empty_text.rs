//! Empty texts that pass where they are not allowed, and do nothing where they are, are taken for absent: one cause.

use serde_json::Value;

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::positions;
use crate::judge::finding::FindingKind;
use crate::spec::clause_id::ClauseId;

/// Clauses on input that an empty text must get past.
const MANY: usize = 4;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let passed = positions(findings, is_passed);
    if passed.len() < MANY {
        return;
    }
    let Some(primary) = passed.first().copied() else { return };
    let without_effect = positions(findings, is_without_effect);
    // The same rule broken after the same request shows the text elsewhere.
    let is_elsewhere = |finding: &Evidence<'_>, shown: &Evidence<'_>| {
        finding.kind == FindingKind::WrongBehaviour && finding.clause == shown.clause && finding.involves(&shown.step)
    };
    let elsewhere = (0..findings.len()).filter(|position| {
        let mut shown = without_effect.iter().filter_map(|position| findings.get(*position));
        findings.get(*position).is_some_and(|finding| shown.any(|shown| is_elsewhere(finding, shown)))
    });
    passed.iter().copied().chain(elsewhere).for_each(|position| links.follows(position, primary));
}

/// An empty text was accepted where it is not allowed.
fn is_passed(finding: &Evidence<'_>) -> bool {
    let Some(ClauseId::Input { path, .. }) = finding.about else { return false };
    finding.kind == FindingKind::AcceptedInvalid && finding.given_at(path).and_then(Value::as_str) == Some("")
}

/// An empty text was given, and what it was given for is shown as something else.
fn is_without_effect(finding: &Evidence<'_>) -> bool {
    let member = finding.detail.and_then(|detail| detail.rsplit('.').next()).unwrap_or_default();
    let given = finding.request.get(member).and_then(Value::as_str);
    finding.kind == FindingKind::WrongBehaviour && finding.is_general() && given == Some("")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};

    fn passed(clause: &'static str, request: Value) -> Evidence<'static> {
        Evidence { request: body(request), ..finding(clause, "CreateChannel", FindingKind::AcceptedInvalid) }
    }

    fn findings(text: &str) -> Vec<Evidence<'static>> {
        let update = finding("rule.update-policy-changes-what-is-given", "UpdateChannel", FindingKind::WrongBehaviour);
        vec![
            passed("CreateChannel.input.type.enum", json!({ "type": text })),
            passed("CreateChannel.input.latencyMode.enum", json!({ "latencyMode": text })),
            passed("CreateChannel.input.containerFormat.enum", json!({ "containerFormat": text })),
            passed(
                "CreateChannel.input.multitrackInputConfiguration.policy.enum",
                json!({"multitrackInputConfiguration": {"policy": text}}),
            ),
            Evidence { detail: Some("channel.name"), request: body(json!({ "name": text })), ..update },
        ]
    }

    #[test]
    fn empty_texts_that_pass_and_do_nothing_are_one_cause() {
        assert_eq!(linked(link, &findings("")), [0; 5]);
    }

    #[test]
    fn other_texts_and_few_empty_ones_are_not() {
        assert_eq!(linked(link, &findings("x")), [0, 1, 2, 3, 4]);
        assert_eq!(linked(link, findings("").get(1..).unwrap_or_default()), [0, 1, 2, 3]);
    }
}
