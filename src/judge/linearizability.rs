//! Linearizability: whether calls that overlapped have an order in which each of them gets the response that it got.
//!
//! The search is that of Wing and Gong (1993) with the memory of Lowe (2017): which calls are done, and the state after
//! them, is looked at once. It gives all states that some order ends in, so that what is read later can still tell them
//! apart; a tester that gives one order would not do.

use std::collections::BTreeSet;
use std::time::Duration;

/// Most calls of one history.
pub const MOST_CALLS: usize = 24;
/// Most states that are looked at: a bound for time and memory.
pub const MOST_STATES: usize = 20_000;

/// What calls do to a state, one after another.
pub trait Model {
    /// The state.
    type State: Clone + Ord;

    /// The states in which a call may leave `state`, having got its response there; none if it cannot have got it.
    fn after(&self, state: &Self::State, call: usize) -> Vec<Self::State>;
}

/// When a call was under way, from the beginning of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Before it was sent.
    pub began: Duration,
    /// After its response had come.
    pub ended: Duration,
}

/// The states that orders of all calls end in; none of them if no order explains the responses. `None` if there are too
/// many calls or states to say so.
pub fn outcomes<M: Model>(model: &M, initial: M::State, spans: &[Span]) -> Option<BTreeSet<M::State>> {
    if spans.len() > MOST_CALLS {
        return None;
    }
    let mut looked_at = 0;
    // All with the same number of calls done.
    let mut layer = BTreeSet::from([(0_u64, initial)]);
    for _ in spans {
        let mut next = BTreeSet::new();
        for (done, state) in &layer {
            for call in (0..spans.len()).filter(|call| is_next(spans, *done, *call)) {
                let done = done | (1 << call);
                next.extend(model.after(state, call).into_iter().map(|state| (done, state)));
            }
        }
        looked_at += next.len();
        if looked_at > MOST_STATES {
            return None;
        }
        layer = next;
    }
    Some(layer.into_iter().map(|(_, state)| state).collect())
}

/// Whether a call may take effect before all others that are not done: none of them had ended when it began.
fn is_next(spans: &[Span], done: u64, call: usize) -> bool {
    let is_done = |other: usize| done & (1 << other) != 0;
    let Some(began) = spans.get(call).map(|span| span.began) else { return false };
    let before = |(other, span): (usize, &Span)| other != call && !is_done(other) && span.ended < began;
    !is_done(call) && !spans.iter().enumerate().any(before)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[derive(Clone, Copy)]
    enum Call {
        Write(u8),
        Read(u8),
        Add(u8),
    }

    struct Register<'c>(&'c [Call]);

    impl Model for Register<'_> {
        type State = u8;

        fn after(&self, state: &u8, call: usize) -> Vec<u8> {
            match self.0[call] {
                Call::Write(value) => vec![value],
                Call::Read(value) if value == *state => vec![value],
                Call::Read(_) => Vec::new(),
                Call::Add(value) => vec![state + value],
            }
        }
    }

    fn ends(calls: &[(Call, u64, u64)]) -> Vec<u8> {
        let at = Duration::from_millis;
        let spans: Vec<Span> =
            calls.iter().map(|(_, began, ended)| Span { began: at(*began), ended: at(*ended) }).collect();
        let calls: Vec<Call> = calls.iter().map(|(call, ..)| *call).collect();
        outcomes(&Register(&calls), 0, &spans).unwrap().into_iter().collect()
    }

    #[test]
    fn overlapping_writes_end_in_any_order_and_others_in_theirs() {
        assert_eq!(ends(&[(Call::Write(1), 0, 9), (Call::Write(2), 5, 6)]), [1, 2]);
        assert_eq!(ends(&[(Call::Write(1), 0, 4), (Call::Write(2), 5, 6)]), [2]);
        assert_eq!(ends(&[(Call::Add(1), 0, 9), (Call::Add(2), 0, 9), (Call::Add(4), 0, 9)]), [7], "no update is lost");
    }

    #[test]
    fn reads_choose_among_orders() {
        let (first, second) = ((Call::Write(1), 0, 9), (Call::Write(2), 0, 9));
        assert_eq!(ends(&[first, second, (Call::Read(1), 10, 11)]), [1]);
        assert_eq!(ends(&[first, second, (Call::Read(0), 10, 11)]), Vec::<u8>::new(), "both are over");
        assert_eq!(ends(&[first, (Call::Read(0), 5, 6)]), [1], "the read came first");
        assert_eq!(ends(&[(Call::Write(1), 0, 4), (Call::Read(0), 5, 6)]), Vec::<u8>::new(), "a stale read");
    }

    #[test]
    fn there_is_a_bound() {
        let span = Span { began: Duration::ZERO, ended: Duration::ZERO };
        assert_eq!(outcomes(&Register(&[Call::Add(1); 25]), 0, &[span; 25]), None, "too many calls");
        assert_eq!(outcomes(&Register(&[Call::Add(1); 16]), 0, &[span; 16]), None, "too many states");
        assert!(outcomes(&Register(&[Call::Add(1); 10]), 0, &[span; 10]).is_some());
    }
}
