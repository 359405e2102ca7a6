//! What shows findings again.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::judge::FindingKind;
use crate::plan::{Check, Plan};
use crate::record::{FindingKey, Found, Seen, Tally, Witness};
use crate::run::run_context::RunContext;
use crate::spec::ClauseKind;

/// Requests that confirm a finding by themselves, if none of the run contradicts it.
const CONVINCING: u64 = 3;

/// One way to show findings again.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Task {
    pub(super) case: usize,
    pub(super) witness: Option<Witness>,
    pub(super) keys: BTreeSet<FindingKey>,
}

impl Task {
    /// The same findings, looked for no longer by an input but by the whole of another case.
    pub(super) fn by_case(case: usize, keys: BTreeSet<FindingKey>) -> Task {
        Task { case, witness: None, keys }
    }
}

/// What shows the findings again, in the order of the plan.
pub(super) fn open_tasks(plan: &Plan, tally: &Tally, surveyed: &BTreeSet<FindingKey>) -> Vec<Task> {
    let is_open = |key: &FindingKey, found: &Found| {
        let contradictions = tally.upheld.get(key.clause.0 as usize).map_or(0, |upheld| upheld.requests);
        // Failures come in numbers without a defect where the way to the target is bad.
        let is_convincing = !key.kind.is_failure() && contradictions == 0 && found.occurrences >= CONVINCING;
        !surveyed.contains(key) && found.seen == Seen::ONCE && !is_convincing
    };
    let open = tally.findings.iter().filter(|(key, found)| is_open(key, found));
    grouped(plan, open.map(|(key, found)| (key, found.case, found.witness.clone())))
}

/// Looks at what else may show those of `unshown` that did not show again: other cases that did, and other inputs of the
/// same case, because the smallest input may need a state that a larger one does not.
pub(super) fn other_tasks(plan: &Plan, tally: &Tally, unshown: &BTreeSet<FindingKey>) -> Vec<Task> {
    let found = unshown.iter().filter_map(|key| Some((key, tally.findings.get(key)?)));
    let cases = |found: &Found| {
        let other_inputs = found.witness.as_ref().map(|_| found.case);
        found.also_in.iter().copied().chain(other_inputs).collect::<Vec<_>>()
    };
    grouped(plan, found.flat_map(|(key, found)| cases(found).into_iter().map(move |case| (key, case, None))))
}

/// The same looks once more.
pub(super) fn same_tasks(plan: &Plan, tally: &Tally, doubtful: &BTreeSet<FindingKey>) -> Vec<Task> {
    let found = doubtful.iter().filter_map(|key| Some((key, tally.findings.get(key)?)));
    grouped(plan, found.map(|(key, found)| (key, found.case, found.witness.clone())))
}

/// One task for findings that the same case and input show, in the order of the plan.
fn grouped<'a>(plan: &Plan, found: impl Iterator<Item = (&'a FindingKey, usize, Option<Witness>)>) -> Vec<Task> {
    let mut tasks: Vec<Task> = Vec::new();
    for (key, case, witness) in found {
        match tasks.iter_mut().find(|task| task.case == case && task.witness == witness) {
            Some(task) => drop(task.keys.insert(key.clone())),
            None => tasks.push(Task { case, witness, keys: BTreeSet::from([key.clone()]) }),
        }
    }
    tasks.sort_by_key(|task| (task.case, task.keys.first().cloned()));
    tasks.retain(|task| plan.cases.get(task.case).is_some());
    tasks
}

/// Whether a task's findings may come from what parallel cases create and delete: lists show that, and nothing else does.
/// What a request may ask for does not depend on what is listed.
pub(super) fn reads_lists(env: &RunContext, task: &Task) -> bool {
    let is_paged = |name: &str| env.contract.operation(name).is_some_and(|operation| operation.pagination.is_some());
    let is_about_input =
        |key: &FindingKey| matches!(env.contract.clauses.get(key.clause).kind, ClauseKind::Input { .. });
    env.target.concurrency().is_parallel()
        && task.keys.iter().any(|key| is_paged(&key.operation) && !is_about_input(key))
        && !is_concurrent(&env.plan, task.case)
}

/// Whether a finding may come from what other cases make and lists show.
pub(super) fn depends_on_lists(env: &RunContext, key: &FindingKey, found: &Found) -> bool {
    let task = Task::by_case(found.case, BTreeSet::from([key.clone()]));
    depends_on_content(env, key, found) && reads_lists(env, &task)
}

/// Whether what is listed can be the reason of a divergence. It is not the reason of an error, but for that of a later page:
/// its token may name something that another case deleted.
pub(super) fn depends_on_content(env: &RunContext, key: &FindingKey, found: &Found) -> bool {
    match key.kind {
        FindingKind::WrongBehaviour | FindingKind::AcceptedInvalid | FindingKind::MalformedResponse => true,
        FindingKind::RejectedValid => asks_for_later_page(env, found),
        _ => false,
    }
}

fn asks_for_later_page(env: &RunContext, found: &Found) -> bool {
    let operation = env.contract.operation(&found.violation.operation);
    let Some(pagination) = operation.and_then(|operation| operation.pagination.as_ref()) else { return false };
    let input = serde_json::from_slice::<Value>(&found.exchange.request.body).unwrap_or_default();
    input.get(&pagination.input_token).is_some()
}

/// Whether a task's findings are connections that broke: a request that crashes the target breaks those of others too.
pub(super) fn breaks_connections(env: &RunContext, task: &Task) -> bool {
    env.target.health().outages() > 0 && task.keys.iter().any(|key| key.kind == FindingKind::Transport)
}

/// Whether a case has calls in flight at once by itself: then one that runs alone shows no less.
fn is_concurrent(plan: &Plan, case: usize) -> bool {
    match plan.cases.get(case).map(|case| &case.check) {
        Some(Check::Scenario { scenario }) => {
            let steps = plan.suites.scenarios.get(*scenario).map(|scenario| scenario.steps.as_slice());
            steps.unwrap_or_default().iter().any(|step| step.concurrent)
        }
        _ => false,
    }
}
