//! How much a case tells for what it costs: what it decides that nothing before it decided, against its requests. A pure
//! function of contract and plan.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::case::{Case, Check, Form};
use super::suite::{Scenario, Step, Upholds};
use super::{Plan, build};
use crate::spec::Contract;
use crate::spec::clause::{ClauseIndex, Constraint};

/// Most calls of a case that the quick profile makes.
const QUICK_CALLS: u64 = 12;

/// One thing that a case decides: a clause, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    clause: ClauseIndex,
    at: String,
}

/// The cases of a plan, by their positions in it: first those that decide most of what is undecided for each request.
/// With the number of things that only they decide.
pub fn by_information(contract: &Contract, plan: &Plan, cases: &[usize]) -> Vec<(usize, usize)> {
    let mut waiting: BinaryHeap<(u64, Reverse<usize>)> = BinaryHeap::new();
    let mut open: BTreeMap<usize, (BTreeSet<Item>, u64)> = BTreeMap::new();
    for index in cases {
        let Some(case) = plan.cases.get(*index) else { continue };
        let (items, cost) = (items(contract, plan, case), cost(contract, plan, case));
        waiting.push((worth(&items, cost), Reverse(*index)));
        open.insert(*index, (items, cost));
    }
    let mut decided: BTreeSet<Item> = BTreeSet::new();
    let mut ordered = Vec::with_capacity(waiting.len());
    // What a case adds only shrinks: one whose worth is what it was is the best of all.
    while let Some((known, Reverse(index))) = waiting.pop() {
        let Some((items, cost)) = open.get_mut(&index) else { continue };
        items.retain(|item| !decided.contains(item));
        match worth(items, *cost) {
            now if now < known => waiting.push((now, Reverse(index))),
            _ => {
                ordered.push((index, items.len()));
                decided.append(items);
            }
        }
    }
    ordered
}

/// Things decided for a million requests.
fn worth(items: &BTreeSet<Item>, cost: u64) -> u64 {
    (items.len() as u64).saturating_mul(1_000_000) / cost.max(1)
}

/// Positions, before filters and shards, of the cases that the quick profile leaves out: scenarios and probes of which others decide all that they
/// decide, those that take many calls, random sequences, and valid requests with fewer members than another one has. Scenarios that say so stay.
pub fn left_out_of_quick(contract: &Contract, plan: &Plan) -> BTreeSet<usize> {
    // What a shard leaves out does not depend on the other shards.
    let plan = &Plan { cases: build::cases(contract, &plan.suites), ..plan.clone() };
    let is_kept = |scenario: usize| plan.suites.scenarios.get(scenario).is_some_and(|scenario| scenario.in_quick);
    let is_choice = |index: &usize| match plan.cases.get(*index).map(|case| &case.check) {
        Some(Check::Scenario { scenario }) => !is_kept(*scenario),
        check => matches!(check, Some(Check::Probe { .. })),
    };
    let choice: Vec<usize> = (0..plan.cases.len()).filter(is_choice).collect();
    let is_long = |index: &usize| plan.cases.get(*index).is_some_and(|case| cost(contract, plan, case) > QUICK_CALLS);
    let (long, short): (Vec<usize>, Vec<usize>) = choice.into_iter().partition(is_long);
    let tells_little = |index: &usize| {
        let check = plan.cases.get(*index).map(|case| &case.check);
        matches!(check, Some(Check::Sequence { .. } | Check::Valid { form: Form::Random | Form::Minimal }))
    };
    let stays = |index: &usize| !is_choice(index) && !tells_little(index);
    let others = (0..plan.cases.len()).filter(stays).filter_map(|index| plan.cases.get(index));
    let decided = others.flat_map(|case| items(contract, plan, case)).collect();
    let idle = needless(contract, plan, &by_information(contract, plan, &short), decided);
    idle.into_iter().chain(long).chain((0..plan.cases.len()).filter(tells_little)).collect()
}

/// Of cases in the order of what they tell, those of which others, or `decided`, decide all that they decide: those that tell
/// little are looked at first.
fn needless(contract: &Contract, plan: &Plan, ordered: &[(usize, usize)], decided: BTreeSet<Item>) -> Vec<usize> {
    let of = |index: usize| plan.cases.get(index).map(|case| items(contract, plan, case)).unwrap_or_default();
    let mut deciders: BTreeMap<Item, usize> = decided.into_iter().map(|item| (item, 1)).collect();
    for item in ordered.iter().flat_map(|(index, _)| of(*index)) {
        *deciders.entry(item).or_default() += 1;
    }
    let mut needless = Vec::new();
    for (index, _) in ordered.iter().rev() {
        let items = of(*index);
        if items.iter().all(|item| deciders.get(item).is_some_and(|number| *number > 1)) {
            items.into_iter().for_each(|item| *deciders.entry(item).or_default() -= 1);
            needless.push(*index);
        }
    }
    needless
}

