//! Whether the target checks signatures.

use std::collections::BTreeSet;

use super::operations::harmless_request;
use crate::judge::Answer;
use crate::plan::expectation::Expectation;
use crate::plan::suite::SignatureChange;
use crate::run::dependencies;
use crate::run::run_context::RunContext;
use crate::spec::contract::Operation;
use crate::wire::Exchange;

/// What the target makes of requests that are not signed as they should be.
#[derive(Debug, Clone)]
pub enum Signatures {
    /// It refuses them.
    Checked,
    /// It serves them as it serves others: the exchange shows it, and the operation that was called.
    Ignored(String, Box<Exchange>),
    /// The run does not sign, or nothing could be found out.
    Unknown,
}

/// Finds out whether the target checks signatures: a read-only request signed with a wrong secret tells, to one of the
/// operations that the cases take. (One without any signature does not: some targets need the signature's scope to find the
/// service.)
pub async fn check(env: &RunContext, needed: &BTreeSet<String>) -> Signatures {
    let Some((operation, is_simple)) = witness(env, needed).filter(|_| env.target.signs()) else {
        return Signatures::Unknown;
    };
    let Some(request) = harmless_request(env, operation) else { return Signatures::Unknown };
    let exchange = env.target.send_changed(&request, SignatureChange::WrongSecret).await;
    let judgement = env.judge.exchange(operation, &Expectation::success(), operation.status_clause, &exchange);
    let is_refused = || exchange.response().is_some_and(|response| env.target.access().refusal(response).is_some());
    match judgement.answer {
        Answer::Success => Signatures::Ignored(operation.name.clone(), Box::new(exchange)),
        // A request that names something meets errors with a good signature too.
        Answer::Error { .. } if is_simple || is_refused() => Signatures::Checked,
        Answer::Error { .. } | Answer::Page | Answer::Nothing => Signatures::Unknown,
    }
}

/// An operation that lets the run in and only reads, and whether it needs no input.
fn witness<'e>(env: &'e RunContext, needed: &BTreeSet<String>) -> Option<(&'e Operation, bool)> {
    let is_there = |operation: &&Operation| needed.contains(&operation.name) && !env.is_unavailable(&operation.name);
    let simple = dependencies::signature_witnesses(env).find(is_there).map(|operation| (operation, true));
    let mut others = env.contract.operations.iter().filter(|operation| operation.is_readonly);
    simple.or_else(|| others.find(is_there).map(|operation| (operation, false)))
}
