//! An operation that refuses no invalid input, but for one member at most, or for few of many, does not look at it: that is one
//! cause, with the rules on what is valid that ask for the same error.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::grouped;
use crate::judge::finding::FindingKind;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

/// Clauses of one operation's input that must be broken.
const MANY: usize = 6;
/// Members of it that may be looked at all the same: a token, for instance, is refused because no page handed it out.
const MOST_CHECKED: usize = 1;
/// If more members are looked at, how many times as many must not be.
const MOSTLY: usize = 2;
/// Operations that must not look at their input for that to be one cause.
const MANY_OPERATIONS: usize = 3;

/// An operation that refuses no invalid input, but for one member at most.
struct Unchecked<'a> {
    operation: &'a str,
    /// Number of members that are looked at.
    checked: usize,
    /// Number of clauses that are broken.
    clauses: usize,
    /// The finding that names the cause.
    primary: usize,
    /// All findings of which it is the cause.
    findings: Vec<usize>,
}

/// `upheld` are the ids of the clauses that were upheld: one that needs a refusal shows that input is looked at.
pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], upheld: &BTreeSet<&str>, links: &mut Links) {
    let unchecked = unchecked_operations(findings, upheld, links);
    let is_plain = |operation: &&Unchecked<'_>| operation.clauses >= MANY;
    for operation in unchecked.iter().filter(is_plain) {
        operation.findings.iter().for_each(|position| links.follows(*position, operation.primary));
        links.note(operation.primary, [operation.operation], deviation([operation]));
    }
    if unchecked.iter().filter(is_plain).count() < MANY_OPERATIONS {
        return;
    }
    // Where several operations do not look at their input, one with few constraints that refuses nothing does not either.
    let unchecked: Vec<Unchecked<'_>> =
        unchecked.into_iter().filter(|operation| is_plain(&operation) || operation.checked == 0).collect();
    let widest = unchecked.iter().max_by_key(|operation| (operation.clauses, std::cmp::Reverse(operation.primary)));
    let Some(primary) = widest.map(|operation| operation.primary) else { return };
    for operation in &unchecked {
        operation.findings.iter().for_each(|position| links.follows(*position, primary));
    }
    links.note(primary, unchecked.iter().map(|one| one.operation), deviation(&unchecked));
}

/// What is said of operations that do not look at their input.
fn deviation<'u>(unchecked: impl IntoIterator<Item = &'u Unchecked<'u>>) -> CommonDeviation {
    match unchecked.into_iter().all(|operation| operation.checked <= MOST_CHECKED) {
        true => CommonDeviation::UncheckedInput,
        false => CommonDeviation::MostlyUncheckedInput,
    }
}

fn unchecked_operations<'a>(findings: &[Evidence<'a>], upheld: &BTreeSet<&str>, links: &Links) -> Vec<Unchecked<'a>> {
    let mut checked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (operation, member) in upheld.iter().filter_map(|clause| refusing(clause)) {
        checked.entry(operation).or_default().insert(member);
    }
    let number = |operation: &str| checked.get(operation).map_or(0, BTreeSet::len);
    let refusals: BTreeSet<(&str, &str)> =
        findings.iter().filter_map(|finding| Some((unchecked(finding)?, first_error(finding)))).collect();
    // A rule on what is valid, which asks for the error that the constraints ask for, is one more of them.
    let let_pass_by = |finding: &Evidence<'a>| {
        let is_rule = finding.is_general() && finding.kind == FindingKind::AcceptedInvalid;
        let is_of_state = finding.steps_before.contains(&finding.step);
        let is_alike = is_rule && !is_of_state && refusals.contains(&(finding.operation, first_error(finding)));
        unchecked(finding).or_else(|| is_alike.then_some(finding.operation))
    };
    let mut groups = grouped(findings, let_pass_by);
    groups.retain(|operation, group| {
        let number = number(operation);
        number <= MOST_CHECKED || number * MOSTLY <= members(findings, group).len()
    });
    let are_many = groups.len() >= MANY_OPERATIONS;
    let is_alike =
        |other: &Evidence<'a>| are_many && let_pass_by(other).is_some_and(|operation| groups.contains_key(operation));
    let mut operations = Vec::new();
    for (operation, group) in &groups {
        let (operation, checked) = (*operation, number(operation));
        // What follows from something else says nothing of the checks.
        let accepted = |position: &&usize| {
            let is_accepted =
                findings.get(**position).is_some_and(|finding| finding.kind == FindingKind::AcceptedInvalid);
            is_accepted && links.is_primary(**position)
        };
        let Some(primary) = group.iter().find(accepted).copied() else { continue };
        // What other operations do alike that look at their input is not this one's.
        let explains_others = |position: usize| {
            let is_other = |other: &Evidence<'a>| other.operation != operation && !is_alike(other);
            (0..findings.len())
                .any(|other| links.primary(other) == position && findings.get(other).is_some_and(is_other))
        };
        let clauses: BTreeSet<&str> =
            group.iter().filter_map(|position| Some(findings.get(*position)?.clause)).collect();
        let findings = group.iter().copied().filter(|position| !explains_others(*position)).collect();
        operations.push(Unchecked { operation, checked, clauses: clauses.len(), primary, findings });
    }
    operations
}

