//! Strings drawn from alphabets, piece by piece. A string is one value here, not a list of shrinkable characters: that
//! makes drawing cheap, and a string of the wrong kind is as telling with plain characters as with fancy ones, so that
//! a few bold steps shrink it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::rc::Rc;

use proptest::prelude::*;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::TestRunner;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Draws again for another length this often before giving up.
const LENGTHS_TRIED: u32 = 16;

/// A run of characters of one alphabet, or fixed text.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// These characters.
    Fixed(Vec<char>),
    /// So many characters of an alphabet.
    Of(Alphabet, usize),
}

/// Characters to choose from.
#[derive(Debug, Clone, PartialEq)]
pub struct Alphabet {
    ranges: Vec<(u32, char, char)>,
    weight: u32,
}

impl Alphabet {
    /// Ranges of characters, each with its weight; the first character of the first range is the simplest.
    pub fn new(ranges: Vec<(u32, char, char)>) -> Alphabet {
        let weight = ranges.iter().map(|(weight, _, _)| *weight).sum();
        Alphabet { ranges, weight }
    }

    /// The characters of a class; ASCII ones as often as all others together.
    fn of_class(class: &Class) -> Option<Alphabet> {
        let Class::Unicode(class) = class else { return None };
        let mut ranges: Vec<(u32, char, char)> = class
            .iter()
            .map(|range| {
                let size = (range.end() as u32).saturating_sub(range.start() as u32) + 1;
                (size, range.start(), range.end())
            })
            .collect();
        let (ascii, other): (Vec<_>, Vec<_>) = ranges.iter().partition(|(_, _, end)| end.is_ascii());
        let total = |part: &[&(u32, char, char)]| part.iter().map(|(size, _, _)| *size).sum::<u32>();
        let (ascii_total, other_total) = (total(&ascii), total(&other));
        if ascii_total > 0 && other_total > 0 {
            let factor = (other_total / ascii_total).max(1);
            for range in ranges.iter_mut().filter(|(_, _, end)| end.is_ascii()) {
                range.0 = range.0.saturating_mul(factor);
            }
        }
        // Letters are simpler for a reader than what stands before them in the code.
        ranges.sort_by_key(|(_, start, _)| (*start != 'a', !start.is_ascii_alphanumeric(), *start));
        (!ranges.is_empty()).then(|| Alphabet::new(ranges))
    }

    fn draw(&self, rng: &mut impl Rng) -> char {
        let mut ticket = rng.next_u32() % self.weight.max(1);
        for (weight, start, end) in &self.ranges {
            if ticket < *weight {
                let size = (*end as u32).saturating_sub(*start as u32) + 1;
                return char::from_u32(*start as u32 + rng.next_u32() % size).unwrap_or(*start);
            }
            ticket -= weight;
        }
        self.simplest()
    }

    fn simplest(&self) -> char {
        self.ranges.first().map_or('a', |(_, start, _)| *start)
    }
}

/// The pieces of an expression whose matches all have one length; none if it is not of that simple form.
pub fn pieces(hir: &Hir) -> Option<Vec<Piece>> {
    match hir.kind() {
        HirKind::Empty => Some(Vec::new()),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            Some(vec![Piece::Fixed(text.chars().collect())])
        }
        HirKind::Class(class) => Some(vec![Piece::Of(Alphabet::of_class(class)?, 1)]),
        HirKind::Repetition(repetition) if repetition.max == Some(repetition.min) => {
            let times = usize::try_from(repetition.min).ok()?;
            match pieces(&repetition.sub)?.as_slice() {
                [Piece::Of(alphabet, 1)] => Some(vec![Piece::Of(alphabet.clone(), times)]),
                parts => Some(parts.iter().cycle().take(parts.len() * times).cloned().collect()),
            }
        }
        HirKind::Capture(capture) => pieces(&capture.sub),
        HirKind::Concat(parts) => {
            let parts: Option<Vec<Vec<Piece>>> = parts.iter().map(pieces).collect();
            Some(parts?.into_iter().flatten().collect())
        }
        _ => None,
    }
}

/// Makes the pieces for a length; none if there are no strings of that length.
type Shape = Rc<dyn Fn(usize) -> Option<Vec<Piece>>>;

/// The pieces of strings of one length.
type Pieces = Rc<Vec<Piece>>;

/// Strings of pieces, with lengths in a range.
#[derive(Clone)]
pub struct Texts {
    shape: Shape,
    lengths: RangeInclusive<usize>,
    known: Rc<RefCell<HashMap<usize, Option<Pieces>>>>,
}

impl fmt::Debug for Texts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Texts").field("lengths", &self.lengths).finish_non_exhaustive()
    }
}

impl Texts {
    /// Strings whose length (in code points) is in the range; `shape` tells their pieces.
    pub fn new(lengths: RangeInclusive<usize>, shape: impl Fn(usize) -> Option<Vec<Piece>> + 'static) -> Texts {
        Texts { shape: Rc::new(shape), lengths, known: Rc::default() }
    }

    fn pieces(&self, length: usize) -> Option<Rc<Vec<Piece>>> {
        let mut known = self.known.borrow_mut();
        known.entry(length).or_insert_with(|| (self.shape)(length).map(Rc::new)).clone()
    }
}

impl Strategy for Texts {
    type Tree = TextTree;
    type Value = String;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let (least, most) = (*self.lengths.start(), *self.lengths.end());
        let span = most.saturating_sub(least) + 1;
        let rng = runner.rng();
        let found = (0..LENGTHS_TRIED).find_map(|_| {
            let length = least + (rng.next_u64() as usize) % span;
            self.pieces(length)
        });
        let pieces = found.or_else(|| self.pieces(least)).ok_or("no text has such a length")?;
        let drawn = draw(&pieces, runner.rng());
        let shortest = self.pieces(least).map(|pieces| simplest(&pieces));
        let simpler = [shortest, Some(simplest(&pieces)), Some(half_simplest(&pieces, &drawn))];
        let mut simpler: Vec<String> = simpler.into_iter().flatten().filter(|text| *text != drawn).collect();
        simpler.dedup();
        simpler.reverse();
        Ok(TextTree { current: drawn, simpler, before: None })
    }
}

fn draw(pieces: &[Piece], rng: &mut impl Rng) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Fixed(characters) => text.extend(characters),
            Piece::Of(alphabet, times) => text.extend((0..*times).map(|_| alphabet.draw(rng))),
        }
    }
    text
}

fn simplest(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Fixed(characters) => text.extend(characters),
            Piece::Of(alphabet, times) => text.extend(std::iter::repeat_n(alphabet.simplest(), *times)),
        }
    }
    text
}

/// The drawn text with its first half made as simple as it can be.
fn half_simplest(pieces: &[Piece], drawn: &str) -> String {
    let simple = simplest(pieces);
    let half = drawn.chars().count() / 2;
    simple.chars().take(half).chain(drawn.chars().skip(half)).collect()
}

/// A drawn string and the simpler ones to try instead, the boldest last.
#[derive(Debug, Clone)]
pub struct TextTree {
    current: String,
    simpler: Vec<String>,
    before: Option<String>,
}

impl ValueTree for TextTree {
    type Value = String;

    fn current(&self) -> String {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        match self.simpler.pop() {
            Some(simpler) => {
                self.before = Some(std::mem::replace(&mut self.current, simpler));
                true
            }
            None => false,
        }
    }

    fn complicate(&mut self) -> bool {
        match self.before.take() {
            Some(before) => {
                self.current = before;
                true
            }
            None => false,
        }
    }
}
