//! The same deviation on several operations is one cause.

mod several;

use std::collections::BTreeMap;

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{grouped, operations};
use crate::judge::finding::FindingKind;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

/// How a sentence about an expected response begins.
const ANSWER: &str = "The response is ";
/// What a sentence says that expects a success or one of the errors that it names.
const SUCCESS_OR: &str = "success or ";
/// What makes deviations the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Deviation<'a> {
    /// One rule, broken in the same way.
    Rule { clause: &'a str, detail: Option<&'a str>, kind: FindingKind, refusal: (u16, &'a str) },
    /// One rule about whole resources or lists, whatever shows that it is broken.
    Whole { clause: &'a str },
    /// One wrong refusal of an operation, whatever is wrong with its input.
    Refusal { operation: &'a str, refusal: (u16, &'a str) },
    /// One form of success, e.g. a content type.
    Success { part: &'a str, kind: FindingKind, observed: &'a str },
    /// One documented error, answered in the same way.
    Error { code: &'a str, kind: FindingKind, refusal: (u16, &'a str) },
    /// Errors without a code.
    NoCode,
    /// One error in place of another.
    WrongError { expected: &'a str, refusal: (u16, &'a str) },
    /// Many members at once, by one operation.
    Members { clause: &'a str, operation: &'a str },
    /// One rule, broken as a whole by one operation.
    RuleOf { clause: &'a str, operation: &'a str, is_refused_valid: bool },
    /// One rule about members of the same name, or what is in them, on many operations.
    Operations { clause: &'a str, name: &'a str },
    /// One constraint on members of the same name, whatever their shape, in responses of many operations.
    Outputs { name: &'a str, constraint: Constraint },
    /// One member of one shape in responses.
    Member { member: &'a str, constraint: Constraint, kind: FindingKind },
}

/// Positions of findings, by what they have in common.
type Groups<'a> = BTreeMap<Deviation<'a>, Vec<usize>>;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let mut groups = grouped(findings, deviation);
    groups.iter_mut().for_each(|(deviation, group)| leave_explained(findings, links, deviation, group));
    groups.extend(several::many_members(findings));
    groups.extend(several::many_operations(findings));
    groups.extend(several::broken_as_a_whole(findings, links));
    groups.extend(several::outputs_of_one_name(findings));
    for (deviation, group) in &groups {
        let most = |position: &&usize| {
            let finding = findings.get(**position);
            finding.map(|finding| (finding.is_direct, finding.occurrences, std::cmp::Reverse(**position)))
        };
        let Some(primary) = group.iter().max_by_key(most).copied() else { continue };
        let primary = links.join(group, primary);
        match deviation {
            Deviation::WrongError { .. } => note_another_error(findings, group, primary, links),
            Deviation::NoCode if group.contains(&primary) => {
                links.note(primary, operations(findings, group), CommonDeviation::NoCode);
            }
            _ => {}
        }
    }
}

