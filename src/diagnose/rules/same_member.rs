//! Rules that find the same member wrong after the same steps: the shortest story explains the longer ones.

use std::cmp::Reverse;

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::positions;
use crate::judge::finding::FindingKind;
use crate::spec::clause_id::ClauseId;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let is_about_state = |finding: &Evidence<'_>| {
        finding.is_general() && finding.kind == FindingKind::WrongBehaviour && !finding.shown_name().is_empty()
    };
    let mut about_state = positions(findings, is_about_state);
    about_state.sort_by_key(|position| rank(findings, *position));
    links.follow_earlier(&about_state, |earlier, later| is_explained(findings, later, earlier));
}

/// Whether the earlier story shows the same member wrong with no step that the later one lacks.
fn is_explained(findings: &[Evidence<'_>], later: usize, earlier: usize) -> bool {
    let (Some(later), Some(earlier)) = (findings.get(later), findings.get(earlier)) else { return false };
    let name = earlier.shown_name();
    let is_shown = || name == later.shown_name() || later.detail == Some(name);
    later.comes_after_all_of(earlier)
        && !is_of_another_sort(earlier, later, name)
        && (is_shown() || later.observed.starts_with(&format!("`{name}` of ")))
}

/// Whether they are wrong in different ways: one response shows what was given and the other one what was left out, or one
/// operation does not show what another one shows too much of.
fn is_of_another_sort(earlier: &Evidence<'_>, later: &Evidence<'_>, name: &str) -> bool {
    let differ = earlier.observed != later.observed;
    let is_default = earlier.step == later.step && earlier.requests(name) != later.requests(name);
    let is_shown = earlier.operation != later.operation && earlier.shows_absence() && later.expects_nothing();
    differ && (is_default || is_shown)
}

/// Stories of few steps first, of these the one that was seen most.
fn rank(findings: &[Evidence<'_>], position: usize) -> (bool, bool, usize, Reverse<u64>, usize) {
    let Some(finding) = findings.get(position) else { return (true, true, usize::MAX, Reverse(0), position) };
    let is_rule = matches!(finding.about, Some(ClauseId::General { family: "rule", .. }));
    (!finding.is_direct, !is_rule, finding.steps_before.len(), Reverse(finding.occurrences), position)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked, steps};

    fn wrong(clause: &'static str, member: &'static str, before: &[&str]) -> Evidence<'static> {
        let shown = finding(clause, "GetChannel", FindingKind::WrongBehaviour);
        Evidence { member, steps_before: steps(before), ..shown }
    }

    #[test]
    fn the_shortest_story_of_a_member_explains_the_longer_ones() {
        let long =
            wrong("rule.update-channel-keeps-omitted-members", "Channel$name", &["CreateChannel", "UpdateChannel"]);
        let short = wrong("rule.get-returns-what-create-answered", "Channel$name", &["CreateChannel"]);
        assert_eq!(linked(link, &[long.clone(), short.clone()]), [1, 1]);
        let seen_more = Evidence { clause: "rule.default-name", occurrences: 9, ..short.clone() };
        assert_eq!(linked(link, &[long, short, seen_more]), [2, 2, 2]);
    }

    #[test]
    fn a_default_that_is_wrong_and_a_value_that_is_echoed_stay_apart() {
        let of = |clause, request, observed| Evidence {
            request: body(request),
            observed,
            step: "CreateChannel".to_owned(),
            ..wrong(clause, "Channel$preset", &[])
        };
        let echoed = of("rule.preset-selectable", json!({"preset": "X"}), "`channel.preset` is \"X\".");
        let default = of("rule.default-preset", json!({}), "`channel.preset` is \"\".");
        assert_eq!(linked(link, &[echoed.clone(), default.clone()]), [0, 1]);
        let constant = Evidence { observed: echoed.observed, ..default };
        assert_eq!(linked(link, &[echoed, constant]), [0, 0]);
    }

    #[test]
    fn other_members_and_stories_without_the_same_steps_stay_apart() {
        let one = wrong("rule.get-returns-what-create-answered", "Channel$name", &["CreateChannel"]);
        let member = wrong("rule.get-returns-what-create-answered", "Channel$type", &["CreateChannel"]);
        let story =
            wrong("rule.update-channel-keeps-omitted-members", "Channel$name", &["UpdateChannel", "TagResource"]);
        let unnamed = wrong("rule.arns-are-never-reused", "", &["CreateChannel"]);
        assert_eq!(linked(link, &[one, member, story, unnamed]), [0, 1, 2, 3]);
    }
}
