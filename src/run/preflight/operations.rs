//! Which operations the target has and lets the run call: each is called once with a small valid input that names nothing
//! real, so that nothing is changed but by operations that create.

mod answer;
mod second_look;

use answer::{Presence, describe, presence};
pub use answer::{answer, code, is_routing};
use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use super::{Untestable, region, speech};
use crate::clock;
use crate::generate::placeholder::{self, Placeholder};
use crate::protocol;
use crate::run::access::Refusal;
use crate::run::dependencies;
use crate::run::health::call;
use crate::run::ledger::ownership_tags::About;
use crate::run::run_context::RunContext;
use crate::spec::contract::Operation;
use crate::wire::{Exchange, FailureKind, Reply, Request, Response, TransportFailure};

/// A path that no service has.
const NOWHERE: &str = "/IvsConformanceNoSuchOperation";
/// Time between two attempts to reach a target that may still be starting.
const BETWEEN_CONTACTS: Duration = Duration::from_millis(50);
/// How many requests may go without a response before any was answered.
const MUTE: usize = 2;
/// Codes by which gateways and frameworks say that a signature is missing, also where there is no such path.
const UNSIGNED: [&str; 2] = ["MissingAuthenticationToken", "MissingAuthenticationTokenException"];

/// An operation that the target does not have, with the exchange that shows it.
#[derive(Debug, Clone)]
pub struct Missing {
    /// The operation.
    pub operation: String,
    /// What shows it.
    pub exchange: Exchange,
}

/// What the calls of the operations showed.
#[derive(Debug, Default)]
pub struct Survey {
    /// Operations that the target does not have.
    pub missing: Vec<Missing>,
    /// Operations that refuse access.
    pub refused: Vec<(String, Refusal)>,
    /// What came into being: the operation that made it, and its output.
    pub created: Vec<(String, Value)>,
    /// Operations that the cases take.
    pub needed: BTreeSet<String>,
    /// What is called when operations are that let the run in.
    pub let_in: BTreeSet<String>,
    /// Operations called.
    called: usize,
    /// Operations that answered a valid request as this API does, well or badly.
    served: usize,
    /// A refusal of access that was seen.
    refusal: Option<Refusal>,
    /// A response that is not one of this API.
    strange: Option<Exchange>,
    /// A request that got no response.
    unanswered: Option<(Request, TransportFailure)>,
}

/// Whether the target responds at all: the exchange with a path that it does not have.
///
/// # Errors
/// No connection can be made.
pub async fn reach(env: &RunContext) -> Result<Exchange, Untestable> {
    let exchange = first_contact(env).await;
    match &exchange.reply {
        Reply::Failure(failure) if matches!(failure.kind, FailureKind::Connect | FailureKind::Tls) => {
            Err(speech::diagnose(env, &exchange.request, failure).await)
        }
        _ => Ok(exchange),
    }
}

/// Asks as soon as connections are accepted, which the run may wait for.
async fn first_contact(env: &RunContext) -> Exchange {
    let (started, request) = (clock::instant(), nowhere_request());
    while started.elapsed() < env.settings.wait
        && !env.target.is_stopped()
        && !env.target.accepts_connections(&request).await
    {
        tokio::time::sleep(BETWEEN_CONTACTS).await;
    }
    env.target.send_once(&request).await
}

/// A request that changes nothing and means nothing to the service.
pub(in crate::run) fn nowhere_request() -> Request {
    Request {
        method: "POST".into(),
        target: NOWHERE.into(),
        headers: vec![("accept".into(), "application/json".into()), ("content-type".into(), "application/json".into())],
        body: "{}".into(),
    }
}

