//! Identifiers of one kind that come malformed in the same way wherever they are shown are one cause.

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{grouped, operations};
use crate::judge::finding::FindingKind;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

/// Operations that must show them.
const MANY: usize = 3;
/// What stands between the parts of an identifier.
const SEPARATORS: [char; 2] = ['/', ':'];

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    for group in grouped(findings, form).values() {
        // One that others follow from already explains most.
        let Some(primary) = group.iter().find(|position| links.is_primary(**position)).copied() else { continue };
        if operations(findings, group).len() >= MANY {
            links.join(group, primary);
        }
    }
}

/// What malformed identifiers of one kind share: how they begin, what stands before the id, and the separators between.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Form<'a> {
    first: &'a str,
    kind: &'a str,
    separators: Vec<char>,
}

fn form<'a>(finding: &Evidence<'a>) -> Option<Form<'a>> {
    let Some(ClauseId::Output { path, constraint: Constraint::Pattern, .. }) = finding.about else { return None };
    if finding.kind != FindingKind::MalformedResponse {
        return None;
    }
    // Of a long response only a part is kept.
    let text = finding.shown_at(path).or_else(|| quoted(finding.observed))?;
    let mut parts = text.split(SEPARATORS);
    let first = parts.next()?;
    let kind = parts.rev().nth(1).unwrap_or(first);
    let separators: Vec<char> = text.chars().filter(|character| SEPARATORS.contains(character)).collect();
    (!separators.is_empty()).then_some(Form { first, kind, separators })
}

/// The text that a sentence quotes.
fn quoted(sentence: &str) -> Option<&str> {
    let (_, rest) = sentence.split_once("is \"")?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};

    fn findings(arns: [&str; 3]) -> Vec<Evidence<'static>> {
        let shown = |clause, operation, response| Evidence {
            response: body(response),
            ..finding(clause, operation, FindingKind::MalformedResponse)
        };
        let [created, got, listed] = arns;
        vec![
            shown("CreateChannel.output.channel.arn.pattern", "CreateChannel", json!({"channel": {"arn": created}})),
            shown("GetStream.output.stream.channelArn.pattern", "GetStream", json!({"stream": {"channelArn": got}})),
            shown(
                "ListChannels.output.channels.member.arn.pattern",
                "ListChannels",
                json!({"channels": [{"arn": listed}]}),
            ),
        ]
    }

    #[test]
    fn identifiers_of_one_kind_are_one_cause() {
        assert_eq!(linked(link, &findings(["a:b:channel:1", "a:b:channel:2", "a:b:channel:3"])), [0; 3]);
    }

    #[test]
    fn identifiers_of_other_accounts_and_regions_have_the_same_form() {
        assert_eq!(linked(link, &findings(["a:b:channel:1", "a:c:channel:2", "a::channel:3"])), [0; 3]);
    }

    #[test]
    fn what_is_observed_tells_the_form_where_the_response_is_not_kept() {
        let mut findings = findings(["a:b:channel:1", "a:b:channel:2", "a:b:channel:3"]);
        findings[1].response = body(json!(null));
        assert_eq!(linked(link, &findings), [0, 1, 2], "two operations are not many");
        findings[1].observed = "`stream.channelArn` is \"a:b:channel:2\".";
        assert_eq!(linked(link, &findings), [0; 3]);
    }

    #[test]
    fn identifiers_that_begin_otherwise_stay_apart() {
        assert_eq!(linked(link, &findings(["a:b:channel:1", "a:b:channel/2", "a:b:channel:3"])), [0, 1, 2]);
        assert_eq!(linked(link, &findings(["1", "2", "3"])), [0, 1, 2]);
    }
}
