//! A member that comes malformed explains what compares it, and a list whose elements cannot be told apart by it.

use serde_json::Value;

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::{ELEMENT, Evidence};
use crate::diagnose::groups::{operations, positions};
use crate::judge::finding::FindingKind;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

/// Length from which on two values are not the same by chance.
const TELLING: usize = 8;
/// Operations that must show a member malformed for it to be so in all responses.
const MANY: usize = 3;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    for (cause, malformed) in findings.iter().enumerate() {
        let Some(ClauseId::Output { operation, path, .. }) = malformed.about else { continue };
        if malformed.kind != FindingKind::MalformedResponse {
            continue;
        }
        let names: Vec<&str> = path.split('.').collect();
        let is_everywhere = is_everywhere(findings, malformed);
        for (position, finding) in findings.iter().enumerate() {
            // One value may break several constraints.
            let is_same_value =
                cause < position && finding.kind == malformed.kind && finding.has_output(operation, path);
            let is_comparable = is_everywhere && compares_responses(finding, &names);
            if is_same_value || !is_comparable && is_explained(malformed, &names, finding) {
                // What shows only sometimes names no cause of what shows always.
                match malformed.is_intermittent && !finding.is_intermittent {
                    true => links.shows_the_same_form(cause, position),
                    false => links.shows_the_same_form(position, cause),
                }
            }
        }
    }
}

/// Whether many operations show members of that name with a value of the right type that breaks the same constraint: what is
/// malformed everywhere can be compared all the same.
fn is_everywhere(findings: &[Evidence<'_>], malformed: &Evidence<'_>) -> bool {
    let Some((name, constraint)) = form(malformed) else { return false };
    let is_alike = |finding: &Evidence<'_>| form(finding) == Some((name, constraint));
    let is_shown = !matches!(constraint, Constraint::Required | Constraint::Type);
    is_shown && operations(findings, &positions(findings, is_alike)).len() >= MANY
}

/// Whether a rule compares whole responses, and not a collection with what was sent.
fn compares_responses(finding: &Evidence<'_>, path: &[&str]) -> bool {
    let is_whole = finding.kind == FindingKind::WrongBehaviour && finding.member_name().is_empty();
    is_whole && finding.detail != path.first().copied()
}

/// The name of the member that is malformed, and the constraint that it breaks.
fn form<'a>(finding: &Evidence<'a>) -> Option<(&'a str, Constraint)> {
    let (path, constraint) = finding.malformed_output()?;
    Some((path.rsplit('.').next()?, constraint))
}

/// Whether a rule compares the member, or finds the element by it, in a response of the operation.
fn is_explained(malformed: &Evidence<'_>, path: &[&str], finding: &Evidence<'_>) -> bool {
    let is_elsewhere = !finding.is_general() || !finding.involves(&malformed.step);
    if is_elsewhere || shows_less(malformed, path, finding) || shows_what_was_missing(malformed, path, finding) {
        return false;
    }
    match finding.kind {
        FindingKind::MalformedResponse => finding.operation == malformed.operation,
        FindingKind::WrongBehaviour => {
            is_about(malformed, path, finding)
                || finds_by(path, finding)
                || is_about_the_whole(malformed, path, finding)
                || quotes(malformed, path, finding)
        }
        _ => false,
    }
}

/// Whether a collection that is too long in one response is shorter in another: that is another defect.
fn shows_less(malformed: &Evidence<'_>, path: &[&str], finding: &Evidence<'_>) -> bool {
    let is_too_long = matches!(malformed.about, Some(ClauseId::Output { constraint: Constraint::LengthMax, .. }));
    let path = path.join(".");
    let size = |shown: &Evidence<'_>| match shown.value_at(&path)? {
        Value::Object(members) => Some(members.len()),
        Value::Array(elements) => Some(elements.len()),
        _ => None,
    };
    is_too_long && size(finding) < size(malformed) && size(finding).is_some()
}

/// Whether a member that is missing in one response of an operation is there in another one: what that one shows wrong is
/// another defect.
fn shows_what_was_missing(malformed: &Evidence<'_>, path: &[&str], finding: &Evidence<'_>) -> bool {
    malformed.is_about_required_output()
        && finding.operation == malformed.operation
        && !path.contains(&ELEMENT)
        && finding.value_at(&path.join(".")).is_some_and(|value| !value.is_null())
}

