//! Texts that match a pattern but for one thing.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use crate::generate::invalid::*;
use crate::generate::pattern::Template;
use crate::generate::valid::{self};
use crate::spec::contract::Node;

pub(super) fn mismatches(node: &Node) -> Vec<Candidate> {
    let Some(pattern) = &node.constraints.pattern else { return Vec::new() };
    let Some(template) = Template::of(pattern) else { return Vec::new() };
    let Some(matching) = typical(node, &template) else { return Vec::new() };
    let mut all = Vec::new();
    for (place, note) in [(Place::Start, "at the start"), (Place::Middle, "in the middle"), (Place::End, "at the end")]
    {
        all.push(misfit(&matching, pattern, place, note));
    }
    let most = node.constraints.length.and_then(|length| length.max);
    all.push(edited(&matching, pattern, "a newline at the end", move |text| ended_with('\n', text, most)));
    all.push(edited(&matching, pattern, "a blank at the end", move |text| ended_with(' ', text, most)));
    if pattern.arn_resource.is_some() {
        all.extend(wrong_arns(&matching, pattern));
    }
    let pattern = pattern.clone();
    let least = valid::lower_bound(node).max(1);
    let noise = vec(prop::char::range(' ', '\u{2ff}'), 1..=12)
        .prop_map(|characters| characters.into_iter().collect::<String>())
        .prop_filter("must miss the pattern", move |text| {
            let length = text.chars().count() as u64;
            !pattern.is_match(text) && length >= least && most.is_none_or(|most| length <= most)
        })
        .prop_map(Value::from);
    all.push(Candidate::new("noise", noise.boxed()));
    all
}

/// Matches of a length in the middle: short, but with room for a change anywhere.
pub(super) fn typical(node: &Node, template: &Template) -> Option<BoxedStrategy<String>> {
    let (shortest, longest) = template.lengths();
    let bound = node.constraints.length.unwrap_or_default();
    let least = shortest.max(bound.min.unwrap_or(0));
    let most = longest.unwrap_or(u64::MAX).min(bound.max.unwrap_or(u64::MAX)).min(least.saturating_add(120));
    let start = least.saturating_add(8).min(most);
    (start..=most).chain(least..start).find_map(|length| template.of_length(length))
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Start,
    Middle,
    End,
}

/// One character that does not fit, in place of the one that stands there, so that the length stays.
pub(super) fn misfit(
    matching: &BoxedStrategy<String>,
    pattern: &crate::spec::Pattern,
    place: Place,
    note: &str,
) -> Candidate {
    let pattern = pattern.clone();
    let values = (matching.clone(), prop::sample::select(MISFITS.to_vec()))
        .prop_map(move |(text, character)| {
            let mut characters: Vec<char> = text.chars().collect();
            let last = characters.len().saturating_sub(1);
            let index = match place {
                Place::Start => 0,
                Place::Middle => last / 2,
                Place::End => last,
            };
            match characters.get_mut(index) {
                Some(slot) => *slot = character,
                None => characters.push(character),
            }
            characters.into_iter().collect::<String>()
        })
        .prop_filter("must miss the pattern", move |text| !pattern.is_match(text))
        .prop_map(Value::from);
    Candidate::new(format!("a character that does not fit {note}"), values.boxed())
}

pub(super) fn edited(
    matching: &BoxedStrategy<String>,
    pattern: &crate::spec::Pattern,
    note: &str,
    edit: impl Fn(&str) -> String + 'static,
) -> Candidate {
    let pattern = pattern.clone();
    let values = matching
        .clone()
        .prop_map(move |text| edit(&text))
        .prop_filter("must miss the pattern", move |text| !pattern.is_match(text))
        .prop_map(Value::from);
    Candidate::new(note, values.boxed())
}

/// The text with a character behind it, which takes the place of the last one where the text may not be longer.
fn ended_with(character: char, text: &str, most: Option<u64>) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    if most.is_some_and(|most| characters.len() as u64 >= most) {
        characters.pop();
    }
    characters.push(character);
    characters.into_iter().collect()
}

pub(super) fn wrong_arns(matching: &BoxedStrategy<String>, pattern: &crate::spec::Pattern) -> Vec<Candidate> {
    let edits: [Edit; 6] = [
        ("the ARN of another resource type", |text| {
            replace_part(text, 5, |part| format!("another-type/{}", part.split_once('/').map_or(part, |(_, id)| id)))
        }),
        ("the ARN of another partition", |text| replace_part(text, 1, |_| "aws-cn".to_owned())),
        ("the ARN of another service", |text| replace_part(text, 2, |_| "s3".to_owned())),
        ("an ARN without an account", |text| replace_part(text, 4, |_| String::new())),
        ("an ARN without an id", |text| {
            replace_part(text, 5, |part| format!("{}/", part.split_once('/').map_or(part, |(kind, _)| kind)))
        }),
        ("a bare id", |text| text.rsplit('/').next().unwrap_or("id").to_owned()),
    ];
    let open = pattern.arn_resource.as_deref() == Some(crate::spec::Pattern::ANY_RESOURCE);
    let skip = usize::from(open);
    edits.into_iter().skip(skip).map(|(note, edit)| edited(matching, pattern, note, edit)).collect()
}

pub(super) fn replace_part(arn: &str, index: usize, edit: impl Fn(&str) -> String) -> String {
    let parts: Vec<String> = arn
        .splitn(6, ':')
        .enumerate()
        .map(|(position, part)| if position == index { edit(part) } else { part.to_owned() })
        .collect();
    parts.join(":")
}

#[cfg(test)]
mod tests {
    use super::ended_with;

    #[test]
    fn a_character_at_the_end_keeps_the_length_where_the_text_may_not_be_longer() {
        assert_eq!(ended_with('\n', "ab", None), "ab\n");
        assert_eq!(ended_with('\n', "ab", Some(3)), "ab\n");
        assert_eq!(ended_with('\n', "ab", Some(2)), "a\n");
    }
}
