//! Values that somebody took out of a recording: they say nothing of what was sent.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::generate::visit;
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::Node;

/// What tools and people put in the place of a secret.
const MARKS: [&str; 8] = ["***", "[redacted", "<redacted", "(redacted", "XXXXXXXX", "xxxxxxxx", "[removed", "<removed"];
/// The same as the whole of a text, in lower case.
const WORDS: [&str; 7] = ["redacted", "removed", "hidden", "masked", "secret", "sanitized", "filtered"];

/// Whether a text stands in the place of another one.
pub(super) fn is_redacted(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    MARKS.iter().any(|mark| text.contains(mark) || lower.contains(mark)) || WORDS.contains(&lower.as_str())
}

/// Whether any text of a value stands in the place of another one.
pub(super) fn holds_redacted(value: &Value) -> bool {
    match value {
        Value::String(text) => is_redacted(text),
        Value::Array(elements) => elements.iter().any(holds_redacted),
        Value::Object(members) => members.values().any(holds_redacted),
        _ => false,
    }
}

/// Takes out of a value what was taken out before: members and lists that hold such a text.
pub(super) fn take_out(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !matches!(member, Value::String(text) if is_redacted(text)));
            members
                .retain(|_, member| !matches!(member, Value::Array(elements) if elements.iter().any(is_text_redacted)));
            members.values_mut().for_each(take_out);
        }
        Value::Array(elements) => elements.iter_mut().for_each(take_out),
        _ => {}
    }
}

fn is_text_redacted(value: &Value) -> bool {
    matches!(value, Value::String(text) if is_redacted(text))
}

/// The clauses on members of a value that were taken out.
pub(super) fn clauses(shape: &Node, value: &Value) -> BTreeSet<ClauseIndex> {
    let mut found = BTreeSet::new();
    if holds_redacted(value) {
        visit(shape, value, &mut |node, value| {
            if matches!(value, Value::String(text) if is_redacted(text)) {
                found.extend(node.clauses.0.iter().flatten());
            }
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_out_is_not_there() {
        let mut body = serde_json::json!({"channels": [{"arn": "***", "name": "a"}], "l": ["b", "[redacted]"], "n": 1});
        take_out(&mut body);
        assert_eq!(body, serde_json::json!({"channels": [{"name": "a"}], "n": 1}));
    }

    #[test]
    fn what_stands_for_a_secret_is_known() {
        for text in
            ["***", "sk_***", "[redacted]", "<REDACTED>", "Redacted", "arn:aws:ivs:us-east-1:XXXXXXXXXXXX:channel/a"]
        {
            assert!(is_redacted(text), "{text}");
        }
        for text in ["my secret channel", "redactedk2j3h4g5f6", "arn:aws:ivs:us-east-1:123456789012:channel/a", ""] {
            assert!(!is_redacted(text), "{text}");
        }
    }
}
