//! When a request may be sent: the rate of the run and the quotas of its operations.

use super::Target;
use crate::run::concurrency::Concurrency;
use crate::run::rate_limit::{OperationLimits, RateLimit};
use crate::run::settings::Settings;
use crate::spec::Contract;
use crate::wire::Request;

/// Whether requests are counted by operation although the run keeps to no quotas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counting {
    On,
    Off,
}

impl Target {
    /// How many requests may be in flight.
    pub(in crate::run) fn concurrency(&self) -> &Concurrency {
        &self.shared.concurrency
    }
}

/// The rate limits of a run.
#[derive(Debug)]
pub(super) struct Pacing {
    all: Option<RateLimit>,
    by_operation: Option<OperationLimits>,
}

impl Pacing {
    pub(super) fn new(contract: &Contract, settings: &Settings, counting: Counting) -> Pacing {
        let by_operation = settings.paced || counting == Counting::On;
        Pacing {
            all: settings.rate.filter(|rate| *rate > 0.0).map(RateLimit::new),
            by_operation: by_operation.then(|| OperationLimits::new(contract, settings.paced)),
        }
    }

    /// Whether no request ever waits or is counted.
    pub(super) fn is_off(&self) -> bool {
        self.all.is_none() && self.by_operation.is_none()
    }

    /// Waits for a request's turn, and counts it.
    pub(super) async fn turn(&self, request: &Request) {
        if let Some(limits) = &self.by_operation {
            limits.turn(request).await;
        }
        if let Some(limit) = &self.all {
            limit.turn().await;
        }
    }

    /// Requests so far by operation, if they are counted.
    pub(super) fn counts(&self) -> Vec<(String, u64)> {
        self.by_operation.as_ref().map(OperationLimits::counts).unwrap_or_default()
    }
}
