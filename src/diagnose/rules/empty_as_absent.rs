//! Empty values, `false` and zero that change nothing where they should, and pass where they are not allowed, are taken for
//! absent: one cause.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diagnose::common::{Blank, CommonDeviation};
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::positions;
use crate::judge::finding::FindingKind;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

/// Members of which such values must be taken for absent.
const MANY: usize = 3;
/// In how many of them they must change nothing.
const MANY_WITHOUT_EFFECT: usize = 2;
/// Clauses that an empty text must get past, if few members show that such values change nothing.
const MANY_TEXTS: usize = 4;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let lost: BTreeSet<&str> = findings.iter().filter_map(lost).collect();
    let without_effect =
        positions(findings, |finding| changed_in_vain(finding).is_some_and(|member| !lost.contains(member)));
    let texts = positions(findings, |finding| passed(finding).is_some_and(Value::is_string));
    if !are_many(findings, &without_effect) && texts.len() < MANY_TEXTS {
        return;
    }
    let shown = without_effect.iter().filter_map(|position| findings.get(*position));
    let group = positions(findings, |finding| {
        let is_same =
            || shown.clone().any(|shown| shows_the_same(finding, shown)) && !lost.contains(finding.shown_name());
        passed(finding).is_some() || is_refused(finding) || is_same()
    });
    let given = group.iter().filter_map(|position| given(findings.get(*position)?));
    let values = given.filter_map(Blank::of).collect();
    links.join_as(
        findings,
        &group,
        |finding| changed_in_vain(finding).is_some(),
        CommonDeviation::EmptyAsAbsent { values },
    );
}

/// Whether the values of enough members are taken for absent.
fn are_many(findings: &[Evidence<'_>], without_effect: &[usize]) -> bool {
    let shown: BTreeSet<&str> =
        without_effect.iter().filter_map(|position| changed_in_vain(findings.get(*position)?)).collect();
    // That something of another type passes says nothing of its value.
    let is_of_value =
        |finding: &&Evidence<'_>| !matches!(finding.about, Some(ClauseId::Input { constraint: Constraint::Type, .. }));
    let passing = findings.iter().filter(is_of_value).filter(|finding| passed(finding).is_some());
    let members = shown.iter().copied().chain(passing.map(Evidence::member_name));
    shown.len() >= MANY_WITHOUT_EFFECT && members.collect::<BTreeSet<&str>>().len() >= MANY
}

/// The member of which another value is not kept either.
fn lost<'a>(finding: &Evidence<'a>) -> Option<&'a str> {
    let expected = finding.expected.rsplit_once(" is ").and_then(|(_, value)| value.strip_suffix('.'));
    let is_promised =
        |value: &str| matches!(serde_json::from_str::<Value>(value), Ok(value) if Blank::of(&value).is_none());
    let is_lost = match changed(finding) {
        Some((_, given)) => Blank::of(given).is_none(),
        None => finding.shows_a_broken_rule() && expected.is_some_and(is_promised),
    };
    is_lost.then(|| finding.shown_name())
}

/// The member that a request gave and that is shown otherwise, and the value that was given.
fn changed<'a>(finding: &Evidence<'a>) -> Option<(&'a str, &'a Value)> {
    let member = finding.detail?.rsplit('.').next()?;
    finding.request.get(member).filter(|_| finding.shows_a_broken_rule()).map(|given| (member, given))
}

/// The member for which a blank value was given, and that is shown otherwise.
fn changed_in_vain<'a>(finding: &Evidence<'a>) -> Option<&'a str> {
    changed(finding).filter(|(_, given)| Blank::of(given).is_some()).map(|(member, _)| member)
}

/// The blank value that was accepted where it is not allowed.
fn passed<'a>(finding: &Evidence<'a>) -> Option<&'a Value> {
    let Some(ClauseId::Input { path, .. }) = finding.about else { return None };
    let given = finding.given_at(path).filter(|_| finding.kind == FindingKind::AcceptedInvalid)?;
    Blank::of(given).map(|_| given)
}

