//! Scenarios that begin with the same steps. What one of them made serves the next one if all that follows leaves it as it
//! is: the next one then takes the steps that are left. What was made beside it is deleted before. Pure functions of
//! contract and scenarios.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::placeholder;
use super::resources::Resources;
use super::suite::{Scenario, Step};
use crate::spec::Contract;

/// What tells of the steps of scenarios what they change.
#[derive(Debug, Clone, Copy)]
pub struct Continuations<'c> {
    /// The contract.
    pub contract: &'c Contract,
    /// How resources come and go.
    pub resources: &'c Resources,
}

/// Scenarios that continue each other, the last one first.
struct Chain<'s> {
    scenarios: Vec<(usize, &'s Scenario)>,
    /// Most steps that another one can share with the first of them.
    most: usize,
}

impl<'c> Continuations<'c> {
    /// The number of first steps whose outcome an earlier scenario leaves to a later one, at most so many: both begin with
    /// them, the earlier one changes nothing of it later, and the later one has steps beyond them.
    pub fn shared(self, earlier: &Scenario, later: &Scenario, most: usize) -> Option<usize> {
        let pairs = earlier.steps.iter().zip(&later.steps);
        let common = pairs.take_while(|(one, other)| one == other).count();
        let most = common.min(most).min(later.steps.len().saturating_sub(1));
        (1..=most).rev().find(|steps| self.leaves(earlier, *steps))
    }

    /// The number of first steps whose outcome the first of these scenarios leaves to the second, if each can go on with
    /// what the one before it left.
    pub fn left_by_first(self, scenarios: &[&Scenario]) -> Option<usize> {
        let pairs = scenarios.windows(2).rev();
        pairs.fold(None, |most, pair| match pair {
            [earlier, later] => self.shared(earlier, later, most.unwrap_or(usize::MAX)),
            _ => None,
        })
    }

    /// Scenarios, each with a number, in groups: in a group each scenario continues the one before it. Groups and scenarios
    /// that stand alone are told by their numbers.
    pub fn chains(self, scenarios: &[(usize, &Scenario)]) -> Vec<Vec<usize>> {
        let last_change = |scenario: &Scenario| scenario.steps.iter().rposition(|step| !self.only_reads(step));
        let mut waiting: Vec<_> =
            scenarios.iter().map(|(number, scenario)| (last_change(scenario), *number, *scenario)).collect();
        // What changes most comes first, and becomes the last of its group.
        waiting.sort_by_key(|(last_change, number, _)| (Reverse(*last_change), *number));
        let mut chains: Vec<Chain<'_>> = Vec::new();
        for (_, number, scenario) in waiting {
            let share = |(position, chain): (usize, &Chain<'_>)| {
                let (_, later) = chain.scenarios.last()?;
                Some((self.shared(scenario, later, chain.most)?, Reverse(position)))
            };
            match chains.iter().enumerate().filter_map(share).max() {
                Some((steps, Reverse(position))) => {
                    if let Some(chain) = chains.get_mut(position) {
                        chain.scenarios.push((number, scenario));
                        chain.most = steps;
                    }
                }
                None => chains.push(Chain { scenarios: vec![(number, scenario)], most: usize::MAX }),
            }
        }
        let numbers = |chain: Chain<'_>| chain.scenarios.into_iter().rev().map(|(number, _)| number).collect();
        chains.into_iter().map(numbers).collect()
    }

    /// Whether all steps behind the first ones leave what those made as it is.
    fn leaves(self, scenario: &Scenario, steps: usize) -> bool {
        let (first, others) = scenario.steps.split_at(steps.min(scenario.steps.len()));
        let named = |step: &Step| step.save.keys().chain(step.gather.keys()).cloned().collect::<Vec<_>>();
        // What a response shows beside may have been made before.
        let made = |step: &Step| {
            let paths = self.products(step);
            let is_made = |path: &String| paths.contains(&path.as_str());
            step.save.iter().filter(|(_, path)| is_made(path)).map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        let seen = |step: &Step| named(step).into_iter().filter(|name| !made(step).contains(name)).collect::<Vec<_>>();
        let not_made: BTreeSet<String> = first.iter().flat_map(named).chain(others.iter().flat_map(seen)).collect();
        let since: BTreeSet<String> = others.iter().flat_map(made).filter(|name| !not_made.contains(name)).collect();
        others.iter().all(|step| self.only_reads(step) || self.changes_only(step, &since))
    }

    /// Whether a step changes nothing but what it makes, or what variables name that were set since.
    fn changes_only(self, step: &Step, since: &BTreeSet<String>) -> bool {
        if !is_alone(step) || step.region.is_some() {
            return false;
        }
        let is_new = |name: &str| {
            let head = name.split(['.', '[']).next().unwrap_or(name);
            since.contains(head)
        };
        let names = placeholder::names(&step.input);
        let is_about_new = !names.is_empty() && names.into_iter().all(is_new);
        !self.products(step).is_empty() || step.expect.is_one_refusal() || is_about_new
    }

    /// Paths by which a step's response names what it made.
    fn products(self, step: &Step) -> Vec<&'c str> {
        let products = step.call.as_deref().map(|name| self.resources.products(name)).unwrap_or_default();
        products.iter().map(|product| product.path.as_str()).collect()
    }

