//! The target as a run sees it: send, count, pace, and wait where the target asks for it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::settings::{Broadcast, Credentials, Settings};
use crate::plan::suite::{BroadcastState, SignatureChange};
use crate::send::{DateHeader, Place, SendError, Sender, Signer};
use crate::spec::Contract;
use crate::wire::{Exchange, Reply, Request};

/// How often a request is sent again when the target is busy.
const RETRIES: u32 = 4;
/// First wait before a retry.
const FIRST_WAIT: Duration = Duration::from_millis(120);
/// An hour and a bit: beyond every allowance for clocks that differ.
const FAR_FROM_NOW: i64 = 3 * 3600;
/// Ten minutes: within every allowance for clocks that differ.
const NOT_LONG_AGO: i64 = -600;
/// How long such a signature is valid, if it is to have expired.
const SHORT_LIFE: Duration = Duration::from_secs(60);

/// The target of a run, shared by its workers.
#[derive(Debug)]
pub struct Target {
    sender: Sender,
    credentials: Option<Credentials>,
    region: String,
    service: String,
    broadcast: Broadcast,
    temporary: Option<Credentials>,
    shared: Arc<Shared>,
    signer: Option<Signer>,
}

/// What all threads of a run count and heed together.
#[derive(Debug)]
struct Shared {
    requests: AtomicU64,
    throttled: AtomicU64,
    is_stopped: AtomicBool,
    pace: Option<Pace>,
}

/// Spreads requests evenly over time.
#[derive(Debug)]
struct Pace {
    interval: Duration,
    next: Mutex<Instant>,
}

impl Target {
    /// Prepares the target of `settings`.
    ///
    /// # Errors
    /// The endpoint is no URL, or TLS cannot be set up.
    pub fn new(contract: &Contract, settings: &Settings) -> Result<Arc<Target>, SendError> {
        let sender = Sender::new(&settings.endpoint, settings.request_timeout)?;
        let service = contract.service.signing_name.clone().unwrap_or_default();
        let pace = settings
            .rate
            .filter(|rate| *rate > 0.0)
            .map(|rate| Pace { interval: Duration::from_secs_f64(1.0 / rate), next: Mutex::new(Instant::now()) });
        let mut target = Target {
            sender,
            credentials: settings.credentials.clone().filter(|_| !service.is_empty()),
            region: settings.region.clone(),
            service,
            broadcast: settings.broadcast.clone(),
            temporary: settings.temporary.clone(),
            shared: Arc::new(Shared {
                requests: AtomicU64::new(0),
                throttled: AtomicU64::new(0),
                is_stopped: AtomicBool::new(false),
                pace,
            }),
            signer: None,
        };
        target.signer = target.signer_for(&target.region);
        Ok(Arc::new(target))
    }

    /// The same target with connections of its own, for another thread.
    pub fn for_thread(&self) -> Arc<Target> {
        Arc::new(Target {
            sender: self.sender.fork(),
            credentials: self.credentials.clone(),
            region: self.region.clone(),
            service: self.service.clone(),
            broadcast: self.broadcast.clone(),
            temporary: self.temporary.clone(),
            shared: Arc::clone(&self.shared),
            signer: self.signer.clone(),
        })
    }

    /// Base URL.
    pub fn endpoint(&self) -> &str {
        self.sender.endpoint()
    }

