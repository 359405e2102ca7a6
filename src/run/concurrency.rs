//! How many workers are at work: more where the target's latency leaves the run idle, fewer where the target is
//! overloaded. It begins at the number that suits a target without latency. While responses take no longer than on an
//! idle target, the number doubles (slow start); after a window that was slower or overloaded it grows by its square root.
//! A slower window reduces it in proportion to the latency, an overloaded one by half. Sources of the law: TCP's slow
//! start (RFC 5681, section 3.1) and the gradient of Netflix' concurrency-limits.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::settings::{Growth, Settings};
use crate::wire::{Exchange, FailureKind, Reply};

/// Most workers at a time, unless the caller asks for more.
const MOST: usize = 128;
/// Latency below which processors limit a run, and not its waiting.
const WORTHWHILE: Duration = Duration::from_millis(2);
/// Latency from which on one case may have several requests in flight that do not depend on each other.
const LONG: Duration = Duration::from_millis(20);
/// How many such requests one case may have in flight.
const LANES: usize = 8;
/// How much slower than on the idle target a window may be.
const TOLERANCE: f64 = 1.5;
/// A window in which one response in so many says that the target is busy is overloaded.
const BUSY_SHARE: usize = 10;
/// Fewest responses of a window.
const WINDOW: usize = 16;
/// Latest responses that came while no other request was in flight, whose median is the latency of the idle target.
const ALONE: usize = 16;
/// Responses of the pre-flight check from which on the latency of the idle target is known.
const KNOWN_FROM: usize = 4;

/// How many workers may be at work now, shared by all threads of a run.
#[derive(Debug)]
pub(super) struct Concurrency {
    /// Where it begins, and where an idle target without latency stays.
    base: usize,
    most: usize,
    /// Whether the pre-flight check is over.
    has_begun: AtomicBool,
    limit: watch::Sender<usize>,
    in_flight: AtomicUsize,
    state: Mutex<State>,
}

/// A request that is in flight.
#[derive(Debug)]
pub(super) struct InFlight<'c> {
    concurrency: &'c Concurrency,
    began_alone: bool,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.concurrency.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Debug, Default)]
struct State {
    /// Latencies of the present window, or of the pre-flight check.
    window: Vec<Duration>,
    /// Responses of the present window that said the target is busy, or did not come.
    busy: usize,
    /// Latency of the idle target.
    idle: Option<Duration>,
    /// Latest latencies without another request in flight.
    alone: VecDeque<Duration>,
    /// Whether a window was slower or overloaded.
    has_slowed: bool,
}

impl Concurrency {
    /// Of a run that has not begun.
    pub(super) fn new(settings: &Settings) -> Concurrency {
        let base = settings.jobs.max(1);
        // One request at a time is asked for by who needs their order.
        let grows = settings.growth == Growth::WithLatency && base > 1;
        let most = if grows { base.max(MOST) } else { base };
        Concurrency {
            base,
            most,
            has_begun: AtomicBool::new(false),
            limit: watch::Sender::new(base),
            in_flight: AtomicUsize::new(0),
            state: Mutex::default(),
        }
    }

    /// Most workers that may ever be at work.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Whether more than one request can be in flight.
    pub(super) fn is_parallel(&self) -> bool {
        self.most > 1
    }

    /// Waits until the worker of a number, counted from 0, may be at work.
    pub(super) async fn admit(&self, number: usize) {
        if self.is_fixed() || *self.limit.borrow() > number {
            return;
        }
        // The sender lives as long as `self`.
        let _ = self.limit.subscribe().wait_for(|limit| *limit > number).await;
    }

    /// How many requests one case may have in flight that do not depend on each other: several only where each takes
    /// long and the target is not overloaded.
    pub(super) fn lanes(&self) -> usize {
        let is_calm = !self.is_fixed() && *self.limit.borrow() >= self.base;
        let is_long = || self.state().idle.is_some_and(|idle| idle >= LONG);
        if is_calm && is_long() { LANES } else { 1 }
    }

    /// Whether requests take so long that those of one case go side by side.
    pub(super) fn is_far(&self) -> bool {
        self.lanes() > 1
    }

    /// From now on workers are at work: what was seen before is the latency of the idle target.
    pub(super) fn begin(&self) {
        if !self.has_begun.swap(true, Ordering::Relaxed) {
            self.state().window.clear();
        }
    }

