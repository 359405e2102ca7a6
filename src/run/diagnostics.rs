//! What is worth knowing of a run and no divergence, in sentences.

use super::confirmation::Dropped;
use super::ledger::Named;
use super::run_context::RunContext;
use crate::judge::exchange::ACCESS_REFUSED;
use crate::record::{CaseOutcome, CaseResult, Tally};

/// One connection that closes for so many requests is a habit of the target.
const OFTEN: u64 = 50;

/// The notes of a run that did not report some findings.
pub(super) fn of_run(env: &RunContext, tally: &Tally, cases: &[CaseResult], dropped: Dropped) -> Vec<String> {
    let seen = [unknown_members(tally), nulls(tally)];
    let of_target = [
        refused(env),
        refused_along_the_way(cases),
        outages(env),
        repeated(env),
        closed(env),
        lags(env, tally),
        throttled(env),
        disturbances(dropped.of_lists),
        of_lag(dropped.of_lag),
        other_states(dropped.of_other_states),
        repeated_deletions(env),
    ];
    let notes = seen.into_iter().chain(undeletable(env)).chain(of_target).flatten();
    env.damage.notes().into_iter().chain(notes).collect()
}

fn unknown_members(tally: &Tally) -> Option<String> {
    let members = some(tally.unknown_members, "member", "members")?;
    Some(format!("Responses had {members} that the contract does not know."))
}

fn nulls(tally: &Tally) -> Option<String> {
    let members = some(tally.nulls, "member that was", "members that were")?;
    Some(format!("Responses had {members} null instead of absent."))
}

/// Resources that the target has no way to delete.
fn undeletable(env: &RunContext) -> impl Iterator<Item = Option<String>> {
    env.remains.undeletable().into_iter().map(|(deleter, number)| {
        let resources = some(number, "resource stays", "resources stay")?;
        Some(format!("{resources} on the target, because it does not implement {deleter}."))
    })
}

/// Resources of the run that no response named.
pub(super) fn unnamed(unnamed: &[Named]) -> Option<String> {
    let resources = some(unnamed.len() as u64, "resource", "resources")?;
    let first = &unnamed.first()?.arn;
    Some(format!(
        "{resources} had come into being that no response named, and were deleted at the end: the target, or what stands \
         before it, carried requests out twice. The first was {first}."
    ))
}

fn refused(env: &RunContext) -> Option<String> {
    let number = some(env.refused.len() as u64, "operation", "operations")?;
    let (operation, refusal) = env.refused.first_key_value()?;
    Some(format!("Access to {number} is refused, and what needs them is untested: {operation} answers {refusal}."))
}

/// Cases that met a refusal of access although the operation lets the run in.
fn refused_along_the_way(cases: &[CaseResult]) -> Option<String> {
    let reason = |result: &CaseResult| match &result.verdict {
        CaseOutcome::Inconclusive { reason } if reason.starts_with(ACCESS_REFUSED) => Some(reason.clone()),
        _ => None,
    };
    let reasons: Vec<String> = cases.iter().filter_map(reason).collect();
    let number = some(reasons.len() as u64, "case", "cases")?;
    let answer = reasons.first()?.strip_prefix(ACCESS_REFUSED)?.trim_start_matches([':', ' ']).to_owned();
    Some(format!("Access was refused to requests of {number}, which decide nothing: the first answer was {answer}."))
}

fn outages(env: &RunContext) -> Option<String> {
    let times = some(env.target.health().outages(), "time", "times")?;
    let cases = if env.target.is_stopped() { "decide nothing" } else { "were run once more" };
    Some(format!("The target refused connections {times}; cases that were under way then {cases}."))
}

fn repeated(env: &RunContext) -> Option<String> {
    let requests = some(env.target.repeats(), "request", "requests")?;
    Some(format!(
        "The target closed kept connections while requests were on their way; {requests} that change nothing went out \
         again."
    ))
}

fn closed(env: &RunContext) -> Option<String> {
    let number = env.target.closed_between_requests();
    let connections = some(number, "connection", "connections").filter(|_| number * OFTEN >= env.target.requests())?;
    Some(format!(
        "The target closed {connections} between two requests without saying so (`connection: close`); nothing was \
         sent on them, and the next requests went out on new ones."
    ))
}

fn lags(env: &RunContext, tally: &Tally) -> Option<String> {
    let (number, longest) = tally.lags;
    let answers = some(number, "answer", "answers")?;
    let (longest, limit) = (longest.as_secs_f64(), env.settings.patience.as_secs());
    Some(format!(
        "{answers} showed a change only after a while, the latest after {longest:.1} s; the limit is {limit} s."
    ))
}

fn throttled(env: &RunContext) -> Option<String> {
    let times = some(env.target.throttled(), "time", "times")?;
    Some(format!("The target asked to wait {times}; those requests were sent again."))
}

fn disturbances(number: u64) -> Option<String> {
    let divergences = some(number, "divergence", "divergences")?;
    Some(format!(
        "{divergences} of lists showed only while other cases of the run changed what is listed, and are not reported."
    ))
}

fn of_lag(number: u64) -> Option<String> {
    let divergences = some(number, "divergence", "divergences")?;
    Some(format!(
        "{divergences} showed only until reads were waited for longer, and are not reported: the target lags."
    ))
}

fn repeated_deletions(env: &RunContext) -> Option<String> {
    let deletions = some(env.remains.repeated_deletions(), "deletion", "deletions")?;
    Some(format!("{deletions} had no effect although the target reported success, and went out again."))
}

fn other_states(number: u64) -> Option<String> {
    let divergences = some(number, "divergence", "divergences")?;
    Some(format!(
        "{divergences} showed once and not again, and are not reported: some responses belong to other requests, or do not \
         know what requests made."
    ))
}

fn some(number: u64, one: &str, more: &str) -> Option<String> {
    match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{number} {more}")),
    }
}
