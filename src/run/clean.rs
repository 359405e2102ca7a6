//! Deletes what a run made and left, and nothing else: what its journal names, and what carries its tag.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::sleep;

use super::RunError;
use super::ledger::mark::{Marks, marks_in};
use super::ledger::{Journal, Ledger, Lot, Named, Open, Story, journal};
use super::settings::{Locality, Settings};
use super::target::{OTHER_REGIONS, Target};
use crate::clock;
use crate::generate::encode;
use crate::judge::{document, path};
use crate::plan::resources::{Finder, Resources};
use crate::plan::suite::BroadcastState;
use crate::spec::Contract;
use crate::wire::{Exchange, Reply, Text};

/// How often deleting is tried again for what is in use.
const PASSES: u32 = 5;
/// Most pages that a search follows.
const MOST_PAGES: usize = 10_000;
/// A request that was in flight when its run died has arrived after this long.
const LOOPBACK_GRACE: Duration = Duration::from_secs(1);
/// The same on a target that is elsewhere.
const REMOTE_GRACE: Duration = Duration::from_secs(15);

/// What cleaning did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cleaned {
    /// Deleted now.
    pub deleted: Vec<Named>,
    /// Found to be gone already.
    pub gone: Vec<Named>,
    /// Not deleted, and why.
    pub kept: Vec<(String, String)>,
    /// Resources whose names are like those of the run, but which do not carry its tag.
    pub alike: Vec<String>,
    /// What could not be searched for, and why.
    pub unsearched: Vec<String>,
    /// Requests sent.
    pub requests: u64,
    /// How long it waited for requests that were still in flight.
    pub waited: Duration,
}

impl Cleaned {
    /// Whether nothing of the run is left, as far as anyone can know.
    pub fn is_complete(&self) -> bool {
        self.kept.is_empty() && self.unsearched.is_empty()
    }
}

/// How far what a journal names is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// The run itself just wrote it.
    Full,
    /// It may be old: what it names is looked at before it is deleted.
    LooksFirst,
}

/// How long cleaning may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Haste {
    /// As long as it takes.
    Unhurried,
    /// No longer than at the end of a run that was stopped.
    Hurried,
}

/// Finishes what a journal begins: deletes what it names and is there still, and looks for what was being made when the
/// run died. Notes in the journal what is gone, so that it can be done again.
///
/// # Errors
/// The journal cannot be read or written, or the target's client cannot be set up.
pub async fn by_journal(contract: &Arc<Contract>, settings: &Settings, path: &Path) -> Result<Cleaned, RunError> {
    finish(contract, settings, path, Trust::LooksFirst, Haste::Unhurried).await
}

/// The same right after a run.
pub(super) async fn after_run(
    contract: &Arc<Contract>,
    settings: &Settings,
    path: &Path,
    haste: Haste,
) -> Result<Cleaned, RunError> {
    finish(contract, settings, path, Trust::Full, haste).await
}

async fn finish(
    contract: &Arc<Contract>,
    settings: &Settings,
    path: &Path,
    trust: Trust,
    haste: Haste,
) -> Result<Cleaned, RunError> {
    let (header, entries) = journal::read(path)?;
    let story = Story::of(header, entries);
    if story.ended {
        return Ok(Cleaned::default());
    }
    let durable = settings.locality == Locality::Remote;
    let journal = Journal::reopen(path, durable)?;
    let resources = Resources::of(contract);
    let ledger = Ledger::new(contract, &resources, &story.header.run, Some(journal));
    let arns = story.lots.iter().flat_map(|lot| lot.resources.iter().map(|resource| resource.arn.clone()));
    ledger.adopt(arns, story.next);
    let target = Target::new(contract, settings, Some(ledger))?;
    if haste == Haste::Hurried {
        target.hurry();
    }
    let mut cleaner =
        Cleaner { contract, resources, target, run: &story.header.run, trust, cleaned: Cleaned::default() };
    if !story.open.is_empty() && trust == Trust::LooksFirst {
        cleaner.cleaned.waited = await_flights(path, settings.locality).await;
    }
    // What was being made may use what was made before it, so that both are deleted together.
    let (found, searched) = cleaner.find(&story).await;
    cleaner.delete_lots(story.lots.iter().cloned().chain(found).collect()).await;
    if cleaner.cleaned.kept.is_empty() {
        searched.into_iter().for_each(|intent| cleaner.note_settled(intent));
    }
    let is_complete = cleaner.cleaned.is_complete();
    let (target, mut cleaned) = (Arc::clone(&cleaner.target), cleaner.cleaned);
    cleaned.requests = target.requests();
    if let (true, Some(ledger)) = (is_complete, target.ledger()) {
        ledger.ended().map_err(RunError::Unwritten)?;
    }
    Ok(cleaned)
}