/// Whether a valid request was refused that gives a blank value, as if it were missing.
fn is_refused(finding: &Evidence<'_>) -> bool {
    let gives_blank =
        || finding.request.as_object().is_some_and(|members| members.values().any(|value| Blank::of(value).is_some()));
    finding.is_refused_valid() && finding.is_of_client_error() && gives_blank()
}

/// Whether it is the same rule, broken after the same request.
fn shows_the_same(finding: &Evidence<'_>, shown: &Evidence<'_>) -> bool {
    finding.kind == FindingKind::WrongBehaviour && finding.clause == shown.clause && finding.involves(&shown.step)
}

/// The blank value that a finding is about, if its own request gives one.
fn given<'a>(finding: &Evidence<'a>) -> Option<&'a Value> {
    passed(finding).or_else(|| changed(finding).map(|(_, value)| value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked, refusal, steps};

    fn accepted(clause: &'static str, request: Value) -> Evidence<'static> {
        Evidence { request: body(request), ..finding(clause, "CreateChannel", FindingKind::AcceptedInvalid) }
    }

    fn findings(text: &str) -> Vec<Evidence<'static>> {
        let update = finding("rule.update-policy-changes-what-is-given", "UpdateChannel", FindingKind::WrongBehaviour);
        vec![
            accepted("CreateChannel.input.type.enum", json!({ "type": text })),
            accepted("CreateChannel.input.latencyMode.enum", json!({ "latencyMode": text })),
            accepted("CreateChannel.input.containerFormat.enum", json!({ "containerFormat": text })),
            accepted(
                "CreateChannel.input.multitrackInputConfiguration.policy.enum",
                json!({"multitrackInputConfiguration": {"policy": text}}),
            ),
            Evidence { detail: Some("channel.name"), request: body(json!({ "name": text })), ..update },
        ]
    }

    #[test]
    fn empty_texts_that_pass_and_do_nothing_are_one_cause() {
        assert_eq!(linked(link, &findings("")), [4; 5]);
    }

    #[test]
    fn values_that_change_nothing_are_one_cause_with_those_that_pass() {
        let lost = |detail: &'static str, request| Evidence {
            detail: Some(detail),
            request: body(request),
            ..finding("rule.update-channel-changes-what-is-given", "UpdateChannel", FindingKind::WrongBehaviour)
        };
        let shown_later = Evidence {
            operation: "GetChannel",
            step: "POST GetChannel".to_owned(),
            steps_before: steps(&["UpdateChannel"]),
            ..lost("channel.authorized", json!({"arn": "a"}))
        };
        let page = Evidence {
            member: "ListChannelsRequest$maxResults",
            ..accepted("ListChannels.input.maxResults.range.min", json!({"maxResults": 0}))
        };
        let type_of_tags = accepted("CreateChannel.input.tags.type", json!({"tags": []}));
        let refused = Evidence {
            request: body(json!({"tags": {}})),
            ..refusal("TagResource.status", "TagResource", 400, "ValidationException")
        };
        let authorized = |value: bool| lost("channel.authorized", json!({ "authorized": value }));
        let policy = || lost("playbackRestrictionPolicyArn", json!({"playbackRestrictionPolicyArn": ""}));
        let rest = [policy(), shown_later, page.clone(), type_of_tags.clone(), refused];
        assert_eq!(linked(link, &[&[authorized(false)], &rest[..]].concat()), [0; 6]);
        assert_eq!(linked(link, &[&[authorized(true)], &rest[..]].concat()), [0, 1, 2, 3, 4, 5], "true is lost too");
        assert_eq!(linked(link, &[authorized(false), policy(), type_of_tags]), [0, 1, 2], "types are not checked");
        let reset = Evidence {
            expected: "`authorized` of the channel is true.",
            ..lost("channel.authorized", json!({"arn": "a"}))
        };
        let strict = lost("policy.strict", json!({"strict": false}));
        let findings = [authorized(false), policy(), strict, page, reset];
        assert_eq!(linked(link, &findings), [0, 1, 1, 1, 4], "another fault loses it");
    }

    #[test]
    fn other_texts_and_few_empty_ones_are_not() {
        assert_eq!(linked(link, &findings("x")), [0, 1, 2, 3, 4]);
        assert_eq!(linked(link, findings("").get(1..).unwrap_or_default()), [0, 1, 2, 3]);
    }
}
