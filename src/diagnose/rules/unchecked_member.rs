//! A member of which an operation checks nothing, or nothing but the type, is one cause, and so is a constraint that
//! several operations do not check. Server errors at one broken constraint of several members are one, too.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{grouped, operations};
use crate::diagnose::pattern::{Extent, Pattern};
use crate::judge::finding::FindingKind;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

/// Operations that must not check a constraint for that to be one cause, if others check it; members at which requests
/// must fail for that to be one.
const MANY: usize = 3;

/// What an operation does not check of a member.
struct Gap<'a> {
    operation: &'a str,
    path: &'a str,
    extent: Extent,
    /// The finding that names it best.
    primary: usize,
    findings: Vec<usize>,
}

/// `upheld` are the ids of the clauses that were upheld: one that needs a refusal shows that the member is looked at.
pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], upheld: &BTreeSet<&str>, links: &mut Links) {
    // What an operation that checks nothing accepts is told already.
    let is_open = |position: &usize| links.is_primary(*position) && !links.is_noted(*position);
    let got_past = |position: &usize| is_open(position) && findings.get(*position).is_some_and(is_gap);
    let open: BTreeSet<usize> = (0..findings.len()).filter(got_past).collect();
    let mut gaps = Vec::new();
    let by_operation = grouped(findings, |finding| Some(finding.operation));
    for own in by_operation.values() {
        let own: Vec<usize> = own.iter().copied().filter(|position| open.contains(position)).collect();
        gaps.extend(gaps_of(findings, upheld, &own, 1));
    }
    for gap in &gaps {
        gap.findings.iter().for_each(|position| links.follows(*position, gap.primary));
        links.note(gap.primary, gap.pattern([gap.operation]));
    }
    let joined = join_operations(findings, upheld, &gaps, links);
    join_members(findings, &gaps, &joined, links);
    follow_the_input(findings, &gaps, links);
}

/// Whether invalid input got past the checks of an operation.
fn is_gap(finding: &Evidence<'_>) -> bool {
    let is_input = matches!(finding.about, Some(ClauseId::Input { .. }));
    is_input && (finding.kind == FindingKind::AcceptedInvalid || is_failure(finding))
}

/// Whether an invalid request made the target fail.
fn is_failure(finding: &Evidence<'_>) -> bool {
    finding.kind == FindingKind::ServerError && !finding.is_refused_valid()
}

fn input<'a>(finding: &Evidence<'a>) -> Option<(&'a str, Constraint)> {
    match finding.about {
        Some(ClauseId::Input { path, constraint, .. }) => Some((path, constraint)),
        _ => None,
    }
}

/// The gaps that the findings of one operation show; `depth` is the number of names in the paths of the members looked at.
fn gaps_of<'a>(findings: &[Evidence<'a>], upheld: &BTreeSet<&str>, positions: &[usize], depth: usize) -> Vec<Gap<'a>> {
    let mut members: BTreeMap<&'a str, Vec<usize>> = BTreeMap::new();
    for position in positions {
        let Some((path, _)) = findings.get(*position).and_then(input) else { continue };
        members.entry(beginning(path, depth)).or_default().push(*position);
    }
    let mut gaps = Vec::new();
    for (path, inside) in members {
        let Some(operation) = inside.first().and_then(|position| findings.get(*position)).map(|first| first.operation)
        else {
            continue;
        };
        let gap = |extent, inside: Vec<usize>| {
            let primary = inside.iter().copied().min_by_key(|position| rank(findings, *position))?;
            Some(Gap { operation, path, extent, primary, findings: inside })
        };
        let is_required = |rest: &str| rest == Constraint::Required.id();
        if inside.len() > 1 && !is_checked(upheld, operation, path, |rest| !is_required(rest)) {
            gaps.extend(gap(Extent::All, inside));
            continue;
        }
        let is_own = |position: &usize| findings.get(*position).and_then(input).is_some_and(|(own, _)| own == path);
        let (own, deeper): (Vec<usize>, Vec<usize>) = inside.into_iter().partition(is_own);
        let of_value = |position: &usize| {
            findings.get(*position).and_then(input).is_some_and(|(_, constraint)| is_of_value(constraint))
        };
        let (of_value, others): (Vec<usize>, Vec<usize>) = own.into_iter().partition(of_value);
        let no_value_is_checked = !is_checked(upheld, operation, path, |rest| {
            Constraint::ALL.iter().any(|constraint| is_of_value(*constraint) && constraint.id() == rest)
        });
        match of_value.len() > 1 && no_value_is_checked {
            true => gaps.extend(gap(Extent::Value, of_value)),
            false => gaps.extend(of_value.into_iter().filter_map(|one| gap(Extent::OneConstraint, vec![one]))),
        }
        gaps.extend(others.into_iter().filter_map(|one| gap(Extent::OneConstraint, vec![one])));
        gaps.extend(gaps_of(findings, upheld, &deeper, depth + 1));
    }
    gaps
}

