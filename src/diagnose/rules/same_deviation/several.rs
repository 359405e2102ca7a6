//! Deviations that only several findings together have.

use super::{Deviation, Groups};
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{grouped, operations, shown_names};
use crate::spec::clause_id::ClauseId;

/// How a sentence ends that says that one member of what was made comes back.
const AS_GIVEN: &str = "` as it was given.";
/// Members of one resource that one operation gets wrong by one cause, or operations that get members of one name wrong,
/// if there are at least so many.
const MANY: usize = 3;

/// Rules that find several members wrong on one operation.
pub(super) fn many_members<'a>(findings: &[Evidence<'a>]) -> Groups<'a> {
    let mut groups = grouped(findings, |finding| {
        let is_in_part = finding.shows_a_broken_rule() && finding.detail.is_some();
        is_in_part.then_some(Deviation::Members { clause: finding.clause, operation: finding.operation })
    });
    groups.retain(|_, group| shown_names(findings, group).len() >= MANY);
    groups
}

/// Rules that find members of one name, or what is in them, wrong on several operations.
pub(super) fn many_operations<'a>(findings: &[Evidence<'a>]) -> Groups<'a> {
    let mut groups = Groups::new();
    for (position, finding) in findings.iter().enumerate().filter(|(_, finding)| finding.shows_a_broken_rule()) {
        for name in finding.detail.into_iter().flat_map(names_inside) {
            let key = Deviation::Operations { clause: finding.clause, name };
            groups.entry(key).or_default().push(position);
        }
    }
    groups.retain(|_, group| operations(findings, group).len() >= MANY);
    groups
}

/// Constraints that members of one name break in responses of several operations.
pub(super) fn outputs_of_one_name<'a>(findings: &[Evidence<'a>]) -> Groups<'a> {
    let mut groups = grouped(findings, |finding| {
        let (path, constraint) = finding.malformed_output()?;
        Some(Deviation::Outputs { name: own_name(path), constraint })
    });
    groups.retain(|_, group| operations(findings, group).len() >= MANY);
    groups
}

/// The end of a path from the last name of a member on: `labels.key` of `things.member.labels.key`.
fn own_name(path: &str) -> &str {
    let is_inside = |part: &str| matches!(part, "member" | "key" | "value");
    let mut start = path.len();
    for part in path.rsplit('.') {
        start = start.saturating_sub(part.len());
        if !is_inside(part) {
            break;
        }
        start = start.saturating_sub(1);
    }
    path.get(start..).unwrap_or(path)
}

/// The names in a path of a response, without that of the resource that the response shows: `tags` and `a` of
/// `bucket.tags.a`.
fn names_inside(path: &str) -> impl Iterator<Item = &str> {
    let of_resource = usize::from(path.contains('.'));
    path.split('.').skip(of_resource)
}

/// Rules that one operation breaks as a whole: what it gets wrong in part follows from that. What already has a cause says
/// nothing of the whole.
pub(super) fn broken_as_a_whole<'a>(findings: &[Evidence<'a>], links: &Links) -> Groups<'a> {
    let mut groups = grouped(findings, |finding| {
        let is_rule = matches!(finding.about, Some(ClauseId::General { family: "rule", .. }));
        let (clause, operation) = (finding.clause, finding.operation);
        is_rule.then(|| Deviation::RuleOf { clause, operation, is_refused_valid: finding.is_refused_valid() })
    });
    let is_whole = |position: &usize| {
        let finding = findings.get(*position);
        let is_in_part = |finding: &Evidence<'_>| {
            finding.expected.ends_with(AS_GIVEN) || finding.detail.unwrap_or_default().contains(['.', '['])
        };
        finding.is_some_and(|finding| !is_in_part(finding))
    };
    groups.retain(|_, group| {
        group.retain(|position| links.is_primary(*position));
        group.iter().any(is_whole)
    });
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::samples::{finding, linked};
    use crate::judge::finding::FindingKind;

    #[test]
    fn the_name_of_a_member_stands_before_what_is_in_it() {
        let named = ["channel.tags", "channels.member.tags.key", "member", "streamKey.value", "a.storage.member"];
        assert_eq!(named.map(own_name), ["tags", "tags.key", "member", "streamKey.value", "storage.member"]);
    }

    #[test]
    fn one_member_that_does_not_come_back_as_given_is_neither_a_whole_nor_several() {
        let of = |detail, member, expected| Evidence {
            detail: Some(detail),
            member,
            expected,
            ..finding("rule.get-returns-what-create-answered", "CreateChannel", FindingKind::WrongBehaviour)
        };
        let given = |name, member| of(name, member, "`channel` shows `member` as it was given.");
        let shown = |name, member| of(name, member, "`channel.member` is true.");
        let name = || given("name", "Channel$name");
        let authorized = || given("authorized", "Channel$authorized");
        let named = shown("channel.name", "Channel$name");
        let allowed = shown("channel.authorized", "Channel$authorized");
        assert_eq!(linked(super::super::link, &[name(), named, authorized(), allowed]), [0, 1, 2, 3]);
        let whole = of("channel", "", "`channel` is an object with 15 members.");
        assert_eq!(linked(super::super::link, &[name(), whole, authorized()]), [0, 0, 0]);
    }
}