    /// Counts a request that goes out; it is in flight until it is noted, or given up.
    pub(super) fn depart(&self) -> InFlight<'_> {
        let others = self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight { concurrency: self, began_alone: others == 0 }
    }

    /// Takes note of what came back for a request that should not meet a busy target.
    pub(super) fn note(&self, in_flight: InFlight<'_>, exchange: &Exchange) {
        let was_alone = in_flight.began_alone && self.in_flight.load(Ordering::Relaxed) == 1;
        drop(in_flight);
        if self.is_fixed() {
            return;
        }
        let is_busy = match &exchange.reply {
            Reply::Response(response) => matches!(response.status, 429 | 503),
            Reply::Failure(failure) => match failure.kind {
                FailureKind::Withheld => return,
                FailureKind::Timeout | FailureKind::Connect => true,
                FailureKind::Tls | FailureKind::Closed | FailureKind::Dropped | FailureKind::Protocol => false,
            },
        };
        let mut state = self.state();
        state.busy += usize::from(is_busy);
        state.window.push(exchange.elapsed);
        match self.has_begun.load(Ordering::Relaxed) {
            false => state.learn(),
            true => {
                if was_alone && !is_busy {
                    state.learn_alone(exchange.elapsed);
                }
                self.adapt(&mut state);
            }
        }
    }

    /// Sets the limit at the end of a window.
    fn adapt(&self, state: &mut State) {
        let limit = *self.limit.borrow();
        // The first responses of a window were asked for under the limit before.
        if state.window.len() < (2 * limit).max(WINDOW) {
            return;
        }
        let next = state.next(limit, self.base).clamp((self.base / 4).max(1), self.most);
        (state.busy, state.window) = (0, Vec::with_capacity(2 * next));
        self.limit.send_if_modified(|limit| std::mem::replace(limit, next) != next);
    }

    fn is_fixed(&self) -> bool {
        self.most == self.base
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Learns the latency of the idle target.
    fn learn(&mut self) {
        if self.window.len() >= KNOWN_FROM && self.window.len().is_power_of_two() {
            self.idle = median(&self.window);
        }
    }

    /// Learns it again from what came while nothing else was in flight: the first responses of a connection may come sooner
    /// than later ones, because TCP acknowledges them at once.
    fn learn_alone(&mut self, elapsed: Duration) {
        if self.alone.len() == ALONE {
            self.alone.pop_front();
        }
        self.alone.push_back(elapsed);
        if self.alone.len() == ALONE {
            self.idle = median(self.alone.make_contiguous());
        }
    }

    /// The limit after a window under `limit`.
    fn next(&mut self, limit: usize, base: usize) -> usize {
        let growth = limit.isqrt().max(1);
        if self.busy * BUSY_SHARE > self.window.len() {
            self.has_slowed = true;
            return limit / 2;
        }
        let (Some(idle), Some(latency)) = (self.idle, median(&self.window)) else { return limit };
        let slowness = latency.as_secs_f64() / idle.as_secs_f64().max(f64::MIN_POSITIVE);
        if limit < base {
            // It was overloaded, and is not any more.
            return (limit + growth).min(base);
        }
        if slowness > TOLERANCE {
            self.has_slowed = true;
            let bearable = limit as f64 * (TOLERANCE / slowness).max(0.5);
            return (bearable as usize).max(base);
        }
        match (idle >= WORTHWHILE, self.has_slowed) {
            (false, _) => limit,
            (true, false) => limit * 2,
            (true, true) => limit + growth,
        }
    }
}

