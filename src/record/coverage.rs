//! How much of what sequences can do one step after another a run did.

use std::ops::AddAssign;

/// Some of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// How many were seen.
    pub seen: u64,
    /// How many there can be.
    pub possible: u64,
}

/// Operations on one resource right after one another, by the state that each of them finds: whether the resource exists,
/// and whether it is the first of its type in the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StepCoverage {
    /// Two of them.
    pub pairs: Share,
    /// Three of them.
    pub triples: Share,
}

impl AddAssign for Share {
    fn add_assign(&mut self, other: Share) {
        self.seen += other.seen;
        self.possible += other.possible;
    }
}

impl AddAssign for StepCoverage {
    fn add_assign(&mut self, other: StepCoverage) {
        self.pairs += other.pairs;
        self.triples += other.triples;
    }
}
