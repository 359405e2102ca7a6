//! Why a case cannot be decided, known before anything is sent for it.

use super::dependencies;
use super::run_context::RunContext;
use super::settings::{Broadcast, Profile, Throttling};
use crate::plan::accepted::Accepted;
use crate::plan::suite::{Need, Scenario, SignatureChange, Step};
use crate::plan::{Case, Check};
use crate::spec::rules::Scope;

/// Part of the error codes that speak of a rate.
const THROTTLED: &str = "Throttl";

/// Why clauses about signatures cannot be decided.
pub const UNVERIFIED: &str = "the target does not verify signatures, or the run does not sign";

/// Why the quick profile does not decide a case.
const LEFT_OUT: &str = "the quick profile leaves it out: it takes many requests, or other cases decide the same";

/// What the run itself lacks to decide a case, whatever the target is like: permissions, a way to broadcast, time.
pub fn of_run(env: &RunContext, case: &Case) -> Option<String> {
    if let Some((operation, refusal)) = dependencies::refused(env, case) {
        return Some(format!("access to {operation} is refused: {refusal}"));
    }
    if env.left_out.contains(&case.position) {
        return Some(LEFT_OUT.to_owned());
    }
    let settings = &env.settings;
    match &case.check {
        Check::Scenario { scenario } => {
            let scenario = env.plan.suites.scenarios.get(*scenario)?;
            if scenario.needs.contains(&Need::Broadcast) && settings.broadcast == Broadcast::Unavailable {
                Some("the target has no way to start a broadcast".to_owned())
            } else if scenario.needs.contains(&Need::Loopback) && !env.target.is_loopback() {
                Some("it makes more resources than any but a local target should hold".to_owned())
            } else if scenario.slow && settings.profile == Profile::Quick {
                Some("it waits for a rate to recover, which the quick profile does not".to_owned())
            } else {
                too_much(env, scenario)
            }
        }
        Check::Probe { probe } => {
            let probe = env.plan.suites.probes.get(*probe)?;
            let needs_token = probe.signature == Some(SignatureChange::MissingToken);
            (needs_token && settings.temporary.is_none()).then(|| "needs temporary credentials".to_owned())
        }
        Check::Condition { code } if !settings.conditions.contains_key(code) => {
            Some(format!("needs credentials for which every call meets {code}"))
        }
        _ => None,
    }
}

/// What a scenario takes that an account does not allow, or that was not asked for.
fn too_much(env: &RunContext, scenario: &Scenario) -> Option<String> {
    let is_about_rates =
        |step: &Step| step.expect.accepted().iter().filter_map(Accepted::code).any(|code| code.contains(THROTTLED));
    if env.settings.throttling == Throttling::Avoided && scenario.steps.iter().any(is_about_rates) {
        return Some("it provokes throttling, which is done on request only (--throttling)".to_owned());
    }
    if env.target.is_loopback() {
        return None;
    }
    env.contract.rules.limits.iter().filter(|limit| limit.per == Scope::Account).find_map(|limit| {
        let makes_one = |step: &&Step| step.call.as_deref() == Some(&limit.operation);
        let made: u64 = scenario.steps.iter().filter(makes_one).map(|step| u64::from(step.times.max(1))).sum();
        // Others need some of the room, and so do other cases.
        (made >= limit.count)
            .then(|| format!("it makes {made} {}, and an account has room for {}", limit.what, limit.count))
    })
}

/// Why a case cannot be decided on a target that was looked over. Valid requests that are signed in an unusual way count:
/// where signatures are not verified, they show divergences only.
pub fn foreseen(env: &RunContext, case: &Case) -> Option<String> {
    let lacking = || dependencies::lacking(env, case).map(|operation| format!("{operation} is not implemented"));
    let unsigned = || {
        let is_undecidable = !env.verifies_signatures && dependencies::is_about_signatures(env, case);
        is_undecidable.then(|| UNVERIFIED.to_owned())
    };
    of_run(env, case).or_else(lacking).or_else(unsigned)
}
