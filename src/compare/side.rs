//! One of the two targets: it binds references to its own values, sends, and deletes what it made.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::difference::Response;
use super::keys;
use super::program::read_reference;
use crate::generate::Generator;
use crate::generate::placeholder::{self, Placeholder};
use crate::judge::{Answer, Judge};
use crate::plan::Plan;
use crate::plan::suite::BroadcastState;
use crate::protocol;
use crate::record::Secrets;
use crate::run::Link;
use crate::spec::contract::{Contract, Operation, Pagination};
use crate::spec::path;
use crate::spec::{Arn, Pattern};
use crate::wire::{Exchange, FailureKind, Reply};

/// Regions to ask in when a step wants another than the target's own.
const OTHER_REGIONS: [&str; 2] = ["eu-west-1", "us-west-2"];
/// Most pages that a list is followed.
const MOST_PAGES: usize = 100;
/// Account in made-up ARNs until the target names its own.
const SOME_ACCOUNT: &str = "123456789012";
/// A deletion that is refused because of what still refers to the resource is tried again after the others.
const ROUNDS: usize = 3;

/// What all programs on one target share.
pub struct Side {
    pub contract: Arc<Contract>,
    pub plan: Arc<Plan>,
    pub generator: Arc<Generator>,
    pub judge: Arc<Judge>,
    pub link: Link,
    /// Keys that programs import are drawn from it.
    pub nonce: u64,
    account: Option<String>,
    /// Operations by which resources could not be deleted, with how many are left.
    pub left: BTreeMap<String, u64>,
    pub secrets: Secrets,
}

/// What a program made and saw on a target.
#[derive(Debug, Default)]
pub struct Played {
    /// Outputs by the number of their step.
    pub outputs: BTreeMap<usize, Value>,
    /// What was made, oldest first.
    made: Vec<Made>,
    live: Vec<String>,
}

/// A resource that a program made.
#[derive(Debug)]
struct Made {
    kind: String,
    name: String,
    /// Region that it was made in, if it is not the target's own.
    region: Option<String>,
}

/// What became of the resources that a program made: their types and names.
#[derive(Debug, Default)]
pub struct Cleaned {
    /// What is gone by what the target says.
    pub deleted: Vec<(String, String)>,
    /// What could not be deleted.
    pub left: Vec<(String, String)>,
}

/// What a target says to a deletion.
enum Deletion {
    /// The resource is deleted, or was before.
    Gone,
    /// It is perhaps there still, and a further deletion changes nothing.
    Unknown,
    /// It is there still.
    Refused,
}

/// What became of a call.
#[derive(Debug, Clone)]
pub struct Called {
    pub input: Value,
    pub response: Response,
    pub exchange: Exchange,
}

impl Side {
    pub fn new(
        contract: &Arc<Contract>,
        plan: &Arc<Plan>,
        generator: &Arc<Generator>,
        judge: &Arc<Judge>,
        link: Link,
        nonce: u64,
    ) -> Side {
        Side {
            contract: Arc::clone(contract),
            plan: Arc::clone(plan),
            generator: Arc::clone(generator),
            judge: Arc::clone(judge),
            link,
            nonce,
            account: None,
            left: BTreeMap::new(),
            secrets: Secrets::default(),
        }
    }

    /// The value with this target's own values for references; `None` if the target did not show one of them.
    pub fn bind(&self, value: &Value, played: &Played) -> Option<Value> {
        let resolve = &mut |name: &str| self.resolve(name, played).ok_or(());
        placeholder::replace(value, resolve).ok()
    }

    fn resolve(&self, name: &str, played: &Played) -> Option<Value> {
        if let Some((step, place)) = read_reference(name) {
            let found = path::find(played.outputs.get(&step)?, place)?;
            return (!found.is_null()).then(|| found.clone());
        }
        match Placeholder::parse(name) {
            Placeholder::Absent { resource, number } => self.absent(&resource, number).map(Value::from),
            Placeholder::PublicKey { name, curve } => {
                keys::public_key(curve, self.nonce, name.parse().ok()?).map(Value::from)
            }
            Placeholder::Variable(name) if name == "region" => Some(Value::from(self.link.region())),
            Placeholder::Variable(name) if name == "other-region" => {
                let others = OTHER_REGIONS.iter().find(|region| **region != self.link.region());
                others.map(|region| Value::from(*region))
            }
            Placeholder::Variable(_) | Placeholder::Resource { .. } => None,
        }
    }

