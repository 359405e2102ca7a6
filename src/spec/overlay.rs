//! A model that extends another one: it says what it adds and changes, and the rest is the other's.
//!
//! `metadata.extends` names the model that is extended: the stem of a file beside it, or a built-in contract. Objects are
//! merged member by member, lists are added to, `null` removes a member, and any other value takes the place of the
//! extended model's.

use super::error::Problems;
use super::json::{self, Entry, Json, Kind, Span};

/// What to do about a model that cannot be extended.
const HELP: &str = "name a built-in contract, or a model beside this file, without `.json`";

/// The name of the model that a model extends, with its place.
pub(super) fn extends(root: &Json) -> Option<(&str, Span)> {
    let name = root.at(&["metadata", "extends"])?;
    Some((name.as_str()?, name.span))
}

/// A model together with the one that it extends; the model itself if it extends none. `base` is the extended model, as
/// its name and its text. Places of the base count from the end of `text` on.
pub(super) fn complete<'a>(
    root: Json,
    text: &str,
    base: Option<(&'a str, &'a str)>,
    problems: &mut Problems<'a>,
) -> Json {
    let Some((name, span)) = extends(&root).map(|(name, span)| (name.to_owned(), span)) else {
        return root;
    };
    let Some((base_name, base_text)) = base else {
        problems.add(span, format!("the model extends `{name}`, which is not there"), HELP);
        return root;
    };
    let parsed = match json::parse(base_text) {
        Ok(parsed) => parsed,
        Err(error) => {
            problems.add(span, format!("the model extends `{name}`, which is not JSON: {}", error.message), HELP);
            return root;
        }
    };
    if extends(&parsed).is_some() {
        problems.add(span, format!("the model extends `{name}`, which extends another one itself"), HELP);
        return root;
    }
    problems.extend_file(base_name, base_text, parsed.clone());
    merge(root, shifted(parsed, text.len()))
}

/// The value with all its places moved.
fn shifted(value: Json, by: usize) -> Json {
    let moved = |span: Span| Span { start: span.start + by, end: span.end + by };
    let kind = match value.kind {
        Kind::Array(elements) => Kind::Array(elements.into_iter().map(|element| shifted(element, by)).collect()),
        Kind::Object(entries) => {
            let entry = |entry: Entry| Entry {
                key_span: moved(entry.key_span),
                value: shifted(entry.value, by),
                key: entry.key,
            };
            Kind::Object(entries.into_iter().map(entry).collect())
        }
        other => other,
    };
    Json { span: moved(value.span), kind }
}

/// What `above` says, and what `below` says besides.
fn merge(above: Json, below: Json) -> Json {
    match (above.kind, below.kind) {
        (Kind::Object(mut above_entries), Kind::Object(below_entries)) => {
            for entry in below_entries {
                match above_entries.iter().position(|own| own.key == entry.key) {
                    None => above_entries.push(entry),
                    Some(at) => {
                        let own = above_entries.remove(at);
                        let value = merge(own.value, entry.value);
                        above_entries.insert(at, Entry { value, ..own });
                    }
                }
            }
            above_entries.retain(|entry| !matches!(entry.value.kind, Kind::Null));
            Json { span: above.span, kind: Kind::Object(above_entries) }
        }
        (Kind::Array(added), Kind::Array(mut elements)) => {
            elements.extend(added);
            Json { span: above.span, kind: Kind::Array(elements) }
        }
        (kind, _) => Json { span: above.span, kind },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn merged(above: &str, below: &str) -> Json {
        merge(json::parse(above).unwrap(), json::parse(below).unwrap())
    }

    #[test]
    fn objects_are_merged_lists_are_added_to_and_null_removes() {
        let found = merged(
            r#"{"a": {"x": 2, "y": null}, "list": [3], "new": 1, "other": "text"}"#,
            r#"{"a": {"x": 1, "y": 1, "z": 1}, "list": [1, 2], "old": true, "other": [1]}"#,
        );
        let expected = r#"{"a": {"x": 2, "z": 1}, "list": [1, 2, 3], "new": 1, "other": "text", "old": true}"#;
        assert!(found.same_as(&json::parse(expected).unwrap()), "{found:?}");
    }

    #[test]
    fn places_of_the_extended_model_come_after_those_of_the_extending_one() {
        let above = r#"{"metadata": {"extends": "base"}}"#;
        let below = r#"{"smithy": "2.0"}"#;
        let mut problems = Problems::new("above.json", above);
        let root = complete(json::parse(above).unwrap(), above, Some(("base.json", below)), &mut problems);
        problems.add(root.get("smithy").unwrap().span, "wrong", "mend it");
        let found = problems.finish(Some(&root));
        let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["base.json:1:12: wrong (at /smithy)"]);
    }

    #[test]
    fn a_model_that_cannot_be_extended_is_a_problem_at_its_name() {
        let above = r#"{"metadata": {"extends": "base"}}"#;
        for (base, expected) in [
            (None, "above.json:1:26: the model extends `base`, which is not there"),
            (Some(("base.json", "{")), "which is not JSON"),
            (Some(("base.json", above)), "which extends another one itself"),
        ] {
            let mut problems = Problems::new("above.json", above);
            let root = complete(json::parse(above).unwrap(), above, base, &mut problems);
            let found = problems.finish(Some(&root));
            assert!(found.len() == 1 && found[0].to_string().contains(expected), "{found:?}");
        }
    }
}
