//! Looks for a request of each operation that the target accepts. A model says which requests are malformed; which of the
//! others succeed only rules say. Where there are none, tests start from a request that was seen to succeed.

use std::sync::Arc;

use serde_json::Value;

use super::environment::Environment;
use super::needs;
use super::outcome::Tally;
use super::session::{Blocked, Fixtures, Session};
use super::worker::Worker;
use crate::judge::finding::FindingKind;
use crate::judge::{Answer, Violation};
use crate::plan::case::{Check, Form};
use crate::plan::expectation::Expectation;
use crate::plan::resources::needed_resources;
use crate::spec::clause::Tier;
use crate::spec::contract::Operation;
use crate::wire::Exchange;

/// Looks for accepted requests of the operations that the cases take, if the contract has no rules. An operation that
/// refuses every one, each with an error that it documents, is an inferred finding.
pub(super) async fn find(env: &Environment, tally: &mut Tally) {
    if !env.contract.is_model_only() {
        return;
    }
    let mut worker = Worker::new(Arc::new(env.for_thread()));
    for operation in in_order(env) {
        if env.target.is_stopped() {
            break;
        }
        if let Some(refusal) = look(&mut worker, operation).await {
            note(env, operation, &refusal, tally);
        }
    }
    worker.finish().await;
    // What these requests show of clauses, cases show again.
    tally.merge(worker.tally.without_verdicts());
}

/// Operations that need few resources come first: they make what the others need.
fn in_order(env: &Environment) -> Vec<&Operation> {
    let needed = needs::operations(env);
    let is_wanted = |operation: &&Operation| needed.contains(&operation.name) && !env.is_unavailable(&operation.name);
    let mut operations: Vec<&Operation> = env.contract.operations.iter().filter(is_wanted).collect();
    let makes_nothing = |operation: &Operation| env.plan.resources.products(&operation.name).is_empty();
    operations.sort_by_key(|operation| (makes_nothing(operation), needed_resources(operation)));
    operations
}

/// Tries requests of an operation until one is accepted, and remembers it. The last refusal, if all were refused.
async fn look(worker: &mut Worker, operation: &Operation) -> Option<(Answer, Exchange)> {
    let env = Arc::clone(&worker.env);
    let mut refusal = None;
    for (salt, input) in env.generator.starting_points(operation).into_iter().enumerate() {
        if env.target.is_stopped() {
            return None;
        }
        match attempt(worker, operation, &input, salt).await {
            Attempt::Accepted => {
                let smallest = if salt == 0 { input } else { without_needless(worker, operation, input).await };
                env.generator.accept(operation, smallest);
                return None;
            }
            Attempt::Refused(answer, exchange) => refusal = Some((answer, *exchange)),
            // It cannot be sent, or the answer is a divergence by itself, which cases find.
            Attempt::Unclear => return None,
        }
    }
    refusal
}

/// The accepted input without the optional members that it is accepted without.
async fn without_needless(worker: &mut Worker, operation: &Operation, input: Value) -> Value {
    let mut smallest = input;
    for member in operation.input.members().iter().filter(|member| !member.is_required) {
        let mut smaller = smallest.clone();
        let is_there = smaller.as_object_mut().is_some_and(|members| members.remove(&member.name).is_some());
        if is_there && matches!(attempt(worker, operation, &smaller, 0).await, Attempt::Accepted) {
            smallest = smaller;
        }
    }
    smallest
}

enum Attempt {
    Accepted,
    Refused(Answer, Box<Exchange>),
    Unclear,
}

async fn attempt(worker: &mut Worker, operation: &Operation, input: &Value, salt: usize) -> Attempt {
    let mut session = Session::new(worker, Fixtures::Own, 0, salt);
    let expectation = Expectation::success();
    let result = session.example(operation, input.clone(), &expectation, operation.status_clause).await;
    session.finish().await;
    match result {
        Ok((judgement, _)) if judgement.is_success() => Attempt::Accepted,
        Ok((judgement, exchange)) => match &judgement.answer {
            answer @ Answer::Error { status: 400..=499, code: Some(code) } if operation.error(code).is_some() => {
                Attempt::Refused(answer.clone(), Box::new(exchange))
            }
            _ => Attempt::Unclear,
        },
        Err(Blocked(_)) => Attempt::Unclear,
    }
}

fn note(env: &Environment, operation: &Operation, (answer, exchange): &(Answer, Exchange), tally: &mut Tally) {
    let is_about = |case: &crate::plan::Case| {
        case.operation.as_deref() == Some(&operation.name) && matches!(case.check, Check::Valid { form: Form::Minimal })
    };
    let Some(case) = env.plan.cases.iter().position(is_about) else { return };
    let violation = Violation {
        clause: operation.status_clause,
        operation: operation.name.clone(),
        detail: None,
        kind: FindingKind::RejectedValid,
        expected: "Some well-formed request succeeds.".to_owned(),
        observed: format!("The target refused each one that was tried, the last one by {}.", answer.describe()),
        tier: Some(Tier::Inferred),
    };
    tally.find(violation, case, exchange, &[]);
}
