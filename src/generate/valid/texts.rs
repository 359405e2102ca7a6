//! Texts of a length and an alphabet.

use std::rc::Rc;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::generate::domain::Domain;
use crate::generate::pattern::Template;
use crate::generate::text::{Alphabet, Piece, Texts};
use crate::generate::valid::*;
use crate::spec::contract::Node;

/// Strings of exactly that many code points that match the pattern or domain in force; none if there are none.
pub fn text_of_length(scope: Scope<'_>, node: &Node, length: u64) -> Option<BoxedStrategy<Value>> {
    match scope.domain(node) {
        Some(Domain::Pattern(_)) if length == 0 => return Some(Just(json!("")).boxed()),
        Some(Domain::Pattern(template)) => {
            return Some(template.of_length(length)?.prop_map(Value::from).boxed());
        }
        Some(Domain::Values(values)) => {
            let fits = |value: &&Value| value.as_str().is_some_and(|text| text.chars().count() as u64 == length);
            let fitting: Vec<Value> = values.iter().filter(fits).cloned().collect();
            return (!fitting.is_empty()).then(|| prop::sample::select(fitting).boxed());
        }
        _ => {}
    }
    match &node.constraints.pattern {
        Some(pattern) => {
            let strategy = Template::of(pattern)?.of_length(length)?;
            Some(strategy.prop_map(Value::from).boxed())
        }
        None => Some(free_texts(scope, length, length)),
    }
}

/// Text of exactly that many code points outside the Basic Multilingual Plane.
pub fn astral_text(length: u64) -> BoxedStrategy<Value> {
    text_of(Alphabet::new(vec![(1, '\u{1F300}', '\u{1F5FF}')]), length, length)
}

pub(super) fn text(scope: Scope<'_>, node: &Node) -> BoxedStrategy<Value> {
    if let Some(reference) = scope.reference(node) {
        let reference = Just(Value::from(reference));
        return match allows_empty(node) {
            true => prop_oneof![1 => Just(json!("")), 3 => reference].boxed(),
            false => reference.boxed(),
        };
    }
    let Some(pattern) = &node.constraints.pattern else {
        let least = lower_bound(node);
        let most = upper_bound(node).unwrap_or(FREE_TEXT_LENGTH).clamp(least, least.max(FREE_TEXT_LENGTH));
        return free_texts(scope, least, most);
    };
    let Some(template) = Template::of(pattern) else {
        return Just(json!("")).boxed();
    };
    let (least, most) = bounded_lengths(node, &template);
    if let Some(texts) = template.of_lengths(least, most) {
        return texts.prop_map(Value::from).boxed();
    }
    match template.any() {
        Some(strategy) => strategy.prop_map(Value::from).boxed(),
        None => Just(json!("")).boxed(),
    }
}

pub(super) fn bounded_lengths(node: &Node, template: &Template) -> (u64, u64) {
    let (shortest, longest) = template.lengths();
    let least = lower_bound(node).max(shortest);
    let most = upper_bound(node)
        .unwrap_or(u64::MAX)
        .min(longest.unwrap_or(u64::MAX))
        .min(least.saturating_add(FREE_TEXT_LENGTH));
    (least, most.max(least))
}

/// Text without a pattern: mostly plain, with some letters of other scripts and some beyond the BMP.
pub(super) fn free_texts(scope: Scope<'_>, least: u64, most: u64) -> BoxedStrategy<Value> {
    if scope.is_model_only {
        return text_of(Alphabet::new(vec![(26, 'a', 'z'), (10, '0', '9')]), least, most);
    }
    let alphabet = Alphabet::new(vec![
        (12, 'a', 'z'),
        (6, ' ', '~'),
        (1, '\u{A1}', '\u{24F}'),
        (1, '\u{4E00}', '\u{9FFF}'),
        (1, '\u{1F300}', '\u{1F5FF}'),
    ]);
    text_of(alphabet, least, most)
}

pub(super) fn text_of(alphabet: Alphabet, least: u64, most: u64) -> BoxedStrategy<Value> {
    Texts::new(size(least)..=size(most), move |length| Some(Rc::new(vec![Piece::Of(alphabet.clone(), length)])))
        .prop_map(Value::from)
        .boxed()
}
