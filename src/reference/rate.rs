//! Limits of calls within a second.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

/// The calls of the last second.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window(VecDeque<Instant>);

impl Window {
    /// Whether one more call at `now` would stay within `limit` in a second.
    pub(crate) fn has_room(&mut self, now: Instant, limit: usize) -> bool {
        while self.0.front().is_some_and(|first| now.saturating_duration_since(*first) >= SECOND) {
            self.0.pop_front();
        }
        self.0.len() < limit
    }

    /// Counts a call.
    pub(crate) fn count(&mut self, now: Instant) {
        self.0.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_as_many_calls_as_the_limit() {
        let mut window = Window::default();
        let start = Instant::now();
        for _ in 0..5 {
            assert!(window.has_room(start, 5));
            window.count(start);
        }
        assert!(!window.has_room(start + Duration::from_millis(999), 5));
        assert!(window.has_room(start + SECOND, 5));
    }
}
