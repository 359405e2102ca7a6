//! Whether the target checks signatures.

use crate::judge::Answer;
use crate::plan::expectation::Expectation;
use crate::plan::suite::SignatureChange;
use crate::protocol;
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
    /// The run does not sign, no case depends on it, or nothing could be found out.
    Unknown,
}

/// Finds out whether the target checks signatures: a read-only request signed with a wrong secret tells. (One without
/// any signature does not: some targets need the signature's scope to find the service.)
pub async fn check(env: &RunContext) -> Signatures {
    if !env.target.signs() || !dependencies::signatures(env) {
        return Signatures::Unknown;
    }
    let is_there = |operation: &&Operation| !env.is_unavailable(&operation.name);
    let Some(operation) = dependencies::signature_witnesses(env).find(is_there) else { return Signatures::Unknown };
    let request = protocol::request(operation, &env.generator.minimal_input(operation));
    let exchange = env.target.send_changed(&request, SignatureChange::WrongSecret).await;
    let judgement = env.judge.exchange(operation, &Expectation::success(), operation.status_clause, &exchange);
    match judgement.answer {
        Answer::Success => Signatures::Ignored(operation.name.clone(), Box::new(exchange)),
        Answer::Error { .. } => Signatures::Checked,
        Answer::Page | Answer::Nothing => Signatures::Unknown,
    }
}
