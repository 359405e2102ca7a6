//! How many examples a case gets.

use crate::generate::Family;
use crate::plan::case::{Case, Check, Form};
use crate::run::run_context::RunContext;
use crate::run::settings::Profile;
use crate::spec::clause::Constraint;

/// Place of the text with a line break behind it among those that break a pattern.
const LINE_BREAK: usize = 4;

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
        (Profile::Quick | Profile::Standard, false) => 1,
        (Profile::Quick, true) => 1,
        (Profile::Standard, true) => 2,
        (Profile::Deep, false) => 12,
        (Profile::Deep, true) => 100,
    }
}

/// Whether a case asks each of its families. Invalid inputs come nearest to a valid one first: the quick profile takes one
/// of each case and the nearest valid ones, the standard one some, and the deep one all. Values that may name nothing take
/// a request each: only the deep profile takes more than two of them.
pub(in crate::run) fn asked(env: &RunContext, case: &Case, families: &[Family]) -> Vec<bool> {
    let has_neighbours = families.iter().any(Family::is_among_neighbours);
    if let (Profile::Quick, None, Check::Refuses { constraint: Constraint::Pattern, .. }, false) =
        (env.settings.profile, env.settings.cases, &case.check, has_neighbours)
    {
        // Who checks no pattern accepts a line break at the end too, and so does who does not anchor it.
        let chosen = families.len().min(LINE_BREAK).saturating_sub(1);
        return (0..families.len()).map(|position| position == chosen).collect();
    }
    let (alone, among) = match (env.settings.profile, &case.check) {
        _ if env.settings.cases.is_some() => (usize::MAX, usize::MAX),
        // In the last place of a list: who checks one place only checks the first.
        (Profile::Quick, Check::Refuses { .. }) if has_neighbours => (0, 1),
        (Profile::Quick, Check::Refuses { .. } | Check::RuleRefuses { .. }) => (1, 0),
        (Profile::Quick, Check::Accepts { constraint, .. }) => match constraint {
            // The bound itself and the value beside it; every allowed character, and one match.
            Constraint::LengthMin
            | Constraint::LengthMax
            | Constraint::RangeMin
            | Constraint::RangeMax
            | Constraint::Pattern => (2, 0),
            _ => (usize::MAX, 0),
        },
        (Profile::Standard, Check::Refuses { constraint, .. }) => match constraint {
            // A pattern that is not anchored admits a line break at the end.
            Constraint::Pattern => (LINE_BREAK, 3),
            Constraint::Type | Constraint::Enum => (3, 3),
            // What is refused just beyond a bound is refused further beyond it; where no element of a list is asked about, it
            // is asked a second time.
            Constraint::LengthMax if has_neighbours => (1, 3),
            Constraint::LengthMax => (2, 0),
            // Just beyond it, and so far that a number with fewer bits is legal again.
            Constraint::RangeMin | Constraint::RangeMax => (2, 3),
            _ => (usize::MAX, 3),
        },
        (Profile::Standard, Check::RuleRefuses { .. }) => (usize::MAX, 1),
        _ => (usize::MAX, usize::MAX),
    };
    let is_pattern = matches!(case.check, Check::Accepts { constraint: Constraint::Pattern, .. });
    let (mut alone, mut among) = (alone, among);
    let mut open = match env.settings.profile {
        _ if env.settings.cases.is_some() => usize::MAX,
        Profile::Quick if is_pattern => 1,
        // At the largest length, and just below it.
        Profile::Quick | Profile::Standard => 2,
        Profile::Deep => usize::MAX,
    };
    let mut take = |family: &Family| {
        let is_open = family.expectation.success && family.expectation.allows_errors();
        let left = match (is_open, family.is_among_neighbours()) {
            (true, _) => &mut open,
            (false, true) => &mut among,
            (false, false) => &mut alone,
        };
        let is_asked = *left > 0;
        *left = left.saturating_sub(1);
        is_asked
    };
    families.iter().map(&mut take).collect()
}
