//! Numbers and booleans that come as texts are one cause: what writes responses puts every value into quotes.

use serde_json::Value;

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{most_telling, operations, positions, shown_names};
use crate::judge::finding::FindingKind;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

/// Members that must come so.
const MANY: usize = 2;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let group = positions(findings, |finding| quoted(finding).is_some());
    if shown_names(findings, &group).len() < MANY {
        return;
    }
    let Some(primary) = most_telling(findings, &group, |_| true) else { return };
    let primary = links.join(&group, primary);
    let Some(example) = findings.get(primary).and_then(quoted) else { return };
    links.note(primary, operations(findings, &group), CommonDeviation::QuotedValues { example: example.to_owned() });
}

/// The number or boolean that the text of a member of another type is.
fn quoted<'a>(finding: &Evidence<'a>) -> Option<&'a str> {
    match finding.about? {
        ClauseId::Output { path, constraint: Constraint::Type, .. }
            if finding.kind == FindingKind::MalformedResponse =>
        {
            let is_quoted = |text: &&str| matches!(serde_json::from_str(text), Ok(Value::Number(_) | Value::Bool(_)));
            finding.shown_at(path).filter(is_quoted)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};

    fn shown(clause: &'static str, member: &'static str, channel: Value) -> Evidence<'static> {
        let response = body(json!({"channel": channel}));
        Evidence { member, response, ..finding(clause, "GetChannel", FindingKind::MalformedResponse) }
    }

    #[test]
    fn numbers_and_booleans_in_quotes_are_one_cause() {
        let (number, boolean) = ("GetChannel.output.channel.width.type", "GetChannel.output.channel.authorized.type");
        let width = |value| shown(number, "Channel$width", json!({"width": value}));
        let authorized = |value| shown(boolean, "Channel$authorized", json!({"authorized": value}));
        assert_eq!(linked(link, &[width("60"), authorized("false")]), [0, 0]);
        assert_eq!(linked(link, &[width("60"), authorized("no")]), [0, 1]);
        assert_eq!(linked(link, &[width("60"), width("61")]), [0, 1], "one member is one thing that is wrong");
    }
}
