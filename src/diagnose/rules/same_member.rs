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
    later.comes_after_all_of(earlier) && (is_shown() || later.observed.starts_with(&format!("`{name}` of ")))
}

/// Stories of few steps first, of these the one that was seen most.
fn rank(findings: &[Evidence<'_>], position: usize) -> (bool, bool, usize, Reverse<u64>, usize) {
    let Some(finding) = findings.get(position) else { return (true, true, usize::MAX, Reverse(0), position) };
    let is_rule = matches!(finding.about, Some(ClauseId::General { family: "rule", .. }));
    (!finding.is_direct, !is_rule, finding.steps_before.len(), Reverse(finding.occurrences), position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::samples::{finding, linked, steps};

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
    fn other_members_and_stories_without_the_same_steps_stay_apart() {
        let one = wrong("rule.get-returns-what-create-answered", "Channel$name", &["CreateChannel"]);
        let member = wrong("rule.get-returns-what-create-answered", "Channel$type", &["CreateChannel"]);
        let story =
            wrong("rule.update-channel-keeps-omitted-members", "Channel$name", &["UpdateChannel", "TagResource"]);
        let unnamed = wrong("rule.arns-are-never-reused", "", &["CreateChannel"]);
        assert_eq!(linked(link, &[one, member, story, unnamed]), [0, 1, 2, 3]);
    }
}