/// The first names of a path.
fn beginning(path: &str, names: usize) -> &str {
    path.match_indices('.').nth(names - 1).and_then(|(end, _)| path.get(..end)).unwrap_or(path)
}

/// Whether a constraint is on the value of a member, whatever its type. A least length may be zero: then accepted input
/// upholds it.
fn is_of_value(constraint: Constraint) -> bool {
    !matches!(constraint, Constraint::Type | Constraint::Required)
}

/// Whether a clause on a member, or on what is in it, was upheld by a refusal; `is_meant` selects by what stands behind the
/// path.
fn is_checked(upheld: &BTreeSet<&str>, operation: &str, path: &str, is_meant: impl Fn(&str) -> bool) -> bool {
    let prefix = format!("{operation}.input.{path}.");
    let clauses = upheld.range(prefix.as_str()..).take_while(|clause| clause.starts_with(&prefix));
    let mut meant = clauses.filter(|clause| clause.strip_prefix(&prefix).is_some_and(&is_meant));
    meant.any(|clause| !clause.ends_with(Constraint::LengthMin.id()))
}

/// What was accepted says it best, of the member itself before that of its parts, and of the type first.
fn rank(findings: &[Evidence<'_>], position: usize) -> (bool, usize, bool, usize) {
    let Some(finding) = findings.get(position) else { return (true, usize::MAX, true, position) };
    let (path, constraint) = input(finding).unwrap_or(("", Constraint::Type));
    let is_accepted = finding.kind == FindingKind::AcceptedInvalid;
    (!is_accepted, path.split('.').count(), constraint != Constraint::Type, position)
}

impl Gap<'_> {
    fn pattern<'a>(&self, operations: impl IntoIterator<Item = &'a str>) -> Pattern {
        Pattern::UncheckedMember {
            operations: operations.into_iter().map(str::to_owned).collect(),
            path: self.path.to_owned(),
            extent: self.extent,
        }
    }

    /// What the gap of another operation must have too to be the same.
    fn key(&self, findings: &[Evidence<'_>]) -> (String, Extent, Option<Constraint>, bool) {
        let primary = findings.get(self.primary);
        let constraint = primary.and_then(input).map(|(_, constraint)| constraint);
        let of_one = constraint.filter(|_| self.extent == Extent::OneConstraint);
        (self.path.to_owned(), self.extent, of_one, primary.is_some_and(is_failure))
    }
}

