//! What a run learned of waiting: what no waiting changed, and how long it took where waiting helped.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::judge::Violation;
use crate::record::FindingKey;

/// Divergences of an operation after which no further one is waited for.
const MOST_IN_VAIN: usize = 6;
/// Part of the patience that is left where waiting did not help before.
const SHORTER: u32 = 5;

/// What a run learned of waiting; shared by all workers.
#[derive(Debug, Default)]
pub struct Waits {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Divergences that were waited for as long as patience allows, and stayed.
    in_vain: BTreeSet<FindingKey>,
    /// The longest wait after which a response was right.
    longest_lag: Duration,
}

impl Waits {
    /// Whether every one of these divergences was waited for before and stayed, or enough of others of its operation were:
    /// then they do not go by waiting.
    pub fn stays<'v>(&self, mut violations: impl Iterator<Item = &'v Violation>) -> bool {
        let state = self.state();
        let in_vain = |operation: &str| state.in_vain.iter().filter(|key| key.operation == operation).count();
        let stays = |violation: &Violation| {
            state.in_vain.contains(&FindingKey::from(violation)) || in_vain(&violation.operation) >= MOST_IN_VAIN
        };
        !state.in_vain.is_empty() && violations.all(stays)
    }

    /// Notes divergences that no waiting ended.
    pub fn note_in_vain<'v>(&self, violations: impl Iterator<Item = &'v Violation>) {
        self.state().in_vain.extend(violations.map(FindingKey::from));
    }

    /// Notes how long it took until a response was right.
    pub fn note_lag(&self, lag: Duration) {
        let mut state = self.state();
        state.longest_lag = state.longest_lag.max(lag);
    }

    /// How long to wait for a response of an operation: less where that did not help before, but long enough for the lag that
    /// the target was seen to have.
    pub fn patience(&self, operation: &str, all: Duration) -> Duration {
        let is_in_vain = self.state().in_vain.iter().any(|key| key.operation == operation);
        if is_in_vain { self.shorter(all) } else { all }
    }

    /// A part of the patience, long enough for the lag that the target was seen to have.
    pub fn shorter(&self, all: Duration) -> Duration {
        (all / SHORTER).max(self.state().longest_lag * 2).min(all)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::FindingKind;
    use crate::spec::clause::ClauseIndex;

    fn of(operation: &str, clause: u32) -> Violation {
        Violation {
            clause: ClauseIndex(clause),
            operation: operation.to_owned(),
            detail: None,
            kind: FindingKind::WrongBehaviour,
            expected: String::new(),
            observed: String::new(),
            tier: None,
        }
    }

    #[test]
    fn what_was_waited_for_in_vain_is_not_waited_for_again() {
        let waits = Waits::default();
        assert!(!waits.stays([of("ListChannels", 1)].iter()));
        waits.note_in_vain([of("ListChannels", 1)].iter());
        assert!(waits.stays([of("ListChannels", 1)].iter()));
        assert!(!waits.stays([of("ListChannels", 1), of("ListChannels", 2)].iter()));
        let many: Vec<Violation> = (2..7).map(|clause| of("ListChannels", clause)).collect();
        waits.note_in_vain(many.iter());
        assert!(waits.stays([of("ListChannels", 9)].iter()) && !waits.stays([of("GetChannel", 9)].iter()));
    }

    #[test]
    fn the_next_wait_for_the_same_operation_is_shorter_but_not_than_the_lag() {
        let (waits, all) = (Waits::default(), Duration::from_secs(10));
        waits.note_in_vain([of("ListChannels", 1)].iter());
        let patience = |operation| waits.patience(operation, all).as_secs();
        assert_eq!((patience("ListChannels"), patience("GetChannel")), (2, 10));
        waits.note_lag(Duration::from_secs(3));
        waits.note_lag(Duration::from_secs(1));
        assert_eq!(waits.patience("ListChannels", all).as_secs(), 6);
        waits.note_lag(Duration::from_secs(8));
        assert_eq!(waits.patience("ListChannels", all).as_secs(), 10);
    }
}
