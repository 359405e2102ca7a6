//! Which requests are in flight at the same time.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

tokio::task_local! {
    static IN_COMPANY: bool;
}

/// Requests in flight, by what they are about.
#[derive(Debug, Default)]
pub(crate) struct Flights(Mutex<HashMap<String, Vec<Arc<AtomicBool>>>>);

/// A request in flight, until it is dropped.
#[derive(Debug)]
pub(crate) struct Flight<'a> {
    flights: &'a Flights,
    about: String,
    has_met: Arc<AtomicBool>,
}

impl Flights {
    /// Notes that a request about something is in flight.
    pub(crate) fn enter(&self, about: String) -> Flight<'_> {
        let mut flights = self.0.lock();
        let others = flights.entry(about.clone()).or_default();
        others.iter().for_each(|other| other.store(true, Ordering::Relaxed));
        let has_met = Arc::new(AtomicBool::new(!others.is_empty()));
        others.push(Arc::clone(&has_met));
        Flight { flights: self, about, has_met }
    }
}

impl Flight<'_> {
    /// Does something as a request that has, or has not, been in flight together with another one about the same.
    pub(crate) fn perform<T>(&self, act: impl FnOnce() -> T) -> T {
        IN_COMPANY.sync_scope(self.has_met.load(Ordering::Relaxed), act)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut flights = self.flights.0.lock();
        if let Some(others) = flights.get_mut(&self.about) {
            others.retain(|other| !Arc::ptr_eq(other, &self.has_met));
            if others.is_empty() {
                flights.remove(&self.about);
            }
        }
    }
}

/// Whether the present request has met another one about the same.
pub(crate) fn is_in_company() -> bool {
    IN_COMPANY.try_with(|is_so| *is_so).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_about_the_same_meet_while_both_are_in_flight() {
        let flights = Flights::default();
        let first = flights.enter("a".to_owned());
        let other = flights.enter("b".to_owned());
        assert!(!first.perform(is_in_company));
        let second = flights.enter("a".to_owned());
        assert!(first.perform(is_in_company) && second.perform(is_in_company));
        assert!(!other.perform(is_in_company));
        drop(first);
        assert!(second.perform(is_in_company), "it has met one");
        drop(second);
        assert!(!flights.enter("a".to_owned()).perform(is_in_company));
        assert!(!is_in_company(), "outside of any request");
    }
}