/// Joins the same gap of several operations, if no operation checks what they do not, or if they are many. Positions of the
/// gaps that were joined.
fn join_operations(
    findings: &[Evidence<'_>],
    upheld: &BTreeSet<&str>,
    gaps: &[Gap<'_>],
    links: &mut Links,
) -> BTreeSet<usize> {
    let mut joined = BTreeSet::new();
    let mut same: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (position, gap) in gaps.iter().enumerate() {
        same.entry(gap.key(findings)).or_default().push(position);
    }
    for ((path, _, constraint, _), positions) in same {
        let group: Vec<&Gap<'_>> = positions.iter().filter_map(|position| gaps.get(*position)).collect();
        let is_checked_elsewhere = || {
            let end = format!(".input.{path}.{}", constraint.map_or("", |constraint| constraint.id()));
            upheld.iter().any(|clause| match constraint {
                Some(_) => clause.ends_with(&end),
                None => clause.contains(&end) && !clause.ends_with(Constraint::LengthMin.id()),
            })
        };
        if group.len() < 2 || (group.len() < MANY && is_checked_elsewhere()) {
            continue;
        }
        let primaries: Vec<usize> = group.iter().map(|gap| gap.primary).collect();
        let pattern = group.first().map(|gap| gap.pattern(operations(findings, &primaries)));
        join(&group, pattern, links);
        joined.extend(positions);
    }
    joined
}

/// Joins server errors at one constraint, whichever members break it, if they are many.
fn join_members(findings: &[Evidence<'_>], gaps: &[Gap<'_>], joined: &BTreeSet<usize>, links: &mut Links) {
    let mut same: BTreeMap<_, Vec<&Gap<'_>>> = BTreeMap::new();
    for (_, gap) in gaps.iter().enumerate().filter(|(position, _)| !joined.contains(position)) {
        let Some(primary) = findings.get(gap.primary).filter(|primary| is_failure(primary)) else { continue };
        if let (Some((_, constraint)), Extent::OneConstraint) = (input(primary), gap.extent) {
            same.entry((constraint, primary.refusal())).or_default().push(gap);
        }
    }
    for group in same.into_values().filter(|group| group.len() >= MANY) {
        let operations = group.iter().map(|gap| gap.operation.to_owned()).collect();
        join(&group, Some(Pattern::FailsAtConstraint { operations }), links);
    }
}

fn join(group: &[&Gap<'_>], pattern: Option<Pattern>, links: &mut Links) {
    let widest = group.iter().max_by_key(|gap| (gap.findings.len(), std::cmp::Reverse(gap.primary)));
    let Some(primary) = widest.map(|gap| gap.primary) else { return };
    group.iter().for_each(|gap| links.follows(gap.primary, primary));
    pattern.into_iter().for_each(|pattern| links.note(primary, pattern));
}

/// What is asked about a member at which the operation fails anyway fails there as well.
fn follow_the_input(findings: &[Evidence<'_>], gaps: &[Gap<'_>], links: &mut Links) {
    for (position, finding) in findings.iter().enumerate() {
        let is_about_a_rule = finding.is_general() && is_failure(finding);
        let is_about_input = input(finding).is_some() && finding.kind == FindingKind::ServerError;
        if !is_about_a_rule && !is_about_input {
            continue;
        }
        let is_same = |gap: &&Gap<'_>| {
            let failed = gap.findings.iter().filter_map(|failed| findings.get(*failed)).find(|one| is_failure(one));
            gap.operation == finding.operation
                && failed.is_some_and(|failed| {
                    failed.refusal() == finding.refusal() && failed.request_members() == finding.request_members()
                })
                && finding.request_members().contains(beginning(gap.path, 1))
        };
        if let Some(gap) = gaps.iter().find(is_same) {
            links.follows(position, gap.primary);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::diagnose::samples::{body, finding};

    fn accepted(clause: &'static str) -> Evidence<'static> {
        finding(clause, clause.split('.').next().unwrap_or_default(), FindingKind::AcceptedInvalid)
    }

    fn failed(clause: &'static str, operation: &'static str, request: Value) -> Evidence<'static> {
        let request = body(request);
        Evidence { request, status: 500, ..finding(clause, operation, FindingKind::ServerError) }
    }

    /// The finding that each follows from, and what is said of the causes.
    fn linked(findings: &[Evidence<'_>], upheld: &[&str]) -> (Vec<usize>, Vec<Pattern>) {
        let upheld = upheld.iter().copied().collect();
        let causes = crate::diagnose::causes(findings, &upheld);
        let mut links = Links::new(findings.len());
        link(findings, &upheld, &mut links);
        let primaries = (0..findings.len()).map(|position| links.primary(position)).collect();
        (primaries, causes.into_iter().map(|cause| cause.pattern).collect())
    }

    fn unchecked(operations: &[&str], path: &str, extent: Extent) -> Pattern {
        let operations = operations.iter().map(|operation| (*operation).to_owned()).collect();
        Pattern::UncheckedMember { operations, path: path.to_owned(), extent }
    }

    #[test]
    fn a_member_of_which_nothing_is_checked_is_one_cause() {
        let findings = [
            accepted("CreateChannel.input.preset.enum"),
            accepted("CreateChannel.input.preset.type"),
            accepted("CreateChannel.input.name.pattern"),
            accepted("CreateChannel.input.name.length.max"),
        ];
        let (primaries, patterns) = linked(&findings, &["CreateChannel.input.name.type"]);
        assert_eq!(primaries, [1, 1, 2, 2]);
        let (all, value) = (Extent::All, Extent::Value);
        let expected = [unchecked(&["CreateChannel"], "preset", all), unchecked(&["CreateChannel"], "name", value)];
        assert!(patterns.iter().all(|pattern| expected.contains(pattern)), "{patterns:?}");
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
        let (primaries, patterns) = linked(&findings, &["UpdateChannel.input.name.length.max"]);
        assert_eq!(primaries, [0, 0]);
        let both = unchecked(&["CreateChannel", "UpdateChannel"], "name", Extent::OneConstraint);
        assert_eq!(patterns, [both]);
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
    fn a_rule_that_fails_at_the_same_member_follows_from_it() {
        let token = failed("ListChannels.input.nextToken.pattern", "ListChannels", json!({"nextToken": "a"}));
        let rule = failed("rule.next-token-comes-from-a-page", "ListChannels", json!({"nextToken": "b"}));
        let other = failed("rule.filters-are-exclusive", "ListChannels", json!({"nextToken": "b", "filter": "c"}));
        assert_eq!(linked(&[rule, other, token], &[]).0, [2, 1, 2]);
    }
}