    /// Whether the target is on this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.sender.host();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host).trim_matches(['[', ']']);
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Region of the run.
    pub fn region(&self) -> &str {
        &self.region
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

    /// Asks all workers to stop after their present request.
    pub fn stop(&self) {
        self.shared.is_stopped.store(true, Ordering::Relaxed);
    }

    /// Whether workers should stop.
    pub fn is_stopped(&self) -> bool {
        self.shared.is_stopped.load(Ordering::Relaxed)
    }

    /// Sends a request as the run does, again if the target is busy.
    pub async fn send(&self, request: &Request) -> Exchange {
        self.send_signed(request, self.signer.as_ref()).await
    }

    /// Sends a request in another region.
    pub async fn send_in(&self, region: Option<&str>, request: &Request) -> Exchange {
        match region {
            Some(region) if region != self.region => {
                let signer = self.signer_for(region);
                self.send_signed(request, signer.as_ref()).await
            }
            _ => self.send(request).await,
        }
    }

    /// Sends a request once, with a signature that differs from the run's.
    pub async fn send_changed(&self, request: &Request, change: SignatureChange) -> Exchange {
        let signer = self.signer.clone();
        let signer = match change {
            SignatureChange::Unsigned => None,
            SignatureChange::InQuery => signer.map(|signer| signer.in_place(Place::Query)),
            SignatureChange::ExpiredInQuery => {
                signer.map(|signer| signer.in_place(Place::Query).shifted(-FAR_FROM_NOW))
            }
            SignatureChange::OutlivedInQuery => {
                signer.map(|signer| signer.in_place(Place::Query).shifted(NOT_LONG_AGO).valid_for(SHORT_LIFE))
            }
            SignatureChange::Expired => signer.map(|signer| signer.shifted(-FAR_FROM_NOW)),
            SignatureChange::Future => signer.map(|signer| signer.shifted(FAR_FROM_NOW)),
            SignatureChange::WrongSecret => self.altered(|key| key.secret_access_key.push('x'), &self.service),
            SignatureChange::UnknownKey => {
                self.altered(|key| key.access_key_id = "AKIAIVSCONFORMANCE00".to_owned(), &self.service)
            }
            SignatureChange::MissingToken => {
                let credentials = self.temporary.clone().map(|known| Credentials { session_token: None, ..known });
                credentials.map(|credentials| self::signer(&credentials, &self.region, &self.service))
            }
            SignatureChange::WrongService => self.altered(|_| {}, "s3"),
            SignatureChange::TamperedBody => {
                return self
                    .send_edited(request, |signed| {
                        signed.body = [signed.body.as_ref(), b" "].concat().into();
                    })
                    .await;
            }
            SignatureChange::TamperedSignature => {
                return self
                    .send_edited(request, |signed| {
                        edit_authorization(signed, |value| {
                            let last = value.pop();
                            value.push(if last == Some('0') { '1' } else { '0' });
                        });
                    })
                    .await;
            }
            SignatureChange::OtherAlgorithm => {
                return self
                    .send_edited(request, |signed| {
                        edit_authorization(signed, |value| {
                            *value = value.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1")
                        });
                    })
                    .await;
            }
            SignatureChange::IsoDate => {
                let signer = signer.map(|signer| signer.dated_by(DateHeader::Date));
                return self.once(request, signer.as_ref()).await;
            }
        };
        self.once(request, signer.as_ref()).await
    }

    /// Signs the request, then changes what was signed.
    async fn send_edited(&self, request: &Request, edit: impl Fn(&mut Request)) -> Exchange {
        let signed = self.signer.as_ref().map(|signer| signer.sign(request, self.endpoint(), self.sender.host()));
        let mut signed = signed.and_then(Result::ok).unwrap_or_else(|| request.clone());
        edit(&mut signed);
        let exchange = self.once(&signed, None).await;
        Exchange { request: request.clone(), ..exchange }
    }

    fn altered(&self, change: impl Fn(&mut Credentials), service: &str) -> Option<Signer> {
        let mut credentials = self.credentials.clone()?;
        change(&mut credentials);
        Some(signer(&credentials, &self.region, service))
    }

    fn signer_for(&self, region: &str) -> Option<Signer> {
        self.credentials.as_ref().map(|credentials| signer(credentials, region, &self.service))
    }

    async fn send_signed(&self, request: &Request, signer: Option<&Signer>) -> Exchange {
        let mut wait = FIRST_WAIT;
        let mut exchange = self.once(request, signer).await;
        for _ in 0..RETRIES {
            if !is_busy(&exchange) || self.is_stopped() {
                break;
            }
            self.shared.throttled.fetch_add(1, Ordering::Relaxed);
            sleep(wait).await;
            wait *= 2;
            exchange = self.once(request, signer).await;
        }
        exchange
    }

    /// Sends a request once with other credentials.
    pub async fn send_as(&self, request: &Request, credentials: &Credentials) -> Exchange {
        let signer = signer(credentials, &self.region, &self.service);
        self.once(request, Some(&signer)).await
    }

    /// Sends a request once, whatever comes back.
    pub async fn send_once(&self, request: &Request) -> Exchange {
        self.once(request, self.signer.as_ref()).await
    }

    async fn once(&self, request: &Request, signer: Option<&Signer>) -> Exchange {
        if let Some(pace) = &self.shared.pace {
            pace.turn().await;
        }
        self.shared.requests.fetch_add(1, Ordering::Relaxed);
        self.sender.send(request, signer).await
    }

    /// Whether channels can be made live.
    pub fn can_broadcast(&self) -> bool {
        self.broadcast != Broadcast::Unavailable
    }

    /// Makes a channel live or ends its broadcast.
    ///
    /// # Errors
    /// Why the target's broadcast did not change.
    pub async fn broadcast(&self, channel: &str, state: BroadcastState, health: Option<&str>) -> Result<(), String> {
        let Broadcast::ControlPath(path) = &self.broadcast else {
            return Err("the target has no way to make a channel live".to_owned());
        };
        let mut body = serde_json::json!({"channelArn": channel, "state": state.id()});
        if let (Some(members), Some(health)) = (body.as_object_mut(), health) {
            members.insert("health".to_owned(), health.into());
        }
        let request = Request {
            method: "POST".to_owned(),
            target: path.clone(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string().into(),
        };
        let exchange = self.once(&request, self.signer.as_ref()).await;
        match exchange.response() {
            Some(response) if (200..300).contains(&response.status) => Ok(()),
            Some(response) => Err(format!("the broadcast control answered with status {}", response.status)),
            None => Err("the broadcast control did not answer".to_owned()),
        }
    }
}

impl Pace {
    async fn turn(&self) {
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

fn signer(credentials: &Credentials, region: &str, service: &str) -> Signer {
    let token = credentials.session_token.as_deref();
    Signer::new(&credentials.access_key_id, &credentials.secret_access_key, token, region, service)
}

fn edit_authorization(request: &mut Request, edit: impl Fn(&mut String)) {
    for (name, value) in &mut request.headers {
        if name == "authorization" {
            edit(value);
        }
    }
}

fn is_busy(exchange: &Exchange) -> bool {
    match &exchange.reply {
        Reply::Response(response) => matches!(response.status, 429 | 503),
        Reply::Failure(_) => false,
    }
}