/// Whether a rule is about the member, or about something inside the same part of the response.
fn is_about(malformed: &Evidence<'_>, path: &[&str], finding: &Evidence<'_>) -> bool {
    let is_part = |part: &str| path.get(1..).is_some_and(|inner| inner.contains(&part));
    path.contains(&finding.member_name())
        || (malformed.member_name().is_empty() && malformed.operation == finding.operation)
        || finding.detail.is_some_and(|detail| detail.split(['.', '[', ']']).any(is_part))
}

/// Whether a rule finds an element of a list by the member.
fn finds_by(path: &[&str], finding: &Evidence<'_>) -> bool {
    let leaf = path.last().copied().unwrap_or_default();
    finding.detail.is_some_and(|detail| detail.contains(&format!("[{leaf}=")))
}

/// Whether a rule is about the whole that the member belongs to. Cases send much beside it, and random sequences everything,
/// so that the rule must name the resource or the collection where the operation is another one.
fn is_about_the_whole(malformed: &Evidence<'_>, path: &[&str], finding: &Evidence<'_>) -> bool {
    let first = path.first().copied().unwrap_or_default();
    let is_named = || {
        let mut names = collections(path).map(str::to_lowercase).chain(last_word(first));
        names.any(|name| finding.clause.contains(&name))
    };
    let is_own = finding.is_direct && finding.operation == malformed.operation;
    finding.member_name().is_empty() && (is_own || finding.detail == Some(first) || is_named())
}

/// Whether a finding quotes the member by its path, or expects its very value.
fn quotes(malformed: &Evidence<'_>, path: &[&str], finding: &Evidence<'_>) -> bool {
    let path = path.join(".");
    let value = malformed.value_at(&path).map(ToString::to_string).unwrap_or_default();
    let is_of_type = matches!(malformed.about, Some(ClauseId::Output { constraint: Constraint::Type, .. }));
    let is_expected = match value.len() {
        TELLING.. => finding.expected.contains(&value),
        // A short value of another type is what a rule expects elsewhere only if it was taken from here.
        1.. if is_of_type => finding.expected.ends_with(&format!(" {value}.")),
        _ => false,
    };
    is_expected || finding.observed.contains(&format!("`{path}`"))
}

