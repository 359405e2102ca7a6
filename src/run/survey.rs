//! Looks a target over before its cases: is it there, which operations does it have, does it check signatures?

use serde_json::Value;

use super::environment::Environment;
use super::ledger::mark::About;
use super::needs;
use crate::generate::encode;
use crate::generate::placeholder::{self, Placeholder};
use crate::judge::{Answer, document, error_code};
use crate::plan::expectation::Expectation;
use crate::plan::suite::SignatureChange;
use crate::spec::contract::Operation;
use crate::spec::rules::ErrorCause;
use crate::wire::{Exchange, FailureKind, Reply, Request, Response};

/// A path that no service has.
const NOWHERE: &str = "/IvsConformanceNoSuchOperation";

/// How many requests may go without an answer before any was answered.
const MUTE: usize = 2;

/// An operation that the target does not have, with the exchange that shows it.
#[derive(Debug, Clone)]
pub struct Missing {
    /// The operation.
    pub operation: String,
    /// What shows it.
    pub exchange: Exchange,
}

/// What the target answers where there is nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Nowhere {
    status: u16,
    code: Option<String>,
}

/// Whether the target answers at all.
///
/// # Errors
/// Why no connection could be made.
pub async fn reach(env: &Environment) -> Result<Exchange, String> {
    let exchange = env.target.send_once(&nowhere_request()).await;
    match &exchange.reply {
        Reply::Failure(failure) if failure.kind == FailureKind::Connect => {
            Err(format!("POST {NOWHERE}: {}", failure.detail))
        }
        _ => Ok(exchange),
    }
}

/// Why nothing can be found out: no request was answered, and the last one neither.
fn is_mute(env: &Environment, request: &Request, exchange: &Exchange) -> Option<String> {
    let health = env.target.health();
    let failures = health.failures_in_a_row();
    match &exchange.reply {
        Reply::Failure(failure) if !health.has_answered() && failures >= MUTE => Some(format!(
            "{failures} requests got no answer, the last one, {} {}: {}",
            request.method, request.target, failure.detail
        )),
        _ => None,
    }
}

fn nowhere_request() -> Request {
    Request {
        method: "POST".into(),
        target: NOWHERE.into(),
        headers: vec![("accept".into(), "application/json".into()), ("content-type".into(), "application/json".into())],
        body: "{}".into(),
    }
}

/// The operations among those that the cases take that the target does not have. Each is called once with a small valid
/// input that names nothing real, so that nothing is changed but by operations that create; what they create is in the
/// second list.
///
/// # Errors
/// Why nothing can be found out.
pub async fn missing_operations(
    env: &Environment,
    nowhere: &Exchange,
) -> Result<(Vec<Missing>, Vec<(String, Value)>), String> {
    let nowhere = nowhere.response().map(|response| Nowhere { status: response.status, code: code(response) });
    let mut missing = Vec::new();
    let mut created = Vec::new();
    for name in needs::operations(env) {
        let Some(operation) = env.contract.operation(&name).filter(|_| !env.target.is_stopped()) else { continue };
        let Some(mut input) = harmless_input(env, operation) else { continue };
        env.mark(operation, &mut input, About::default());
        let request = encode::request(operation, &input);
        let exchange = env.target.send(&request).await;
        if let Some(reason) = is_mute(env, &request, &exchange) {
            return Err(reason);
        }
        let Some(response) = exchange.response() else { continue };
        if is_missing(env, operation, response, nowhere.as_ref()) {
            missing.push(Missing { operation: operation.name.clone(), exchange });
        } else if (200..300).contains(&response.status)
            && let Ok(document) = document::read(response)
        {
            created.push((operation.name.clone(), document.value));
        }
    }
    Ok((missing, created))
}

fn harmless_input(env: &Environment, operation: &Operation) -> Option<Value> {
    let input = env.generator.minimal_input(operation);
    placeholder::replace(&input, &mut |name| {
        let (resource, number) = match Placeholder::parse(name) {
            Placeholder::PublicKey { .. } => return env.public_key().map(Value::from).ok_or(()),
            Placeholder::Resource { resource, .. } | Placeholder::Variable(resource) => (resource, 1),
            Placeholder::Absent { resource, number } => (resource, number),
        };
        env.absent_arn(&resource, number).map(Value::from).ok_or(())
    })
    .ok()
}

/// An operation is missing if a valid request is answered like a path where there is nothing, or in one of the ways
/// in which gateways and frameworks say so; never if the answer names an error that the operation documents.
fn is_missing(env: &Environment, operation: &Operation, response: &Response, nowhere: Option<&Nowhere>) -> bool {
    if (200..300).contains(&response.status) {
        return false;
    }
    let code = code(response);
    let canonical = code.as_deref().map(|code| env.judge.canonical(code));
    if canonical.is_some_and(|code| operation.error(code).is_some() && response.status != 501) {
        return false;
    }
    let common = &env.contract.rules.common_errors;
    let is_routing = |code: &str| {
        common.iter().any(|error| error.code == code && error.when == ErrorCause::Routing)
            || matches!(code, "UnknownOperationException" | "UnknownOperation" | "InvalidAction" | "NotImplemented")
    };
    let is_like_nowhere =
        nowhere.is_some_and(|nowhere| nowhere.status == response.status && nowhere.code.as_deref() == code.as_deref());
    // A target that names an error where there is nothing has something where it names none.
    let names_nothing = nowhere.is_none_or(|nowhere| nowhere.code.is_none());
    matches!(response.status, 405 | 501)
        || canonical.is_some_and(is_routing)
        || (is_like_nowhere && matches!(response.status, 400 | 403 | 404))
        || (code.is_none() && response.status == 404 && names_nothing)
}

fn code(response: &Response) -> Option<String> {
    let body = document::read(response).ok().map(|document| document.value);
    error_code::of(response, body.as_ref())
}

/// What the target makes of requests that are not signed as they should be.
#[derive(Debug, Clone)]
pub enum Signatures {
    /// It refuses them.
    Checked,
    /// It serves them as it serves others: the exchange shows it, and the operation that was called.
    Ignored(String, Box<Exchange>),
    /// The run does not sign, no case depends on it, or nothing could be found out.
    Unknown,
}

/// Finds out whether the target checks signatures: a read-only request signed with a wrong secret tells. (One without
/// any signature does not: some targets need the signature's scope to find the service.)
pub async fn signatures(env: &Environment) -> Signatures {
    if !env.target.signs() || !needs::signatures(env) {
        return Signatures::Unknown;
    }
    let is_there = |operation: &&Operation| !env.not_implemented.contains(&operation.name);
    let Some(operation) = needs::signature_witnesses(env).find(is_there) else { return Signatures::Unknown };
    let request = encode::request(operation, &env.generator.minimal_input(operation));
    let exchange = env.target.send_changed(&request, SignatureChange::WrongSecret).await;
    let judgement = env.judge.exchange(operation, &Expectation::success(), operation.status_clause, &exchange);
    match judgement.answer {
        Answer::Success => Signatures::Ignored(operation.name.clone(), Box::new(exchange)),
        Answer::Error { .. } => Signatures::Checked,
        Answer::Nothing => Signatures::Unknown,
    }
}
