//! Of valid requests that an operation refuses in the same way, the one with the fewest members explains those that have
//! these members too.

use std::collections::BTreeSet;

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::grouped;
use crate::judge::finding::FindingKind;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    for (position, counted) in findings.iter().enumerate().filter(|(_, finding)| finding.counts_responses()) {
        let explains = |other: &Evidence<'_>| {
            let is_about_input = matches!(other.about, Some(ClauseId::Input { .. }));
            let is_another_error = other.kind == FindingKind::WrongErrorCode && !is_about_input;
            let is_other_answer = other.is_refused_valid() || is_another_error;
            other.operation == counted.operation && is_other_answer
        };
        if let Some(cause) = findings.iter().position(explains) {
            links.follows(position, cause);
        }
    }
    for mut group in grouped(findings, refusal).into_values().filter(|group| group.len() > 1) {
        let is_of_one = is_of_one_member(findings, &group);
        let is_of_parts = is_of_several_parts(findings, &group);
        group.sort_by_cached_key(|position| rank(findings, *position, is_of_one, is_of_parts));
        links.follow_earlier(&group, |earlier, later| is_explained(findings, later, earlier));
    }
}

/// The operation, and how it refused what it should have served, or failed where a rule asks for another error.
fn refusal<'a>(finding: &Evidence<'a>) -> Option<(&'a str, (u16, &'a str))> {
    let fails = || (finding.is_general() && finding.fails_at_invalid()).then_some(finding.refusal());
    Some((finding.operation, finding.wrong_refusal().or_else(fails)?))
}

