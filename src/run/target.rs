//! The target as a run sees it. Each part of it has a file: senders, signing, pacing, retries, delivery over connections
//! that break, the ledger, broadcasts. Health and access are watched by modules of their own.

mod broadcast_control;
mod delivery;
mod journaling;
mod pacing;
mod retry;
mod senders;
mod signatures;
mod signing;

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::access::Access;
use super::concurrency::Concurrency;
use super::health::Health;
use super::ledger::Ledger;
use super::recorder::Recorder;
use super::repeats::Repeats;
use super::settings::{Credentials, Locality, Settings, locality_of_host};
use super::shutdown::{Patience, Shutdown};
use super::usual_success::UsualSuccess;
use super::variation::Variation;
use crate::send::{Connections, SendError, Signer};
use crate::spec::Contract;
use crate::wire::{Exchange, FailureKind, Reply, Request};
use broadcast_control::Broadcasts;
use delivery::{Caller, failed, withheld};
use pacing::{Counting, Pacing};
use senders::Senders;
use signing::Signing;

/// The target of a run, shared by its workers.
#[derive(Debug)]
pub struct Target {
    senders: Senders,
    signing: Signing,
    locality: Locality,
    shared: Arc<Shared>,
    shutdown: Shutdown,
}

/// What all threads of a run count and heed together.
#[derive(Debug)]
struct Shared {
    requests: AtomicU64,
    repeats: Repeats,
    throttled: AtomicU64,
    health: Health,
    access: Access,
    usual_success: UsualSuccess,
    stop_reason: OnceLock<String>,
    pacing: Pacing,
    concurrency: Concurrency,
    ledger: Option<Ledger>,
    variation: OnceLock<Variation>,
    recorder: Option<Recorder>,
    /// Regions of the service but the run's own.
    other_regions: Vec<String>,
    broadcasts: Broadcasts,
}

/// A request on its way: what signs it, and its region if that is not the run's own.
#[derive(Debug, Clone, Copy)]
struct Attempt<'r> {
    request: &'r Request,
    signer: Option<&'r Signer>,
    region: Option<&'r str>,
    caller: Caller,
}

impl<'r> Attempt<'r> {
    /// In the run's own region.
    fn signed(request: &'r Request, signer: Option<&'r Signer>) -> Attempt<'r> {
        Attempt { request, signer, region: None, caller: Caller::Run }
    }
}

impl Target {
    /// Prepares the target of `settings`.
    ///
    /// # Errors
    /// The endpoint is not a URL, or TLS cannot be set up.
    pub fn new(contract: &Contract, settings: &Settings, ledger: Option<Ledger>) -> Result<Arc<Target>, SendError> {
        let other_regions = contract.rules.regions.0.iter().filter(|region| **region != settings.region);
        let other_regions: Vec<String> = other_regions.cloned().collect();
        let concurrency = Concurrency::new(settings);
        let counting = if ledger.is_some() { Counting::On } else { Counting::Off };
        Ok(Arc::new(Target {
            senders: Senders::new(settings, &other_regions)?,
            signing: Signing::new(contract, settings),
            locality: settings.locality,
            shared: Arc::new(Shared {
                requests: AtomicU64::new(0),
                repeats: Repeats::new(contract),
                throttled: AtomicU64::new(0),
                health: Health::new(concurrency.most(), settings.locality, settings.wait),
                access: Access::new(contract, concurrency.most()),
                usual_success: UsualSuccess::default(),
                stop_reason: OnceLock::new(),
                pacing: Pacing::new(contract, settings, counting),
                concurrency,
                ledger,
                variation: OnceLock::new(),
                recorder: settings.recorder.clone(),
                other_regions,
                broadcasts: Broadcasts::new(contract, settings),
            }),
            shutdown: Shutdown::new(Patience::with(settings.locality)),
        }))
    }