/// Calls the operations that the cases take. If none of them is there, operations that only read are called too, to tell
/// an API without these operations from something else.
///
/// # Errors
/// No request is answered.
pub async fn survey(env: &RunContext, nowhere: &Exchange) -> Result<Survey, Untestable> {
    let mut survey = Survey::default();
    let needed = dependencies::operations(env);
    // What creates comes first: its output names the account to which the ARNs of the others must belong.
    let creates = |name: &&String| !env.plan.resources.products(name).is_empty();
    for name in needed.iter().filter(creates) {
        survey.call(env, name, nowhere).await?;
    }
    let others: Vec<&str> = needed.iter().filter(|name| !creates(name)).map(String::as_str).collect();
    survey.call_all(env, &others, nowhere).await?;
    if survey.called > 0 && survey.served == 0 {
        let other = survey.others(env, &needed, nowhere).await?;
        survey.served = other;
    }
    survey.needed = needed;
    Ok(survey)
}

/// The call of an operation.
struct Probe<'c> {
    operation: &'c Operation,
    request: Request,
    is_about_ours: bool,
}

/// A request of an operation that names nothing real; `None` if none can be made.
pub(super) fn harmless_request(env: &RunContext, operation: &Operation) -> Option<Request> {
    Probe::of(env, &operation.name).map(|probe| probe.request)
}

impl Probe<'_> {
    fn of<'c>(env: &'c RunContext, name: &str) -> Option<Probe<'c>> {
        let operation = env.contract.operation(name).filter(|_| !env.target.is_stopped())?;
        let (mut input, is_about_ours) = harmless_input(env, operation)?;
        env.mark(operation, &mut input, About::default());
        Some(Probe { operation, request: protocol::request(operation, &input), is_about_ours })
    }
}

impl Survey {
    /// Calls operations that create nothing, several at a time where each takes long.
    async fn call_all(&mut self, env: &RunContext, names: &[&str], nowhere: &Exchange) -> Result<(), Untestable> {
        let mut names = names.iter();
        while names.len() > 0 {
            let next = names.by_ref().take(env.target.concurrency().lanes());
            let probes: Vec<Probe<'_>> = next.filter_map(|name| Probe::of(env, name)).collect();
            let exchanges = join_all(probes.iter().map(|probe| env.target.send(&probe.request))).await;
            for (probe, exchange) in probes.iter().zip(exchanges) {
                self.note(env, probe, exchange, nowhere).await?;
            }
        }
        Ok(())
    }

    async fn call(&mut self, env: &RunContext, name: &str, nowhere: &Exchange) -> Result<(), Untestable> {
        let Some(probe) = Probe::of(env, name) else { return Ok(()) };
        let exchange = env.target.send(&probe.request).await;
        self.note(env, &probe, exchange, nowhere).await
    }

    /// Takes note of what came back for the call of an operation.
    async fn note(
        &mut self,
        env: &RunContext,
        probe: &Probe<'_>,
        exchange: Exchange,
        nowhere: &Exchange,
    ) -> Result<(), Untestable> {
        let Probe { operation, request, is_about_ours } = probe;
        self.called += 1;
        let response = match &exchange.reply {
            Reply::Response(response) => response,
            Reply::Failure(failure) if failure.kind == FailureKind::Withheld => return Ok(()),
            Reply::Failure(failure) => {
                self.unanswered = Some((request.clone(), failure.clone()));
                return match mute(env, request, failure) {
                    Some(reason) => Err(speech::because(env, failure.kind, reason).await),
                    None => Ok(()),
                };
            }
        };
        self.refusal = self.refusal.take().or_else(|| telling_refusal(env, response));
        match presence(env, operation, response, nowhere, *is_about_ours) {
            Presence::Served => {
                self.served += 1;
                self.let_in.insert(call(request));
                self.keep_created(env, operation, response);
            }
            Presence::Refused(refusal) => self.refused.push((operation.name.clone(), refusal)),
            Presence::Missing if second_look::is_there(env, operation, &self.created, nowhere).await => {
                self.served += 1
            }
            Presence::Missing => {
                self.strange.get_or_insert_with(|| exchange.clone());
                self.missing.push(Missing { operation: operation.name.clone(), exchange });
            }
            Presence::Unclear => {
                self.strange.get_or_insert(exchange);
            }
        }
        Ok(())
    }

