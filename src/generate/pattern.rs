//! Strings that match a pattern, with a chosen length.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::string::string_regex_parsed;
use regex_syntax::hir::{Hir, HirKind, Repetition};

use super::text::{self, Pieces, Texts};

thread_local! {
    /// Every case asks for the same few patterns.
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// What was made of patterns so far, by their source.
#[derive(Default)]
struct Known {
    templates: HashMap<Arc<str>, Option<Template>>,
    pieces: HashMap<Arc<str>, HashMap<u64, Option<Pieces>>>,
}

/// A pattern ready to generate from: anchors removed, because proptest accepts none.
#[derive(Debug, Clone)]
pub struct Template {
    source: Arc<str>,
    hir: Arc<Hir>,
}

impl Template {
    /// Reads a regular expression in the syntax of the `regex` crate; none if it is not valid.
    pub fn new(source: &str) -> Option<Template> {
        let known = KNOWN.with_borrow(|known| known.templates.get(source).cloned());
        known.unwrap_or_else(|| {
            let source: Arc<str> = source.into();
            let hir = regex_syntax::parse(&source).ok();
            let template =
                hir.map(|hir| Template { source: Arc::clone(&source), hir: Arc::new(without_anchors(&hir)) });
            KNOWN.with_borrow_mut(|known| known.templates.insert(source, template.clone()));
            template
        })
    }

    /// The template of a contract's pattern.
    pub fn of(pattern: &crate::spec::Pattern) -> Option<Template> {
        Template::new(pattern.regex_source())
    }

    /// Shortest and longest match in code points.
    pub fn lengths(&self) -> (u64, Option<u64>) {
        lengths(&self.hir)
    }

    /// Matches of exactly `length` code points; none if there are none.
    pub fn of_length(&self, length: u64) -> Option<BoxedStrategy<String>> {
        match self.pieces(length) {
            Some(pieces) => {
                let length = usize::try_from(length).ok()?;
                Some(Texts::new(length..=length, move |_| Some(Rc::clone(&pieces))).boxed())
            }
            None => strategy(&with_length(&self.hir, length)?),
        }
    }

    /// Matches whose length is in the range; none if the pattern is not of a form that is cheap to draw from.
    pub fn of_lengths(&self, least: u64, most: u64) -> Option<Texts> {
        self.pieces(least)?;
        let template = self.clone();
        let lengths = usize::try_from(least).ok()?..=usize::try_from(most).ok()?;
        Some(Texts::new(lengths, move |length| template.pieces(length as u64)))
    }

    /// The pieces of matches of a length; none if there are none, or if they are not of that simple form.
    fn pieces(&self, length: u64) -> Option<Pieces> {
        let known = |known: &Known| known.pieces.get(&self.source)?.get(&length).cloned();
        KNOWN.with_borrow(known).unwrap_or_else(|| {
            let pieces = with_length(&self.hir, length).and_then(|sized| text::pieces(&sized)).map(Rc::new);
            KNOWN.with_borrow_mut(|known| {
                known.pieces.entry(Arc::clone(&self.source)).or_default().insert(length, pieces.clone())
            });
            pieces
        })
    }

    /// Matches of any length that the pattern itself bounds or that proptest chooses.
    pub fn any(&self) -> Option<BoxedStrategy<String>> {
        strategy(&self.hir)
    }
}

fn strategy(hir: &Hir) -> Option<BoxedStrategy<String>> {
    Some(string_regex_parsed(hir).ok()?.boxed())
}

fn without_anchors(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Look(_) | HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0.clone()),
        HirKind::Class(class) => Hir::class(class.clone()),
        HirKind::Repetition(repetition) => {
            Hir::repetition(Repetition { sub: Box::new(without_anchors(&repetition.sub)), ..repetition.clone() })
        }
        HirKind::Capture(capture) => without_anchors(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(without_anchors).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(without_anchors).collect()),
    }
}