/// Deletes what carries the tag of a run whose journal is lost.
///
/// # Errors
/// The target's client cannot be set up.
pub async fn by_tag(contract: &Arc<Contract>, settings: &Settings, run: &str) -> Result<Cleaned, RunError> {
    let resources = Resources::of(contract);
    let ledger = Ledger::new(contract, &resources, run, None);
    let target = Target::new(contract, settings, Some(ledger))?;
    let cleaned = Cleaned::default();
    let mut cleaner = Cleaner { contract, resources, target, run, trust: Trust::Full, cleaned };
    let kinds: Vec<String> = cleaner.resources.types().map(str::to_owned).collect();
    let elsewhere = OTHER_REGIONS.iter().filter(|region| **region != settings.region && cleaner.target.signs());
    let regions: Vec<Option<String>> =
        std::iter::once(None).chain(elsewhere.map(|region| Some((*region).to_owned()))).collect();
    let mut lots = Vec::new();
    for region in &regions {
        for kind in &kinds {
            lots.extend(cleaner.search(kind, region.as_deref(), &|marks| marks.tagged).await);
        }
    }
    cleaner.delete_lots(lots).await;
    cleaner.cleaned.requests = cleaner.target.requests();
    Ok(cleaner.cleaned)
}

/// Waits until what was in flight when the journal was last written must have arrived.
async fn await_flights(path: &Path, locality: Locality) -> Duration {
    let grace = if locality == Locality::Remote { REMOTE_GRACE } else { LOOPBACK_GRACE };
    let written = std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let age = written.and_then(|written| clock::now().duration_since(written).ok()).unwrap_or_default();
    let wait = grace.saturating_sub(age);
    sleep(wait).await;
    wait
}

struct Cleaner<'c> {
    contract: &'c Contract,
    resources: Resources,
    target: Arc<Target>,
    run: &'c str,
    trust: Trust,
    cleaned: Cleaned,
}

/// What became of an attempt.
enum Attempt {
    Deleted,
    Gone,
    InUse,
    Refused(String),
}

/// Whose a resource is.
enum Owner {
    Ours,
    Nobody,
    Unclear(String),
}

