//! A resource that is answered with a malformed identifier explains the refusals of requests that name it, and that lists do not
//! show it under that identifier.

use serde_json::Value;

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::{Evidence, has_text};
use crate::judge::finding::FindingKind;
use crate::spec::clause_id::ClauseId;

/// Length from which on two texts are not the same by chance.
const TELLING: usize = 16;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    for (cause, malformed) in findings.iter().enumerate() {
        if malformed.kind != FindingKind::MalformedResponse {
            continue;
        }
        for (position, finding) in findings.iter().enumerate() {
            if is_about_a_refusal(finding) && explains(malformed, finding) || is_looked_for(malformed, finding) {
                links.follows(position, cause);
            }
        }
    }
}

fn explains(malformed: &Evidence<'_>, finding: &Evidence<'_>) -> bool {
    is_sent_back(malformed, finding) || names(malformed, finding) || is_given_on(malformed, finding)
}

/// Whether a list does not show a resource of the same kind, after a response that shows it under the malformed identifier.
fn is_looked_for(malformed: &Evidence<'_>, finding: &Evidence<'_>) -> bool {
    let Some(ClauseId::Output { operation, path, .. }) = malformed.about else { return false };
    let kind = malformed.shown_at(path).and_then(|identifier| identifier.split('/').next()?.rsplit(':').next());
    operation != finding.operation
        && finding.lacks_an_item()
        && finding.involves(&malformed.step)
        && kind.is_some_and(|kind| !kind.is_empty() && finding.mentions(kind))
}

/// Whether a request that was refused has the member, after a response that shows it malformed.
fn is_given_on(malformed: &Evidence<'_>, finding: &Evidence<'_>) -> bool {
    let Some(ClauseId::Output { operation, path, .. }) = malformed.about else { return false };
    let leaf = path.rsplit('.').next().unwrap_or_default();
    let is_after = operation != finding.operation && finding.steps_before.contains(&malformed.step);
    is_after && finding.kind == FindingKind::RejectedValid && finding.requests_like(leaf, &|_| true)
}

fn is_about_a_refusal(finding: &Evidence<'_>) -> bool {
    match finding.kind {
        FindingKind::RejectedValid | FindingKind::WrongErrorCode | FindingKind::ServerError => true,
        FindingKind::WrongBehaviour => finding.counts_responses(),
        _ => false,
    }
}

/// Whether a request takes what came malformed: the member of the same operation, e.g. a token, or the very text.
fn is_sent_back(malformed: &Evidence<'_>, finding: &Evidence<'_>) -> bool {
    let Some(ClauseId::Output { operation, path, .. }) = malformed.about else { return false };
    let is_same_text = |text: &str| malformed.shown_at(path) == Some(text) && text.len() >= TELLING;
    operation == finding.operation && finding.requests(path) || has_text(finding.request, &is_same_text)
}

/// Whether a request names a resource of the same kind as the identifier: the next one differs in its end alone.
fn names(malformed: &Evidence<'_>, finding: &Evidence<'_>) -> bool {
    let Some(ClauseId::Output { operation, path, .. }) = malformed.about else { return false };
    let Some(identifier) = malformed.shown_at(path) else { return false };
    let is_same_operation = operation == finding.operation;
    if identifier.is_empty() {
        let gives_empty = |request: &Value| has_text(request, &str::is_empty);
        let is_after = finding.steps_before.contains(&malformed.step);
        if is_after && gives_empty(finding.request) && !gives_empty(malformed.request) {
            return true;
        }
        if is_same_operation {
            return false;
        }
        let leaf = path.rsplit('.').next().unwrap_or_default();
        return finding.requests_like(leaf, &|value| value == "") || has_empty_segment(finding.path);
    }
    let end = identifier.find('/').or_else(|| identifier.rfind(':'));
    let kind = end.and_then(|end| identifier.get(..=end));
    let Some(kind) = kind else { return false };
    // The operation's own requests name resources in their right form. They take what came malformed if the right form is another.
    let id = identifier.get(kind.len()..).unwrap_or_default();
    let has_right_form = |text: &str| text.ends_with(id) && !text.starts_with(kind);
    if is_same_operation && !has_text(malformed.request, &has_right_form) {
        return false;
    }
    let path = percent_encoding::percent_decode_str(finding.path).decode_utf8_lossy();
    has_text(finding.request, &|text| text.starts_with(kind)) || path.contains(kind)
}

fn has_empty_segment(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    path.trim_start_matches('/').split('/').any(str::is_empty)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked, refusal, steps};

    fn malformed(arn: &str) -> Evidence<'static> {
        let shown =
            finding("CreateChannel.output.channel.arn.pattern", "CreateChannel", FindingKind::MalformedResponse);
        Evidence { response: body(json!({"channel": {"arn": arn}})), ..shown }
    }

    fn refused(arn: &str) -> Evidence<'static> {
        let request = body(json!({ "arn": arn }));
        Evidence { request, ..refusal("GetChannel.status", "GetChannel", 400, "ValidationException") }
    }

    #[test]
    fn a_request_that_names_such_a_resource_is_refused_for_its_identifier() {
        let findings = [malformed("x:channel/a"), refused("x:channel/b"), refused("x:stream-key/b")];
        assert_eq!(linked(link, &findings), [0, 0, 2], "the third names another kind of resource");
    }

    #[test]
    fn what_takes_a_malformed_member_on_is_refused_for_it() {
        let name = finding("GetChannel.output.channel.name.type", "GetChannel", FindingKind::MalformedResponse);
        let name = Evidence { response: body(json!({"channel": {"name": 7}})), ..name };
        let filter = |steps_before| Evidence {
            request: body(json!({"filterByName": 7})),
            steps_before,
            ..refusal("ListChannels.status", "ListChannels", 400, "ValidationException")
        };
        let after = filter(steps(&["GetChannel"]));
        assert_eq!(linked(link, &[name.clone(), after.clone()]), [0, 0]);
        assert_eq!(linked(link, &[name.clone(), filter(BTreeSet::new())]), [0, 1], "it was never shown before");
        let other = Evidence { request: body(json!({"maxResults": 7})), ..after };
        assert_eq!(linked(link, &[name, other]), [0, 1]);
    }

    #[test]
    fn an_identifier_explains_no_refusal_of_what_does_not_name_it() {
        let accepted = finding("GetChannel.input.arn.pattern", "GetChannel", FindingKind::AcceptedInvalid);
        let accepted = Evidence { request: body(json!({"arn": "x:channel/b"})), ..accepted };
        let own = Evidence { operation: "CreateChannel", ..refused("x:channel/b") };
        assert_eq!(linked(link, &[malformed("x:channel/a"), accepted, own]), [0, 1, 2]);
        let own = |arn| Evidence { operation: "CreateChannel", ..refused(arn) };
        let given = Evidence { request: body(json!({"arn": "x:channel/a"})), ..malformed("!x:channel/a") };
        assert_eq!(linked(link, &[given, own("!x:channel/b"), own("x:channel/b")]), [0, 0, 2]);
        assert_eq!(linked(link, &[malformed(""), refused("x:channel/b"), refused("")]), [0, 1, 0]);
        let after = |arn| Evidence { steps_before: steps(&["CreateChannel"]), ..own(arn) };
        assert_eq!(linked(link, &[malformed(""), after(""), after("x:channel/b"), own("")]), [0, 0, 2, 3]);
    }
}
