//! The ledger: what a run is about to make, made, and deleted.

mod ticket;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

pub use self::ticket::{Refusal, Ticket};
use super::journal::{Entry, Failure, Journal, JournalError, Named};
use super::ownership_tags::{Marker, Marks};
use crate::plan::resources::{Product, Resources};
use crate::protocol;
use crate::protocol::Route;
use crate::record::Census;
use crate::record::digest::digest;
use crate::record::digest_set::DigestSet;
use crate::run::health::call;
use crate::spec::Arn;
use crate::spec::contract::{Contract, OperationError};
use crate::spec::path;
use crate::wire::{Exchange, FailureKind, Reply, Request, Response};

/// A thread died while it wrote.
const BROKEN: &str = "the list of what the run made is broken, because a thread died";

/// An operation that makes something.
#[derive(Debug)]
struct Maker {
    operation: String,
    route: Route,
    products: Vec<Product>,
}

/// An operation that deletes.
#[derive(Debug)]
struct Deleter {
    route: Route,
    errors: Vec<OperationError>,
}

/// What a run is about to make, made, and deleted; shared by all its threads.
#[derive(Debug)]
pub struct Ledger {
    marker: Marker,
    makers: Vec<Maker>,
    deleters: Vec<Deleter>,
    next: AtomicU64,
    /// Texts that must not be written down, even if the target puts them into an ARN.
    secrets: Vec<String>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    journal: Option<Journal>,
    /// ARNs that the run made and has not deleted.
    own: BTreeSet<String>,
    /// ARNs that the run made at any time, or named before the target did.
    named: DigestSet,
    /// ARNs that the target showed and the run neither made nor made up.
    foreign: HashSet<String>,
    open: BTreeMap<u64, (String, Marks)>,
    census: Census,
}

impl Ledger {
    /// A ledger of a run, with a journal or without.
    pub fn new(contract: &Contract, resources: &Resources, run: &str, journal: Option<Journal>) -> Ledger {
        let makers = contract.operations.iter().filter_map(|operation| {
            let products = resources.products(&operation.name).to_vec();
            let route = Route::of(operation);
            (!products.is_empty()).then(|| Maker { operation: operation.name.clone(), route, products })
        });
        let deleters = contract.operations.iter().filter(|operation| resources.deletes(&operation.name));
        Ledger {
            marker: Marker::new(contract, run),
            makers: makers.collect(),
            deleters: deleters.map(|one| Deleter { route: Route::of(one), errors: one.errors.clone() }).collect(),
            next: AtomicU64::new(0),
            secrets: Vec::new(),
            state: Mutex::new(State { journal, ..State::default() }),
        }
    }

    /// The same ledger, which writes down nothing that holds one of these texts.
    #[must_use]
    pub fn without(self, secrets: Vec<String>) -> Ledger {
        Ledger { secrets: secrets.into_iter().filter(|secret| secret.len() >= 8).collect(), ..self }
    }

    /// Takes over what an earlier process of the run noted.
    pub fn adopt(&self, arns: impl IntoIterator<Item = String>, next: u64) {
        self.next.fetch_max(next, Ordering::Relaxed);
        let Ok(mut state) = self.state.lock() else { return };
        for arn in arns {
            state.foreign.remove(&arn);
            state.named.insert(digest(&arn));
            state.own.insert(arn);
        }
    }

