//! Findings that a run does not report.

use std::ops::AddAssign;

/// How many findings no look showed again, so that they are not reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// Of lists, which other cases of the run change.
    pub of_lists: u64,
    /// Of reads that were not waited for long enough, before the target was seen to lag.
    pub of_lag: u64,
    /// What responses seem to show that belong to another request or another state.
    pub of_other_states: u64,
}

impl AddAssign for Dropped {
    fn add_assign(&mut self, other: Dropped) {
        self.of_lists += other.of_lists;
        self.of_lag += other.of_lag;
        self.of_other_states += other.of_other_states;
    }
}
