//! Scenarios that begin with the same steps. What one of them made serves the next one if all that follows only reads: the
//! next one then takes the steps that are left. Pure functions of contract and scenarios.

use std::cmp::Reverse;

use super::suite::{Scenario, Step};
use crate::spec::Contract;

/// The number of steps of a scenario up to the last one that may change something. What follows only reads.
pub fn setup(contract: &Contract, scenario: &Scenario) -> usize {
    scenario.steps.iter().rposition(|step| !only_reads(contract, step)).map_or(0, |last| last + 1)
}

/// Whether a scenario can go on with what an earlier one left: it begins with all steps by which the earlier one may have
/// changed something, and has steps beyond them.
pub fn continues(contract: &Contract, earlier: &Scenario, later: &Scenario) -> bool {
    begins_with(earlier, setup(contract, earlier), later)
}

/// Scenarios, each with a number, in groups: in a group each scenario continues all those before it. Groups and scenarios
/// that stand alone are told by their numbers.
pub fn chains(contract: &Contract, scenarios: &[(usize, &Scenario)]) -> Vec<Vec<usize>> {
    let mut waiting: Vec<_> =
        scenarios.iter().map(|(number, scenario)| (setup(contract, scenario), *number, *scenario)).collect();
    waiting.sort_by_key(|(setup, number, _)| (Reverse(*setup), *number));
    let mut chains: Vec<Vec<(usize, &Scenario)>> = Vec::new();
    for (setup, number, scenario) in waiting {
        // The last one of a group, which becomes its first, has the fewest steps that may change something.
        let goes_before = |chain: &&mut Vec<(usize, &Scenario)>| {
            chain.last().is_some_and(|(_, later)| begins_with(scenario, setup, later))
        };
        match chains.iter_mut().find(goes_before) {
            Some(chain) => chain.push((number, scenario)),
            None => chains.push(vec![(number, scenario)]),
        }
    }
    chains.into_iter().map(|chain| chain.into_iter().rev().map(|(number, _)| number).collect()).collect()
}

/// Whether a scenario has more steps than the first ones of another one, and begins with those.
fn begins_with(earlier: &Scenario, steps: usize, later: &Scenario) -> bool {
    steps > 0 && later.steps.len() > steps && earlier.steps.get(..steps) == later.steps.get(..steps)
}

fn only_reads(contract: &Contract, step: &Step) -> bool {
    let operation = step.call.as_deref().or(step.walk.as_deref()).and_then(|name| contract.operation(name));
    let is_alone = !step.concurrent && step.beside.is_empty() && step.broadcast.is_none();
    is_alone && operation.is_some_and(|operation| operation.is_readonly)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn scenario(name: &str, steps: &[(&str, &str)]) -> Scenario {
        let step = |(call, name): &(&str, &str)| Step {
            call: Some((*call).to_owned()),
            input: json!({ "name": name }),
            ..Step::default()
        };
        let steps = steps.iter().map(step).collect();
        Scenario { name: name.to_owned(), summary: String::new(), needs: Vec::new(), slow: false, steps }
    }

    #[test]
    fn what_only_reads_goes_before_what_changes_more() {
        let contract = crate::spec::builtin().unwrap();
        let (create, read, update) = ("CreateChannel", "GetChannel", "UpdateChannel");
        let all = [
            scenario("update", &[(create, "a"), (update, "b"), (read, "")]),
            scenario("read", &[(create, "a"), (read, "")]),
            scenario("list", &[(create, "a"), ("ListChannels", "")]),
            scenario("another name", &[(create, "c"), (read, "")]),
            scenario("another update", &[(create, "a"), (update, "c"), (read, "")]),
        ];
        let numbered: Vec<(usize, &Scenario)> = all.iter().enumerate().collect();
        assert_eq!(chains(&contract, &numbered), [vec![2, 1, 0], vec![4], vec![3]]);
    }

    #[test]
    fn no_scenario_continues_what_was_changed_beyond_its_own_steps() {
        let contract = crate::spec::builtin().unwrap();
        let deleted = scenario("deleted", &[("CreateChannel", "a"), ("GetChannel", ""), ("DeleteChannel", "")]);
        let kept = scenario("kept", &[("CreateChannel", "a"), ("GetChannel", "")]);
        assert_eq!((setup(&contract, &deleted), setup(&contract, &kept)), (3, 1));
        assert!(continues(&contract, &kept, &deleted) && !continues(&contract, &deleted, &kept));
        assert!(!continues(&contract, &deleted, &deleted), "nothing would be left to do");
    }

    #[test]
    fn many_built_in_scenarios_share_what_they_make() {
        let contract = crate::spec::builtin().unwrap();
        let suites = crate::plan::Suites::builtin().unwrap();
        let numbered: Vec<(usize, &Scenario)> = suites.scenarios.iter().enumerate().collect();
        let chains = chains(&contract, &numbered);
        assert_eq!(chains.iter().map(Vec::len).sum::<usize>(), numbered.len());
        assert!(chains.len() + 100 < numbered.len(), "{} of {}", chains.len(), numbered.len());
        for pair in chains.iter().flat_map(|chain| chain.windows(2)) {
            let [earlier, later] = [0, 1].map(|end| &suites.scenarios[pair[end]]);
            assert!(continues(&contract, earlier, later), "{} {}", earlier.name, later.name);
        }
    }
}
