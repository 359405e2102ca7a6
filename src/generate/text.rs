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
    /// First and last characters, each with the sum of all weights up to its own: classes of all scripts have hundreds.
    ranges: Rc<[(u32, char, char)]>,
    weight: u32,
    /// All characters, if they are few and equally likely: the usual case, and then drawing is a look-up.
    table: Option<Rc<[char]>>,
}

/// Most characters of a look-up table.
const TABLE_SIZE: u32 = 256;

/// Most characters of a run that chance chooses.
const VARIED: usize = 48;

impl Alphabet {
    /// Ranges of characters, each with its weight; the first character of the first range is the simplest.
    pub fn new(ranges: Vec<(u32, char, char)>) -> Alphabet {
        let weight = ranges.iter().map(|(weight, _, _)| *weight).sum();
        let is_even = ranges.iter().all(|range| range.0 == size(*range));
        let table = (is_even && weight <= TABLE_SIZE)
            .then(|| ranges.iter().flat_map(|(_, start, end)| *start..=*end).collect());
        let sums = ranges.iter().scan(0, |sum, (weight, start, end)| {
            *sum += weight;
            Some((*sum, *start, *end))
        });
        Alphabet { ranges: sums.collect(), weight, table }
    }

    /// The characters of a class; ASCII ones as often as all others together.
    fn of_class(class: &Class) -> Option<Alphabet> {
        let Class::Unicode(class) = class else { return None };
        let mut ranges: Vec<(u32, char, char)> =
            class.iter().map(|range| (size((0, range.start(), range.end())), range.start(), range.end())).collect();
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

    /// Adds `times` characters to a text. A long run repeats what it begins with: more chance in it would tell no more.
    fn draw(&self, times: usize, text: &mut String, rng: &mut impl Rng) {
        let start = text.len();
        let drawn = times.min(VARIED);
        match &self.table {
            Some(table) => draw_from(table, drawn, text, rng),
            None => text.extend((0..drawn).map(|_| self.draw_one(rng))),
        }
        let mut left = times - drawn;
        if left == 0 {
            return;
        }
        let period = text.get(start..).unwrap_or_default().to_owned();
        while left >= VARIED {
            text.push_str(&period);
            left -= VARIED;
        }
        text.extend(period.chars().take(left));
    }

    fn draw_one(&self, rng: &mut impl Rng) -> char {
        let drawn = rng.next_u64();
        let ticket = scaled(drawn as u32, self.weight);
        let chosen = self.ranges.partition_point(|(sum, _, _)| *sum <= ticket);
        let Some(range) = self.ranges.get(chosen) else { return self.simplest() };
        char::from_u32(range.1 as u32 + scaled((drawn >> 32) as u32, size(*range))).unwrap_or(range.1)
    }

    fn simplest(&self) -> char {
        self.ranges.first().map_or('a', |(_, start, _)| *start)
    }
}

/// Four characters from every random number: two bytes choose well enough among so few.
fn draw_from(table: &[char], times: usize, text: &mut String, rng: &mut impl Rng) {
    let mut left = times;
    while left > 0 {
        let mut drawn = rng.next_u64();
        for _ in 0..left.min(4) {
            let index = ((drawn & 0xffff) as usize * table.len()) >> 16;
            if let Some(character) = table.get(index) {
                text.push(*character);
            }
            drawn >>= 16;
        }
        left -= left.min(4);
    }
}

/// A random number brought below `bound`, without a division.
fn scaled(drawn: u32, bound: u32) -> u32 {
    ((u64::from(drawn) * u64::from(bound)) >> 32) as u32
}

/// How many characters a range has.
fn size((_, start, end): (u32, char, char)) -> u32 {
    (end as u32).saturating_sub(start as u32) + 1
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

/// The pieces of strings of one length.
pub type Pieces = Rc<Vec<Piece>>;

/// Makes the pieces for a length; none if there are no strings of that length.
type Shape = Rc<dyn Fn(usize) -> Option<Pieces>>;

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
    pub fn new(lengths: RangeInclusive<usize>, shape: impl Fn(usize) -> Option<Pieces> + 'static) -> Texts {
        Texts { shape: Rc::new(shape), lengths, known: Rc::default() }
    }

    fn pieces(&self, length: usize) -> Option<Pieces> {
        let mut known = self.known.borrow_mut();
        known.entry(length).or_insert_with(|| (self.shape)(length)).clone()
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
        let current = draw(&pieces, runner.rng());
        Ok(TextTree { current, before: None, texts: self.clone(), pieces, simpler: None })
    }
}

fn draw(pieces: &[Piece], rng: &mut impl Rng) -> String {
    let length = pieces.iter().map(|piece| match piece {
        Piece::Fixed(characters) => characters.len(),
        Piece::Of(_, times) => *times,
    });
    let mut text = String::with_capacity(length.sum());
    for piece in pieces {
        match piece {
            Piece::Fixed(characters) => text.extend(characters),
            Piece::Of(alphabet, times) => alphabet.draw(*times, &mut text, rng),
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

/// A drawn string. The simpler ones to try instead are made when they are asked for: most strings are never shrunk.
#[derive(Debug, Clone)]
pub struct TextTree {
    current: String,
    before: Option<String>,
    texts: Texts,
    pieces: Pieces,
    /// The boldest first, once they are made.
    simpler: Option<std::vec::IntoIter<String>>,
}

impl TextTree {
    fn made_simpler(&self) -> std::vec::IntoIter<String> {
        let shortest = self.texts.pieces(*self.texts.lengths.start()).map(|pieces| simplest(&pieces));
        let all = [shortest, Some(simplest(&self.pieces)), Some(half_simplest(&self.pieces, &self.current))];
        let mut simpler: Vec<String> = all.into_iter().flatten().filter(|text| *text != self.current).collect();
        simpler.dedup();
        simpler.into_iter()
    }
}

impl ValueTree for TextTree {
    type Value = String;

    fn current(&self) -> String {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        if self.before.is_some() {
            // The last one was not taken back, and those after it are less bold.
            return false;
        }
        let mut simpler = self.simpler.take().unwrap_or_else(|| self.made_simpler());
        let next = simpler.next();
        self.simpler = Some(simpler);
        match next {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn nine_letters() -> TextTree {
        let alphabet = Alphabet::new(vec![(26, 'a', 'z')]);
        let texts = Texts::new(9..=9, move |length| Some(Rc::new(vec![Piece::Of(alphabet.clone(), length)])));
        texts.new_tree(&mut TestRunner::deterministic()).unwrap()
    }

    #[test]
    fn the_boldest_that_will_do_is_the_last_that_is_tried() {
        let mut tree = nine_letters();
        assert!(tree.simplify());
        assert_eq!(tree.current(), "aaaaaaaaa");
        assert!(!tree.simplify());
        assert_eq!(tree.current(), "aaaaaaaaa");
    }

    #[test]
    fn one_that_will_not_do_is_taken_back_before_the_next() {
        let mut tree = nine_letters();
        let drawn = tree.current();
        assert!(tree.simplify() && tree.complicate());
        assert_eq!(tree.current(), drawn);
        assert!(tree.simplify());
        assert_eq!(tree.current(), format!("aaaa{}", &drawn[4..]));
        assert!(tree.complicate() && !tree.simplify());
        assert_eq!(tree.current(), drawn);
    }

    #[test]
    fn a_long_text_has_its_length_and_repeats_itself() {
        let alphabet = Alphabet::new(vec![(1, 'é', 'é'), (25, 'a', 'y')]);
        let texts = Texts::new(131..=131, move |length| Some(Rc::new(vec![Piece::Of(alphabet.clone(), length)])));
        let text = texts.new_tree(&mut TestRunner::deterministic()).unwrap().current();
        let characters: Vec<char> = text.chars().collect();
        assert_eq!(characters.len(), 131);
        assert_eq!(characters[..VARIED], characters[VARIED..2 * VARIED]);
    }
}