    fn only_reads(self, step: &Step) -> bool {
        let name = step.call.as_deref().or(step.walk.as_deref());
        let operation = name.and_then(|name| self.contract.operation(name));
        is_alone(step) && operation.is_some_and(|operation| operation.is_readonly)
    }
}

/// Whether a step is one call after another.
fn is_alone(step: &Step) -> bool {
    !step.concurrent && step.beside.is_empty() && step.broadcast.is_none()
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
        Scenario {
            name: name.to_owned(),
            summary: String::new(),
            needs: Vec::new(),
            slow: false,
            late: false,
            in_quick: false,
            steps,
        }
    }

    #[test]
    fn what_only_reads_goes_before_what_changes_more() {
        let contract = crate::spec::builtin().unwrap();
        let resources = Resources::of(&contract);
        let of = Continuations { contract: &contract, resources: &resources };
        let (create, read, update) = ("CreateChannel", "GetChannel", "UpdateChannel");
        let all = [
            scenario("update", &[(create, "a"), (update, "b"), (read, "")]),
            scenario("read", &[(create, "a"), (read, "")]),
            scenario("list", &[(create, "a"), ("ListChannels", "")]),
            scenario("another name", &[(create, "c"), (read, "")]),
            scenario("another update", &[(create, "a"), (update, "c"), (read, "")]),
        ];
        let numbered: Vec<(usize, &Scenario)> = all.iter().enumerate().collect();
        assert_eq!(of.chains(&numbered), [vec![2, 1, 0], vec![4], vec![3]]);
    }

    #[test]
    fn no_scenario_continues_what_was_changed_beyond_its_own_steps() {
        let contract = crate::spec::builtin().unwrap();
        let resources = Resources::of(&contract);
        let of = Continuations { contract: &contract, resources: &resources };
        let shared = |earlier: &Scenario, later: &Scenario| of.shared(earlier, later, usize::MAX);
        let subject = ("UpdateChannel", "${channel.arn}");
        let changed = scenario("changed", &[("CreateChannel", "a"), ("GetChannel", ""), subject]);
        let kept = scenario("kept", &[("CreateChannel", "a"), ("GetChannel", "")]);
        assert_eq!(shared(&kept, &changed), Some(2));
        assert_eq!((shared(&changed, &kept), shared(&changed, &changed)), (None, None));
        let mut refused = changed.clone();
        refused.steps[2].expect = serde_json::from_value(json!("ConflictException")).unwrap();
        assert_eq!(shared(&refused, &changed), Some(2), "what is refused changes nothing");
    }

    #[test]
    fn what_was_made_later_may_change() {
        let contract = crate::spec::builtin().unwrap();
        let resources = Resources::of(&contract);
        let of = Continuations { contract: &contract, resources: &resources };
        let steps = [("CreateChannel", "a"), ("CreateChannel", "b"), ("DeleteChannel", "${other}")];
        let mut earlier = scenario("earlier", &steps);
        earlier.steps[0].save.insert("one".to_owned(), "channel.arn".to_owned());
        earlier.steps[1].save.insert("other".to_owned(), "channel.arn".to_owned());
        let mut later = scenario("later", &[("CreateChannel", "a"), ("GetChannel", "")]);
        later.steps[0] = earlier.steps[0].clone();
        assert_eq!(of.shared(&earlier, &later, usize::MAX), Some(1));
        earlier.steps[2].input = json!({ "arn": "${one}" });
        assert_eq!(of.shared(&earlier, &later, usize::MAX), None);
        let mut listed = later.clone();
        listed.steps[1].save.insert("found".to_owned(), "channels[0].arn".to_owned());
        listed.steps.push(Step { input: json!({ "arn": "${found}" }), ..earlier.steps[2].clone() });
        assert_eq!(of.shared(&listed, &later, usize::MAX), None, "what a read shows may have been made before");
    }

    #[test]
    fn many_built_in_scenarios_share_what_they_make() {
        let contract = crate::spec::builtin().unwrap();
        let resources = Resources::of(&contract);
        let of = Continuations { contract: &contract, resources: &resources };
        let suites = crate::plan::Suites::builtin().unwrap();
        let numbered: Vec<(usize, &Scenario)> = suites.scenarios.iter().enumerate().collect();
        let chains = of.chains(&numbered);
        assert_eq!(chains.iter().map(Vec::len).sum::<usize>(), numbered.len());
        assert!(chains.len() + 100 < numbered.len(), "{} of {}", chains.len(), numbered.len());
        for chain in &chains {
            let scenarios: Vec<&Scenario> = chain.iter().map(|number| &suites.scenarios[*number]).collect();
            let mut least = 0;
            for first in 0..chain.len().saturating_sub(1) {
                let left = of.left_by_first(&scenarios[first..]).unwrap();
                assert!(left >= least, "{}", scenarios[first].name);
                least = left;
            }
        }
    }
}