fn median(latencies: &[Duration]) -> Option<Duration> {
    let mut latencies = latencies.to_vec();
    let middle = latencies.len() / 2;
    (!latencies.is_empty()).then(|| *latencies.select_nth_unstable(middle).1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Coding, Request, Response};

    fn exchange(milliseconds: f64, status: u16) -> Exchange {
        let request = Request { method: "POST".into(), target: "/".into(), headers: Vec::new(), body: "".into() };
        let (body, coding) = ("{}".into(), Coding::AsSent);
        let response = Response { status, headers: Vec::new(), body, is_truncated: false, coding };
        let elapsed = Duration::from_secs_f64(milliseconds / 1000.0);
        Exchange { request, reply: Reply::Response(response), elapsed, repeats: 0 }
    }

    fn note(concurrency: &Concurrency, exchange: &Exchange) {
        concurrency.note(concurrency.depart(), exchange);
    }

    /// The same beside another request.
    fn note_beside(concurrency: &Concurrency, exchange: &Exchange) {
        let _other = concurrency.depart();
        note(concurrency, exchange);
    }

    /// A target that serves `servers` requests at a time, each in `milliseconds`, behind a wire of `wire` milliseconds.
    fn limit_at(servers: usize, wire: f64, milliseconds: f64, jobs: usize) -> usize {
        let concurrency = Concurrency::new(&Settings { jobs, ..Settings::for_loopback("http://127.0.0.1") });
        let latency = |in_flight: usize| wire + milliseconds * (in_flight as f64 / servers as f64).max(1.0);
        (0..40).for_each(|_| note(&concurrency, &exchange(latency(1), 200)));
        concurrency.begin();
        for _ in 0..20_000 {
            let in_flight = *concurrency.limit.borrow();
            note_beside(&concurrency, &exchange(latency(in_flight), 200));
        }
        *concurrency.limit.borrow()
    }

    #[test]
    fn latency_alone_is_answered_with_as_many_workers_as_there_may_be() {
        assert_eq!(limit_at(1000, 200.0, 1.0, 16), MOST);
        assert_eq!(limit_at(1000, 20.0, 0.1, 8), MOST);
        assert_eq!(limit_at(1000, 200.0, 1.0, 300), 300, "more were asked for");
    }

    #[test]
    fn targets_that_are_near_or_serve_one_request_at_a_time_get_no_more_than_before() {
        assert_eq!(limit_at(1000, 0.1, 0.1, 16), 16, "a fast target");
        assert_eq!(limit_at(1, 0.1, 5.0, 16), 16, "one request at a time");
        assert_eq!(limit_at(1000, 200.0, 1.0, 1), 1, "one job");
    }

    #[test]
    fn a_target_gets_no_more_than_it_bears() {
        // 32 requests at a time, 100 ms each: more of them only wait.
        let limit = limit_at(32, 0.0, 100.0, 16);
        assert!((32..=80).contains(&limit), "{limit}");
    }

    #[test]
    fn a_busy_target_gets_less_and_then_more_again() {
        let concurrency = Concurrency::new(&Settings { jobs: 16, ..Settings::for_loopback("http://127.0.0.1") });
        (0..40).for_each(|_| note(&concurrency, &exchange(200.0, 200)));
        assert_eq!(concurrency.lanes(), LANES);
        concurrency.begin();
        (0..400).for_each(|_| note(&concurrency, &exchange(200.0, 429)));
        assert_eq!((*concurrency.limit.borrow(), concurrency.lanes()), (4, 1));
        (0..2000).for_each(|_| note(&concurrency, &exchange(200.0, 200)));
        assert!(*concurrency.limit.borrow() >= 64, "{:?}", concurrency.limit);
    }

    #[test]
    fn a_target_that_turns_out_to_be_slow_has_several_requests_of_a_case_in_flight() {
        let concurrency = Concurrency::new(&Settings { jobs: 16, ..Settings::for_loopback("http://127.0.0.1") });
        (0..40).for_each(|_| note(&concurrency, &exchange(1.0, 200)));
        concurrency.begin();
        (0..400).for_each(|_| note_beside(&concurrency, &exchange(44.0, 200)));
        assert_eq!(concurrency.lanes(), 1, "it may be slow because it is busy");
        (0..ALONE).for_each(|_| note(&concurrency, &exchange(44.0, 200)));
        assert_eq!(concurrency.lanes(), LANES);
        (0..ALONE).for_each(|_| note(&concurrency, &exchange(4.0, 200)));
        assert_eq!(concurrency.lanes(), 1);
        drop(concurrency.depart());
        assert!(concurrency.depart().began_alone, "what was given up is not in flight");
    }

    #[test]
    fn a_number_that_was_asked_for_stays() {
        let settings = Settings { growth: Growth::Fixed, jobs: 3, ..Settings::for_loopback("http://127.0.0.1") };
        let concurrency = Concurrency::new(&settings);
        concurrency.begin();
        (0..4000).for_each(|number| note(&concurrency, &exchange(200.0, if number % 2 == 0 { 200 } else { 503 })));
        assert_eq!((concurrency.most(), *concurrency.limit.borrow(), concurrency.lanes()), (3, 3, 1));
    }

    #[tokio::test]
    async fn a_worker_waits_until_it_is_its_turn() {
        let concurrency = Concurrency::new(&Settings { jobs: 16, ..Settings::for_loopback("http://127.0.0.1") });
        concurrency.admit(15).await;
        let parked = tokio::time::timeout(Duration::from_millis(20), concurrency.admit(16)).await;
        assert!(parked.is_err());
        concurrency.limit.send_replace(17);
        concurrency.admit(16).await;
    }
}