    /// The same target with connections of its own, for another thread.
    pub fn for_thread(&self) -> Arc<Target> {
        self.for_thread_on(Connections::Kept)
    }

    /// The same target with connections of its own and of this kind, for another thread.
    pub fn for_thread_on(&self, connections: Connections) -> Arc<Target> {
        Arc::new(Target {
            senders: self.senders.fork(connections),
            signing: self.signing.clone(),
            locality: self.locality,
            shared: Arc::clone(&self.shared),
            shutdown: self.shutdown.for_thread(),
        })
    }

    /// Base URL.
    pub fn endpoint(&self) -> &str {
        self.senders.to(None).endpoint()
    }

    /// Whether the target is on this machine.
    pub fn is_loopback(&self) -> bool {
        self.locality == Locality::Loopback
    }

    /// Whether the endpoint's host is not this machine, whatever the settings say.
    pub fn is_elsewhere(&self) -> bool {
        let host = self.senders.host();
        let host = if host.ends_with(']') { host } else { host.rsplit_once(':').map_or(host, |(host, _)| host) };
        locality_of_host(host) == Locality::Remote
    }

    /// What the run made, if that is written down.
    pub fn ledger(&self) -> Option<&Ledger> {
        self.shared.ledger.as_ref()
    }

    /// Requests so far by operation, if they are counted.
    pub fn requests_by_operation(&self) -> Vec<(String, u64)> {
        self.shared.pacing.counts()
    }

    /// Region of the run.
    pub fn region(&self) -> &str {
        &self.signing.region
    }

    /// Regions to call in when a step wants another than the run's.
    pub fn other_regions(&self) -> impl Iterator<Item = &str> {
        self.shared.other_regions.iter().map(String::as_str)
    }

    /// Whether requests are signed.
    pub fn signs(&self) -> bool {
        self.signing.is_on()
    }

    /// Requests sent so far.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Answers so far that said the target was busy.
    pub fn throttled(&self) -> u64 {
        self.shared.throttled.load(Ordering::Relaxed)
    }

    /// Requests that were sent again because a kept connection broke.
    pub fn repeats(&self) -> u64 {
        self.shared.repeats.number()
    }

    /// Connections that the target closed between two requests without saying so.
    pub fn closed_between_requests(&self) -> u64 {
        self.senders.to(None).closed_between_requests()
    }

    /// Asks all workers to stop; requests under way and those that delete are only waited for a moment.
    pub fn stop(&self) {
        self.shutdown.stop();
    }

    /// From now on waits no longer than at the end of a run that was stopped.
    pub fn hurry(&self) {
        self.shutdown.hurry();
    }

    /// Asks all workers to stop, and keeps why.
    fn stop_because(&self, reason: String) {
        let _ = self.shared.stop_reason.set(reason);
        self.stop();
    }

    /// Why the target itself asked the workers to stop, if it did.
    pub fn stop_reason(&self) -> Option<&str> {
        self.shared.stop_reason.get().map(String::as_str)
    }

    /// Whether workers should stop.
    pub fn is_stopped(&self) -> bool {
        self.shutdown.is_over()
    }

    /// Waits for a while, or until workers should stop.
    pub async fn pause(&self, span: Duration) {
        self.shutdown.pause(span).await;
    }

    /// How the target holds up.
    pub fn health(&self) -> &Health {
        &self.shared.health
    }

    /// Whether operations succeed as documented.
    pub(in crate::run) fn usual_success(&self) -> &UsualSuccess {
        &self.shared.usual_success
    }

    /// The access that the target grants.
    pub fn access(&self) -> &Access {
        &self.shared.access
    }

    /// Sends a request as the run does, again if the target is busy.
    pub async fn send(&self, request: &Request) -> Exchange {
        let signer = self.signing.own_signer(&self.shutdown).await;
        self.send_until_accepted(Attempt::signed(request, signer.as_deref())).await
    }

