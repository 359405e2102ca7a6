//! How many examples a case gets.

use crate::plan::case::{Check, Form};
use crate::run::run_context::RunContext;
use crate::run::settings::Profile;

/// How often each family of a case is drawn from, and how many examples the case gets at most.
pub(super) fn effort(env: &RunContext, check: &Check) -> (u32, u64) {
    match env.settings.cases {
        None => (rounds(env.settings.profile, check), u64::MAX),
        Some(cases) => {
            let share = cases.div_ceil(env.plan.generated().max(1));
            (u32::try_from(share).unwrap_or(u32::MAX), share)
        }
    }
}

/// How often a case draws from each of its families.
pub(in crate::run) fn rounds(profile: Profile, check: &Check) -> u32 {
    let is_random = matches!(check, Check::Valid { form: Form::Random });
    match (profile, is_random) {
        (Profile::Quick, false) => 1,
        (Profile::Quick, true) => 2,
        (Profile::Standard, false) => 1,
        (Profile::Standard, true) => 10,
        (Profile::Deep, false) => 12,
        (Profile::Deep, true) => 100,
    }
}
