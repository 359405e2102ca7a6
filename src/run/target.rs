//! The target as a run sees it: send, count, pace, and wait where the target asks for it.

mod delivery;
mod signatures;

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::access::Access;
use super::credentials::RefreshingCredentials;
use super::health::Health;
use super::ledger::{Ledger, Refusal, Ticket};
use super::rate_limit::{OperationLimits, RateLimit};
use super::recorder::Recorder;
use super::repeats::Repeats;
use super::settings::{Broadcast, Credentials, Locality, Settings, locality_of_host};
use super::shutdown::{Patience, Shutdown};
use super::variation::Variation;
use crate::entropy;
use crate::plan::suite::BroadcastState;
use crate::send::{Connections, SendError, Sender, Signer};
use crate::spec::Contract;
use crate::spec::rules::BroadcastControl;
use crate::wire::{Exchange, FailureKind, Reply, Request, TransportFailure};
use signatures::signer;

/// How often a request is sent again when the target is busy.
const RETRIES: u32 = 4;
/// The same where quotas make it likelier.
const REMOTE_RETRIES: u32 = 8;
/// Longest wait before a retry.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// First wait before a retry.
const FIRST_WAIT: Duration = Duration::from_millis(120);

/// The target of a run, shared by its workers.
#[derive(Debug)]
pub struct Target {
    sender: Sender,
    credentials: Option<Credentials>,
    refreshing: Option<RefreshingCredentials>,
    region: String,
    service: String,
    broadcast: Broadcast,
    temporary: Option<Credentials>,
    locality: Locality,
    shared: Arc<Shared>,
    watch: Shutdown,
    signer: Option<Signer>,
    /// Senders to the endpoints of other regions, where each region has its own.
    elsewhere: Vec<(String, Sender)>,
}

/// What all threads of a run count and heed together.
#[derive(Debug)]
struct Shared {
    requests: AtomicU64,
    repeats: Repeats,
    throttled: AtomicU64,
    health: Health,
    access: Access,
    stop_reason: OnceLock<String>,
    pace: Option<RateLimit>,
    lanes: Option<OperationLimits>,
    ledger: Option<Ledger>,
    variation: OnceLock<Variation>,
    recorder: Option<Recorder>,
    /// Regions of the service but the run's own.
    other_regions: Vec<String>,
    broadcast_control: Option<BroadcastControl>,
}

impl Target {
    /// Prepares the target of `settings`.
    ///
    /// # Errors
    /// The endpoint is no URL, or TLS cannot be set up.
    pub fn new(contract: &Contract, settings: &Settings, ledger: Option<Ledger>) -> Result<Arc<Target>, SendError> {
        let sender = Sender::new(&settings.endpoint, settings.request_timeout, &settings.network)?;
        let service = contract.service.signing_name.clone().unwrap_or_default();
        let pace = settings.rate.filter(|rate| *rate > 0.0).map(RateLimit::new);
        let other_regions = contract.rules.regions.0.iter().filter(|region| **region != settings.region);
        let mut target = Target {
            sender,
            credentials: settings.credentials.clone().filter(|_| !service.is_empty()),
            refreshing: settings.refreshing.clone().filter(|_| !service.is_empty()),
            region: settings.region.clone(),
            service,
            broadcast: settings.broadcast.clone(),
            temporary: settings.temporary.clone(),
            locality: settings.locality,
            shared: Arc::new(Shared {
                requests: AtomicU64::new(0),
                repeats: Repeats::new(contract),
                throttled: AtomicU64::new(0),
                health: Health::new(settings.jobs, settings.locality),
                access: Access::new(contract, settings.jobs),
                stop_reason: OnceLock::new(),
                pace,
                lanes: (settings.paced || ledger.is_some()).then(|| OperationLimits::new(contract, settings.paced)),
                ledger,
                variation: OnceLock::new(),
                recorder: settings.recorder.clone(),
                other_regions: other_regions.cloned().collect(),
                broadcast_control: contract.rules.broadcast.clone(),
            }),
            watch: Shutdown::new(Patience::with(settings.locality)),
            signer: None,
            elsewhere: Vec::new(),
        };
        target.elsewhere = target.other_endpoints(settings)?;
        target.signer = target.signer_for(&target.region);
        Ok(Arc::new(target))
    }

