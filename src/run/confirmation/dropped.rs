//! Findings that a run does not report.

use std::ops::AddAssign;

/// How many findings no look showed again, so that they are not reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// Of lists, which other cases of the run change.
    pub of_lists: u64,
    /// What a response seems to show that belongs to another request.
    pub of_mixed_up: u64,
}

impl AddAssign for Dropped {
    fn add_assign(&mut self, other: Dropped) {
        self.of_lists += other.of_lists;
        self.of_mixed_up += other.of_mixed_up;
    }
}