impl Cleaner<'_> {
    /// Deletes newest first, and again what was still in use by what was deleted after it.
    async fn delete_lots(&mut self, lots: Vec<Lot>) {
        let mut left = lots;
        for pass in 0..PASSES {
            let mut in_use = Vec::new();
            for mut lot in left.into_iter().rev() {
                lot.resources = self.delete_lot(&lot).await;
                if !lot.resources.is_empty() {
                    in_use.push(lot);
                }
            }
            in_use.reverse();
            left = in_use;
            if left.is_empty() {
                return;
            }
            if !self.target.is_loopback() {
                sleep(Duration::from_secs(1 << pass)).await;
            }
        }
        let named = left.into_iter().flat_map(|lot| lot.resources);
        self.cleaned.kept.extend(named.map(|resource| (resource.arn, "it is in use".to_owned())));
    }

    /// Deletes what one request made; what is in use comes back.
    async fn delete_lot(&mut self, lot: &Lot) -> Vec<Named> {
        let Some(first) = lot.resources.first() else { return Vec::new() };
        match self.owner(lot, first).await {
            Owner::Ours => self.delete_all(lot, &lot.resources).await,
            Owner::Nobody => {
                self.gone(first);
                let mut in_use = Vec::new();
                for resource in lot.resources.iter().skip(1) {
                    in_use.extend(self.delete_sibling(lot, first, resource).await);
                }
                in_use
            }
            Owner::Unclear(reason) => {
                let kept = lot.resources.iter().map(|resource| (resource.arn.clone(), reason.clone()));
                self.cleaned.kept.extend(kept);
                Vec::new()
            }
        }
    }

    async fn delete_all(&mut self, lot: &Lot, resources: &[Named]) -> Vec<Named> {
        let mut in_use = Vec::new();
        for resource in resources.iter().rev() {
            match self.delete(lot.region.as_deref(), resource).await {
                Attempt::Deleted => self.cleaned.deleted.push(resource.clone()),
                Attempt::Gone => self.gone(resource),
                Attempt::InUse => in_use.push(resource.clone()),
                Attempt::Refused(reason) => self.cleaned.kept.push((resource.arn.clone(), reason)),
            }
        }
        in_use.reverse();
        in_use
    }

    /// What was made together with something that is gone: it goes too, if it belongs to that.
    async fn delete_sibling(&mut self, lot: &Lot, first: &Named, resource: &Named) -> Vec<Named> {
        match self.look(lot.region.as_deref(), resource).await {
            Ok(None) => {
                self.gone(resource);
                Vec::new()
            }
            Ok(Some(shown)) if names(&shown, &first.arn) => self.delete_all(lot, std::slice::from_ref(resource)).await,
            Ok(Some(_)) => {
                let reason = "nothing shows that it is this run's: look at it and delete it by hand".to_owned();
                self.cleaned.kept.push((resource.arn.clone(), reason));
                Vec::new()
            }
            Err(reason) => {
                self.cleaned.kept.push((resource.arn.clone(), reason));
                Vec::new()
            }
        }
    }

    fn gone(&mut self, resource: &Named) {
        self.cleaned.gone.push(resource.clone());
        if let Some(Err(reason)) = self.target.ledger().map(|ledger| ledger.gone(&resource.arn)) {
            self.cleaned.kept.push((resource.arn.clone(), reason));
        }
    }

    /// A journal's word is checked against what the resource says of itself, where it was marked.
    async fn owner(&self, lot: &Lot, first: &Named) -> Owner {
        let is_marked = lot.tagged || lot.name.is_some();
        if self.trust == Trust::Full || self.resources.reader(self.contract, &first.kind).is_none() {
            return Owner::Ours;
        }
        match self.look(lot.region.as_deref(), first).await {
            Ok(None) => Owner::Nobody,
            Ok(Some(shown)) if is_marked => {
                let marks = marks_in(&shown, self.run);
                match marks.tagged || marks.name.is_some() {
                    true => Owner::Ours,
                    false => Owner::Unclear(format!(
                        "it does not carry the tag or the name that run {} gave it: another may have made it anew",
                        self.run
                    )),
                }
            }
            Ok(Some(_)) => Owner::Ours,
            Err(reason) => Owner::Unclear(reason),
        }
    }

    /// What a resource shows of itself; nothing if it is gone.
    async fn look(&self, region: Option<&str>, resource: &Named) -> Result<Option<Value>, String> {
        let Some((operation, member)) = self.resources.reader(self.contract, &resource.kind) else {
            return Err("no operation shows it".to_owned());
        };
        let exchange =
            self.call(region, operation, Map::from_iter([(member, Value::from(resource.arn.as_str()))])).await;
        match &exchange.reply {
            Reply::Response(response) if response.status == 404 => Ok(None),
            Reply::Response(response) if (200..300).contains(&response.status) => {
                let body = document::read(response).map(|document| document.value).unwrap_or_default();
                Ok(Some(object_with(&body, &resource.arn).cloned().unwrap_or(body)))
            }
            _ => Err(format!("{operation} could not show it: {}", said(&exchange))),
        }
    }

    async fn delete(&self, region: Option<&str>, resource: &Named) -> Attempt {
        let Some((operation, member)) = self.resources.deleter(&resource.kind) else {
            return Attempt::Refused("no operation deletes it".to_owned());
        };
        let input = Map::from_iter([(member.to_owned(), Value::from(resource.arn.as_str()))]);
        let mut exchange = self.call(region, operation, input.clone()).await;
        if status(&exchange) == Some(409) && self.target.has_control_path() {
            // A stream that goes on is ended; for other resources this changes nothing.
            let _ = self.target.broadcast(&resource.arn, BroadcastState::Offline, None).await;
            exchange = self.call(region, operation, input).await;
        }
        match status(&exchange) {
            Some(200..=299) => Attempt::Deleted,
            Some(404) => Attempt::Gone,
            Some(409) => Attempt::InUse,
            _ => Attempt::Refused(format!("{operation} did not delete it: {}", said(&exchange))),
        }
    }

    async fn call(&self, region: Option<&str>, operation: &str, input: Map<String, Value>) -> Exchange {
        let operation = self.contract.operation(operation);
        let request = operation.map(|operation| encode::request(operation, &Value::Object(input)));
        match request {
            Some(request) => self.target.send_in(region, &request).await,
            None => unknown_operation(),
        }
    }

    /// Looks for what requests without an answer may have made: what there is of it, and the requests of which all is
    /// known now.
    async fn find<'s>(&mut self, story: &'s Story) -> (Vec<Lot>, Vec<&'s Open>) {
        let (mut found, mut searched): (Vec<Lot>, Vec<&Open>) = (Vec::new(), Vec::new());
        for intent in &story.open {
            let kinds: Vec<String> =
                self.resources.products(&intent.operation).iter().map(|product| product.resource.clone()).collect();
            let before = self.cleaned.unsearched.len();
            let Some(kind) = kinds.first() else { continue };
            if self.belongs_to_another(kind) {
                // It went with what it belongs to, which the journal names.
                searched.push(intent);
                continue;
            }
            if !intent.tagged && intent.name.is_none() {
                let what = format!("{} {}", intent.operation, intent.number);
                self.cleaned.unsearched.push(format!(
                    "{what} had no answer and could carry neither tag nor name: look for a {kind} without both"
                ));
                continue;
            }
            let is_it = |marks: &Marks| match &intent.name {
                Some(name) => marks.name.as_ref() == Some(name),
                None => marks.tagged,
            };
            let lots = self.search(kind, intent.region.as_deref(), &is_it).await;
            let named = story.lots.iter().chain(&found).flat_map(|lot| &lot.resources);
            let named: BTreeSet<&Named> = named.collect();
            let is_new = |lot: &Lot| lot.resources.iter().any(|resource| !named.contains(resource));
            let new: Vec<Lot> = lots.into_iter().filter(is_new).collect();
            found.extend(new);
            if before == self.cleaned.unsearched.len() {
                searched.push(intent);
            }
        }
        (found, searched)
    }

    fn note_settled(&mut self, intent: &Open) {
        if let Some(Err(reason)) = self.target.ledger().map(|ledger| ledger.settled(intent.number)) {
            self.cleaned.kept.push((intent.operation.clone(), reason));
        }
    }

    /// Whether resources of a type are made in another resource, with which they go.
    fn belongs_to_another(&self, kind: &str) -> bool {
        let producer = self.resources.producer(kind).and_then(|producer| self.contract.operation(producer));
        producer.is_some_and(|producer| crate::plan::resources::needed_resources(producer) > 0)
    }

    /// Resources of a type that a list shows with the marks that are looked for.
    async fn search(&mut self, kind: &str, region: Option<&str>, is_it: &dyn Fn(&Marks) -> bool) -> Vec<Lot> {
        if self.resources.deleter(kind).is_none() {
            return Vec::new();
        }
        let Some(finder) = self.resources.finder(self.contract, kind) else {
            let producer = self.resources.producer(kind).and_then(|producer| self.contract.operation(producer));
            let goes_with_another = producer.is_some_and(|producer| self.resources.makes_more(&producer.name, kind));
            if !goes_with_another && !self.belongs_to_another(kind) {
                self.cleaned.unsearched.push(format!("no list shows every {kind} with its tags"));
            }
            return Vec::new();
        };
        let items = match self.walk(&finder, region).await {
            Ok(items) => items,
            Err(reason) => {
                let place = region.map_or_else(String::new, |region| format!(" in {region}"));
                self.cleaned.unsearched.push(format!("{}{place} failed: {reason}", finder.operation));
                return Vec::new();
            }
        };
        let mut lots = Vec::new();
        for item in items {
            let Some(arn) = path::find(&item, &finder.arn).and_then(Value::as_str) else { continue };
            let marks = marks_in(&item, self.run);
            if is_it(&marks) {
                let resource = Named { kind: kind.to_owned(), arn: arn.to_owned() };
                if let Some(ledger) = self.target.ledger() {
                    ledger.adopt([arn.to_owned()], 0);
                }
                lots.push(Lot {
                    number: 0,
                    region: region.map(str::to_owned),
                    tagged: marks.tagged,
                    name: marks.name,
                    resources: vec![resource],
                });
            } else if marks.name.is_some() && self.trust == Trust::Full {
                self.cleaned.alike.push(arn.to_owned());
            }
        }
        lots
    }

    async fn walk(&self, finder: &Finder, region: Option<&str>) -> Result<Vec<Value>, String> {
        let mut items = Vec::new();
        let mut tokens: BTreeSet<String> = BTreeSet::new();
        let mut input = Map::new();
        for _ in 0..MOST_PAGES {
            let exchange = self.call(region, &finder.operation, input.clone()).await;
            let body = match exchange.response() {
                Some(response) if (200..300).contains(&response.status) => document::read(response),
                _ => return Err(said(&exchange)),
            };
            let page = body.map_err(|_| "the answer is no JSON".to_owned())?.value;
            items.extend(path::find(&page, &finder.items).and_then(Value::as_array).cloned().unwrap_or_default());
            let Some((input_token, output_token)) = &finder.tokens else { return Ok(items) };
            let token = path::find(&page, output_token).and_then(Value::as_str).filter(|token| !token.is_empty());
            let Some(token) = token else { return Ok(items) };
            if !tokens.insert(token.to_owned()) {
                return Err("a page's token came again".to_owned());
            }
            input.insert(input_token.clone(), Value::from(token));
        }
        Err(format!("there are more than {MOST_PAGES} pages"))
    }
}