    /// The same target with connections of its own, for another thread.
    pub fn for_thread(&self) -> Arc<Target> {
        self.for_thread_on(Connections::Kept)
    }

    /// The same target with connections of its own and of this kind, for another thread.
    pub fn for_thread_on(&self, connections: Connections) -> Arc<Target> {
        let elsewhere = self.elsewhere.iter();
        Arc::new(Target {
            sender: self.sender.fork().on(connections),
            credentials: self.credentials.clone(),
            refreshing: self.refreshing.clone(),
            region: self.region.clone(),
            service: self.service.clone(),
            broadcast: self.broadcast.clone(),
            temporary: self.temporary.clone(),
            locality: self.locality,
            shared: Arc::clone(&self.shared),
            watch: self.watch.for_thread(),
            signer: self.signer.clone(),
            elsewhere: elsewhere.map(|(region, sender)| (region.clone(), sender.fork().on(connections))).collect(),
        })
    }

    /// Senders for the other regions, if the endpoint's host names the run's own region.
    fn other_endpoints(&self, settings: &Settings) -> Result<Vec<(String, Sender)>, SendError> {
        let label = format!(".{}.", self.region);
        let endpoint = self.sender.endpoint();
        if self.locality == Locality::Loopback || !endpoint.contains(&label) {
            return Ok(Vec::new());
        }
        self.other_regions()
            .map(|region| {
                let endpoint = endpoint.replacen(&label, &format!(".{region}."), 1);
                Ok((region.to_owned(), Sender::new(&endpoint, settings.request_timeout, &settings.network)?))
            })
            .collect()
    }

    /// Base URL.
    pub fn endpoint(&self) -> &str {
        self.sender.endpoint()
    }

    /// Whether the target is on this machine.
    pub fn is_loopback(&self) -> bool {
        self.locality == Locality::Loopback
    }

    /// Whether the endpoint's host is not this machine, whatever the settings say.
    pub fn is_elsewhere(&self) -> bool {
        let host = self.sender.host();
        let host = if host.ends_with(']') { host } else { host.rsplit_once(':').map_or(host, |(host, _)| host) };
        locality_of_host(host) == Locality::Remote
    }

    /// What the run made, if that is written down.
    pub fn ledger(&self) -> Option<&Ledger> {
        self.shared.ledger.as_ref()
    }

    /// Requests so far by operation, if they are counted.
    pub fn requests_by_operation(&self) -> Vec<(String, u64)> {
        self.shared.lanes.as_ref().map(OperationLimits::counts).unwrap_or_default()
    }

    /// Region of the run.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Regions to call in when a step wants another than the run's.
    pub fn other_regions(&self) -> impl Iterator<Item = &str> {
        self.shared.other_regions.iter().map(String::as_str)
    }

    /// Whether requests are signed.
    pub fn signs(&self) -> bool {
        self.signer.is_some()
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
        self.sender.closed_between_requests()
    }

    /// Asks all workers to stop; requests under way and those that delete are only waited for a moment.
    pub fn stop(&self) {
        self.watch.stop();
    }

    /// From now on waits no longer than at the end of a run that was stopped.
    pub fn hurry(&self) {
        self.watch.hurry();
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
        self.watch.is_over()
    }

    /// Waits for a while, or until workers should stop.
    pub async fn pause(&self, span: Duration) {
        self.watch.pause(span).await;
    }

    /// How the target holds up.
    pub fn health(&self) -> &Health {
        &self.shared.health
    }

    /// The access that the target grants.
    pub fn access(&self) -> &Access {
        &self.shared.access
    }

