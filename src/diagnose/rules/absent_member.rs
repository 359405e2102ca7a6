//! A member that one operation does not show is one cause, whichever rules miss it. It explains rules that compare another
//! response with that one, and expect the member to be absent there too.

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::grouped;
use crate::judge::finding::FindingKind;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    // A rule that misses several members of a response says more of them than one that only compares a member.
    let by_rule = grouped(findings, |finding| missing(finding).map(|(operation, _)| (finding.clause, operation)));
    let breadth = |finding: &Evidence<'_>| by_rule.get(&(finding.clause, finding.operation)).map_or(0, Vec::len);
    for group in grouped(findings, missing).values() {
        let rank = |position: &&usize| {
            let finding = findings.get(**position);
            finding.map(|finding| {
                (!finding.is_direct, finding.steps_before.len(), std::cmp::Reverse(breadth(finding)), **position)
            })
        };
        let Some(primary) = group.iter().min_by_key(rank).copied() else { continue };
        let primary = links.join(group, primary);
        let Some(lacking) = findings.get(primary) else { continue };
        for (position, finding) in findings.iter().enumerate() {
            if is_compared(lacking, finding) {
                links.follows(position, primary);
            }
        }
    }
}

/// The operation and the sentence that says which member it does not show.
fn missing<'a>(finding: &Evidence<'a>) -> Option<(&'a str, &'a str)> {
    let is_missing = is_about_state(finding) && finding.shows_absence();
    is_missing.then_some((finding.operation, finding.observed))
}

fn is_about_state(finding: &Evidence<'_>) -> bool {
    finding.is_general() && finding.kind == FindingKind::WrongBehaviour
}

/// Whether a finding expects the member to be absent because the operation did not show it before.
fn is_compared(lacking: &Evidence<'_>, finding: &Evidence<'_>) -> bool {
    let is_same = || last_name(lacking.observed).is_some_and(|name| last_name(finding.expected) == Some(name));
    is_about_state(finding) && finding.expects_absence() && finding.steps_before.contains(&lacking.step) && is_same()
}

/// The last name of the path that a sentence about an absent member quotes first.
fn last_name(sentence: &str) -> Option<&str> {
    sentence.split('`').nth(1)?.rsplit('.').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::samples::{finding, linked, steps};

    fn shown(
        clause: &'static str,
        operation: &'static str,
        before: &[&str],
        texts: [&'static str; 2],
    ) -> Evidence<'static> {
        let [expected, observed] = texts;
        let shown = finding(clause, operation, FindingKind::WrongBehaviour);
        Evidence { expected, observed, steps_before: steps(before), ..shown }
    }

    fn lacking(clause: &'static str, before: &[&str]) -> Evidence<'static> {
        shown(clause, "GetKey", before, ["`key.owner` is \"a\".", "`key.owner` is absent."])
    }

    #[test]
    fn a_member_that_an_operation_does_not_show_is_one_cause_also_of_what_is_compared_with_it() {
        let batch = |before: &[&str]| {
            shown(
                "rule.batch-equals-get",
                "BatchGetKey",
                before,
                ["`keys[0].owner` is absent.", "`keys[0].owner` is \"a\"."],
            )
        };
        let findings = [
            batch(&["CreateKey", "GetKey"]),
            lacking("rule.keys-can-be-reset", &["CreateKey", "DeleteKey"]),
            lacking("rule.get-returns-what-create-answered", &["CreateKey"]),
            batch(&["CreateKey"]),
        ];
        assert_eq!(linked(link, &findings), [2, 2, 2, 3], "the last one does not know what the operation shows");
    }

    #[test]
    fn other_members_and_other_operations_stay_apart() {
        let [one, two] = ["rule.one", "rule.two"].map(|clause| lacking(clause, &["CreateKey"]));
        let name = Evidence { observed: "`key.name` is absent.", ..two.clone() };
        assert_eq!(linked(link, &[one.clone(), name]), [0, 1]);
        let elsewhere = Evidence { operation: "ListKeys", ..two };
        assert_eq!(linked(link, &[one, elsewhere]), [0, 1]);
    }
}
