//! What is worth knowing of a run and no divergence, in sentences.

use super::RunError;
use super::clean::Cleaned;
use super::environment::Environment;
use super::outcome::Tally;
use super::settings::{Record, Settings};

/// One connection that closes for so many requests is a habit of the target.
const OFTEN: u64 = 50;

/// The notes of a run; `cleaned` is what became of what it left, where it has a journal.
/// `disturbed` findings were caused by the run's own parallel cases.
pub(super) fn of_run(
    env: &Environment,
    tally: &Tally,
    cleaned: Option<&Result<Cleaned, RunError>>,
    disturbed: u64,
) -> Vec<String> {
    let left = match cleaned {
        Some(cleaned) => [left_over(cleaned, &env.settings), None],
        None => [in_use(tally), unanswered(tally)],
    };
    let seen = [unknown_members(tally), nulls(tally)];
    let of_target = [
        refused(env),
        outages(env),
        repeated(env),
        closed(env),
        lags(env, tally),
        throttled(env),
        disturbances(disturbed),
    ];
    seen.into_iter().chain(left).chain(of_target).flatten().collect()
}

fn unknown_members(tally: &Tally) -> Option<String> {
    let members = some(tally.unknown_members, "member", "members")?;
    Some(format!("Responses had {members} that the contract does not know."))
}

fn nulls(tally: &Tally) -> Option<String> {
    let members = some(tally.nulls, "member that was", "members that were")?;
    Some(format!("Responses had {members} null instead of absent."))
}

fn in_use(tally: &Tally) -> Option<String> {
    let resources = some(tally.left_over, "resource", "resources")?;
    Some(format!("{resources} could not be deleted, being in use as the target says."))
}

fn unanswered(tally: &Tally) -> Option<String> {
    let resources = some(tally.unanswered_deletions, "resource", "resources")?;
    Some(format!("{resources} may be left over: the target did not answer the deletion."))
}

fn refused(env: &Environment) -> Option<String> {
    let number = some(env.refused.len() as u64, "operation", "operations")?;
    let (operation, refusal) = env.refused.first_key_value()?;
    Some(format!("Access to {number} is refused, and what needs them is untested: {operation} answers {refusal}."))
}

fn outages(env: &Environment) -> Option<String> {
    let times = some(env.target.health().outages(), "time", "times")?;
    Some(format!("The target refused connections {times}; cases that were under way then decide nothing."))
}

fn repeated(env: &Environment) -> Option<String> {
    let requests = some(env.target.repeats(), "request", "requests")?;
    Some(format!(
        "The target closed kept connections while requests were on their way; {requests} that change nothing went out \
         again."
    ))
}

fn closed(env: &Environment) -> Option<String> {
    let number = env.target.closed_between_requests();
    let connections = some(number, "connection", "connections").filter(|_| number * OFTEN >= env.target.requests())?;
    Some(format!(
        "The target closed {connections} between two requests without saying so (`connection: close`); nothing was \
         sent on them, and the next requests went out on new ones."
    ))
}

fn lags(env: &Environment, tally: &Tally) -> Option<String> {
    let (number, longest) = tally.lags;
    let answers = some(number, "answer", "answers")?;
    let (longest, limit) = (longest.as_secs_f64(), env.settings.patience.as_secs());
    Some(format!(
        "{answers} showed a change only after a while, the latest after {longest:.1} s; the limit is {limit} s."
    ))
}

fn throttled(env: &Environment) -> Option<String> {
    let times = some(env.target.throttled(), "time", "times")?;
    Some(format!("The target asked to wait {times}; those requests were sent again."))
}

fn disturbances(number: u64) -> Option<String> {
    let divergences = some(number, "divergence", "divergences")?;
    Some(format!(
        "{divergences} of lists showed only while other cases of the run changed what is listed, and are not reported."
    ))
}

fn some(number: u64, one: &str, more: &str) -> Option<String> {
    match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{number} {more}")),
    }
}

/// What of a run with a journal is left.
fn left_over(cleaned: &Result<Cleaned, RunError>, settings: &Settings) -> Option<String> {
    let Record::Journal(path) = &settings.record else { return None };
    let path = path.display();
    match cleaned {
        Ok(cleaned) if cleaned.is_complete() => None,
        Ok(cleaned) => Some(format!(
            "{} resources could not be deleted, and of {} requests nobody knows what they made; `ivs-conformance clean \
             {path}` says which, and tries again.",
            cleaned.kept.len(),
            cleaned.unsearched.len()
        )),
        Err(error) => Some(format!("What the run left could not be looked for: {error}. The journal is {path}.")),
    }
}