    /// Notes what a request is about to do.
    ///
    /// # Errors
    /// It must not be sent: it names a resource that the run did not make, or the journal cannot be written.
    pub fn before(&self, request: &Request, region: Option<&str>) -> Result<Ticket, Refusal> {
        let text = String::from_utf8_lossy(&request.body);
        let decoded = percent_encoding::percent_decode_str(&request.target).decode_utf8_lossy().into_owned();
        let arns: Vec<String> = arns_in(&text).chain(arns_in(&decoded)).map(str::to_owned).collect();
        let Ok(mut state) = self.state.lock() else { return Err(Refusal::Unwritten(BROKEN.to_owned())) };
        if let Some(arn) = arns.iter().find(|arn| state.foreign.contains(*arn)) {
            return Err(Refusal::NotOurs(format!("it would touch {arn}, which this run did not make")));
        }
        let parents: Vec<String> = arns.iter().filter(|arn| state.own.contains(*arn)).cloned().collect();
        for arn in &arns {
            state.named.insert(digest(arn));
        }
        if let Some(maker) = self.makers.iter().position(|maker| maker.route.has_path(request)) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let body: Value = serde_json::from_str(&text).unwrap_or_default();
            let marks = self.marker.marks_in(&body);
            let operation = self.makers.get(maker).map(|maker| maker.operation.clone()).unwrap_or_default();
            state
                .write(&Entry::Intent {
                    number,
                    operation: operation.clone(),
                    region: region.map(str::to_owned),
                    name: marks.name.clone(),
                    tagged: marks.tagged,
                    parents,
                })
                .map_err(Refusal::Unwritten)?;
            state.open.insert(number, (operation, marks));
            return Ok(Ticket::Makes { number, maker });
        }
        let deleter = self.deleters.iter().position(|deleter| deleter.route.has_path(request));
        Ok(match (arns.into_iter().next(), deleter) {
            (Some(arn), Some(deleter)) => Ticket::Deletes { arn, deleter },
            _ => Ticket::Neither,
        })
    }

    /// Notes what became of it.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn after(&self, ticket: &Ticket, exchange: &Exchange) -> Result<(), String> {
        let Ok(mut state) = self.state.lock() else { return Err(BROKEN.to_owned()) };
        let response = match (&exchange.reply, ticket) {
            (Reply::Response(response), _) => response,
            (Reply::Failure(failure), Ticket::Makes { number, .. }) => return state.failed(*number, failure.kind),
            (Reply::Failure(_), _) => return Ok(()),
        };
        match ticket {
            Ticket::Makes { number, maker } => {
                let Some(maker) = self.makers.get(*maker) else { return Ok(()) };
                state.answered(*number, maker, response, &self.secrets)?;
            }
            Ticket::Deletes { arn, deleter } => {
                let errors = self.deleters.get(*deleter).map(|deleter| deleter.errors.as_slice()).unwrap_or_default();
                // That it does not exist is said to be noted by `gone` once it was asked again: an unreliable target says so by chance.
                if !response.is_page() && matches!(protocol::documented_status(errors, response), 200..=299) {
                    state.deleted(arn)?;
                }
            }
            Ticket::Neither => {}
        }
        if (200..300).contains(&response.status) {
            state.notice(&String::from_utf8_lossy(&response.body));
        }
        Ok(())
    }

    /// Notes that a resource is gone without a request that deletes it.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn gone(&self, arn: &str) -> Result<(), String> {
        self.state.lock().map_err(|_| BROKEN.to_owned())?.deleted(arn)
    }

    /// Notes that nothing is left of an intent without a response.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn settled(&self, number: u64) -> Result<(), String> {
        let mut state = self.state.lock().map_err(|_| BROKEN.to_owned())?;
        state.open.remove(&number);
        state.write(&Entry::Settled { number })
    }

    /// Notes that a request was sent more than once.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn repeated(&self, exchange: &Exchange) -> Result<(), String> {
        let entry = Entry::Repeated { request: call(&exchange.request), times: exchange.repeats };
        self.state.lock().map_err(|_| BROKEN.to_owned())?.write(&entry)
    }

    /// Notes that everything is gone.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn ended(&self) -> Result<(), String> {
        self.state.lock().map_err(|_| BROKEN.to_owned())?.write(&Entry::Ended)
    }

    /// Counts.
    pub fn census(&self) -> Census {
        let Ok(state) = self.state.lock() else { return Census::default() };
        Census { open: state.open.len() as u64, ..state.census.clone() }
    }

    /// What is there still: ARNs in no order, and requests of which nobody knows what they made.
    pub fn left(&self) -> (Vec<String>, Vec<(u64, String, Marks)>) {
        let Ok(state) = self.state.lock() else { return Default::default() };
        let open = state.open.iter().map(|(number, (operation, marks))| (*number, operation.clone(), marks.clone()));
        (state.own.iter().cloned().collect(), open.collect())
    }
}

impl State {
    fn write(&mut self, entry: &Entry) -> Result<(), String> {
        match &mut self.journal {
            Some(journal) => journal.write(entry).map_err(|error: JournalError| error.to_string()),
            None => Ok(()),
        }
    }