fn status(exchange: &Exchange) -> Option<u16> {
    exchange.response().map(|response| response.status)
}

/// What came back, in a few words; never what the body says.
fn said(exchange: &Exchange) -> String {
    match &exchange.reply {
        Reply::Response(response) => format!("the target answered with status {}", response.status),
        Reply::Failure(failure) => failure.detail.clone(),
    }
}

fn unknown_operation() -> Exchange {
    use crate::wire::{FailureKind, Request, TransportFailure};
    let request =
        Request { method: Text::default(), target: Text::default(), headers: Vec::new(), body: Default::default() };
    let detail = "the contract does not have the operation".to_owned();
    let reply = Reply::Failure(TransportFailure { kind: FailureKind::Withheld, detail });
    Exchange { request, reply, elapsed: Duration::ZERO }
}

/// The object below a value that has this ARN as its own.
fn object_with<'v>(value: &'v Value, arn: &str) -> Option<&'v Value> {
    match value {
        Value::Object(members) => match members.get("arn").and_then(Value::as_str) == Some(arn) {
            true => Some(value),
            false => members.values().find_map(|value| object_with(value, arn)),
        },
        Value::Array(elements) => elements.iter().find_map(|value| object_with(value, arn)),
        _ => None,
    }
}

/// Whether a member of an object is this ARN.
fn names(value: &Value, arn: &str) -> bool {
    value.as_object().is_some_and(|members| members.values().any(|value| value.as_str() == Some(arn)))
}
