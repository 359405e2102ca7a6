//! The end of a run before its time: what is under way gets a moment, what the run made is deleted, and nothing that
//! the target does can draw it out.

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use super::settings::Locality;

/// How long requests that were under way are waited for: a response may name a resource that must be deleted.
const UNDER_WAY: Duration = Duration::from_millis(500);

/// How long deleting may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// One request.
    each: Duration,
    /// All of them.
    all: Duration,
}

impl Patience {
    /// With a target on this machine.
    const NEAR: Patience = Patience { each: Duration::from_millis(500), all: Duration::from_secs(2) };
    /// With any other; what is left there may cost money.
    const FAR: Patience = Patience { each: Duration::from_secs(5), all: Duration::from_secs(60) };

    /// With a target there.
    pub fn with(locality: Locality) -> Patience {
        match locality {
            Locality::Loopback => Patience::NEAR,
            Locality::Remote => Patience::FAR,
        }
    }
}

/// Whether a run is to end, and since when; shared by all threads.
#[derive(Debug)]
struct ShutdownState {
    is_over: AtomicBool,
    since: OnceLock<Instant>,
    patience: Patience,
    bells: Mutex<Vec<Arc<Notify>>>,
}

/// What one thread sees of it: its requests wait at a bell of their own, so that threads do not wait for each other.
#[derive(Debug)]
pub struct Shutdown {
    state: Arc<ShutdownState>,
    bell: Arc<Notify>,
}

impl Shutdown {
    /// Of a run that goes on.
    pub fn new(patience: Patience) -> Shutdown {
        Shutdown::of(Arc::new(ShutdownState {
            is_over: AtomicBool::new(false),
            since: OnceLock::new(),
            patience,
            bells: Mutex::default(),
        }))
    }

    /// The same for another thread.
    pub fn for_thread(&self) -> Shutdown {
        Shutdown::of(Arc::clone(&self.state))
    }

    fn of(state: Arc<ShutdownState>) -> Shutdown {
        let bell = Arc::new(Notify::new());
        if let Ok(mut bells) = state.bells.lock() {
            bells.push(Arc::clone(&bell));
        }
        Shutdown { state, bell }
    }

    /// Ends the run.
    pub fn stop(&self) {
        self.state.is_over.store(true, Ordering::Relaxed);
        self.hurry();
    }

    /// From now on waits no longer than at the end of a run.
    pub fn hurry(&self) {
        self.state.since.get_or_init(Instant::now);
        if let Ok(bells) = self.state.bells.lock() {
            bells.iter().for_each(|bell| bell.notify_waiters());
        }
    }

    /// Whether the run is to end.
    pub fn is_over(&self) -> bool {
        self.state.is_over.load(Ordering::Relaxed)
    }

    /// Waits until a request that is sent now must not be waited for any longer.
    pub async fn cut_off(&self) {
        match self.state.since.get() {
            None => {
                self.rung().await;
                sleep(UNDER_WAY).await;
            }
            Some(since) => {
                let patience = self.state.patience;
                sleep_until((Instant::now() + patience.each).min(*since + patience.all)).await;
            }
        }
    }

    /// Waits until nothing may be sent any more.
    pub async fn closed(&self) {
        self.rung().await;
        match self.state.since.get() {
            Some(since) => sleep_until(*since + self.state.patience.all).await,
            None => pending().await,
        }
    }

    /// Waits for a while, or until the run is to end.
    pub async fn pause(&self, span: Duration) {
        match self.state.since.get() {
            None => tokio::select! {
                () = sleep(span) => {}
                () = self.rung() => {}
            },
            Some(_) if self.is_over() => {}
            Some(_) => sleep(span).await,
        }
    }

    /// Waits until the end has begun.
    async fn rung(&self) {
        // The bell is heard from here on, so that it cannot ring unheard after the look.
        let rings = self.bell.notified();
        if self.state.since.get().is_none() {
            rings.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Patience = Patience { each: Duration::from_millis(30), all: Duration::from_millis(200) };

    #[tokio::test]
    async fn what_is_under_way_gets_a_moment_and_deleting_ends() {
        let here = Shutdown::new(SHORT);
        let other = here.for_thread();
        let began = Instant::now();
        tokio::join!(other.cut_off(), async {
            sleep(Duration::from_millis(50)).await;
            here.stop();
        });
        assert!(began.elapsed() >= Duration::from_millis(50) + UNDER_WAY, "{:?}", began.elapsed());
        assert!(here.is_over() && other.is_over());
        // The time for deleting is over by now.
        let began = Instant::now();
        for _ in 0..1000 {
            here.cut_off().await;
            here.closed().await;
        }
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn each_deletion_gets_its_time_and_all_of_them_no_more_than_theirs() {
        let watch = Shutdown::new(SHORT);
        watch.hurry();
        assert!(!watch.is_over());
        let began = Instant::now();
        watch.cut_off().await;
        assert!(began.elapsed() >= SHORT.each && began.elapsed() < SHORT.all * 5, "{:?}", began.elapsed());
        watch.closed().await;
        assert!(began.elapsed() >= SHORT.all, "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn a_pause_ends_with_the_run() {
        let watch = Shutdown::new(SHORT);
        let began = Instant::now();
        watch.pause(Duration::from_millis(20)).await;
        assert!(began.elapsed() >= Duration::from_millis(20));
        tokio::join!(watch.pause(Duration::from_secs(100)), async { watch.stop() });
        assert!(began.elapsed() < Duration::from_secs(50));
    }
}