    /// Sends a request in another region.
    pub async fn send_in(&self, region: Option<&str>, request: &Request) -> Exchange {
        match region {
            Some(region) if region != self.signing.region => {
                self.signing.refresh(&self.shutdown).await;
                let signer = self.signing.signer_for(region);
                self.send_until_accepted(Attempt { region: Some(region), ..Attempt::signed(request, signer.as_ref()) })
                    .await
            }
            _ => self.send(request).await,
        }
    }

    /// Sends a request once with other credentials.
    pub async fn send_as(&self, request: &Request, credentials: &Credentials) -> Exchange {
        let signer = self.signing.signer_of(credentials);
        self.once(Attempt { caller: Caller::Other, ..Attempt::signed(request, Some(&signer)) }).await
    }

    /// Sends a request once, whatever comes back.
    pub async fn send_once(&self, request: &Request) -> Exchange {
        let signer = self.signing.own_signer(&self.shutdown).await;
        self.once_as_run(Attempt::signed(request, signer.as_deref())).await
    }

    /// Whether the target accepts connections; whatever it answers counts nowhere.
    pub async fn accepts_connections(&self, request: &Request) -> bool {
        let exchange = self.deliver(Attempt::signed(request, None)).await;
        !matches!(&exchange.reply, Reply::Failure(failure) if failure.kind == FailureKind::Connect)
    }

    /// From now on sends every request in the form of a variation.
    pub(super) fn vary(&self, variation: Variation) {
        let _ = self.shared.variation.set(variation);
    }

    /// The request in the form in which every request is sent.
    fn varied<'r>(&self, request: &'r Request) -> Cow<'r, Request> {
        match self.shared.variation.get() {
            Some(variation) => Cow::Owned(variation.applied(request)),
            None => Cow::Borrowed(request),
        }
    }

    /// The one way to the target: what the ledger refuses is not sent, what makes something is written down before.
    async fn once(&self, attempt: Attempt<'_>) -> Exchange {
        let varied = self.varied(attempt.request);
        let request = varied.as_ref();
        let attempt = Attempt { request, ..attempt };
        if let Some(objection) = self.health().objection(request) {
            return withheld(request, objection);
        }
        if let Some(reason) = self.signing.end() {
            self.stop_because(reason.clone());
            return withheld(request, reason);
        }
        if !self.turn(request).await {
            return withheld(request, "the run was stopped".to_owned());
        }
        let ticket = match self.admit(attempt) {
            Ok(ticket) => ticket,
            Err(reason) => return withheld(request, reason),
        };
        let sent = self.shared.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let exchange = tokio::select! {
            biased;
            exchange = self.deliver(attempt) => exchange,
            () = self.shutdown.cut_off() => failed(request, "the run was stopped before a response came".to_owned()),
        };
        // That another region has no such endpoint says nothing of the target.
        if attempt.region.is_none() || exchange.response().is_some() {
            self.health().note(request, &exchange, sent);
        }
        self.settle(&ticket, &exchange);
        exchange
    }

    /// Sends a request once with the run's own signature: if the target says that it is good no more, the run ends.
    async fn once_as_run(&self, attempt: Attempt<'_>) -> Exchange {
        let exchange = self.once(attempt).await;
        if !self.signing.is_told_to_have_expired(&exchange) {
            if let Some(reason) = self.access().note(&exchange) {
                self.stop_because(reason);
            }
            return exchange;
        }
        let reason = "the target says that the temporary credentials of the run have expired".to_owned();
        self.stop_because(reason.clone());
        failed(attempt.request, reason)
    }

    /// Waits for a request's turn, and counts it; false if its turn does not come any more.
    async fn turn(&self, request: &Request) -> bool {
        if self.shared.pacing.is_off() {
            return true;
        }
        tokio::select! {
            biased;
            () = self.shared.pacing.turn(request) => true,
            () = self.shutdown.closed() => false,
        }
    }
}
