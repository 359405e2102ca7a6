//! Limits of calls per second, as token buckets: a bucket holds as many calls as the limit and refills evenly. Source:
//! Amazon EC2 API Reference, "Request throttling", for how AWS services count.

use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

/// A token bucket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bucket {
    /// When it is full again; `None` if it always was.
    full_at: Option<Instant>,
}

impl Bucket {
    /// Whether one more call at `now` would stay within `limit` in a second.
    pub(crate) fn has_room(&self, now: Instant, limit: u32) -> bool {
        self.after_call(now, limit).saturating_duration_since(now) <= SECOND
    }

    /// Counts a call.
    pub(crate) fn count(&mut self, now: Instant, limit: u32) {
        self.full_at = Some(self.after_call(now, limit));
    }

    /// When the bucket would be full again after one more call.
    fn after_call(&self, now: Instant, limit: u32) -> Instant {
        self.full_at.map_or(now, |full_at| full_at.max(now)) + SECOND / limit.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_as_many_calls_as_the_limit_and_room_comes_back_evenly() {
        let mut bucket = Bucket::default();
        let start = Instant::now();
        for _ in 0..5 {
            assert!(bucket.has_room(start, 5));
            bucket.count(start, 5);
        }
        assert!(!bucket.has_room(start + Duration::from_millis(199), 5));
        let later = start + Duration::from_millis(200);
        assert!(bucket.has_room(later, 5));
        bucket.count(later, 5);
        assert!(!bucket.has_room(later, 5));
        assert!(bucket.has_room(start + 2 * SECOND, 5));
    }
}