    /// Sends a request as the run does, again if the target is busy.
    pub async fn send(&self, request: &Request) -> Exchange {
        let signer = self.own_signer().await;
        self.send_signed(request, signer.as_deref(), None).await
    }

    /// Sends a request in another region.
    pub async fn send_in(&self, region: Option<&str>, request: &Request) -> Exchange {
        match region {
            Some(region) if region != self.region => {
                self.refresh_credentials().await;
                let signer = self.signer_for(region);
                self.send_signed(request, signer.as_ref(), Some(region)).await
            }
            _ => self.send(request).await,
        }
    }

    async fn send_signed(&self, request: &Request, signer: Option<&Signer>, region: Option<&str>) -> Exchange {
        let mut wait = FIRST_WAIT;
        let mut exchange = self.once_as_run(request, signer, region).await;
        let retries = if self.is_loopback() { RETRIES } else { REMOTE_RETRIES };
        for _ in 0..retries {
            if !is_busy(&exchange) || self.is_stopped() {
                break;
            }
            self.shared.throttled.fetch_add(1, Ordering::Relaxed);
            self.pause(jittered(wait)).await;
            wait = (wait * 2).min(LONGEST_WAIT);
            exchange = self.once_as_run(request, signer, region).await;
        }
        exchange
    }

    /// Sends a request once with other credentials.
    pub async fn send_as(&self, request: &Request, credentials: &Credentials) -> Exchange {
        let signer = signer(credentials, &self.region, &self.service);
        self.once(request, Some(&signer), None).await
    }

    /// Sends a request once, whatever comes back.
    pub async fn send_once(&self, request: &Request) -> Exchange {
        let signer = self.own_signer().await;
        self.once_as_run(request, signer.as_deref(), None).await
    }

