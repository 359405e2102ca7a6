//! Polling for lag: a step is sent again only while its response can be read and waiting can still make it right
//! ([`crate::judge::lag`]).

use std::future::Future;
use std::time::{Duration, Instant};

use crate::clock;
use crate::judge::lag::BodyForm;

/// First wait; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(10);
/// Longest wait between two requests.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Share of the patience that a malformed response gets: its form may be why it looks wrong.
const MALFORMED_SHARE: u32 = 10;

/// How a read came right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// It was right at once.
    Unneeded,
    /// It was right the next time: chance may have made it wrong.
    ByChance,
    /// It was wrong several times, and right after so long.
    ByWaiting(Duration),
}

/// The waits of one step.
#[derive(Debug)]
pub(crate) struct Polling {
    started: Instant,
    patience: Duration,
    wait: Duration,
}

impl Polling {
    /// Starts now; `patience` is how long lag may take.
    pub(crate) fn new(patience: Duration) -> Polling {
        Polling { started: clock::instant(), patience, wait: FIRST_WAIT }
    }

    /// Started at a moment in the past.
    pub(crate) fn since(started: Instant, patience: Duration) -> Polling {
        Polling { started, patience, wait: FIRST_WAIT }
    }

    /// How a read came right that is right now.
    pub(crate) fn recovery(&self) -> Recovery {
        match self.wait {
            wait if wait == FIRST_WAIT => Recovery::Unneeded,
            wait if wait == FIRST_WAIT * 2 => Recovery::ByChance,
            _ => Recovery::ByWaiting(self.waited()),
        }
    }

    /// Whether the whole patience is used up.
    pub(crate) fn is_over(&self) -> bool {
        self.is_too_late(BodyForm::WellFormed)
    }

    /// Whether the patience is used up.
    pub(crate) fn is_too_late(&self, form: BodyForm) -> bool {
        let patience = match form {
            BodyForm::WellFormed => self.patience,
            BodyForm::Malformed => self.patience / MALFORMED_SHARE,
        };
        self.started.elapsed() >= patience
    }

    /// How long it took until now.
    pub(crate) fn waited(&self) -> Duration {
        self.started.elapsed()
    }

    /// How long it took until now; `None` if nothing was waited for.
    pub(crate) fn lag(&self) -> Option<Duration> {
        (self.recovery() != Recovery::Unneeded).then(|| self.waited())
    }

    /// Waits before the next request, by what `pause` does for a time.
    pub(crate) async fn pause<Pause: Future<Output = ()>>(&mut self, pause: impl FnOnce(Duration) -> Pause) {
        pause(self.wait).await;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
    }
}
