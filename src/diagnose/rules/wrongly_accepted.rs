//! What comes back for a request that should have been refused follows from its being accepted, and so does what a member
//! that the operation ignores lets pass.

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::judge::finding::FindingKind;
use crate::spec::clause_id::ClauseId;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let of_kinds = |kinds: &[FindingKind]| -> Vec<usize> {
        let is_wanted = |position: &usize| findings.get(*position).is_some_and(|finding| kinds.contains(&finding.kind));
        (0..findings.len()).filter(is_wanted).collect()
    };
    // Only these can follow, so that not every finding is compared with every other.
    let accepted = of_kinds(&[FindingKind::AcceptedInvalid]);
    let shown = of_kinds(&[FindingKind::WrongBehaviour]);
    let come_back = of_kinds(&[FindingKind::AcceptedInvalid, FindingKind::MalformedResponse, FindingKind::WrongStatus]);
    let mut link = |cause: usize, candidates: &[usize], follows: &dyn Fn(&Evidence<'_>) -> bool| {
        let follows = |position: &&usize| findings.get(**position).is_some_and(follows);
        candidates.iter().filter(follows).for_each(|position| links.follows(*position, cause));
    };
    for (cause, finding) in findings.iter().enumerate() {
        match finding.kind {
            FindingKind::AcceptedInvalid => {
                link(cause, &come_back, &|other| comes_back(finding, other) || is_same_breach(finding, other));
                link(cause, &shown, &|other| is_effect(finding, other));
            }
            FindingKind::WrongBehaviour => link(cause, &accepted, &|other| is_let_pass(finding, other)),
            _ => {}
        }
    }
    for (cause, finding) in findings.iter().enumerate() {
        link(cause, &accepted, &|other| may_be_breach(finding, other));
    }
}

fn comes_back(accepted: &Evidence<'_>, other: &Evidence<'_>) -> bool {
    let is_same_request =
        accepted.step == other.step && accepted.path == other.path && accepted.request == other.request;
    // A content type does not depend on what was asked for.
    let is_response = match other.kind {
        FindingKind::MalformedResponse => !other.is_about_success(),
        kind => kind == FindingKind::WrongStatus,
    };
    is_same_request && is_response && accepted.status == other.status
}

/// What is shown after a request that a rule forbids and that was accepted, and breaks the same rule.
fn is_effect(accepted: &Evidence<'_>, other: &Evidence<'_>) -> bool {
    accepted.is_general() && other.clause == accepted.clause && other.steps_before.contains(&accepted.step)
}

/// That the documented error does not come follows from the constraint that is not checked.
fn is_same_breach(accepted: &Evidence<'_>, other: &Evidence<'_>) -> bool {
    unchecked(accepted, other).is_some_and(|path| accepted.given_at(path) == other.given_at(path))
}

/// Where no request for the error has the same value, one that gives the member is refused for nothing else.
fn may_be_breach(accepted: &Evidence<'_>, other: &Evidence<'_>) -> bool {
    accepted.kind == FindingKind::AcceptedInvalid
        && unchecked(accepted, other).is_some_and(|path| other.given_at(path).is_some())
}

/// Path of the member whose constraint is not checked, if the other finding misses an error of the same operation.
fn unchecked<'a>(accepted: &Evidence<'a>, other: &Evidence<'_>) -> Option<&'a str> {
    match (accepted.about, other.about) {
        (Some(ClauseId::Input { operation, path, .. }), Some(ClauseId::Error { operation: own, .. })) => {
            (other.kind == FindingKind::AcceptedInvalid && operation == own).then_some(path)
        }
        _ => None,
    }
}

/// A rule about a member that the operation loses cannot be enforced.
fn is_let_pass(lost: &Evidence<'_>, other: &Evidence<'_>) -> bool {
    let member = lost.member_name();
    // What a list does not show of its elements is nothing that the request for the list gave.
    let is_of_an_element = lost.step == other.step && lost.detail.is_some_and(|detail| detail.contains('['));
    // What is shown too much of, or was left out and has no default, was not lost.
    let is_kept = lost.expects_less() || lost.step == other.step && !lost.requests(member);
    !member.is_empty()
        && !is_of_an_element
        && !is_kept
        && lost.is_general()
        && matches!(other.about, Some(ClauseId::General { family: "rule", .. } | ClauseId::Error { .. }))
        && other.kind == FindingKind::AcceptedInvalid
        && lost.involves(&other.step)
        && other.requests(member)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked, steps};

    #[test]
    fn what_comes_back_for_a_wrongly_accepted_request_follows_from_that() {
        let request = body(json!({"name": "!"}));
        let of = |clause, kind| Evidence { request, ..finding(clause, "CreateChannel", kind) };
        let accepted = of("CreateChannel.input.name.pattern", FindingKind::AcceptedInvalid);
        let shown = of("CreateChannel.output.channel.name.pattern", FindingKind::MalformedResponse);
        let other = Evidence { request: body(json!({"name": "a"})), ..shown.clone() };
        assert_eq!(linked(link, &[accepted, shown, other]), [0, 0, 2], "the third is about a valid request");
    }

    #[test]
    fn a_documented_error_that_does_not_come_follows_from_the_constraint_that_is_not_checked() {
        let of = |clause, request| Evidence {
            request: body(request),
            ..finding(clause, "CreateChannel", FindingKind::AcceptedInvalid)
        };
        let constraint = of("CreateChannel.input.name.pattern", json!({"name": "!"}));
        let error = of("CreateChannel.error.ValidationException", json!({"name": "!"}));
        let other = of("CreateChannel.error.ValidationException", json!({"type": "?"}));
        assert_eq!(linked(link, &[error, constraint.clone(), other]), [1, 1, 2]);
        let other_value = of("CreateChannel.error.ValidationException", json!({"name": "?"}));
        assert_eq!(linked(link, &[other_value, constraint]), [1, 1]);
    }

    #[test]
    fn what_is_shown_after_it_and_breaks_the_same_rule_follows_from_what_was_accepted() {
        let rule = "rule.referenced-resources-exist";
        let shown = |clause, before: &[&str]| Evidence {
            member: "Channel$policyArn",
            expected: "`channel.policyArn` is \"\".",
            steps_before: steps(before),
            ..finding(clause, "GetChannel", FindingKind::WrongBehaviour)
        };
        let accepted = Evidence {
            request: body(json!({"policyArn": "a"})),
            ..finding(rule, "CreateChannel", FindingKind::AcceptedInvalid)
        };
        let findings = [
            shown(rule, &["CreateChannel"]),
            accepted,
            shown(rule, &["UpdateChannel"]),
            shown("rule.update-changes", &["CreateChannel"]),
        ];
        assert_eq!(linked(link, &findings), [1, 1, 2, 3]);
    }

    #[test]
    fn a_rule_about_a_member_that_is_lost_cannot_be_enforced() {
        let lost = Evidence {
            member: "Channel$preset",
            steps_before: steps(&["CreateChannel"]),
            ..finding("rule.get-returns-what-create-answered", "GetChannel", FindingKind::WrongBehaviour)
        };
        let passes = |member: &str| Evidence {
            request: body(json!({ member: "x" })),
            ..finding("rule.preset-selectable-only-on-advanced-channels", "CreateChannel", FindingKind::AcceptedInvalid)
        };
        assert_eq!(linked(link, &[lost.clone(), passes("preset"), passes("name")]), [0, 0, 2]);
        let elsewhere = Evidence { step: "POST UpdateChannel".to_owned(), ..passes("preset") };
        assert_eq!(linked(link, &[lost, elsewhere]), [0, 1], "what was lost was not given there");
    }
}