    /// Whether the target accepts connections; whatever it answers counts nowhere.
    pub async fn accepts_connections(&self, request: &Request) -> bool {
        let exchange = self.deliver(request, None, None).await;
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
    async fn once(&self, request: &Request, signer: Option<&Signer>, region: Option<&str>) -> Exchange {
        let varied = self.varied(request);
        let request = varied.as_ref();
        if let Some(objection) = self.health().objection(request) {
            return withheld(request, objection);
        }
        if let Some(reason) = self.refreshing.as_ref().and_then(RefreshingCredentials::end) {
            self.stop_because(reason.clone());
            return withheld(request, reason);
        }
        if !self.turn(request).await {
            return withheld(request, "the run was stopped".to_owned());
        }
        let ticket = match self.ledger().map(|ledger| ledger.before(request, region)) {
            None => Ticket::Neither,
            Some(Ok(ticket)) => ticket,
            Some(Err(Refusal::NotOurs(reason))) => return withheld(request, reason),
            Some(Err(Refusal::Unwritten(reason))) => {
                self.stop_because(reason.clone());
                return withheld(request, reason);
            }
        };
        let sent = self.shared.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let exchange = tokio::select! {
            biased;
            exchange = self.deliver(request, signer, region) => exchange,
            () = self.watch.cut_off() => failed(request, "the run was stopped before an answer came".to_owned()),
        };
        // That another region has no such endpoint says nothing of the target.
        if region.is_none() || exchange.response().is_some() {
            self.health().note(request, &exchange, sent);
        }
        if exchange.repeats > 0
            && let Some(Err(reason)) = self.ledger().map(|ledger| ledger.repeated(&exchange))
        {
            self.stop_because(reason);
        }
        // What the journal's own filter does not know must not get there either.
        let shown = self
            .refreshing
            .as_ref()
            .map_or(Cow::Borrowed(&exchange), |refreshing| refreshing.without_secrets(&exchange));
        if let Some(Err(reason)) = self.ledger().map(|ledger| ledger.after(&ticket, &shown)) {
            self.stop_because(reason);
        }
        drop(shown);
        exchange
    }

    /// Sends a request once with the run's own signature: if the target says that it is good no more, the run ends.
    async fn once_as_run(&self, request: &Request, signer: Option<&Signer>, region: Option<&str>) -> Exchange {
        let exchange = self.once(request, signer, region).await;
        if !self.is_told_to_have_expired(&exchange) {
            if let Some(reason) = self.access().note(&exchange) {
                self.stop_because(reason);
            }
            return exchange;
        }
        let reason = "the target says that the temporary credentials of the run have expired".to_owned();
        self.stop_because(reason.clone());
        failed(request, reason)
    }

    /// Waits for a request's turn, and counts it; false if its turn does not come any more.
    async fn turn(&self, request: &Request) -> bool {
        if self.shared.lanes.is_none() && self.shared.pace.is_none() {
            return true;
        }
        let turn = async {
            if let Some(lanes) = &self.shared.lanes {
                lanes.turn(request).await;
            }
            if let Some(pace) = &self.shared.pace {
                pace.turn().await;
            }
        };
        tokio::select! {
            biased;
            () = turn => true,
            () = self.watch.closed() => false,
        }
    }

    /// Whether the target itself starts and ends broadcasts of a resource type.
    pub fn controls_broadcasts_of(&self, kind: &str) -> bool {
        let control = self.shared.broadcast_control.as_ref();
        self.control_path().is_some() && control.is_some_and(|control| control.resource == kind)
    }

    /// The path by which the target itself starts and ends broadcasts, if it has one.
    pub fn control_path(&self) -> Option<&str> {
        match &self.broadcast {
            Broadcast::ControlPath(path) => Some(path),
            Broadcast::Unavailable | Broadcast::Command(_) => None,
        }
    }

    /// Starts or ends the broadcast of a resource.
    ///
    /// # Errors
    /// Why the target's broadcast did not change.
    pub async fn broadcast(&self, resource: &str, state: BroadcastState, health: Option<&str>) -> Result<(), String> {
        let exchange = self.control(resource, state, health).await;
        let exchange = exchange.ok_or_else(|| "the target has no path that starts a broadcast".to_owned())?;
        match exchange.response() {
            Some(response) if (200..300).contains(&response.status) => Ok(()),
            Some(response) => Err(format!("the broadcast control answered with status {}", response.status)),
            None => Err("the broadcast control did not answer".to_owned()),
        }
    }

    /// Asks the control path for a state of a resource's broadcast; `None` if the target has no such path.
    pub async fn control(&self, resource: &str, state: BroadcastState, health: Option<&str>) -> Option<Exchange> {
        let request = self.control_request(resource, state, health)?;
        Some(self.send_once(&request).await)
    }

    /// The request that starts or ends the broadcast of a resource; `None` if the target has no path for it, or the
    /// contract does not say what its body is.
    pub fn control_request(&self, resource: &str, state: BroadcastState, health: Option<&str>) -> Option<Request> {
        let path = self.control_path()?;
        let body = self.shared.broadcast_control.as_ref()?.body(resource, state.id(), health);
        Some(Request {
            method: "POST".into(),
            target: path.into(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_string().into(),
        })
    }
}

/// Between half of a wait and all of it, so that threads do not come back together.
fn jittered(wait: Duration) -> Duration {
    let part = (entropy::nonce() % 1000) as f64 / 2000.0;
    wait.mul_f64(0.5 + part)
}

fn withheld(request: &Request, reason: String) -> Exchange {
    failed(request, format!("not sent: {reason}"))
}

fn failed(request: &Request, detail: String) -> Exchange {
    let reply = Reply::Failure(TransportFailure { kind: FailureKind::Withheld, detail });
    Exchange { request: request.clone(), reply, elapsed: Duration::ZERO, repeats: 0 }
}

fn is_busy(exchange: &Exchange) -> bool {
    match &exchange.reply {
        Reply::Response(response) => matches!(response.status, 429 | 503),
        Reply::Failure(_) => false,
    }
}