    /// How many of the operations that only read, and that no case takes, are there; one is enough.
    async fn others(
        &mut self,
        env: &RunContext,
        needed: &BTreeSet<String>,
        nowhere: &Exchange,
    ) -> Result<usize, Untestable> {
        let mut others = Survey::default();
        let is_other = |operation: &&Operation| operation.is_readonly && !needed.contains(&operation.name);
        for operation in env.contract.operations.iter().filter(is_other) {
            others.call(env, &operation.name, nowhere).await?;
            if others.served > 0 {
                break;
            }
        }
        self.called += others.called;
        self.refusal = self.refusal.take().or(others.refusal);
        self.strange = self.strange.take().or(others.strange);
        Ok(others.served)
    }

    fn keep_created(&mut self, env: &RunContext, operation: &Operation, response: &Response) {
        if !(200..300).contains(&response.status) {
            return;
        }
        let Ok(document) = protocol::read(response) else { return };
        region::arns(env, &operation.name, &document.value).iter().for_each(|arn| env.learn_account(arn));
        self.created.push((operation.name.clone(), document.value));
    }

    /// Why nothing can be tested; `None` if at least one operation is there and lets the run in.
    pub async fn verdict(&self, env: &RunContext, nowhere: &Exchange) -> Option<Untestable> {
        if self.served > 0 || self.called == 0 {
            return None;
        }
        let endpoint = env.target.endpoint().to_owned();
        if let Some(refusal) = &self.refusal {
            let refused = || Untestable::AccessRefused {
                endpoint,
                operations: self.called,
                refusal: refusal.clone(),
                is_signed: env.target.signs(),
            };
            return Some(region::of_refusal(env, refusal).unwrap_or_else(refused));
        }
        let seen = match (&self.strange, &self.unanswered) {
            (Some(exchange), _) => describe(exchange),
            (None, Some((request, failure))) if nowhere.response().is_none() => {
                return Some(speech::diagnose(env, request, failure).await);
            }
            (None, Some((request, failure))) => {
                format!("{} {} got no response ({})", request.method, request.target, failure.detail)
            }
            (None, None) => return None,
        };
        let service = env.contract.service.name.clone();
        Some(Untestable::NotThisApi { endpoint, service, operations: self.called, seen })
    }
}

/// Why nothing can be found out: no request was answered in time, and the last one neither.
fn mute(env: &RunContext, request: &Request, failure: &TransportFailure) -> Option<String> {
    let health = env.target.health();
    let failures = health.failures_in_a_row();
    (!health.has_answered() && failures >= MUTE).then(|| {
        let call = format!("{} {}", request.method, request.target);
        format!("{failures} requests got no response, the last one, {call}: {}", failure.detail)
    })
}

/// An input that names nothing real, and whether all that it names belongs to the run's own account.
fn harmless_input(env: &RunContext, operation: &Operation) -> Option<(Value, bool)> {
    let mut is_about_ours = true;
    let input = env.generator.minimal_input(operation);
    let input = placeholder::replace(&input, &mut |name| {
        let (resource, number) = match Placeholder::parse(name) {
            Placeholder::PublicKey { curve, .. } => return env.public_key(curve).map(Value::from).ok_or(()),
            Placeholder::Resource { resource, .. } | Placeholder::Variable(resource) => (resource, 1),
            Placeholder::Absent { resource, number } => (resource, number),
        };
        is_about_ours &= env.knows_account();
        env.absent_arn(&resource, number).map(Value::from).ok_or(())
    });
    Some((input.ok()?, is_about_ours))
}

/// A refusal that tells of the run's access. One for lack of a signature on a signed request tells of the path.
fn telling_refusal(env: &RunContext, response: &Response) -> Option<Refusal> {
    let is_telling = |refusal: &Refusal| !env.target.signs() || !UNSIGNED.contains(&refusal.code.as_str());
    env.target.access().refusal(response).filter(is_telling)
}
