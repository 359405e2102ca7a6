//! Looks for a request of each operation that the target accepts. A model says which requests are malformed; which of the
//! others succeed only rules say. Where there are none, tests start from a request that was seen to succeed.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::dependencies;
use super::run_context::RunContext;
use super::session::{Blocked, Fixtures, Session};
use super::worker::Worker;
use crate::generate::Accepted;
use crate::judge::{Answer, Violation};
use crate::plan::case::{Check, Form};
use crate::plan::expectation::Expectation;
use crate::plan::resources::{needed_resources, resource_of};
use crate::record::Tally;
use crate::spec::contract::Operation;
use crate::wire::Exchange;

/// Looks for accepted requests of the operations that the cases take, if the contract has no rules. An operation that
/// refuses every one, each with an error that it documents, is an inferred finding.
pub(super) async fn find(env: &mut RunContext, tally: &mut Tally) {
    if !env.contract.is_model_only() {
        return;
    }
    let mut rejecting = BTreeSet::new();
    let mut worker = Worker::new(Arc::new(env.for_thread()));
    for operation in in_order(env) {
        if env.target.is_stopped() {
            break;
        }
        if let Some(refusal) = look(&mut worker, operation).await {
            note(env, operation, &refusal, tally);
            rejecting.insert(operation.name.clone());
        }
    }
    worker.finish().await;
    // What these requests show of clauses, cases show again.
    tally.merge(worker.tally.without_verdicts());
    env.rejecting = rejecting;
}

/// What makes something comes first, and of that what can name few other resources: others need what it makes.
fn in_order(env: &RunContext) -> Vec<&Operation> {
    let needed = dependencies::operations(env);
    let is_wanted = |operation: &&Operation| needed.contains(&operation.name) && !env.is_unavailable(&operation.name);
    let mut operations: Vec<&Operation> = env.contract.operations.iter().filter(is_wanted).collect();
    let makes_nothing = |operation: &Operation| env.plan.resources.products(&operation.name).is_empty();
    let named = |operation: &Operation| operation.input.walk().into_iter().filter_map(resource_of).count();
    operations.sort_by_key(|operation| (makes_nothing(operation), needed_resources(operation), named(operation)));
    operations
}

/// Tries requests of an operation and remembers those that are accepted: the first, made smaller, and of an operation that
/// makes something the one with most members, for what others show of it. The last refusal, if all were refused.
async fn look(worker: &mut Worker, operation: &Operation) -> Option<(Answer, Exchange)> {
    let env = Arc::clone(&worker.env);
    let makes_something = !env.plan.resources.products(&operation.name).is_empty();
    let mut refusal = None;
    let mut found: Option<Accepted> = None;
    for (salt, input) in env.generator.starting_points(operation).into_iter().enumerate() {
        if env.target.is_stopped() || (found.is_some() && !makes_something) {
            break;
        }
        match attempt(worker, operation, &input, salt).await {
            Attempt::Accepted => match &mut found {
                None => {
                    let smallest =
                        if salt == 0 { input.clone() } else { without_needless(worker, operation, &input).await };
                    found = Some(Accepted { smallest, richest: input });
                }
                Some(known) if size(&input) > size(&known.richest) => known.richest = input,
                Some(_) => {}
            },
            Attempt::Refused(answer, exchange) => refusal = Some((answer, *exchange)),
            // It names what cannot be made, or the response is a divergence by itself, which cases find.
            Attempt::Unclear => {}
        }
    }
    match found {
        Some(accepted) => {
            env.generator.accept(operation, accepted);
            None
        }
        None => refusal.filter(|_| !env.target.is_stopped()),
    }
}

/// How many values an input holds, without the elements of lists and maps beyond the first.
fn size(input: &Value) -> usize {
    match input {
        Value::Object(members) => 1 + members.values().map(size).sum::<usize>(),
        Value::Array(elements) => 1 + elements.first().map_or(0, size),
        _ => 1,
    }
}

/// The accepted input without the optional members that it is accepted without.
async fn without_needless(worker: &mut Worker, operation: &Operation, input: &Value) -> Value {
    let mut smallest = input.clone();
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

fn note(env: &RunContext, operation: &Operation, (answer, exchange): &(Answer, Exchange), tally: &mut Tally) {
    let is_about = |case: &crate::plan::Case| {
        case.operation.as_deref() == Some(&operation.name) && matches!(case.check, Check::Valid { form: Form::Minimal })
    };
    let Some(case) = env.plan.cases.iter().position(is_about) else { return };
    tally.find(Violation::never_accepted(operation, answer), case, exchange);
}
