//! Numbers and booleans that come as texts are one cause: what writes responses puts every value into quotes. So are whole
//! numbers that come as fractions.

use serde_json::Value;

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{most_telling, operations, positions, shown_names};
use crate::spec::clause::Constraint;

/// Members that must come so.
const MANY: usize = 2;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    link_alike(findings, links, |finding| Some(CommonDeviation::QuotedValues { example: quoted(finding)?.to_owned() }));
    link_alike(findings, links, |finding| Some(CommonDeviation::Fractions { example: fraction(finding)? }));
}

fn link_alike(
    findings: &[Evidence<'_>],
    links: &mut Links,
    deviation: impl Fn(&Evidence<'_>) -> Option<CommonDeviation>,
) {
    let group = positions(findings, |finding| deviation(finding).is_some());
    if shown_names(findings, &group).len() < MANY {
        return;
    }
    let Some(primary) = most_telling(findings, &group, |_| true) else { return };
    let primary = links.join(&group, primary);
    if let Some(deviation) = findings.get(primary).and_then(deviation) {
        links.note(primary, operations(findings, &group), deviation);
    }
}

/// The path of a member of a response that has another type.
fn of_another_type<'a>(finding: &Evidence<'a>) -> Option<&'a str> {
    match finding.malformed_output()? {
        (path, Constraint::Type) => Some(path),
        _ => None,
    }
}

/// The number or boolean that the text of a member of another type is.
fn quoted<'a>(finding: &Evidence<'a>) -> Option<&'a str> {
    let is_quoted = |text: &&str| matches!(serde_json::from_str(text), Ok(Value::Number(_) | Value::Bool(_)));
    finding.shown_at(of_another_type(finding)?).filter(is_quoted)
}

/// The whole number with a fraction that a member of another type is.
fn fraction(finding: &Evidence<'_>) -> Option<String> {
    let number = finding.value_at(of_another_type(finding)?).filter(|value| value.is_f64())?;
    (number.as_f64()?.fract() == 0.0).then(|| number.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};
    use crate::judge::finding::FindingKind;

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
    #[test]
    fn whole_numbers_as_fractions_are_one_cause() {
        let width =
            |value: Value| shown("GetChannel.output.channel.width.type", "Channel$width", json!({"width": value}));
        let height =
            |value: Value| shown("GetChannel.output.channel.height.type", "Channel$height", json!({"height": value}));
        assert_eq!(linked(link, &[width(json!(60.0)), height(json!(0.0))]), [0, 0]);
        assert_eq!(linked(link, &[width(json!(60.0)), height(json!(0.5))]), [0, 1]);
        assert_eq!(linked(link, &[width(json!(60.0)), height(json!("0"))]), [0, 1]);
    }
}