/// What a case decides. A probe is the same on all operations.
fn items(contract: &Contract, plan: &Plan, case: &Case) -> BTreeSet<Item> {
    let operation = case.operation.as_deref().and_then(|name| contract.operation(name));
    let everywhere = |at: String| case.clauses.iter().map(move |clause| Item { clause: *clause, at: at.clone() });
    match &case.check {
        Check::Scenario { scenario } => {
            let steps = plan.suites.scenarios.get(*scenario).map(|scenario| scenario.steps.as_slice());
            steps.unwrap_or_default().iter().flat_map(|step| of_step(contract, step)).collect()
        }
        Check::Probe { probe } => {
            let name = plan.suites.probes.get(*probe).map(|probe| probe.name.clone()).unwrap_or_default();
            everywhere(name).collect()
        }
        Check::Sequence { .. } => everywhere(case.id.clone()).collect(),
        _ => everywhere(operation.map(|operation| operation.name.clone()).unwrap_or_default()).collect(),
    }
}

/// What a step of a scenario decides, each on its operation.
fn of_step(contract: &Contract, step: &Step) -> Vec<Item> {
    let mut found: Vec<Item> = step.beside.iter().flat_map(|step| of_step(contract, step)).collect();
    let name = step.call.as_deref().or(step.walk.as_deref()).unwrap_or_default();
    let mut add = |clause: Option<ClauseIndex>, at: String| {
        found.extend(clause.map(|clause| Item { clause, at }));
    };
    add(step.rule.as_deref().and_then(|rule| contract.clauses.find(rule)), name.to_owned());
    for assert in step.asserts.iter().filter(|assert| assert.upholds == Upholds::Clause) {
        add(contract.clauses.find(&assert.rule), name.to_owned());
    }
    if let (Some(operation), Some(code)) = (contract.operation(name), step.expect.only_code()) {
        add(operation.error(code).map(|error| error.clause), name.to_owned());
    }
    found
}

/// How many requests a case takes, roughly.
fn cost(contract: &Contract, plan: &Plan, case: &Case) -> u64 {
    match &case.check {
        Check::Scenario { scenario } => plan.suites.scenarios.get(*scenario).map_or(1, Scenario::weight),
        Check::Sequence { .. } => 100,
        Check::Refuses { constraint: Constraint::Type | Constraint::Pattern | Constraint::Enum, .. } => 5,
        Check::Valid { form: Form::Random } => 4,
        Check::Refuses { .. } | Check::RuleRefuses { .. } | Check::RuleAccepts { .. } => 2,
        Check::Valid { .. } | Check::Accepts { .. } | Check::UnknownResource { .. } => 1,
        Check::Probe { probe } if is_refused_anyway(contract, plan, case, *probe) => 2,
        Check::Probe { .. } | Check::Condition { .. } | Check::Recorded => 1,
    }
}

/// Whether a body is looked at that counts only where one without members is not accepted: operations that require members
/// refuse it for that reason too, and tell less.
fn is_refused_anyway(contract: &Contract, plan: &Plan, case: &Case, probe: usize) -> bool {
    let operation = case.operation.as_deref().and_then(|name| contract.operation(name));
    let has_required = operation.is_some_and(|operation| operation.input.members().iter().any(|node| node.is_required));
    has_required && plan.suites.probes.get(probe).is_some_and(|probe| probe.unless_accepted.is_some())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::plan::{Filter, Suites, plan};

    #[test]
    fn what_decides_much_comes_first_and_nothing_is_lost() {
        let contract = crate::spec::builtin().unwrap();
        let plan = plan(&contract, &Suites::builtin().unwrap(), &Filter::default()).unwrap();
        let all: Vec<usize> = (0..plan.cases.len()).collect();
        let ordered = by_information(&contract, &plan, &all);
        let mut positions: Vec<usize> = ordered.iter().map(|(index, _)| *index).collect();
        let first = &plan.cases[positions[0]];
        assert!(matches!(first.check, Check::Valid { .. }), "{}", first.id);
        positions.sort_unstable();
        assert_eq!(positions, all);
        let undecided: BTreeSet<ClauseIndex> = plan.cases.iter().flat_map(|case| case.clauses.clone()).collect();
        assert!(ordered.iter().map(|(_, new)| new).sum::<usize>() >= undecided.len());
    }

    #[test]
    fn the_quick_profile_keeps_a_case_of_every_clause_but_those_that_take_many_calls() {
        let contract = crate::spec::builtin().unwrap();
        let plan = plan(&contract, &Suites::builtin().unwrap(), &Filter::default()).unwrap();
        let left_out = left_out_of_quick(&contract, &plan);
        assert!(left_out.len() > 200 && left_out.len() < plan.cases.len() * 2 / 3, "{}", left_out.len());
        let is_kept = |index: &usize| !left_out.contains(index);
        let of = |indices: Vec<usize>| -> BTreeSet<ClauseIndex> {
            indices.iter().filter_map(|index| plan.cases.get(*index)).flat_map(|case| case.clauses.clone()).collect()
        };
        let kept = of((0..plan.cases.len()).filter(is_kept).collect());
        let is_short = |index: &usize| cost(&contract, &plan, &plan.cases[*index]) <= QUICK_CALLS;
        let short = of((0..plan.cases.len()).filter(is_short).collect());
        assert_eq!(short.difference(&kept).count(), 0);
    }
}
