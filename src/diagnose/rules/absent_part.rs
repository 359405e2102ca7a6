//! A part of a response is absent if its whole is: both findings have one cause. So have all parts of a whole that is not there,
//! if no finding is about the whole.

use serde_json::Value;

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{grouped, most_telling};
use crate::judge::finding::FindingKind;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    for (position, part) in findings.iter().enumerate().filter(|(_, finding)| finding.shows_absence()) {
        if let Some(whole) = findings.iter().position(|whole| is_whole_of(whole, part)) {
            links.follows(position, whole);
        }
    }
    for parts in grouped(findings, |finding| Some((finding.operation, absent_whole(finding)?))).values() {
        if let Some(primary) = most_telling(findings, parts, |_| true) {
            links.join(parts, primary);
        }
    }
}

/// The whole that an absent member belongs to, if nothing of it is in the response.
fn absent_whole<'a>(finding: &Evidence<'a>) -> Option<&'a str> {
    let (whole, _) = finding.detail.filter(|_| finding.shows_absence())?.rsplit_once('.')?;
    let is_behaviour = finding.kind == FindingKind::WrongBehaviour && finding.response.is_object();
    (is_behaviour && !whole.contains('[') && finding.value_at(whole).is_none_or(Value::is_null)).then_some(whole)
}

/// Whether the same operation breaks the same rule by the whole that a part belongs to, and does not show it.
fn is_whole_of(whole: &Evidence<'_>, part: &Evidence<'_>) -> bool {
    let is_alike = whole.kind == FindingKind::WrongBehaviour
        && (whole.clause, whole.operation, whole.kind) == (part.clause, part.operation, part.kind);
    let (Some(path), Some(inner)) = (whole.detail, part.detail) else { return false };
    let is_absent = || !path.contains('[') && whole.value_at(path).is_none_or(Value::is_null);
    is_alike && inner.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')) && is_absent()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};

    fn shown(detail: &'static str, observed: &'static str, response: Value) -> Evidence<'static> {
        let shown = finding("rule.session-shows-its-configuration", "GetSession", FindingKind::WrongBehaviour);
        Evidence { detail: Some(detail), observed, response: body(response), ..shown }
    }

    #[test]
    fn an_absent_part_follows_from_its_absent_whole() {
        let whole = |response| shown("session.configuration", "It is not.", response);
        let part =
            || shown("session.configuration.arn", "`session.configuration.arn` is absent.", json!({"session": {}}));
        assert_eq!(linked(link, &[part(), whole(json!({"session": {}}))]), [1, 1]);
        assert_eq!(linked(link, &[part(), whole(json!({"session": {"configuration": {"arn": "b"}}}))]), [0, 1]);
        let another = Evidence { clause: "rule.other", occurrences: 2, ..part() };
        assert_eq!(linked(link, &[part(), another.clone()]), [1, 1], "nothing is said of the whole");
        let configured = body(json!({"session": {"configuration": {"name": "b"}}}));
        assert_eq!(linked(link, &[part(), Evidence { response: configured, ..another }]), [0, 1]);
        let other = shown("session.configurations", "`session.configurations` is absent.", json!({}));
        assert_eq!(linked(link, &[other, whole(json!({}))]), [0, 1]);
        let wrong = shown("session.configuration.arn", "`session.configuration.arn` is \"a\".", json!({}));
        assert_eq!(linked(link, &[wrong, whole(json!({}))]), [0, 1]);
    }
}
