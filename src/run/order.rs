//! In which order cases begin: long ones first, so that none of them is left over at the end with a single worker.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::run_context::RunContext;
use super::savings::Sharing;
use super::settings::Broadcast;
use super::shared_acceptance::asks_for_acceptance;
use super::skip_reason;
use super::stateful;
use super::worker::rounds;
use crate::plan::case::Form;
use crate::plan::continuation::Continuations;
use crate::plan::suite::{Need, Scenario};
use crate::plan::{Case, Check, Phase, information};

/// Cases with this many calls, one after another, begin first.
const LONG_CASE: u64 = 60;
/// Calls of an example, roughly: it creates what it needs, and deletes it.
const CALLS_OF_EXAMPLE: u64 = 6;
/// The same for an operation that only reads.
const CALLS_OF_READING_EXAMPLE: u64 = 2;
/// Most cases of one operation that a worker takes at a time, but for those that share requests.
const TOGETHER: usize = 12;
/// The same where requests take long.
const TOGETHER_FAR: usize = 4;

/// Most scenarios that continue each other where requests take long: one worker does them one after another.
const MOST_CONTINUED_FAR: usize = 4;

/// Scenarios that continue each other, by the cases that play them.
#[derive(Debug, Default)]
struct Chains {
    chains: Vec<Vec<usize>>,
    places: BTreeMap<usize, usize>,
}

/// Positions of the cases of a phase in the order in which they begin, those that a worker takes together. Where requests
/// take long, what counts is how many of them a case sends; elsewhere only very long cases come before the others, which
/// keep the order of the plan.
pub(super) fn of_phase(env: &RunContext, phase: Phase) -> Vec<Vec<usize>> {
    let plan = &env.plan;
    let is_in_phase = |index: &usize| {
        let case = plan.cases.get(*index);
        case.is_some_and(|case| Phase::of(&env.contract, &plan.resources, &plan.suites, case) == phase)
    };
    if env.settings.fail_fast.is_some() {
        let cases: Vec<usize> = (0..plan.cases.len()).filter(is_in_phase).collect();
        let ordered = information::by_information(&env.contract, plan, &cases);
        // What tells most comes first, wherever it is.
        return together(env, &Chains::default(), 1, ordered.into_iter().map(|(index, _)| index));
    }
    let is_far = env.target.concurrency().is_far();
    let chains = Chains::of(env, is_far, (0..plan.cases.len()).filter(is_in_phase));
    let weigh = |index: usize| {
        let alone = [index];
        let chain = chains.of_case(index).unwrap_or(&alone);
        let calls: u64 = chain.iter().map(|index| calls(env, *index, is_far)).sum();
        let shares = plan.cases.get(index).is_some_and(|case| asks_for_acceptance(&case.check));
        // What is accepted serves others as their control. What may wait in vain for a change waits beside the rest.
        let is_early = shares || chain.iter().any(|index| env.scenario(*index).is_some_and(may_wait));
        match is_far || calls >= LONG_CASE {
            true => (calls, index),
            false => (u64::from(is_early), index),
        }
    };
    let mut weighed: Vec<(u64, usize)> = (0..plan.cases.len()).filter(is_in_phase).map(weigh).collect();
    weighed.sort_by_key(|(calls, _)| Reverse(*calls));
    let most = if is_far { TOGETHER_FAR } else { TOGETHER };
    together(env, &chains, most, weighed.into_iter().map(|(_, index)| index))
}

