//! The pre-flight check: is the target there, does it speak HTTP, is it this API, does it let the run in, which
//! operations does it have, and does it check signatures? A target of which nothing can be tested is told apart before
//! the first case, with the reason and what to do.

mod control_path;
mod operations;
mod reason;
mod region;
mod signatures;
mod speech;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::RunError;
use super::accepted;
use super::run_context::{RunContext, RunId};
use super::settings::Settings;
use super::target::Target;
use super::variation;
use super::worker::Worker;
use crate::generate::Generator;
use crate::judge::Violation;
use crate::plan::{self, Plan};
use crate::record::Secrets;
use crate::record::Tally;
use crate::spec::Contract;
use crate::spec::clause::ClauseIndex;
use crate::spec::rules::ErrorCause;
use crate::wire::Exchange;
pub(super) use operations::nowhere_request;
use operations::{Missing, Survey};
pub use reason::Untestable;
use signatures::Signatures;

/// Clause that a target violates which does not look at signatures.
const SIGNATURE_CLAUSE: &str = "auth.wrong-signature-is-refused";

/// A target that passed the pre-flight check.
#[derive(Debug)]
pub struct Checked {
    /// What all workers share.
    pub env: RunContext,
    /// What the check showed.
    pub tally: Tally,
    /// What came into being: the operation that made it, and its output.
    pub created: Vec<(String, Value)>,
}

/// Checks a target before the cases of a plan.
///
/// # Errors
/// Nothing can be tested there, or the contract cannot be used.
pub async fn check(
    contract: &Arc<Contract>,
    plan: &Plan,
    settings: &Settings,
    run: &RunId,
    target: &Arc<Target>,
) -> Result<Checked, RunError> {
    let states: BTreeSet<(String, String)> =
        plan.suites.states.iter().map(|state| (state.name.clone(), state.resource.clone())).collect();
    let generator = Generator::new(Arc::clone(contract), &states)?;
    let mut env = RunContext::new(generator, plan.clone(), Arc::clone(target), settings.clone(), run);
    env.left_out = Arc::new(settings.left_out(contract, plan));
    let secrets: Secrets = settings.secrets().collect();
    let hidden = |reason: Untestable| RunError::from(reason.without(&secrets));
    let nowhere = operations::reach(&env).await.map_err(hidden)?;
    let mut tally = Tally::default();
    if env.target.is_loopback() && nowhere.response().is_some() {
        variation::adopt(&env, &mut tally).await;
    }
    let survey = operations::survey(&env, &nowhere).await.map_err(hidden)?;
    if let Some(reason) = untestable(&env, &nowhere, &survey).await {
        abandon(env, &survey.created).await;
        return Err(hidden(reason));
    }
    let Survey { missing, refused, created, needed, let_in, .. } = survey;
    env.not_implemented = missing.iter().map(|missing| missing.operation.clone()).collect();
    env.refused = refused.iter().map(|(operation, refusal)| (operation.clone(), refusal.to_string())).collect();
    note_missing(&env, &missing, &mut tally);
    match signatures::check(&env, &needed).await {
        Signatures::Checked => {
            env.verifies_signatures = true;
            // The credentials are good: operations that do not accept their signatures diverge, and are tested.
            let by_signature = refused.iter().filter(|(_, refusal)| refusal.cause == ErrorCause::Signature);
            by_signature.for_each(|(operation, _)| drop(env.refused.remove(operation)));
            env.judge = Arc::new(env.judge.of_accepted_signatures());
        }
        Signatures::Ignored(operation, exchange) => note_unchecked(&env, operation, &exchange, &mut tally),
        Signatures::Unknown => {}
    }
    target.access().watch(let_in);
    accepted::find(&mut env, &mut tally).await;
    Ok(Checked { env, tally, created })
}

/// Why nothing can be tested on a target that responds.
async fn untestable(env: &RunContext, nowhere: &Exchange, survey: &Survey) -> Option<Untestable> {
    if env.target.is_stopped() {
        // What was not called for that reason says nothing.
        return None;
    }
    if let Some(reason) = survey.verdict(env, nowhere).await {
        return Some(reason);
    }
    match region::of_created(env, &survey.created) {
        Some(reason) => Some(reason),
        None => control_path::check(env, nowhere, &survey.created).await,
    }
}

/// Deletes what came into being on a target that is not tested.
async fn abandon(env: RunContext, created: &[(String, Value)]) {
    let mut worker = Worker::new(Arc::new(env));
    worker.adopt(created).await;
    worker.finish().await;
}

fn note_missing(env: &RunContext, missing: &[Missing], tally: &mut Tally) {
    for missing in missing {
        let is_about = |case: &plan::Case| case.operation.as_deref() == Some(&missing.operation);
        // An operation that no case is about was looked for because it makes what others need.
        let Some(case) = env.plan.cases.iter().position(is_about) else { continue };
        let Some(operation) = env.contract.operation(&missing.operation) else { continue };
        let observed = match missing.exchange.response() {
            Some(response) => {
                format!("A valid request is answered with status {} like an unknown path.", response.status)
            }
            None => "A valid request is not answered.".to_owned(),
        };
        tally.find(Violation::not_implemented(operation, observed), case, &missing.exchange);
    }
}

fn note_unchecked(env: &RunContext, operation: String, exchange: &Exchange, tally: &mut Tally) {
    let is_planned = |clause: &ClauseIndex| env.plan.clauses.contains(clause);
    let Some(clause) = env.contract.clauses.find(SIGNATURE_CLAUSE).filter(is_planned) else { return };
    let is_about_it = |case: &plan::Case| case.clauses.contains(&clause);
    let Some(case) = env.plan.cases.iter().position(is_about_it) else { return };
    tally.find(Violation::signatures_unchecked(clause, operation), case, exchange);
}
