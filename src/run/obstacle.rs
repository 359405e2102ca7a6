//! Why a case cannot be decided, known before anything is sent for it.

use super::environment::Environment;
use super::needs;
use super::settings::{Broadcast, Profile};
use crate::plan::suite::{Need, SignatureChange};
use crate::plan::{Case, Check};

/// What the run itself lacks to decide a case, whatever the target is like.
pub fn of_run(env: &Environment, case: &Case) -> Option<String> {
    let settings = &env.settings;
    match &case.check {
        Check::Scenario { scenario } => {
            let scenario = env.plan.suites.scenarios.get(*scenario)?;
            if scenario.needs.contains(&Need::Broadcast) && settings.broadcast == Broadcast::Unavailable {
                Some("the target has no way to make a channel live".to_owned())
            } else if scenario.needs.contains(&Need::Loopback) && !env.target.is_loopback() {
                Some("it makes more resources than any but a local target should hold".to_owned())
            } else if scenario.slow && settings.profile == Profile::Quick {
                Some("it waits for a rate to recover, which the quick profile does not".to_owned())
            } else {
                None
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

/// Why a case cannot be decided on a target that was looked over.
pub fn foreseen(env: &Environment, case: &Case) -> Option<String> {
    let lacking = || needs::lacking(env, case).map(|operation| format!("{operation} is not implemented"));
    let unsigned = || {
        let is_undecidable = !env.verifies_signatures && needs::is_about_signatures(env, case);
        is_undecidable.then(|| "the target does not verify signatures, or the run does not sign".to_owned())
    };
    of_run(env, case).or_else(lacking).or_else(unsigned)
}