    fn answered(&mut self, number: u64, maker: &Maker, response: &Response, secrets: &[String]) -> Result<(), String> {
        match response.status {
            200..=299 => {
                let mut made = made(maker, response, &|arn| self.is_named(arn));
                made.retain(|resource| !secrets.iter().any(|secret| resource.arn.contains(secret)));
                if made.is_empty() {
                    // It says that it made something, and not what: that is looked for at the end.
                    return self.write(&Entry::Failed { number, failure: Failure::Status(response.status) });
                }
                self.open.remove(&number);
                for resource in &made {
                    self.count(resource);
                }
                self.write(&Entry::Created { number, resources: made })
            }
            // A refusal makes nothing.
            400..=499 => {
                self.open.remove(&number);
                self.write(&Entry::Refused { number })
            }
            status => self.write(&Entry::Failed { number, failure: Failure::Status(status) }),
        }
    }

    fn failed(&mut self, number: u64, kind: FailureKind) -> Result<(), String> {
        let failure = match kind {
            FailureKind::Timeout => Failure::Timeout,
            FailureKind::Protocol | FailureKind::Closed | FailureKind::Dropped => Failure::Broken,
            FailureKind::Withheld => Failure::Stopped,
            // It did not reach the target.
            FailureKind::Connect | FailureKind::Tls => {
                self.open.remove(&number);
                return self.write(&Entry::Refused { number });
            }
        };
        self.write(&Entry::Failed { number, failure })
    }

    fn count(&mut self, resource: &Named) {
        self.foreign.remove(&resource.arn);
        self.named.insert(digest(&resource.arn));
        if !self.own.insert(resource.arn.clone()) {
            return;
        }
        let census = &mut self.census;
        *census.made.entry(resource.kind.clone()).or_default() += 1;
        let alive = census.alive.entry(resource.kind.clone()).or_default();
        *alive += 1;
        let most = census.most.entry(resource.kind.clone()).or_default();
        *most = (*most).max(*alive);
    }

    fn deleted(&mut self, arn: &str) -> Result<(), String> {
        if !self.own.remove(arn) {
            return Ok(());
        }
        if let Some(alive) = Arn::parse(arn).and_then(|arn| self.census.alive.get_mut(arn.resource_type)) {
            *alive = alive.saturating_sub(1);
        }
        self.write(&Entry::Deleted { arn: arn.to_owned() })
    }

    /// Whether the run named an ARN. One that cannot be looked up counts as another's, which is not touched.
    fn is_named(&self, arn: &str) -> bool {
        self.named.contains(digest(arn)).unwrap_or(false)
    }

    /// ARNs that the target shows and nobody named are another's.
    fn notice(&mut self, text: &str) {
        let text = text.replace("\\/", "/");
        for arn in arns_in(&text) {
            if !self.is_named(arn) {
                self.foreign.insert(arn.to_owned());
            }
        }
    }
}

/// What a successful response says was made. Where it is no JSON, or says it elsewhere, every new ARN of a type that the
/// operation makes counts.
fn made(maker: &Maker, response: &Response, is_named: &dyn Fn(&str) -> bool) -> Vec<Named> {
    let body = protocol::read(response).ok().map(|document| document.value);
    let at_its_place = maker.products.iter().filter_map(|product| {
        let arn = path::find(body.as_ref()?, &product.path)?.as_str()?;
        Some(Named { kind: product.resource.clone(), arn: arn.to_owned() })
    });
    let made: Vec<Named> = at_its_place.collect();
    if !made.is_empty() {
        return made;
    }
    let text = String::from_utf8_lossy(&response.body).replace("\\/", "/");
    let is_product = |kind: &str| maker.products.iter().any(|product| product.resource == kind);
    let found: BTreeSet<&str> = arns_in(&text).filter(|arn| !is_named(arn)).collect();
    let resource = |arn: &str| {
        let kind = Arn::parse(arn)?.resource_type.to_owned();
        is_product(&kind).then(|| Named { kind, arn: arn.to_owned() })
    };
    found.into_iter().filter_map(resource).collect()
}

/// Words of a text that are ARNs.
fn arns_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(['"', '\'', ' ', ',', '<', '>', '?', '&', '=', '\n'])
        .map(|word| word.find("arn:").and_then(|start| word.get(start..)).unwrap_or_default())
        .filter(|word| Arn::parse(word).is_some())
}

#[cfg(test)]
mod tests;
