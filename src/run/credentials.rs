//! Temporary credentials that are replaced before they expire.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;

use super::settings::Credentials;
use crate::clock;
use crate::wire::{Exchange, Reply, Response};

/// New credentials are asked for when those at hand are good for less than this.
const EARLY: Duration = Duration::from_secs(5 * 60);
/// How long they are not asked for again: who issues them may have no newer ones yet.
const PAUSE: Duration = Duration::from_secs(10);
/// The same once those at hand have expired.
const SHORT_PAUSE: Duration = Duration::from_secs(1);
/// Stands where a secret was.
const REMOVED: &str = "[redacted]";

/// Credentials, and how long they are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiringCredentials {
    /// The credentials.
    pub credentials: Credentials,
    /// When they expire; none if nothing says that they do.
    pub expires: Option<SystemTime>,
}

/// What an provider answers: the error says in a few words, without any secret, why there is nothing.
pub type ProvidedCredentials<'i> = Pin<Box<dyn Future<Output = Result<ExpiringCredentials, String>> + Send + 'i>>;

/// Who issues credentials. A response comes within a time limit of its own.
pub trait CredentialsProvider: Send + Sync {
    /// Asks for credentials.
    fn provide(&self) -> ProvidedCredentials<'_>;
}

/// Temporary credentials that are replaced before they expire. Clones share what they hold.
#[derive(Clone)]
pub struct RefreshingCredentials {
    shared: Arc<Shared>,
}

struct Shared {
    provider: Box<dyn CredentialsProvider>,
    /// Whoever has it asks.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

struct State {
    held: ExpiringCredentials,
    asked: Option<Instant>,
    refusal: Option<String>,
    /// Of all credentials but the first.
    secrets: Vec<String>,
}

impl RefreshingCredentials {
    /// Begins with credentials at hand.
    pub fn new(first: ExpiringCredentials, provider: impl CredentialsProvider + 'static) -> RefreshingCredentials {
        let state = State { held: first, asked: None, refusal: None, secrets: Vec::new() };
        RefreshingCredentials {
            shared: Arc::new(Shared { provider: Box::new(provider), turn: Default::default(), state: state.into() }),
        }
    }

    /// The credentials at hand.
    pub fn held(&self) -> Credentials {
        self.shared.state.lock().held.credentials.clone()
    }

    /// Replaces the credentials at hand if they expire soon. Only who finds them expired waits for who asks already.
    pub async fn refresh(&self) {
        if !self.is_due() {
            return;
        }
        let turn = match self.is_over() {
            true => Some(self.shared.turn.lock().await),
            false => self.shared.turn.try_lock().ok(),
        };
        // Whoever had the turn before may have got new ones.
        if turn.is_some() && self.is_due() {
            let answer = self.shared.provider.provide().await;
            self.shared.state.lock().take(answer);
        }
    }

    /// Why nothing can be signed any more; none as long as the credentials at hand are good.
    pub fn end(&self) -> Option<String> {
        self.is_over().then(|| {
            let refusal = self.shared.state.lock().refusal.clone();
            let refusal = refusal.unwrap_or_else(|| "those that were had instead have expired as well".to_owned());
            format!("the temporary credentials have expired, and no new ones could be had: {refusal}")
        })
    }

    /// Texts of all credentials but the first that must not be shown.
    pub fn secrets(&self) -> Vec<String> {
        self.shared.state.lock().secrets.clone()
    }

    /// The exchange with a response in which no such text stands.
    pub fn without_secrets<'e>(&self, exchange: &'e Exchange) -> Cow<'e, Exchange> {
        let secrets = self.secrets();
        let Some(response) = exchange.response().filter(|_| !secrets.is_empty()) else {
            return Cow::Borrowed(exchange);
        };
        let text = String::from_utf8_lossy(&response.body);
        if !secrets.iter().any(|secret| text.contains(secret)) {
            return Cow::Borrowed(exchange);
        }
        let body = secrets.iter().fold(text.into_owned(), |text, secret| text.replace(secret, REMOVED)).into();
        Cow::Owned(Exchange {
            reply: Reply::Response(Response { body, ..response.clone() }),
            request: exchange.request.clone(),
            elapsed: exchange.elapsed,
            repeats: exchange.repeats,
        })
    }

    fn is_over(&self) -> bool {
        self.shared.state.lock().held.lasts(Duration::ZERO) == Lasts::Less
    }

    fn is_due(&self) -> bool {
        let state = self.shared.state.lock();
        let pause = if state.held.lasts(Duration::ZERO) == Lasts::Less { SHORT_PAUSE } else { PAUSE };
        state.held.lasts(EARLY) == Lasts::Less && state.asked.is_none_or(|asked| asked.elapsed() >= pause)
    }
}

impl State {
    fn take(&mut self, answer: Result<ExpiringCredentials, String>) {
        self.asked = Some(clock::instant());
        match answer {
            Ok(issued) => {
                if issued.credentials != self.held.credentials {
                    self.secrets.extend(issued.credentials.secrets());
                }
                (self.held, self.refusal) = (issued, None);
            }
            Err(reason) => self.refusal = Some(reason),
        }
    }
}

/// Whether something lasts for a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lasts {
    Less,
    Longer,
}

impl ExpiringCredentials {
    fn lasts(&self, span: Duration) -> Lasts {
        match self.expires {
            Some(expires) if expires <= clock::now() + span => Lasts::Less,
            _ => Lasts::Longer,
        }
    }
}

impl fmt::Debug for RefreshingCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RefreshingCredentials")
            .field("held", &self.shared.state.lock().held)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
