//! How many workers are at work: more where the target's latency leaves the run idle, fewer where the target is
//! overloaded. It begins at the number that suits a target without latency. While responses take no longer than on an
//! idle target, the number doubles (slow start); after a window that was slower or overloaded it grows by its square root.
//! A slower window reduces it in proportion to the latency, an overloaded one by half. Where connections stall because the
//! target's queue of them is full, the number halves and does not grow again. Sources of the law: TCP's slow
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
/// Stalled connections of a window from which on the target's queue of connections is too short.
const STALLS: u64 = 2;
/// Fewest responses of a window.
const WINDOW: usize = 16;
/// How many times slower beside other requests a target may be that has several requests of one case in flight: one that
/// serves them one after another is slower by as many as there are.
const BORNE: f64 = 3.0;
/// How many of the latest responses tell a latency.
const LATEST: usize = 16;
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
    /// Latest latencies without another request in flight, and with one.
    alone: VecDeque<Duration>,
    beside: VecDeque<Duration>,
    /// Whether a window was slower or overloaded.
    has_slowed: bool,
    /// Connections that had stalled before the present window.
    stalled_before: u64,
    /// The most that the target's queue of connections bears, if it was too short.
    ceiling: Option<usize>,
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
        if is_calm && self.state().bears_lanes() { LANES } else { 1 }
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

    /// Takes note of what came back for a request that should not meet a busy target; `stalled` are the connections of the run
    /// so far that stalled when they were opened.
    pub(super) fn note(&self, in_flight: InFlight<'_>, exchange: &Exchange, stalled: u64) {
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
                if !is_busy {
                    state.learn_again(was_alone, exchange.elapsed);
                }
                self.adapt(&mut state, stalled);
            }
        }
    }

    /// Sets the limit at the end of a window.
    fn adapt(&self, state: &mut State, stalled: u64) {
        let limit = *self.limit.borrow();
        // The first responses of a window were asked for under the limit before.
        if state.window.len() < (2 * limit).max(WINDOW) {
            return;
        }
        let least = (self.base / 4).max(1);
        if stalled - state.stalled_before >= STALLS {
            state.ceiling = Some((limit / 2).max(self.base / 2).max(1));
        }
        state.stalled_before = stalled;
        let most = state.ceiling.map_or(self.most, |ceiling| ceiling.min(self.most));
        let next = state.next(limit, self.base).clamp(least, most);
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
    fn learn_again(&mut self, was_alone: bool, elapsed: Duration) {
        let latest = if was_alone { &mut self.alone } else { &mut self.beside };
        if latest.len() == LATEST {
            latest.pop_front();
        }
        latest.push_back(elapsed);
        if was_alone && self.alone.len() == LATEST {
            self.idle = median(self.alone.make_contiguous());
        }
    }

    /// Whether requests take long although the target serves several at a time.
    fn bears_lanes(&mut self) -> bool {
        let Some(idle) = self.idle.filter(|idle| *idle >= LONG) else { return false };
        let beside = median(self.beside.make_contiguous()).filter(|_| self.beside.len() == LATEST);
        beside.is_none_or(|latency| latency <= idle.mul_f64(BORNE))
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
mod tests;
