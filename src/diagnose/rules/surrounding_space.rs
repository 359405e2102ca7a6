//! Texts with white space at their ends that pass where patterns forbid it, and come back without it, are one cause: something
//! takes the white space away, or does not look at it.

use std::collections::BTreeSet;

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::{Evidence, has_text};
use crate::diagnose::groups::positions;
use crate::judge::finding::FindingKind;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

/// Members of which such a text must get past the pattern.
const MANY: usize = 3;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let members: BTreeSet<&str> = findings.iter().filter_map(passed).collect();
    if members.len() < MANY {
        return;
    }
    let belongs = |finding: &Evidence<'_>| {
        passed(finding).is_some()
            || finding.shows_a_broken_rule() && has_text(finding.request, &is_surrounded)
            || finding.is_refused_valid() && has_text(finding.request, &|text| text.trim().len() < text.len())
    };
    let group = positions(findings, belongs);
    let is_accepted = |finding: &Evidence<'_>| finding.kind == FindingKind::AcceptedInvalid;
    links.join_as(findings, &group, is_accepted, CommonDeviation::SurroundingSpace);
}

/// The member whose pattern a text got past with white space at an end.
fn passed<'a>(finding: &Evidence<'a>) -> Option<&'a str> {
    let Some(ClauseId::Input { path, constraint: Constraint::Pattern, .. }) = finding.about else { return None };
    let got_past = matches!(finding.kind, FindingKind::AcceptedInvalid | FindingKind::WrongErrorCode);
    (got_past && has_text(finding.request, &is_surrounded)).then_some(path)
}

/// Whether a text with white space at an end has something else in it.
fn is_surrounded(text: &str) -> bool {
    // Lines of a text end in line breaks.
    let trimmed = text.trim();
    !trimmed.is_empty() && trimmed.len() < text.len() && !trimmed.contains('\n')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};

    fn findings(end: &str) -> Vec<Evidence<'static>> {
        let of = |clause, kind, request| Evidence { request: body(request), ..finding(clause, "CreateChannel", kind) };
        let text = |inner: &str| format!("{inner}{end}");
        let (accepted, another) = (FindingKind::AcceptedInvalid, FindingKind::WrongErrorCode);
        vec![
            of("GetChannel.input.arn.pattern", another, json!({"arn": text("arn:a")})),
            of("CreateChannel.input.name.pattern", accepted, json!({"name": text("a")})),
            of("BatchGetChannel.input.arns.member.pattern", accepted, json!({"arns": [text("arn:b")]})),
            of("rule.get-returns-what-create-answered", FindingKind::WrongBehaviour, json!({"tags": {"a": text("b")}})),
        ]
    }

    #[test]
    fn texts_with_white_space_at_an_end_that_pass_and_lose_it_are_one_cause() {
        assert_eq!(linked(link, &findings("\n")), [1; 4]);
        assert_eq!(linked(link, &findings(" ")), [1; 4]);
    }

    #[test]
    fn other_texts_and_few_such_ones_stay_apart() {
        assert_eq!(linked(link, &findings("!")), [0, 1, 2, 3]);
        assert_eq!(linked(link, &findings(" ")[1..]), [0, 1, 2]);
    }
}