/// Leaves out of those that break one rule about whole resources or lists the findings that already have a cause: that one
/// operation shows the rest of what was wrong before says nothing of another one.
fn leave_explained(findings: &[Evidence<'_>], links: &Links, deviation: &Deviation<'_>, group: &mut Vec<usize>) {
    let is_shown_wrong = |position: usize| findings.get(position).is_some_and(Evidence::shows_a_broken_rule);
    if matches!(deviation, Deviation::Whole { .. }) {
        group.retain(|position| links.is_primary(*position) || !is_shown_wrong(*position));
    }
}

/// Says of a cause that several operations refuse invalid input with another error, if its primary finding says so of one.
fn note_another_error(findings: &[Evidence<'_>], group: &[usize], primary: usize, links: &mut Links) {
    let of_input = |position: &&usize| {
        let is_of_input = |finding: &Evidence<'_>| matches!(finding.about, Some(ClauseId::Input { .. }));
        findings.get(**position).is_some_and(|finding| finding.is_steady && is_of_input(finding))
    };
    let refused: Vec<usize> = group.iter().filter(of_input).copied().collect();
    let operations = operations(findings, &refused);
    if operations.len() > 1 && refused.contains(&primary) {
        links.note(primary, operations, CommonDeviation::AnotherError);
    }
}

/// Whether a rule is broken by what is shown or accepted, and not by one member.
fn is_about_whole(finding: &Evidence<'_>) -> bool {
    let is_shown = matches!(
        finding.kind,
        FindingKind::WrongBehaviour | FindingKind::MalformedResponse | FindingKind::AcceptedInvalid
    );
    is_shown && finding.member.is_empty() && !finding.counts_responses()
}

/// Whether an error is judged wrong for want of a code.
fn is_without_code(finding: &Evidence<'_>) -> bool {
    let is_refusal = match finding.kind {
        FindingKind::WrongErrorCode | FindingKind::WrongStatus => true,
        FindingKind::RejectedValid => finding.expected.contains(SUCCESS_OR),
        // An error of the server is the documented one only if it says so.
        FindingKind::ServerError => matches!(finding.about, Some(ClauseId::Error { .. })),
        _ => false,
    };
    is_refusal && finding.status >= 400 && finding.code.is_none()
}

fn deviation<'a>(finding: &Evidence<'a>) -> Option<Deviation<'a>> {
    let kind = finding.kind;
    let refusal = (finding.status, finding.code.unwrap_or_default());
    match finding.about? {
        _ if kind == FindingKind::NotImplemented => None,
        _ if is_without_code(finding) => Some(Deviation::NoCode),
        _ if kind == FindingKind::WrongErrorCode => {
            let expected = finding.expected.strip_prefix(ANSWER).unwrap_or(finding.expected);
            Some(Deviation::WrongError { expected: expected.split(' ').next().unwrap_or_default(), refusal })
        }
        ClauseId::Input { operation, .. } if kind == FindingKind::WrongStatus => {
            Some(Deviation::Refusal { operation, refusal })
        }
        ClauseId::General { family: "rule", .. } if is_about_whole(finding) => {
            Some(Deviation::Whole { clause: finding.clause })
        }
        ClauseId::General { .. } => {
            let refusal = match kind {
                FindingKind::RejectedValid | FindingKind::WrongErrorCode | FindingKind::ServerError => refusal,
                _ => (0, ""),
            };
            Some(Deviation::Rule { clause: finding.clause, detail: finding.detail, kind, refusal })
        }
        ClauseId::Success { part, .. }
            if kind == FindingKind::MalformedResponse || kind == FindingKind::WrongStatus =>
        {
            Some(Deviation::Success { part, kind, observed: finding.observed })
        }
        ClauseId::Error { code, .. } => Some(Deviation::Error { code, kind, refusal }),
        ClauseId::Output { constraint, .. } if !finding.member.is_empty() => {
            Some(Deviation::Member { member: finding.member, constraint, kind })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::samples::{finding, linked, refusal};

    /// A member that a rule finds wrong.
    fn wrong(clause: &'static str, operation: &'static str, detail: &'static str) -> Evidence<'static> {
        let shown = finding(clause, operation, FindingKind::WrongBehaviour);
        Evidence { detail: Some(detail), member: detail, ..shown }
    }

    #[test]
    fn one_deviation_of_several_operations_is_one_cause_named_where_it_was_seen_most() {
        let of = |clause, operation, occurrences| Evidence {
            occurrences,
            observed: "The content type is text/html.",
            ..finding(clause, operation, FindingKind::MalformedResponse)
        };
        let findings =
            [of("GetChannel.content_type", "GetChannel", 1), of("ListChannels.content_type", "ListChannels", 9)];
        assert_eq!(linked(link, &findings), [1, 1]);
        let error = |clause, operation| Evidence {
            expected: "The response is ResourceNotFoundException with status 404.",
            kind: FindingKind::WrongErrorCode,
            ..refusal(clause, operation, 400, "NotFound")
        };
        let errors = [
            error("GetChannel.error.ResourceNotFoundException", "GetChannel"),
            error("GetStream.error.ResourceNotFoundException", "GetStream"),
        ];
        assert_eq!(linked(link, &errors), [0, 0]);
    }

    #[test]
    fn deviations_that_differ_stay_apart() {
        let of = |clause, operation, observed| Evidence {
            observed,
            ..finding(clause, operation, FindingKind::MalformedResponse)
        };
        let findings = [
            of("GetChannel.content_type", "GetChannel", "The content type is text/html."),
            of("ListChannels.content_type", "ListChannels", "The content type is text/plain."),
        ];
        assert_eq!(linked(link, &findings), [0, 1]);
        let refused = [
            refusal("GetChannel.input.arn.pattern", "GetChannel", 400, "ValidationException"),
            refusal("GetStream.input.channelArn.pattern", "GetStream", 400, "ValidationException"),
        ];
        assert_eq!(linked(link, &refused), [0, 1]);
    }

    #[test]
    fn one_rule_about_whole_resources_and_one_wrong_refusal_of_an_operation_are_one_cause_each() {
        let gone = "rule.deleted-stream-key-is-gone";
        let got = finding(gone, "GetStreamKey", FindingKind::AcceptedInvalid);
        let listed = finding(gone, "ListStreamKeys", FindingKind::WrongBehaviour);
        let batch = Evidence { detail: Some("errors"), ..listed.clone() };
        let value = Evidence { member: "StreamKey$value", detail: Some("streamKey.value"), ..listed.clone() };
        let arn = Evidence { member: "StreamKey$arn", detail: Some("streamKey.arn"), ..value.clone() };
        let elsewhere = Evidence { operation: "CreateStreamKey", ..arn };
        assert_eq!(linked(link, &[got, listed, batch, elsewhere, value]), [0, 0, 0, 3, 0]);
        let refused = |clause, status| Evidence {
            kind: FindingKind::WrongStatus,
            ..refusal(clause, "BatchGetChannel", status, "ValidationException")
        };
        let (least, most) = ("BatchGetChannel.input.arns.length.min", "BatchGetChannel.input.arns.length.max");
        assert_eq!(linked(link, &[refused(least, 422), refused(most, 422)]), [0, 0]);
        assert_eq!(linked(link, &[refused(least, 422), refused(most, 418)]), [0, 1]);
    }

    #[test]
    fn a_rule_that_an_operation_breaks_as_a_whole_is_one_cause_whatever_else_of_it_is_wrong() {
        let of = |detail| Evidence {
            detail,
            member: detail.unwrap_or_default(),
            ..finding("rule.revocation-batch-reports-errors-per-pair", "Batch", FindingKind::WrongBehaviour)
        };
        assert_eq!(linked(link, &[of(Some("errors[0].channelArn")), of(Some("errors"))]), [0, 0]);
        assert_eq!(linked(link, &[of(Some("errors[0].channelArn")), of(Some("errors[0].code"))]), [0, 1]);
        let refused = Evidence { kind: FindingKind::RejectedValid, status: 400, ..of(None) };
        assert_eq!(linked(link, &[of(Some("errors")), refused]), [0, 1], "a refusal is another thing");
    }

    #[test]
    fn members_of_one_name_that_one_rule_finds_wrong_on_three_operations_are_one_cause() {
        let of = |operation, detail| wrong("rule.arns-are-unique", operation, detail);
        let two = [of("CreateChannel", "channel.arn"), of("ImportPlaybackKeyPair", "keyPair.arn")];
        assert_eq!(linked(link, &two), [0, 1]);
        let [channel, pair] = two;
        let third = |leaf| of("CreateRecordingConfiguration", leaf);
        let arn = third("recordingConfiguration.arn");
        assert_eq!(linked(link, &[channel.clone(), pair.clone(), arn]), [0; 3]);
        assert_eq!(linked(link, &[channel, pair, third("recordingConfiguration.name")]), [0, 1, 2]);
    }

    #[test]
    fn members_of_one_name_that_break_one_constraint_on_three_operations_are_one_cause() {
        let of = |clause, operation| finding(clause, operation, FindingKind::MalformedResponse);
        let tags = [
            of("GetChannel.output.channel.tags.length.max", "GetChannel"),
            of("ListChannels.output.channels.member.tags.length.max", "ListChannels"),
            of("ListTagsForResource.output.tags.length.max", "ListTagsForResource"),
        ];
        assert_eq!(linked(link, &tags), [0, 0, 0]);
        assert_eq!(linked(link, &tags[1..]), [0, 1]);
        let mut other = tags;
        other[2] = of("ListTagsForResource.output.tags.type", "ListTagsForResource");
        assert_eq!(linked(link, &other), [0, 1, 2]);
    }

    #[test]
    fn what_is_in_a_map_belongs_to_the_map() {
        let of = |operation, detail| wrong("rule.every-resource-type-is-taggable", operation, detail);
        let key = of("BatchGetStreamKey", "streamKeys[0].tags.kind");
        let map = of("GetPlaybackKeyPair", "keyPair.tags");
        assert_eq!(linked(link, &[key.clone(), map.clone(), of("ListTagsForResource", "tags")]), [0; 3]);
        assert_eq!(linked(link, &[key, map, of("ListTagsForResource", "tag")]), [0, 1, 2]);
    }

    #[test]
    fn three_members_of_one_rule_on_one_operation_are_one_cause_and_two_are_not() {
        let of = |detail| wrong("rule.update-channel-keeps-omitted-members", "GetChannel", detail);
        assert_eq!(linked(link, &[of("channel.name"), of("channel.type"), of("channel.authorized")]), [0, 0, 0]);
        assert_eq!(linked(link, &[of("channel.name"), of("channel.type")]), [0, 1]);
    }
}
