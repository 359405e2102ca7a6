//! Cases as trials: their names, and which of them the arguments ask for.

use std::collections::BTreeSet;

use libtest_mimic::{Arguments, Trial};

use super::case_runner::CaseRunner;
use crate::plan::{Case, Phase, Plan};
use crate::spec::Contract;

/// Trials that are only listed; those at the positions of `ignored` are ignored.
pub fn listing(plan: &Plan, ignored: &BTreeSet<usize>) -> Vec<Trial> {
    let cases = plan.cases.iter().enumerate();
    cases.map(|(index, case)| named(case).with_ignored_flag(ignored.contains(&index))).collect()
}

/// A trial with nothing behind it.
fn named(case: &Case) -> Trial {
    Trial::test(case.id.clone(), || Ok(()))
}

/// The part of a plan that the arguments ask for.
pub fn selected(plan: &Plan, arguments: &Arguments) -> Plan {
    let mut selected = plan.clone();
    selected.cases.retain(|case| {
        let trial = named(case);
        !arguments.is_filtered_out(&trial) && !arguments.is_ignored(&trial)
    });
    selected
}

/// The cases of a plan as trials, dangerous ones last; those that are selected have the runner behind them.
pub fn all(contract: &Contract, plan: &Plan, selected: &Plan, runner: &CaseRunner) -> Vec<Trial> {
    let mut next = 0;
    let trial = |case: &Case| {
        if selected.cases.get(next).is_none_or(|candidate| candidate.id != case.id) {
            return named(case);
        }
        let case_of_trial = runner.case(next);
        next += 1;
        Trial::ignorable_test(case.id.clone(), move || case_of_trial.run())
    };
    let phase = |case: &Case| Phase::of(contract, &plan.resources, &plan.suites, case);
    let phases: Vec<Phase> = plan.cases.iter().map(phase).collect();
    let mut trials: Vec<(Phase, Trial)> = phases.into_iter().zip(plan.cases.iter().map(trial)).collect();
    trials.sort_by_key(|(phase, _)| *phase);
    trials.into_iter().map(|(_, trial)| trial).collect()
}

/// How many trials run at the same time: as many as the arguments say, else as the suite says, else one per processor.
pub fn threads(arguments: &Arguments, jobs: Option<usize>) -> usize {
    let machine = || std::thread::available_parallelism().map_or(1, usize::from);
    arguments.test_threads.or(jobs).unwrap_or_else(machine).max(1)
}
