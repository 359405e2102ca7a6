//! Whether the path that is to start broadcasts is there, if any case needs it.

use serde_json::Value;

use super::{Untestable, operations, region};
use crate::plan::suite::{BroadcastState, Need};
use crate::run::dependencies;
use crate::run::run_context::RunContext;
use crate::spec::Arn;
use crate::wire::{Exchange, FailureKind, Reply, Response};

/// Asks for the state that a resource has already, which changes nothing.
pub async fn check(env: &RunContext, nowhere: &Exchange, created: &[(String, Value)]) -> Option<Untestable> {
    let path = env.target.control_path()?.to_owned();
    if !dependencies::broadcasts(env) {
        return None;
    }
    let subject = subject(env, created)?;
    let exchange = env.target.control(&subject, BroadcastState::Offline, None).await?;
    let seen = match &exchange.reply {
        // What was not sent says nothing of the path.
        Reply::Failure(failure) if failure.kind == FailureKind::Withheld => return None,
        Reply::Failure(failure) => failure.detail.clone(),
        Reply::Response(response) if is_nowhere(env, &path, response, nowhere) => {
            format!("POST {path} is {}", operations::answer(response))
        }
        Reply::Response(_) => return None,
    };
    Some(Untestable::NoControlPath { endpoint: env.target.endpoint().to_owned(), path, seen })
}

/// One that the pre-flight check made, else one that does not exist.
fn subject(env: &RunContext, created: &[(String, Value)]) -> Option<String> {
    let state = env.plan.suites.states.iter().find(|state| state.needs.contains(&Need::Broadcast))?;
    let mut made = created.iter().flat_map(|(operation, output)| region::arns(env, operation, output));
    made.find(|arn| Arn::parse(arn).is_some_and(|arn| arn.resource_type == state.resource))
        .or_else(|| env.absent_arn(&state.resource, 1))
}

/// Whether the response is the one that a path gets where there is nothing.
fn is_nowhere(env: &RunContext, path: &str, response: &Response, nowhere: &Exchange) -> bool {
    if (200..300).contains(&response.status) {
        return false;
    }
    if operations::is_routing(env, response) {
        return true;
    }
    let Some(nowhere_response) = nowhere.response() else { return false };
    response.status == nowhere_response.status
        && matches!(response.status, 400 | 403 | 404)
        && operations::code(response) == operations::code(nowhere_response)
        && words(response, path) == words(nowhere_response, &nowhere.request.target)
}

/// The words of a response's body, but for the path that was asked for and what changes from one response to the next:
/// ids, times and numbers.
fn words(response: &Response, path: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(&response.body).replace(path, "").replace(path.trim_start_matches('/'), "");
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.filter(|word| !word.bytes().any(|byte| byte.is_ascii_digit())).map(str::to_owned).collect()
}
