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
/// Part of the patience that a read gets on this machine, where targets seldom lag, until one was right by waiting.
const PROBE: u32 = 25;
/// Divergences of reads that such a wait did not end, after which reads on this machine are not waited for.
const MOST_PROBES: usize = 6;
/// How much longer reads are waited for than the longest lag that one had.
const LAG_MARGIN: u32 = 4;

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
    /// Divergences of reads on this machine that a short wait did not end.
    probed: BTreeSet<FindingKey>,
    /// The longest wait after which a read on this machine was right; zero as long as none was seen to lag.
    read_lag: Duration,
}

impl Waits {
    /// Whether every one of these divergences was waited for before and stayed, or enough of others of its operation were:
    /// then they do not go by waiting.
    pub fn stays<'v>(&self, mut violations: impl Iterator<Item = &'v Violation>) -> bool {
        let state = self.state();
        let in_vain = |operation: &str| state.in_vain.iter().filter(|key| key.operation == operation).count();
        let stays = |violation: &Violation| {
            let key = FindingKey::from(violation);
            state.in_vain.contains(&key) || state.probed.contains(&key) || in_vain(&violation.operation) >= MOST_IN_VAIN
        };
        !(state.in_vain.is_empty() && state.probed.is_empty()) && violations.all(stays)
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

    /// How long to wait for a read on this machine: a moment, to learn whether the target's reads lag; longer if they do; not at
    /// all if several were waited for and stayed wrong.
    pub fn patience_of_read(&self, all: Duration) -> Duration {
        let state = self.state();
        match state.read_lag {
            Duration::ZERO if state.probed.len() >= MOST_PROBES => Duration::ZERO,
            lag => (lag * LAG_MARGIN).max(all / PROBE).min(all),
        }
    }

    /// Notes divergences of reads on this machine that waiting for so long did not end.
    pub fn note_read_in_vain<'v>(&self, violations: impl Iterator<Item = &'v Violation>, waited: Duration) {
        let mut state = self.state();
        // Meanwhile another read may have been seen to lag for longer.
        if waited > state.read_lag {
            state.probed.extend(violations.map(FindingKey::from));
        }
    }

    /// Notes how long it took until a read was right. What stayed wrong for a shorter time is waited for again.
    pub fn note_read_lag(&self, lag: Duration) {
        let mut state = self.state();
        if lag > state.read_lag {
            state.read_lag = lag;
            state.probed.clear();
        }
        state.longest_lag = state.longest_lag.max(lag);
    }

    /// Lets everything be waited for again that stayed wrong, if reads lag: what was compared with a read that came too early is
    /// wrong for ever.
    pub fn forget_probes(&self) {
        let mut state = self.state();
        if !state.read_lag.is_zero() {
            state.probed.clear();
        }
    }

    /// Whether a read was right by waiting that nothing said might be late.
    pub fn reads_lag(&self) -> bool {
        !self.state().read_lag.is_zero()
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
    fn reads_are_waited_for_a_moment_until_they_are_seen_to_lag_or_not_to() {
        let (waits, all) = (Waits::default(), Duration::from_secs(10));
        let patience = || waits.patience_of_read(all).as_millis();
        assert_eq!(patience(), 400);
        let many: Vec<Violation> = (1..=6).map(|clause| of("GetChannel", clause)).collect();
        waits.note_read_in_vain(many.iter().take(5), Duration::from_millis(400));
        assert_eq!(patience(), 400);
        assert!(waits.stays(many.iter().take(5)) && !waits.stays(many.iter()));
        waits.note_read_in_vain(many.iter(), Duration::from_millis(400));
        assert_eq!(patience(), 0);
        assert!(!waits.reads_lag());
        waits.note_read_lag(Duration::from_millis(300));
        assert_eq!(patience(), 1200);
        assert!(waits.reads_lag() && !waits.stays(many.iter()), "a longer wait may end them");
        waits.note_read_in_vain(many.iter(), Duration::from_millis(200));
        assert!(!waits.stays(many.iter()), "the wait was shorter than the lag");
        waits.note_read_lag(Duration::from_secs(8));
        assert_eq!(patience(), 10_000);
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
