//! How fast requests may follow each other: the quotas of the contract's rules, operation by operation.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::protocol::Route;
use crate::spec::Contract;
use crate::spec::contract::Operation;
use crate::wire::Request;

/// Part of a quota that a run takes: the rest is room for clocks that differ, and for others.
const SHARE: f64 = 0.9;

/// Spreads requests evenly over time.
#[derive(Debug)]
pub struct RateLimit {
    interval: Duration,
    next: Mutex<Instant>,
}

impl RateLimit {
    /// So many requests a second.
    pub fn new(rate: f64) -> RateLimit {
        RateLimit { interval: Duration::from_secs_f64(1.0 / rate), next: Mutex::new(Instant::now()) }
    }

    /// Waits for the next request's turn.
    pub async fn turn(&self) {
        let turn = match self.next.lock() {
            Ok(mut next) => {
                let turn = (*next).max(Instant::now());
                *next = turn + self.interval;
                turn
            }
            Err(_) => Instant::now(),
        };
        sleep_until(turn).await;
    }
}

/// One operation's pace and count.
#[derive(Debug)]
struct OperationLimit {
    operation: String,
    route: Route,
    pace: Option<RateLimit>,
    sent: AtomicU64,
}

/// A lane for every operation.
#[derive(Debug)]
pub struct OperationLimits(Vec<OperationLimit>);

impl OperationLimits {
    /// OperationLimits of a contract; without pacing they only count.
    pub fn new(contract: &Contract, paced: bool) -> OperationLimits {
        let lane = |operation: &Operation| OperationLimit {
            operation: operation.name.clone(),
            route: Route::of(operation),
            pace: allowed(contract, &operation.name).filter(|_| paced).map(RateLimit::new),
            sent: AtomicU64::new(0),
        };
        OperationLimits(contract.operations.iter().map(lane).collect())
    }

    /// Waits for a request's turn, and counts it.
    pub async fn turn(&self, request: &Request) {
        let by_path = || self.0.iter().find(|lane| lane.route.has_path(request));
        let Some(lane) = self.0.iter().find(|lane| lane.route.fits(request)).or_else(by_path) else { return };
        lane.sent.fetch_add(1, Ordering::Relaxed);
        if let Some(pace) = &lane.pace {
            pace.turn().await;
        }
    }

    /// Requests so far, by operation.
    pub fn counts(&self) -> Vec<(String, u64)> {
        self.0.iter().map(|lane| (lane.operation.clone(), lane.sent.load(Ordering::Relaxed))).collect()
    }
}

/// What a run takes of the strictest rate that the rules give an operation, in requests per second.
pub fn allowed(contract: &Contract, operation: &str) -> Option<f64> {
    let quotas = contract.rules.quotas.iter().filter(|quota| quota.operations.iter().any(|name| name == operation));
    quotas.map(|quota| quota.per_second).filter(|rate| *rate > 0.0).min_by(f64::total_cmp).map(|rate| rate * SHARE)
}