/// The last word of a name in camel case, as rules name a resource.
fn last_word(name: &str) -> Option<String> {
    let start = name.rfind(char::is_uppercase).unwrap_or_default();
    name.get(start..).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Names of the collections on a path, in the singular, as rules name what is done with their elements.
fn collections<'a>(path: &'a [&str]) -> impl Iterator<Item = &'a str> {
    path.iter().filter_map(|name| name.strip_suffix('s')).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked, steps};

    fn malformed() -> Evidence<'static> {
        let clause = "GetChannel.output.channel.latencyMode.enum";
        Evidence { member: "Channel$latencyMode", ..finding(clause, "GetChannel", FindingKind::MalformedResponse) }
    }

    fn compared(member: &'static str) -> Evidence<'static> {
        let clause = "rule.get-returns-what-create-answered";
        let shown = finding(clause, "GetChannel", FindingKind::WrongBehaviour);
        Evidence { member, detail: Some(member), steps_before: steps(&["CreateChannel"]), ..shown }
    }

    #[test]
    fn what_compares_the_member_follows_from_its_form() {
        let other = "GetChannel.output.channel.latencyMode.length.max";
        let other = finding(other, "GetChannel", FindingKind::MalformedResponse);
        assert_eq!(linked(link, &[malformed(), compared("Channel$latencyMode"), other]), [0, 0, 0]);
    }

    #[test]
    fn what_is_compared_with_the_very_value_follows_from_it() {
        let clause = "GetStream.output.stream.startTime.type";
        let start = finding(clause, "GetStream", FindingKind::MalformedResponse);
        let response = body(json!({"stream": {"startTime": 1_600_000_000}}));
        let start = Evidence { response, member: "Stream$startTime", ..start };
        let end = |expected| Evidence {
            member: "StreamSession$endTime",
            detail: Some("streamSession.endTime"),
            expected,
            steps_before: steps(&["GetStream"]),
            ..finding("rule.end-time-is-absent-while-live", "GetStreamSession", FindingKind::WrongBehaviour)
        };
        let of = |expected| linked(link, &[start.clone(), end(expected)]);
        assert_eq!(of("`streamSession.endTime` is not before 1600000000."), [0, 0]);
        assert_eq!(of("`streamSession.endTime` is absent."), [0, 1]);
    }

    #[test]
    fn a_sequence_says_of_a_part_only_what_its_rule_names() {
        let clause = "CreateChannel.output.streamKey.tags.key.length.min";
        let key = finding(clause, "CreateChannel", FindingKind::MalformedResponse);
        let key = Evidence { member: "StreamKey$tags", ..key };
        let of = |clause| Evidence {
            is_direct: false,
            steps_before: steps(&["CreateChannel"]),
            ..finding(clause, "ListTagsForResource", FindingKind::WrongBehaviour)
        };
        assert_eq!(linked(link, &[key.clone(), of("rule.tags-of-create-appear-everywhere")]), [0, 0]);
        assert_eq!(linked(link, &[key.clone(), of("rule.untagging-removes-exactly-the-named-keys")]), [0, 0]);
        let srt = finding("GetChannel.output.channel.srt.type", "GetChannel", FindingKind::MalformedResponse);
        let srt = Evidence { member: "Channel$srt", step: "POST CreateChannel".to_owned(), ..srt };
        assert_eq!(linked(link, &[srt.clone(), of("rule.update-channel-keeps-omitted-members")]), [0, 0]);
        assert_eq!(linked(link, &[srt, of("rule.update-policy-keeps-omitted-members")]), [0, 1]);
        assert_eq!(linked(link, &[key, of("rule.update-policy-keeps-omitted-members")]), [0, 1]);
    }

    #[test]
    fn what_shows_a_member_that_is_missing_elsewhere_is_another_defect() {
        let clause = "ListChannels.output.channels.required";
        let missing = finding(clause, "ListChannels", FindingKind::MalformedResponse);
        let of = |operation, response| Evidence {
            response: body(response),
            steps_before: steps(&["ListChannels"]),
            ..finding("rule.default-page-size-is-100", operation, FindingKind::WrongBehaviour)
        };
        assert_eq!(linked(link, &[missing.clone(), of("ListChannels", json!({}))]), [0, 0]);
        assert_eq!(linked(link, &[missing.clone(), of("ListChannels", json!({"channels": [1]}))]), [0, 1]);
        assert_eq!(linked(link, &[missing, of("ListStreams", json!({}))]), [0, 1]);
    }

    #[test]
    fn what_is_malformed_everywhere_can_be_compared() {
        let arn = |clause, operation| finding(clause, operation, FindingKind::MalformedResponse);
        let listed = arn("ListChannels.output.channels.member.arn.pattern", "ListChannels");
        let of = |detail| Evidence {
            detail,
            ..finding("rule.lists-show-what-was-created", "ListChannels", FindingKind::WrongBehaviour)
        };
        let (shown, contains) = (of(None), of(Some("channels")));
        assert_eq!(linked(link, &[listed.clone(), shown.clone(), contains.clone()]), [0, 0, 0]);
        let get = arn("GetChannel.output.channel.arn.pattern", "GetChannel");
        let create = arn("CreateChannel.output.channel.arn.pattern", "CreateChannel");
        let everywhere = [listed, shown, contains, get.clone(), create];
        assert_eq!(linked(link, &everywhere), [0, 1, 0, 3, 4]);
        let [listed, shown, contains, get, _] = everywhere;
        let other = arn("CreateChannel.output.channel.arn.length.max", "CreateChannel");
        assert_eq!(linked(link, &[listed, shown, contains, get, other]), [0, 0, 0, 3, 4]);
    }

    #[test]
    fn what_compares_another_member_or_does_not_ask_the_operation_does_not() {
        let elsewhere = Evidence { step: "POST ListChannels".to_owned(), ..compared("Channel$latencyMode") };
        assert_eq!(linked(link, &[malformed(), compared("Channel$name"), elsewhere]), [0, 1, 2]);
    }
}
