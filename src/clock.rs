//! The one door to time.

use std::time::{Instant, SystemTime};

/// The time of day.
pub fn now() -> SystemTime {
    SystemTime::now()
}

/// A point to measure spans from.
pub fn instant() -> Instant {
    Instant::now()
}
