//! A member of which an operation checks nothing, or nothing but the type, is one cause, and so is a constraint that
//! several operations do not check. Failures at one broken constraint of several members are one, too.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnose::common::{CommonDeviation, Extent};
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::judge::finding::FindingKind;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

/// Operations that must not check a constraint for that to be one cause, if others check it; members at which requests
/// must fail for that to be one.
const MANY: usize = 3;

/// A finding that a breach of a constraint got past the checks of an operation.
#[derive(Clone, Copy)]
struct Breach<'a> {
    position: usize,
    path: &'a str,
    constraint: Constraint,
    kind: FindingKind,
}

/// What an operation does not check of a member.
struct Gap<'a> {
    operation: &'a str,
    path: &'a str,
    extent: Extent,
    /// The finding that names it best.
    primary: Breach<'a>,
    findings: Vec<Breach<'a>>,
}

/// `upheld` are the ids of the clauses that were upheld: one that needs a refusal shows that the member is looked at.
pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], upheld: &BTreeSet<&str>, links: &mut Links) {
    let mut by_operation: BTreeMap<&str, Vec<Breach<'_>>> = BTreeMap::new();
    for (position, finding) in findings.iter().enumerate() {
        // What an operation that checks nothing accepts is told already.
        let is_open = links.is_primary(position) && !links.is_noted(position);
        let breach = breach(position, finding).filter(|_| is_open);
        breach.into_iter().for_each(|breach| by_operation.entry(finding.operation).or_default().push(breach));
    }
    let gaps: Vec<Gap<'_>> =
        by_operation.into_iter().flat_map(|(operation, own)| gaps_of(operation, upheld, &own, 1)).collect();
    for gap in &gaps {
        gap.findings.iter().for_each(|breach| links.follows(breach.position, gap.primary.position));
        links.note(gap.primary.position, [gap.operation], gap.deviation());
    }
    let joined = join_operations(upheld, &gaps, links);
    join_members(findings, &gaps, &joined, links);
    follow_the_input(findings, &gaps, links);
}

fn breach<'a>(position: usize, finding: &Evidence<'a>) -> Option<Breach<'a>> {
    let Some(ClauseId::Input { path, constraint, .. }) = finding.about else { return None };
    let got_past = finding.kind == FindingKind::AcceptedInvalid || finding.fails_at_invalid();
    got_past.then_some(Breach { position, path, constraint, kind: finding.kind })
}