/// The error that a finding asks for, or the first of several.
fn first_error<'a>(finding: &Evidence<'a>) -> &'a str {
    finding.expected.split_once(" or ").map_or(finding.expected.trim_end_matches('.'), |(first, _)| first)
}

/// The members of input that these findings are about.
fn members<'a>(findings: &[Evidence<'a>], positions: &[usize]) -> BTreeSet<&'a str> {
    let about = positions.iter().filter_map(|position| findings.get(*position)?.about);
    about
        .filter_map(|clause| match clause {
            ClauseId::Input { path, .. } => path.split('.').next(),
            _ => None,
        })
        .collect()
}

/// The operation, if the finding is that invalid input got past its checks.
fn unchecked<'a>(finding: &Evidence<'a>) -> Option<&'a str> {
    let got_past = match finding.kind {
        FindingKind::AcceptedInvalid | FindingKind::ServerError => true,
        // What comes later refuses it: an ARN of no form names nothing.
        FindingKind::WrongErrorCode => finding.status == 404,
        _ => false,
    };
    match finding.about? {
        ClauseId::Input { operation, .. } | ClauseId::Error { operation, .. } if got_past => Some(operation),
        _ => None,
    }
}

/// The operation and the member of a clause that is upheld only if invalid input is refused. Lower bounds of lengths may
/// be zero: then accepted input upholds them.
fn refusing(clause: &str) -> Option<(&str, &str)> {
    match ClauseId::parse(clause)? {
        ClauseId::Input { operation, path, constraint } if constraint != Constraint::LengthMin => {
            Some((operation, path.split('.').next().unwrap_or_default()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::samples::{finding, linked_beside};

    const CLAUSES: [&str; 6] = [
        "UpdateChannel.input.name.type",
        "UpdateChannel.input.name.pattern",
        "UpdateChannel.input.name.length.max",
        "UpdateChannel.input.type.enum",
        "UpdateChannel.input.type.type",
        "UpdateChannel.input.authorized.type",
    ];

    fn primaries(number: usize, upheld: &[&str]) -> Vec<usize> {
        let of = |clause| finding(clause, "UpdateChannel", FindingKind::AcceptedInvalid);
        let findings: Vec<_> = CLAUSES.into_iter().take(number).map(of).collect();
        linked_beside(link, &findings, upheld)
    }

    #[test]
    fn an_operation_that_refuses_nothing_is_one_cause() {
        assert_eq!(primaries(6, &["UpdateChannel.input.name.length.min", "GetChannel.input.arn.pattern"]), [0; 6]);
    }

    #[test]
    fn an_operation_that_looks_at_one_member_alone_is_one_cause_too() {
        assert_eq!(primaries(6, &["UpdateChannel.input.arn.pattern", "UpdateChannel.input.arn.type"]), [0; 6]);
    }

    #[test]
    fn what_follows_from_something_else_is_no_primary() {
        let of = |clause| finding(clause, "UpdateChannel", FindingKind::AcceptedInvalid);
        let mut findings: Vec<_> = CLAUSES.into_iter().map(of).collect();
        findings.push(finding("rule.other", "GetChannel", FindingKind::WrongBehaviour));
        let mut links = Links::new(&findings);
        links.follows(0, 6);
        link(&findings, &BTreeSet::new(), &mut links);
        let primaries: Vec<usize> = (0..findings.len()).map(|position| links.primary(position)).collect();
        assert_eq!(primaries, [6, 1, 1, 1, 1, 1, 6]);
    }

    #[test]
    fn operations_that_refuse_nothing_are_one_cause_if_there_are_three() {
        let of = |operation: &'static str, clauses: &[&'static str]| -> Vec<Evidence<'static>> {
            clauses.iter().map(|clause| finding(clause, operation, FindingKind::AcceptedInvalid)).collect()
        };
        let import = [
            "ImportPlaybackKeyPair.input.name.type",
            "ImportPlaybackKeyPair.input.name.pattern",
            "ImportPlaybackKeyPair.input.name.length.max",
            "ImportPlaybackKeyPair.input.tags.type",
            "ImportPlaybackKeyPair.input.tags.length.max",
            "ImportPlaybackKeyPair.input.tags.key.length.max",
        ];
        let list = [
            "ListChannels.input.filterByName.type",
            "ListChannels.input.filterByName.pattern",
            "ListChannels.input.filterByName.length.max",
            "ListChannels.input.maxResults.type",
            "ListChannels.input.maxResults.range.min",
            "ListChannels.input.maxResults.range.max",
        ];
        let of_two = [of("UpdateChannel", &CLAUSES), of("ImportPlaybackKeyPair", &import)].concat();
        let few = of("UntagResource", &["UntagResource.input.tagKeys.length.max"]);
        let primaries = |findings: &[Evidence<'_>], upheld: &[&str]| linked_beside(link, findings, upheld);
        let apart = [[0; 6].as_slice(), &[6; 6], &[12]].concat();
        assert_eq!(primaries(&[of_two.clone(), few.clone()].concat(), &[]), apart);
        let all = [of_two, few, of("ListChannels", &list)].concat();
        assert_eq!(primaries(&all, &[]), [0; 19]);
        let expected = [[0; 12].as_slice(), &[12], &[0; 6]].concat();
        let checks = ["UntagResource.input.tagKeys.type"];
        assert_eq!(primaries(&all, &checks), expected, "what looks at its input is another cause");
    }

    #[test]
    fn an_operation_that_looks_at_few_of_many_members_is_one_cause_with_its_rules() {
        let expected = "The response is ValidationException (400).";
        let of = |clause| Evidence { expected, ..finding(clause, "UpdateChannel", FindingKind::AcceptedInvalid) };
        let clauses = CLAUSES.into_iter().chain(["UpdateChannel.input.preset.enum"]);
        let mut findings: Vec<_> = clauses.map(of).collect();
        let rule = of("rule.multitrack-requires-policy");
        let or_conflict = "The response is ValidationException (400) or ConflictException (409).";
        findings.push(Evidence { expected: or_conflict, ..rule.clone() });
        findings.push(Evidence { expected: "The response is ConflictException (409).", ..rule.clone() });
        findings.push(Evidence { steps_before: [rule.step.clone()].into(), ..rule });
        let two = ["UpdateChannel.input.arn.pattern", "UpdateChannel.input.latencyMode.enum"];
        assert_eq!(linked_beside(link, &findings, &two), [0, 0, 0, 0, 0, 0, 0, 0, 8, 9]);
        let three = [&two[..], &["UpdateChannel.input.containerFormat.enum"]].concat();
        assert_eq!(linked_beside(link, &findings, &three), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn an_operation_that_refuses_something_or_lets_little_pass_has_a_cause_for_each() {
        let some = ["UpdateChannel.input.arn.pattern", "UpdateChannel.input.preset.enum"];
        assert_eq!(primaries(6, &some), [0, 1, 2, 3, 4, 5]);
        assert_eq!(primaries(5, &[]), [0, 1, 2, 3, 4]);
    }
}