    /// A well-formed name of nothing.
    fn absent(&self, resource: &str, number: u32) -> Option<String> {
        let resource = if resource == Pattern::ANY_RESOURCE { self.plan.resources.types().next()? } else { resource };
        let pattern = self.generator.stand_in(resource)?;
        let Some(shape) = Arn::parse(pattern) else { return self.generator.absent_id(resource, number) };
        let id = format!("absent{number:06}");
        let account = self.account.as_deref().unwrap_or(SOME_ACCOUNT);
        Some(Arn { region: self.link.region(), account, resource_id: &id, ..shape }.to_string())
    }

    /// Sends an input, and takes note of what came back.
    pub async fn call(
        &mut self,
        operation: &Operation,
        input: Value,
        region: Option<&str>,
        played: &mut Played,
    ) -> Called {
        let called = self.fetch(operation, input, region).await;
        self.note(operation, &called, region, played);
        called
    }

    /// Sends an input. A paginated operation that succeeds is followed to its last page.
    pub async fn fetch(&self, operation: &Operation, input: Value, region: Option<&str>) -> Called {
        let exchange = self.link.send(&protocol::request(operation, &input), region).await;
        let response = self.read(&exchange);
        let mut called = Called { input, response, exchange };
        self.follow_pages(operation, region, &mut called).await;
        called
    }

    /// Takes note of secrets, and of what a call made.
    pub fn note(&mut self, operation: &Operation, called: &Called, region: Option<&str>, played: &mut Played) {
        self.secrets.note(&operation.input, &called.input);
        if let Some(body) = &called.response.body {
            self.secrets.note(&operation.output, body);
        }
        if called.response.answer == Answer::Success {
            self.remember(operation, called, region, played);
        }
    }

    fn read(&self, exchange: &Exchange) -> Response {
        let Reply::Response(response) = &exchange.reply else { return Response::default() };
        let body = protocol::read(response).ok().map(|document| document.value);
        let answer = match response.status {
            200..=299 if response.is_page() => Answer::Page,
            200..=299 => Answer::Success,
            status => {
                let code = protocol::error_code(response, body.as_ref());
                Answer::Error { status, code: code.map(|code| self.judge.canonical(&code).to_owned()) }
            }
        };
        Response { answer, status: Some(response.status), body, exceeds: false }
    }

    /// Puts the items of all pages in the place of those of the first; an error on the way is the response.
    async fn follow_pages(&self, operation: &Operation, region: Option<&str>, called: &mut Called) {
        let Some(pagination) = &operation.pagination else { return };
        let (Some(items), Value::Object(first)) = (&pagination.items, &called.input) else { return };
        let mut input = first.clone();
        let mut exceeds = is_too_long(pagination, &called.input, called.response.body.as_ref());
        called.response.exceeds = exceeds;
        for _ in 1..MOST_PAGES {
            let Some(body) = called.response.body.as_mut().filter(|_| called.response.answer == Answer::Success) else {
                return;
            };
            let token = body.get(&pagination.output_token).and_then(Value::as_str).unwrap_or_default().to_owned();
            if token.is_empty() {
                return;
            }
            input.insert(pagination.input_token.clone(), Value::from(token));
            let next = self.link.send(&protocol::request(operation, &Value::Object(input.clone())), region).await;
            let response = self.read(&next);
            if response.answer != Answer::Success {
                called.response = response;
                called.exchange = next;
                return;
            }
            exceeds |= is_too_long(pagination, &called.input, response.body.as_ref());
            append(&mut called.response, &response, items, &pagination.output_token);
            called.response.exceeds = exceeds;
        }
        // A list that does not end is no success, whatever its pages say.
        called.response = Response::default();
    }

