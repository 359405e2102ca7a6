//! A member that many operations leave out, and that no response has at all, is one cause: it is not kept, or not written.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::{Evidence, is_empty_object};
use crate::diagnose::groups::{most_telling, operations};
use crate::spec::clause_id::ClauseId;

/// Operations that must leave it out, beside those that respond with nothing at all.
const MANY: usize = 3;

/// `upheld` are the ids of the clauses that were upheld: one of a member needs a response that has it.
pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], upheld: &BTreeSet<&str>, links: &mut Links) {
    let unshown = unshown_names(findings);
    for (name, group) in by_name(findings, &unshown, links) {
        let is_full =
            |position: &usize| findings.get(*position).is_some_and(|finding| !is_empty_object(finding.response));
        let full: Vec<usize> = group.iter().copied().filter(is_full).collect();
        if operations(findings, &full).len() < MANY || is_upheld(upheld, name) || !unshown.contains(name) {
            continue;
        }
        let Some(primary) = most_telling(findings, &full, |finding| finding.is_direct) else { continue };
        let primary = links.join(&group, primary);
        links.note(primary, operations(findings, &group), CommonDeviation::NeverShown { member: name.to_owned() });
    }
}

/// Names on the paths of what is missing that no successful response has.
fn unshown_names<'a>(findings: &[Evidence<'a>]) -> BTreeSet<&'a str> {
    let names: BTreeSet<&str> = findings.iter().flat_map(missing_names).collect();
    let is_shown = |name: &str| findings.iter().any(|finding| finding.is_of_success() && finding.shows(name));
    names.into_iter().filter(|name| !is_shown(name)).collect()
}

/// Positions of the findings that miss a member, or what is in it, by its name. What already has a cause is left out.
fn by_name<'a>(findings: &[Evidence<'a>], unshown: &BTreeSet<&str>, links: &Links) -> BTreeMap<&'a str, Vec<usize>> {
    let members: BTreeSet<&str> = findings.iter().filter_map(|finding| missing_member(finding, unshown)).collect();
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (position, finding) in findings.iter().enumerate().filter(|(position, _)| links.is_primary(*position)) {
        for name in missing_names(finding).into_iter().filter(|name| members.contains(name)) {
            by_name.entry(name).or_default().push(position);
        }
    }
    by_name
}

/// The member that a finding misses, as the contract names it, or the outermost one around it that no response has: what is in a
/// map has names that the contract does not know.
fn missing_member<'a>(finding: &Evidence<'a>, unshown: &BTreeSet<&str>) -> Option<&'a str> {
    let name = match finding.is_about_required_output() {
        true => finding.missing_path()?.rsplit('.').next()?,
        false => finding.member_name(),
    };
    let names = missing_names(finding);
    let place = names.iter().position(|known| *known == name).filter(|_| !name.is_empty())?;
    names.into_iter().take(place).find(|outer| unshown.contains(outer)).or(Some(name))
}

/// Names on the path of what is not there, the outermost first.
fn missing_names<'a>(finding: &Evidence<'a>) -> Vec<&'a str> {
    let path = match finding.missing_path().or(finding.detail) {
        Some(path) if finding.is_of_success() && finding.misses_something() => path,
        _ => return Vec::new(),
    };
    // An element is looked for by its own member: `items[arn=…].tags`.
    path.split('.').filter(|name| !name.is_empty() && !name.contains(['[', ']', '='])).collect()
}

/// Whether a response had the member: a clause about it, or about what is in it, was upheld.
fn is_upheld(upheld: &BTreeSet<&str>, name: &str) -> bool {
    upheld.iter().any(|id| match ClauseId::parse(id) {
        Some(ClauseId::Output { path, .. }) => path.split('.').any(|part| part == name),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked_beside};
    use crate::judge::finding::FindingKind;

    fn missing() -> [Evidence<'static>; 4] {
        let of = |clause, operation, detail, observed| Evidence {
            detail: Some(detail),
            member: "Channel$tags",
            observed,
            response: body(json!({"channel": {"arn": "a"}})),
            ..finding(clause, operation, FindingKind::WrongBehaviour)
        };
        let listed = finding("ListTags.output.tags.required", "ListTags", FindingKind::MalformedResponse);
        [
            of("rule.get-returns", "CreateChannel", "tags", "`tags` is not there."),
            of("rule.tags-appear", "GetChannel", "channel.tags", "`channel.tags` is absent."),
            of("rule.tagging", "ListChannels", "items[arn=a].tags.kept", "`items[arn=…].tags.kept` is absent."),
            Evidence { observed: "`tags` is missing.", response: body(json!({})), ..listed },
        ]
    }

    fn causes(findings: &[Evidence<'_>], upheld: &[&str]) -> Vec<usize> {
        linked_beside(link, findings, upheld)
    }

    #[test]
    fn a_member_that_no_response_has_is_one_cause() {
        assert_eq!(causes(&missing(), &["GetChannel.output.channel.arn.type"]), [0; 4]);
    }

    #[test]
    fn the_outermost_member_that_no_response_has_names_it() {
        let parts = missing().map(|finding| Evidence {
            detail: Some("channel.multitrackInputConfiguration.enabled"),
            member: "MultitrackInputConfiguration$enabled",
            observed: "`channel.multitrackInputConfiguration.enabled` is absent.",
            clause: "rule.get-returns",
            about: ClauseId::parse("rule.get-returns"),
            kind: FindingKind::WrongBehaviour,
            response: body(json!({"channel": {"arn": "a"}})),
            ..finding
        });
        let names: Vec<&str> = by_name(&parts, &unshown_names(&parts), &Links::new(&parts)).into_keys().collect();
        assert_eq!(names, ["multitrackInputConfiguration"]);
    }

    #[test]
    fn a_member_that_some_response_has_or_that_few_operations_leave_out_is_none() {
        assert_eq!(causes(&missing(), &["GetKey.output.key.tags.length.max"]), [0, 1, 2, 3]);
        let [create, get, list, tags] = missing();
        assert_eq!(causes(&[create.clone(), get.clone(), tags.clone()], &[]), [0, 1, 2]);
        let shown = Evidence { response: body(json!({"channel": {"tags": {}}})), ..get };
        assert_eq!(causes(&[create, shown, list, tags], &[]), [0, 1, 2, 3]);
    }
}
