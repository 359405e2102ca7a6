//! How the target holds up: when waiting for it is in vain, the run must not wait once for every case.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::settings::Locality;
use crate::clock;
use crate::wire::{Exchange, FailureKind, Reply, Request};

/// How many requests to one operation in a row may go unanswered until it is not called any more.
const UNANSWERED: u32 = 3;
/// How many requests in a row may go unanswered, whatever they call, until the run stops; as many more as may be in
/// flight.
const FAILED: usize = 24;
/// On how many operations at least.
const OPERATIONS: usize = 3;
/// Number of unanswered requests after which a run stops, if at least one request in [`RARELY`] is unanswered.
const UNANSWERED_IN_ALL: u64 = 60;
/// One unanswered request in so many counts as systematic.
const RARELY: u64 = 50;
/// How often a target may go away and come back until the run stops.
const MOST_OUTAGES: u64 = 100;
/// A failure that took so long cost as much as silence; others are findings and cost nothing.
const SLOW: Duration = Duration::from_secs(1);
/// How often nothing but "busy" must come from an operation until it is not called any more: one burst is no reason.
const BUSY_ANSWERS: u32 = 10;

/// How long is waited in vain.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// For a target that was there and refuses connections: it may be starting again.
    away: Duration,
    /// For a target that says nothing but "busy".
    busy: Duration,
    /// For one operation that does.
    busy_operation: Duration,
}

impl Limits {
    const NEAR: Limits =
        Limits { away: Duration::from_secs(3), busy: Duration::from_secs(10), busy_operation: Duration::from_secs(6) };
    const FAR: Limits = Limits {
        away: Duration::from_secs(30),
        busy: Duration::from_secs(120),
        busy_operation: Duration::from_secs(60),
    };
}

/// What is known of the target's health; shared by all workers. While all is well nobody waits for a lock.
#[derive(Debug)]
pub struct Health {
    jobs: usize,
    limits: Limits,
    has_answered: AtomicBool,
    /// Whether the state holds anything that a good response changes.
    is_troubled: AtomicBool,
    outages: AtomicU64,
    state: Mutex<State>,
    given_up: watch::Sender<Option<String>>,
}

#[derive(Debug, Default)]
struct State {
    /// Requests of the whole run that got no response in time.
    unanswered: u64,
    /// Unanswered requests since the last response, and what they called.
    failed: usize,
    called: BTreeSet<String>,
    /// Unanswered requests in a row, by what they called.
    silent: BTreeMap<String, u32>,
    /// Responses in a row that said "busy", by what they called, and since when.
    busy: BTreeMap<String, (u32, Instant)>,
    busy_since: Option<Instant>,
    away_since: Option<Instant>,
}

impl Health {
    /// Of a target of which nothing is known; `jobs` requests may be in flight. One that goes away is waited for longer if
    /// one that is not there yet is, `wait`; never longer than one that is far away.
    pub fn new(jobs: usize, locality: Locality, wait: Duration) -> Health {
        let limits = if locality == Locality::Loopback { Limits::NEAR } else { Limits::FAR };
        Health {
            jobs,
            limits: Limits { away: limits.away.max(wait.min(Limits::FAR.away)), ..limits },
            has_answered: AtomicBool::new(false),
            is_troubled: AtomicBool::new(false),
            outages: AtomicU64::new(0),
            state: Mutex::default(),
            given_up: watch::Sender::new(None),
        }
    }

    /// Why a request should not be sent; none if it should.
    pub fn objection(&self, request: &Request) -> Option<String> {
        if !self.is_troubled.load(Ordering::Relaxed) {
            return None;
        }
        let state = self.state.lock().ok()?;
        let call = call(request);
        if let Some(times) = state.silent.get(&call).filter(|times| **times >= UNANSWERED) {
            return Some(format!("{call} did not respond {times} times in a row, so it is not called any more"));
        }
        let (times, since) = state.busy.get(&call)?;
        let is_hopeless = *times >= BUSY_ANSWERS && since.elapsed() >= self.limits.busy_operation;
        is_hopeless.then(|| format!("{call} was busy {times} times in a row, so it is not called any more"))
    }

    /// Lets operations be called again that were not called any more because they did not respond.
    pub fn forget_silence(&self) {
        self.change(|state| {
            state.silent.clear();
            None::<()>
        });
    }