    fn remember(&mut self, operation: &Operation, called: &Called, region: Option<&str>, played: &mut Played) {
        let Some(body) = &called.response.body else { return };
        for product in self.plan.resources.products(&operation.name) {
            let Some(name) = path::find(body, &product.path).and_then(Value::as_str) else { continue };
            if let Some(arn) = Arn::parse(name) {
                self.account.get_or_insert_with(|| arn.account.to_owned());
            }
            let region = region.map(str::to_owned);
            played.made.push(Made { kind: product.resource.clone(), name: name.to_owned(), region });
        }
    }

    /// Starts or ends a broadcast; false if that failed.
    pub async fn broadcast(&self, resource: &str, state: BroadcastState, played: &mut Played) -> bool {
        let is_done = self.link.broadcast(resource, state).await.is_ok();
        if state == BroadcastState::Live && is_done {
            played.live.push(resource.to_owned());
        }
        is_done
    }

    /// Deletes what a program made.
    pub async fn clean(&mut self, played: Played) -> Cleaned {
        for resource in &played.live {
            // One that is offline or gone already needs nothing.
            let _ = self.link.broadcast(resource, BroadcastState::Offline).await;
        }
        let plan = Arc::clone(&self.plan);
        let mut left = played.made;
        left.sort_by_key(|made| plan.resources.deletion_rank(&made.kind));
        let mut cleaned = Cleaned::default();
        for round in 1..=ROUNDS {
            let mut refused = Vec::new();
            for made in left {
                match self.delete(&made).await {
                    Deletion::Gone => cleaned.deleted.push((made.kind, made.name)),
                    Deletion::Unknown => cleaned.left.push((made.kind, made.name)),
                    Deletion::Refused => refused.push(made),
                }
            }
            left = refused;
            if left.is_empty() || round == ROUNDS {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for made in left {
            *self.left.entry(made.kind.clone()).or_default() += 1;
            cleaned.left.push((made.kind, made.name));
        }
        cleaned
    }

    async fn delete(&self, made: &Made) -> Deletion {
        let Some((operation, member)) = self.plan.resources.deleter(&made.kind) else { return Deletion::Unknown };
        let Some(operation) = self.contract.operation(operation) else { return Deletion::Unknown };
        let input = Value::Object(Map::from_iter([(member.to_owned(), json!(made.name))]));
        let exchange = self.link.send(&protocol::request(operation, &input), made.region.as_deref()).await;
        if let Reply::Failure(failure) = &exchange.reply {
            return if failure.kind == FailureKind::Withheld { Deletion::Unknown } else { Deletion::Refused };
        }
        match self.read(&exchange).answer {
            Answer::Success => Deletion::Gone,
            // Without the code of the operation it may be the operation that is not found.
            Answer::Error { status: 404, code } => {
                let is_documented =
                    operation.errors.iter().any(|error| error.status == 404 && Some(&error.code) == code.as_ref());
                if is_documented { Deletion::Gone } else { Deletion::Unknown }
            }
            Answer::Page | Answer::Error { .. } | Answer::Nothing => Deletion::Refused,
        }
    }
}

/// Whether a page has more items than were asked for.
fn is_too_long(pagination: &Pagination, input: &Value, page: Option<&Value>) -> bool {
    let most = pagination.page_size.as_ref().and_then(|size| input.get(size)).and_then(Value::as_u64);
    let items = pagination.items.as_ref().and_then(|items| page?.get(items)?.as_array());
    most.zip(items).is_some_and(|(most, items)| items.len() as u64 > most)
}

/// Adds the items of another page, and takes over its token.
fn append(response: &mut Response, page: &Response, items: &str, token: &str) {
    let Some(Value::Object(whole)) = &mut response.body else { return };
    let part = page.body.as_ref();
    let more = part.and_then(|body| body.get(items)).and_then(Value::as_array).cloned().unwrap_or_default();
    match whole.get_mut(items) {
        Some(Value::Array(known)) => known.extend(more),
        _ => {
            whole.insert(items.to_owned(), Value::Array(more));
        }
    }
    let next = part.and_then(|body| body.get(token)).cloned().unwrap_or(Value::Null);
    whole.insert(token.to_owned(), next);
}
