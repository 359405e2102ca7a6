//! Characters that are not ASCII and come back as something else, or in bytes that are no UTF-8, are one cause: what writes
//! responses, or keeps texts, has another encoding.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::{Evidence, is_about_repeated_names};
use crate::diagnose::groups::positions;
use crate::judge::finding::FindingKind;

/// Findings that must show what became of a text.
const MANY: usize = 2;
/// What encoders write for characters that they do not have.
const REPLACEMENTS: [char; 2] = ['?', char::REPLACEMENT_CHARACTER];
/// The last characters that encodings have which are not those of Unicode.
const LAST: [char; 2] = ['\u{7f}', '\u{ff}'];
/// What an observation says of bytes that are no UTF-8.
const NO_UTF8: &str = "is no UTF-8";

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let shown = positions(findings, shows_a_garbled_text);
    if shown.len() < MANY {
        return;
    }
    let belongs = |finding: &Evidence<'_>| {
        finding.observed.contains(NO_UTF8)
            || is_about_repeated_names(finding.expected)
            || finding.shows_a_broken_rule() && finding.observed.contains(REPLACEMENTS)
    };
    let mut group = positions(findings, belongs);
    group.extend(&shown);
    let is_shown =
        |finding: &Evidence<'_>| finding.kind == FindingKind::WrongBehaviour && shows_a_garbled_text(finding);
    links.join_as(findings, &group, is_shown, CommonDeviation::GarbledTexts);
}

/// Whether a text that was given, or is expected, is shown with other characters in place of those that are not ASCII.
fn shows_a_garbled_text(finding: &Evidence<'_>) -> bool {
    let mut given = BTreeSet::new();
    texts(finding.request, &mut given);
    given.insert(finding.expected);
    given.retain(|text| !text.is_ascii());
    if given.is_empty() {
        return false;
    }
    let mut shown = BTreeSet::new();
    texts(finding.response, &mut shown);
    shown.insert(finding.observed);
    given.iter().flat_map(|text| garbled(text)).any(|text| shown.contains(text.as_str()))
}

/// A text as encoders write it that lack some of its characters.
fn garbled(text: &str) -> impl Iterator<Item = String> {
    let forms = REPLACEMENTS.into_iter().flat_map(|replacement| LAST.map(|last| (replacement, last)));
    let written = move |(replacement, last)| -> String {
        text.chars().map(|character| if character > last { replacement } else { character }).collect()
    };
    forms.map(written).filter(move |written| written != text)
}

/// All texts of a value: names and values.
fn texts<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::String(text) => drop(found.insert(text)),
        Value::Array(elements) => elements.iter().for_each(|element| texts(element, found)),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            found.insert(name);
            texts(value, found);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::samples::{body, finding, linked};

    fn created(shown: &str) -> Evidence<'static> {
        Evidence {
            request: body(json!({"tags": {"a": "gr\u{f6}\u{df}e"}})),
            response: body(json!({"channel": {"tags": {"a": shown}}})),
            ..finding("rule.get-returns-what-create-answered", "CreateChannel", FindingKind::WrongBehaviour)
        }
    }

    fn findings(shown: &str) -> Vec<Evidence<'static>> {
        let listed = Evidence {
            expected: "`a` of the channel is \"gr\u{f6}\u{df}e\".",
            observed: "`a` of the channel is \"gr??e\".",
            ..finding("rule.every-resource-type-is-taggable", "ListTagsForResource", FindingKind::WrongBehaviour)
        };
        let names = Evidence {
            expected: "No two members of an object have the same name.",
            ..finding("GetChannel.content_type", "GetChannel", FindingKind::MalformedResponse)
        };
        let bytes = Evidence {
            observed: "The body is no JSON object: it is no UTF-8, by the byte 0xf6.",
            ..finding("GetStreamKey.content_type", "GetStreamKey", FindingKind::MalformedResponse)
        };
        vec![names, created(shown), listed, bytes]
    }

    #[test]
    fn characters_that_come_back_as_others_are_one_cause_with_bytes_that_are_no_utf_8() {
        assert_eq!(linked(link, &findings("gr??e")), [1; 4]);
        assert_eq!(linked(link, &findings("gr\u{fffd}\u{fffd}e")), [1; 4]);
    }

    #[test]
    fn texts_that_are_lost_otherwise_stay_apart() {
        assert_eq!(linked(link, &findings("gr")), [0, 1, 2, 3]);
        assert_eq!(linked(link, &findings("gr??e")[..2]), [0, 1]);
    }
}