/// The gaps that findings of one operation show; `depth` is the number of names in the paths of the members looked at.
fn gaps_of<'a>(operation: &'a str, upheld: &BTreeSet<&str>, findings: &[Breach<'a>], depth: usize) -> Vec<Gap<'a>> {
    let mut members: BTreeMap<&'a str, Vec<Breach<'a>>> = BTreeMap::new();
    for breach in findings {
        members.entry(beginning(breach.path, depth)).or_default().push(*breach);
    }
    let mut gaps = Vec::new();
    for (path, inside) in members {
        let is_checked = |is_meant: &dyn Fn(&str) -> bool| is_checked(upheld, operation, path, is_meant);
        if inside.len() > 1 && !is_checked(&|rest| rest != Constraint::Required.id()) {
            gaps.extend(Gap::of(operation, path, Extent::All, inside));
            continue;
        }
        let (own, deeper): (Vec<_>, Vec<_>) = inside.into_iter().partition(|breach| breach.path == path);
        let (of_value, others): (Vec<_>, Vec<_>) = own.into_iter().partition(|breach| is_of_value(breach.constraint));
        let is_value = |rest: &str| Constraint::ALL.iter().any(|one| is_of_value(*one) && one.id() == rest);
        let one_by_one = match of_value.len() > 1 && !is_checked(&is_value) {
            true => {
                gaps.extend(Gap::of(operation, path, Extent::Value, of_value));
                others
            }
            false => [of_value, others].concat(),
        };
        let one = |breach: Breach<'a>| Gap::of(operation, path, Extent::One(breach.constraint), vec![breach]);
        gaps.extend(one_by_one.into_iter().filter_map(one));
        gaps.extend(gaps_of(operation, upheld, &deeper, depth + 1));
    }
    gaps
}

/// The first names of a path.
fn beginning(path: &str, names: usize) -> &str {
    path.match_indices('.').nth(names - 1).and_then(|(end, _)| path.get(..end)).unwrap_or(path)
}

/// Whether a constraint is on the value of a member, whatever its type.
fn is_of_value(constraint: Constraint) -> bool {
    !matches!(constraint, Constraint::Type | Constraint::Required)
}

/// Whether a clause on a member, or on what is in it, was upheld by a refusal; `is_meant` selects by what stands behind the
/// path. A least length may be zero: then accepted input upholds it.
fn is_checked(upheld: &BTreeSet<&str>, operation: &str, path: &str, is_meant: &dyn Fn(&str) -> bool) -> bool {
    let prefix = format!("{operation}.input.{path}.");
    let clauses = upheld.range(prefix.as_str()..).take_while(|clause| clause.starts_with(&prefix));
    let mut meant = clauses.filter(|clause| clause.strip_prefix(&prefix).is_some_and(is_meant));
    meant.any(|clause| !clause.ends_with(Constraint::LengthMin.id()))
}

impl<'a> Gap<'a> {
    fn of(operation: &'a str, path: &'a str, extent: Extent, findings: Vec<Breach<'a>>) -> Option<Gap<'a>> {
        let primary = findings.iter().copied().min_by_key(Breach::rank)?;
        Some(Gap { operation, path, extent, primary, findings })
    }

    fn deviation(&self) -> CommonDeviation {
        CommonDeviation::UncheckedMember { path: self.path.to_owned(), extent: self.extent }
    }
}

impl Breach<'_> {
    /// Whether the target failed at it.
    fn is_failure(&self) -> bool {
        self.kind.is_failure()
    }

    /// What was accepted says it best, of the member itself before that of its parts, and of the type first.
    fn rank(&self) -> (bool, usize, bool, usize) {
        (self.is_failure(), self.path.split('.').count(), self.constraint != Constraint::Type, self.position)
    }
}

/// Joins the same gap of several operations, if no operation checks what they do not, or if they are many. Positions of the
/// gaps that were joined.
fn join_operations(upheld: &BTreeSet<&str>, gaps: &[Gap<'_>], links: &mut Links) -> BTreeSet<usize> {
    let mut same: BTreeMap<(&str, Extent, Option<FindingKind>), Vec<usize>> = BTreeMap::new();
    for (position, gap) in gaps.iter().enumerate() {
        let failure = gap.primary.is_failure().then_some(gap.primary.kind);
        same.entry((gap.path, gap.extent, failure)).or_default().push(position);
    }
    let mut joined = BTreeSet::new();
    for ((path, extent, _), positions) in same {
        let is_enough = match positions.len() {
            0 | 1 => false,
            few if few < MANY => !is_checked_by_any(upheld, path, extent),
            _ => true,
        };
        if is_enough {
            let group: Vec<&Gap<'_>> = positions.iter().filter_map(|position| gaps.get(*position)).collect();
            group.first().into_iter().for_each(|first| join(&group, first.deviation(), links));
            joined.extend(positions);
        }
    }
    joined
}

/// Whether any operation checks what others do not check of a member of that path.
fn is_checked_by_any(upheld: &BTreeSet<&str>, path: &str, extent: Extent) -> bool {
    let member = format!(".input.{path}.");
    upheld.iter().any(|clause| match extent {
        Extent::One(constraint) => clause.ends_with(&format!("{member}{constraint}")),
        Extent::All | Extent::Value => clause.contains(&member) && !clause.ends_with(Constraint::LengthMin.id()),
    })
}

/// Joins failures at one constraint, whichever members break it, if they are many.
fn join_members(findings: &[Evidence<'_>], gaps: &[Gap<'_>], joined: &BTreeSet<usize>, links: &mut Links) {
    let mut same: BTreeMap<_, Vec<&Gap<'_>>> = BTreeMap::new();
    for (_, gap) in
        gaps.iter().enumerate().filter(|(position, gap)| gap.primary.is_failure() && !joined.contains(position))
    {
        if let (Extent::One(constraint), Some(primary)) = (gap.extent, findings.get(gap.primary.position)) {
            same.entry((constraint, primary.refusal())).or_default().push(gap);
        }
    }
    for ((constraint, _), group) in same.into_iter().filter(|(_, group)| group.len() >= MANY) {
        join(&group, CommonDeviation::FailsAt(constraint), links);
    }
}

fn join(group: &[&Gap<'_>], deviation: CommonDeviation, links: &mut Links) {
    let widest = group.iter().max_by_key(|gap| (gap.findings.len(), std::cmp::Reverse(gap.primary.position)));
    let Some(primary) = widest.map(|gap| gap.primary.position) else { return };
    group.iter().for_each(|gap| links.follows(gap.primary.position, primary));
    links.note(primary, group.iter().map(|gap| gap.operation), deviation);
}

/// What is asked about a member at which the operation fails anyway fails there as well.
fn follow_the_input(findings: &[Evidence<'_>], gaps: &[Gap<'_>], links: &mut Links) {
    for (position, finding) in findings.iter().enumerate() {
        let is_about_a_rule = finding.is_general() && finding.fails_at_invalid();
        let is_about_input = matches!(finding.about, Some(ClauseId::Input { .. })) && finding.kind.is_failure();
        if !is_about_a_rule && !is_about_input {
            continue;
        }
        let given = finding.request_members();
        let fails_alike =
            |failed: &Evidence<'_>| failed.refusal() == finding.refusal() && failed.request_members() == given;
        let is_same = |gap: &&Gap<'_>| {
            let failed = gap.findings.iter().find(|breach| breach.is_failure());
            gap.operation == finding.operation
                && given.contains(beginning(gap.path, 1))
                && failed.and_then(|failed| findings.get(failed.position)).is_some_and(fails_alike)
        };
        if let Some(gap) = gaps.iter().find(is_same) {
            links.follows(position, gap.primary.position);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::diagnose::common::Common;
    use crate::diagnose::samples::{body, finding, linked_beside};

    fn accepted(clause: &'static str) -> Evidence<'static> {
        finding(clause, clause.split('.').next().unwrap_or_default(), FindingKind::AcceptedInvalid)
    }

    fn failed(clause: &'static str, operation: &'static str, request: Value) -> Evidence<'static> {
        let request = body(request);
        Evidence { request, status: 500, ..finding(clause, operation, FindingKind::ServerError) }
    }

    /// The finding that each follows from, and what is said of the causes.
    fn linked(findings: &[Evidence<'_>], upheld: &[&str]) -> (Vec<usize>, Vec<Common>) {
        let causes = crate::diagnose::causes(findings, &upheld.iter().copied().collect());
        (linked_beside(link, findings, upheld), causes.into_iter().filter_map(|cause| cause.common).collect())
    }

    fn unchecked(operations: &[&str], path: &str, extent: Extent) -> Common {
        let operations = operations.iter().map(|operation| (*operation).to_owned()).collect();
        Common { operations, deviation: CommonDeviation::UncheckedMember { path: path.to_owned(), extent } }
    }

    #[test]
    fn a_member_of_which_nothing_is_checked_is_one_cause() {
        let findings = [
            accepted("CreateChannel.input.preset.enum"),
            accepted("CreateChannel.input.preset.type"),
            accepted("CreateChannel.input.name.pattern"),
            accepted("CreateChannel.input.name.length.max"),
        ];
        let (primaries, all_common) = linked(&findings, &["CreateChannel.input.name.type"]);
        assert_eq!(primaries, [1, 1, 2, 2]);
        let (all, value) = (Extent::All, Extent::Value);
        let expected = [unchecked(&["CreateChannel"], "preset", all), unchecked(&["CreateChannel"], "name", value)];
        assert!(all_common.iter().all(|common| expected.contains(common)), "{all_common:?}");
    }

    #[test]
    fn what_is_checked_in_part_has_a_cause_for_each_constraint() {
        let findings = [
            accepted("CreateChannel.input.name.pattern"),
            accepted("CreateChannel.input.name.type"),
            accepted("CreateChannel.input.tags.length.max"),
            accepted("CreateChannel.input.tags.value.type"),
        ];
        let upheld = ["CreateChannel.input.name.length.max", "CreateChannel.input.tags.key.length.max"];
        assert_eq!(linked(&findings, &upheld).0, [0, 1, 2, 3]);
        let lower_bounds = ["CreateChannel.input.name.length.min", "CreateChannel.input.tags.length.min"];
        assert_eq!(linked(&findings, &lower_bounds).0, [1, 1, 2, 2], "a lower bound may be upheld by what is accepted");
    }

    #[test]
    fn two_operations_have_one_cause_if_no_operation_checks_what_they_do_not() {
        let findings = [accepted("CreateChannel.input.name.pattern"), accepted("UpdateChannel.input.name.pattern")];
        let (primaries, all_common) = linked(&findings, &["UpdateChannel.input.name.length.max"]);
        assert_eq!(primaries, [0, 0]);
        let both = unchecked(&["CreateChannel", "UpdateChannel"], "name", Extent::One(Constraint::Pattern));
        assert_eq!(all_common, [both]);
        assert_eq!(linked(&findings, &["ImportKey.input.name.pattern"]).0, [0, 1]);
        let three = [&findings[..], &[accepted("CreatePolicy.input.name.pattern")]].concat();
        assert_eq!(linked(&three, &["ImportKey.input.name.pattern"]).0, [0, 0, 0]);
    }

    #[test]
    fn server_errors_at_one_constraint_of_three_members_are_one_cause() {
        let of = |clause| failed(clause, "CreateChannel", json!({"a": 1}));
        let three = [
            of("CreateChannel.input.name.type"),
            of("CreateChannel.input.preset.type"),
            of("CreateChannel.input.type.type"),
        ];
        assert_eq!(linked(&three, &[]).0, [0, 0, 0]);
        assert_eq!(linked(&three[..2], &[]).0, [0, 1]);
        let served = Evidence { expected: "The response is success.", ..three[0].clone() };
        assert_eq!(linked(&[served, three[1].clone(), three[2].clone()], &[]).0, [0, 1, 2], "a valid request");
    }

    #[test]
    fn what_takes_the_target_down_at_one_member_of_three_operations_is_one_cause() {
        let of = |clause| finding(clause, clause.split('.').next().unwrap_or_default(), FindingKind::Transport);
        let crashes = [
            of("CreateChannel.input.tags.value.length.max"),
            of("TagResource.input.tags.value.length.max"),
            of("CreatePolicy.input.tags.value.length.max"),
        ];
        let checked = ["CreateChannel.input.tags.value.pattern"];
        assert_eq!(linked(&crashes, &checked).0, [0, 0, 0]);
        let valid = Evidence { expected: "An HTTP response: success.", ..crashes[0].clone() };
        assert_eq!(linked(&[valid, crashes[1].clone(), crashes[2].clone()], &checked).0, [0, 1, 1], "a valid request");
    }

    #[test]
    fn a_rule_that_fails_at_the_same_member_follows_from_it() {
        let token = failed("ListChannels.input.nextToken.pattern", "ListChannels", json!({"nextToken": "a"}));
        let rule = failed("rule.next-token-comes-from-a-page", "ListChannels", json!({"nextToken": "b"}));
        let other = failed("rule.filters-are-exclusive", "ListChannels", json!({"nextToken": "b", "filter": "c"}));
        assert_eq!(linked(&[rule, other, token], &[]).0, [2, 1, 2]);
    }
}