fn lengths(hir: &Hir) -> (u64, Option<u64>) {
    match hir.kind() {
        HirKind::Look(_) | HirKind::Empty => (0, Some(0)),
        HirKind::Literal(literal) => {
            let count = String::from_utf8_lossy(&literal.0).chars().count() as u64;
            (count, Some(count))
        }
        HirKind::Class(_) => (1, Some(1)),
        HirKind::Repetition(repetition) => {
            let (low, high) = lengths(&repetition.sub);
            let most = match (high, repetition.max) {
                (Some(0), _) => Some(0),
                (Some(each), Some(times)) => Some(each.saturating_mul(u64::from(times))),
                _ => None,
            };
            (low.saturating_mul(u64::from(repetition.min)), most)
        }
        HirKind::Capture(capture) => lengths(&capture.sub),
        HirKind::Concat(parts) => parts
            .iter()
            .map(lengths)
            .fold((0, Some(0)), |sum, part| (sum.0 + part.0, sum.1.zip(part.1).map(|(a, b)| a.saturating_add(b)))),
        HirKind::Alternation(parts) => {
            let all: Vec<_> = parts.iter().map(lengths).collect();
            let low = all.iter().map(|part| part.0).min().unwrap_or(0);
            let high = all.iter().map(|part| part.1).try_fold(0, |most, part| part.map(|p| p.max(most)));
            (low, high)
        }
    }
}

/// Narrows an expression to its matches of exactly `length` code points, where the parts allow it one by one.
fn with_length(hir: &Hir, length: u64) -> Option<Hir> {
    let (low, high) = lengths(hir);
    if length < low || high.is_some_and(|high| length > high) {
        return None;
    }
    match hir.kind() {
        HirKind::Look(_) | HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => Some(hir.clone()),
        HirKind::Capture(capture) => with_length(&capture.sub, length),
        HirKind::Repetition(repetition) => repeat_to_length(repetition, length),
        HirKind::Concat(parts) => concat_to_length(parts, length),
        HirKind::Alternation(parts) => parts.iter().rev().find_map(|part| with_length(part, length)),
    }
}

fn repeat_to_length(repetition: &Repetition, length: u64) -> Option<Hir> {
    let (low, high) = lengths(&repetition.sub);
    let allowed =
        |times: u64| times >= u64::from(repetition.min) && repetition.max.is_none_or(|max| times <= u64::from(max));
    if low == 1 && high == Some(1) {
        let times = u32::try_from(length).ok().filter(|times| allowed(u64::from(*times)))?;
        return Some(Hir::repetition(Repetition { min: times, max: Some(times), ..repetition.clone() }));
    }
    let times = (u64::from(repetition.min.max(1))..=length.max(1))
        .find(|times| allowed(*times) && low * times <= length && high.is_none_or(|high| high * times >= length))?;
    let parts = vec![(*repetition.sub).clone(); usize::try_from(times).ok()?];
    concat_to_length(&parts, length)
}

/// Gives what is beyond the shortest match to the last part that can take it, then to those before.
fn concat_to_length(parts: &[Hir], length: u64) -> Option<Hir> {
    let mut spare = length - parts.iter().map(|part| lengths(part).0).sum::<u64>();
    let mut sized = Vec::with_capacity(parts.len());
    for part in parts.iter().rev() {
        let (low, high) = lengths(part);
        let extra = high.map_or(spare, |high| spare.min(high - low));
        spare -= extra;
        sized.push(with_length(part, low + extra)?);
    }
    sized.reverse();
    (spare == 0).then(|| Hir::concat(sized))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    fn sample(pattern: &str, length: u64) -> Option<String> {
        let template = Template::new(pattern)?;
        let tree = template.of_length(length)?.new_tree(&mut TestRunner::deterministic()).ok()?;
        Some(tree.current())
    }

    #[test]
    fn hits_the_length_exactly_and_still_matches() {
        let patterns = [
            "^[a-zA-Z0-9-_]*$",
            "^arn:aws:ivs:[a-z0-9-]+:[0-9]+:channel/[a-zA-Z0-9-]+$",
            "^$|^arn:aws:ivs:[a-z0-9-]+:[0-9]+:channel/[a-zA-Z0-9-]+$",
            "(ab|c)+x?",
        ];
        for pattern in patterns {
            let regex = regex::Regex::new(&format!("^(?:{pattern})$")).unwrap();
            for length in [40, 127, 128, 129, 1024] {
                let text = sample(pattern, length).unwrap();
                assert_eq!(text.chars().count() as u64, length, "{pattern}");
                assert!(regex.is_match(&text), "{pattern}: {text}");
            }
        }
    }

    #[test]
    fn says_when_no_match_has_the_length() {
        assert_eq!(sample("^abc$", 2), None);
        assert_eq!(sample("[0-9]{3,5}", 6), None);
        assert_eq!(sample("^$|^arn:x", 0).as_deref(), Some(""));
    }
}