/// Whether the earlier finding's request was refused without anything that the later one's has not.
fn is_explained(findings: &[Evidence<'_>], later: usize, earlier: usize) -> bool {
    let (Some(later), Some(earlier)) = (findings.get(later), findings.get(earlier)) else { return false };
    // A resource that is not there when it should be says nothing of ARNs that name none.
    let is_of_input = matches!(later.about, Some(ClauseId::Input { .. } | ClauseId::Error { .. }));
    let is_of_state = earlier.is_general() && is_of_input;
    let is_missing = is_of_state && later.kind == FindingKind::WrongErrorCode && later.status == 404;
    earlier.is_refused_valid() && !is_missing && earlier.request_members().is_subset(&later.request_members())
}

/// Whether all that clauses on input say of these refusals is one clause, or about one member of requests that have others.
fn is_of_one_member(findings: &[Evidence<'_>], group: &[usize]) -> bool {
    let mut blamed: BTreeSet<&str> = BTreeSet::new();
    let mut given: BTreeSet<&str> = BTreeSet::new();
    let mut clauses: BTreeSet<&str> = BTreeSet::new();
    for finding in group.iter().filter_map(|position| findings.get(*position)) {
        if let Some(ClauseId::Input { path, .. }) = finding.about {
            blamed.extend(path.split('.').next());
            given.extend(finding.request_members());
            clauses.insert(finding.clause);
        }
    }
    blamed.len() == 1 && (given.len() > 1 || clauses.len() == 1)
}

/// Whether the longest values of several parts of one member are refused, so that no part alone explains it.
fn is_of_several_parts(findings: &[Evidence<'_>], group: &[usize]) -> bool {
    let mut parts: BTreeSet<(&str, &str)> = BTreeSet::new();
    for finding in group.iter().filter_map(|position| findings.get(*position)) {
        if let Some(ClauseId::Input { path, constraint: Constraint::LengthMax, .. }) = finding.about {
            parts.extend(path.rsplit_once('.'));
        }
    }
    let mut members = parts.iter().map(|(member, _)| member);
    let first = members.next();
    first.is_some_and(|first| members.any(|other| other == first))
}

/// Few members first; then what says most about the reason; then what is about the whole member, if no part explains the
/// refusals; then what is short.
fn rank(
    findings: &[Evidence<'_>],
    position: usize,
    is_of_one_member: bool,
    is_of_parts: bool,
) -> (bool, usize, u8, usize, usize, usize) {
    let Some(finding) = findings.get(position) else {
        return (true, usize::MAX, u8::MAX, usize::MAX, usize::MAX, position);
    };
    let members: BTreeSet<&str> = finding.request_members();
    let gives = |path: &str| members.is_empty() || members.contains(path.split('.').next().unwrap_or_default());
    let distance = match finding.about {
        // The request of this clause is the smallest that the operation takes at all.
        Some(ClauseId::Success { .. }) if !is_of_one_member => 0,
        Some(ClauseId::Input { path, .. }) if gives(path) => 1,
        Some(ClauseId::Success { .. }) => 2,
        Some(ClauseId::General { family: "rule", .. }) => 3,
        _ => 4,
    };
    let depth = match finding.about {
        Some(ClauseId::Input { path, .. }) if is_of_parts => path.split('.').count(),
        _ => 0,
    };
    (!finding.is_refused_valid(), members.len(), distance, depth, finding.request.to_string().len(), position)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::diagnose::samples::{body, finding, linked, refusal};

    fn refused(clause: &'static str, request: Value, status: u16) -> Evidence<'static> {
        Evidence { request: body(request), ..refusal(clause, "CreateChannel", status, "") }
    }

    #[test]
    fn the_request_with_the_fewest_members_explains_those_that_have_them_too() {
        let random = refused("CreateChannel.status", json!({"name": "a", "type": "BASIC"}), 500);
        let bound = refused("CreateChannel.input.name.length.max", json!({"name": "a"}), 500);
        assert_eq!(linked(link, &[random, bound]), [1, 1]);
    }

    #[test]
    fn one_clause_on_input_says_more_than_the_operation_and_of_two_the_shorter_request() {
        let status = || refused("CreateChannel.status", json!({"name": "a"}), 400);
        let least = || refused("CreateChannel.input.name.length.min", json!({"name": "a"}), 400);
        let most = refused("CreateChannel.input.name.length.max", json!({"name": "aaaaaaaa"}), 400);
        assert_eq!(linked(link, &[status(), least()]), [1, 1]);
        assert_eq!(linked(link, &[most.clone(), least()]), [1, 1]);
        assert_eq!(linked(link, &[most, least(), status()]), [2, 2, 2], "nothing is served at all");
    }

    #[test]
    fn a_failure_at_a_valid_member_explains_a_rule_that_fails_with_it() {
        let valid = refused("CreateChannel.input.name.length.min", json!({"name": "a"}), 500);
        let valid = Evidence { kind: FindingKind::ServerError, expected: "The response is success.", ..valid };
        let at = |clause, request| Evidence {
            expected: "The response is ValidationException (400).",
            kind: FindingKind::ServerError,
            ..refused(clause, request, 500)
        };
        let rule = at("rule.names-are-unique", json!({"name": "b", "type": "BASIC"}));
        let other = at("rule.names-are-unique", json!({"type": "BASIC"}));
        let input = at("CreateChannel.input.name.pattern", json!({"name": "?"}));
        assert_eq!(linked(link, &[rule, other, input, valid]), [3, 1, 2, 3]);
    }

    #[test]
    fn refusals_of_several_parts_are_about_the_whole_member() {
        let request = |value: &str| json!({"tags": {"a": value}});
        let whole = refused("CreateChannel.input.tags.type", request("long"), 400);
        let parts = ["tags.key.length.max", "tags.key.length.min", "tags.value.length.max", "tags.value.length.min"];
        let clauses = parts.map(|part| format!("CreateChannel.input.{part}"));
        let [key, key_length, value, value_length] = clauses.map(|clause| refused(clause.leak(), request("b"), 400));
        let of_one = [key.clone(), key_length.clone(), whole.clone()];
        assert_eq!(linked(link, &of_one), [0, 0, 0], "the shortest request on the key");
        assert_eq!(linked(link, &[key, key_length, value, value_length, whole]), [4; 5]);
    }

    #[test]
    fn other_members_and_other_refusals_stay_apart() {
        let name = refused("CreateChannel.input.name.length.max", json!({"name": "a"}), 500);
        let kind = refused("CreateChannel.input.type.enum", json!({"type": "BASIC"}), 500);
        let status = refused("CreateChannel.status", json!({"name": "a", "type": "BASIC"}), 400);
        assert_eq!(linked(link, &[name.clone(), kind, status]), [0, 1, 2]);
        let code = Evidence { kind: FindingKind::WrongErrorCode, ..name };
        let other = refused("CreateChannel.status", json!({"name": "a", "type": "BASIC"}), 500);
        assert_eq!(linked(link, &[code, other]), [0, 1], "that an invalid request is refused explains nothing");
    }

    #[test]
    fn how_many_calls_succeed_follows_from_a_refusal_of_the_same_operation() {
        let counted = |operation| Evidence {
            detail: Some("number of successes"),
            ..finding("rule.same-public-key-is-imported-once", operation, FindingKind::WrongBehaviour)
        };
        let refused = refused("CreateChannel.status", json!({}), 500);
        assert_eq!(linked(link, &[counted("CreateChannel"), counted("GetChannel"), refused]), [2, 1, 2]);
    }
}