impl Chains {
    fn of(env: &RunContext, is_far: bool, cases: impl Iterator<Item = usize>) -> Chains {
        if env.savings.sharing() != Sharing::On {
            return Chains::default();
        }
        // A command streams for a time that is set when it starts.
        let streams_for_a_time = matches!(env.settings.broadcast, Broadcast::Command(_));
        let scenario = |index: usize| {
            let case = env.plan.cases.get(index)?;
            let scenario = env.scenario(index)?;
            let is_bound_to_time = streams_for_a_time && scenario.needs.contains(&Need::Broadcast);
            (!is_bound_to_time && skip_reason::of_run(env, case).is_none()).then_some((index, scenario))
        };
        let scenarios: Vec<(usize, &Scenario)> = cases.filter_map(scenario).collect();
        let most = if is_far { MOST_CONTINUED_FAR } else { usize::MAX };
        let of = Continuations { contract: &env.contract, resources: &env.plan.resources };
        let chains: Vec<Vec<usize>> = of
            .chains(&scenarios)
            .iter()
            .flat_map(|chain| chain.chunks(most))
            .filter(|chain| chain.len() > 1)
            .map(<[usize]>::to_vec)
            .collect();
        let places = chains.iter().enumerate();
        let places = places.flat_map(|(place, chain)| chain.iter().map(move |index| (*index, place))).collect();
        Chains { chains, places }
    }

    /// The scenarios among which the one of a case is; `None` if it stands alone.
    fn of_case(&self, index: usize) -> Option<&[usize]> {
        self.chains.get(*self.places.get(&index)?).map(Vec::as_slice)
    }
}

/// Cases in their order, where each first stands: together those of one operation that share requests, up to `most` others
/// of one operation, which share resources and controls, and scenarios that continue each other.
fn together(env: &RunContext, chains: &Chains, most: usize, cases: impl Iterator<Item = usize>) -> Vec<Vec<usize>> {
    let mut units: Vec<Vec<usize>> = Vec::new();
    let mut open: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    let mut placed: BTreeSet<usize> = BTreeSet::new();
    for index in cases {
        if !placed.insert(index) {
            continue;
        }
        if let Some(chain) = chains.of_case(index) {
            placed.extend(chain);
            units.push(chain.to_vec());
            continue;
        }
        let case = env.plan.cases.get(index).filter(|_| env.savings.sharing() == Sharing::On);
        let Some((operation, shares)) = case.and_then(neighbourhood) else {
            units.push(vec![index]);
            continue;
        };
        let most = if shares { usize::MAX } else { most };
        let position = open.get(&(operation, shares)).copied();
        match position.and_then(|position| units.get_mut(position)).filter(|unit| unit.len() < most) {
            Some(unit) => unit.push(index),
            None => {
                open.insert((operation, shares), units.len());
                units.push(vec![index]);
            }
        }
    }
    units
}

/// Whether a scenario waits for a change that may arrive late.
fn may_wait(scenario: &Scenario) -> bool {
    scenario.steps.iter().any(|step| step.eventually)
}

/// The operation of a case that makes up its requests, and whether it shares them.
fn neighbourhood(case: &Case) -> Option<(&str, bool)> {
    let is_generated = match &case.check {
        Check::Accepts { .. } | Check::RuleAccepts { .. } | Check::Valid { .. } => true,
        Check::Refuses { .. } | Check::RuleRefuses { .. } | Check::UnknownResource { .. } => true,
        Check::Probe { .. } | Check::Condition { .. } | Check::Recorded => false,
        Check::Scenario { .. } | Check::Sequence { .. } => false,
    };
    let operation = case.operation.as_deref().filter(|_| is_generated)?;
    Some((operation, asks_for_acceptance(&case.check)))
}

/// How many calls a case makes one after another, roughly. Those of most generated cases are only known `exactly`, when
/// the families of their requests are made.
fn calls(env: &RunContext, index: usize, exactly: bool) -> u64 {
    let Some(case) = env.plan.cases.get(index) else { return 0 };
    let operation = case.operation.as_deref().and_then(|name| env.contract.operation(name));
    let is_reading = operation.is_some_and(|operation| operation.is_readonly);
    let of_example = if is_reading { CALLS_OF_READING_EXAMPLE } else { CALLS_OF_EXAMPLE };
    let rounds = u64::from(rounds(env.settings.profile, &case.check));
    match &case.check {
        Check::Scenario { scenario } => env.plan.suites.scenarios.get(*scenario).map_or(0, Scenario::weight),
        Check::Sequence { .. } => stateful::transitions(env.settings.profile) * of_example,
        Check::Valid { form: Form::Random } => rounds * of_example,
        _ if exactly => env.generator.families(case).len() as u64 * rounds * of_example,
        _ => 0,
    }
}