    /// Takes note of what came back for a request; `sent` requests were sent so far.
    pub fn note(&self, request: &Request, exchange: &Exchange, sent: u64) {
        let verdict = match &exchange.reply {
            Reply::Response(response) => {
                if !self.has_answered.load(Ordering::Relaxed) {
                    self.has_answered.store(true, Ordering::Relaxed);
                }
                match response.status {
                    429 | 503 => self.change(|state| state.busy(self.limits.busy, call(request), response.status)),
                    _ if self.is_troubled.load(Ordering::Relaxed) => self.change(|state| state.good(&call(request))),
                    _ => None,
                }
            }
            Reply::Failure(failure) => match failure.kind {
                FailureKind::Withheld => None,
                FailureKind::Connect => self.has_answered().then(|| {
                    let seconds = self.limits.away.as_secs();
                    format!("the target is gone, and did not come back within {seconds} s: {}", failure.detail)
                }),
                FailureKind::Tls | FailureKind::Closed | FailureKind::Dropped | FailureKind::Protocol
                    if exchange.elapsed < SLOW =>
                {
                    None
                }
                FailureKind::Timeout
                | FailureKind::Tls
                | FailureKind::Closed
                | FailureKind::Dropped
                | FailureKind::Protocol => self.change(|state| {
                    state.unanswered += u64::from(failure.kind == FailureKind::Timeout);
                    state.silence(self.jobs, call(request), sent, &failure.detail)
                }),
            },
        };
        if let Some(reason) = verdict {
            self.give_up(reason);
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> Option<T>) -> Option<T> {
        let mut state = self.state.lock().ok()?;
        let changed = change(&mut state);
        self.is_troubled.store(state.is_troubled(), Ordering::Relaxed);
        changed
    }

    /// Whether a refused connection is worth another attempt: the target was there a moment ago.
    pub fn may_come_back(&self) -> bool {
        if !self.has_answered() {
            return false;
        }
        let since = self.change(|state| Some(state.away_since.unwrap_or_else(|| self.note_away(state))));
        since.is_some_and(|since| since.elapsed() < self.limits.away)
    }

    /// Notes that the target was there and refuses connections now. Requests that got no response while it went away say
    /// nothing of its silence.
    fn note_away(&self, state: &mut State) -> Instant {
        let outages = self.outages.fetch_add(1, Ordering::Relaxed) + 1;
        if outages >= MOST_OUTAGES {
            self.give_up(format!("the target went away {outages} times"));
        }
        let now = clock::instant();
        *state = State { away_since: Some(now), busy: std::mem::take(&mut state.busy), ..State::default() };
        now
    }

    /// Notes that the target accepted the connection of a request that began at that time. Requests that broke off when the
    /// target went away began before that.
    pub fn note_back(&self, began: Instant) {
        if self.is_troubled.load(Ordering::Relaxed) {
            self.change(|state| {
                state.away_since = state.away_since.filter(|since| began < *since);
                None::<()>
            });
        }
    }

    /// Whether the target refused connections when it was last asked.
    pub fn is_away(&self) -> bool {
        self.state.lock().is_ok_and(|state| state.away_since.is_some())
    }

    /// How often the target was away so far.
    pub fn outages(&self) -> u64 {
        self.outages.load(Ordering::Relaxed)
    }

    /// Whether any request was answered.
    pub fn has_answered(&self) -> bool {
        self.has_answered.load(Ordering::Relaxed)
    }

    /// How many requests were not answered since the last response.
    pub fn failures_in_a_row(&self) -> usize {
        self.state.lock().map_or(0, |state| state.failed)
    }

    /// Waits until going on makes no sense, and says why.
    pub async fn given_up(&self) -> String {
        let mut reason = self.given_up.subscribe();
        match reason.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            // The sender lives as long as `self`.
            Err(_) => std::future::pending().await,
        }
    }

    fn give_up(&self, reason: String) {
        self.given_up.send_if_modified(|known| {
            let is_first = known.is_none();
            known.get_or_insert(reason);
            is_first
        });
    }
}

impl State {
    fn is_troubled(&self) -> bool {
        let is_calm = self.failed == 0
            && self.silent.is_empty()
            && self.busy.is_empty()
            && self.busy_since.is_none()
            && self.away_since.is_none();
        !is_calm
    }

    /// Any response ends silence.
    fn answered(&mut self, call: &str) {
        self.away_since = None;
        self.failed = 0;
        self.called.clear();
        self.silent.remove(call);
    }

    /// A response that is not "busy".
    fn good(&mut self, call: &str) -> Option<String> {
        self.answered(call);
        self.busy_since = None;
        self.busy.remove(call);
        None
    }

    /// A response that says "busy".
    fn busy(&mut self, limit: Duration, call: String, status: u16) -> Option<String> {
        self.answered(&call);
        self.busy.entry(call).or_insert_with(|| (0, clock::instant())).0 += 1;
        let since = *self.busy_since.get_or_insert_with(clock::instant);
        (since.elapsed() >= limit).then(|| {
            format!(
                "the target has said for {} s that it is busy (status {status}) and nothing else: \
                 try again later, or send less with --rate or --jobs",
                limit.as_secs()
            )
        })
    }

    /// No response in time.
    fn silence(&mut self, jobs: usize, call: String, sent: u64, detail: &str) -> Option<String> {
        self.failed += 1;
        self.called.insert(call.clone());
        *self.silent.entry(call).or_default() += 1;
        let (failed, operations, unanswered) = (self.failed, self.called.len(), self.unanswered);
        if failed >= FAILED + jobs && operations >= OPERATIONS {
            return Some(format!("the last {failed} requests, to {operations} operations, got no response: {detail}"));
        }
        (unanswered >= UNANSWERED_IN_ALL && unanswered * RARELY >= sent)
            .then(|| format!("{unanswered} of {sent} requests got no response in time: try a longer --request-timeout"))
    }
}

/// What a request calls: its method and the first part of its path, so that resources in paths do not tell.
pub(super) fn call(request: &Request) -> String {
    let path = request.target.split('?').next().unwrap_or_default();
    let first = path.split('/').find(|part| !part.is_empty()).unwrap_or_default();
    format!("{} /{first}", request.method)
}

#[cfg(test)]
mod tests;
