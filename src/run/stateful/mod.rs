//! Random sequences of operations: drawn from the seed, checked against laws at every step, and made as short as they
//! still show a finding.

mod coverage;
mod execute;
mod generate;
mod later;
mod shrink;
mod verify;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;

use coverage::Coverage;
use execute::{Execution, VerifyWhen};
use generate::{Binding, Transition};
use later::Drawn;
pub use later::Unshortened;
pub(super) use later::shorten;

use super::run_context::RunContext;
use super::session::{Blocked, Fixtures, Session};
use super::settings::{Profile, Shrinking};
use super::shadowing::Watch as Watching;
use super::worker::{Progress, Worker};
use crate::generate::runner;
use crate::plan::operation_role::{self, OperationRole, RoleKind};
use crate::plan::sequence::Sequence;
use crate::record::FindingKey;

/// How many sequences of how many transitions a profile draws of each family.
fn amount(profile: Profile) -> (usize, usize) {
    match profile {
        Profile::Quick => (1, 3),
        Profile::Standard => (1, 4),
        Profile::Deep => (40, 24),
    }
}

/// Transitions of the courses of a family, roughly.
const OF_COURSES: usize = 40;

/// How many transitions the sequences of a family have together, roughly.
pub(super) fn transitions(profile: Profile) -> u64 {
    let (count, length) = amount(profile);
    let courses = if profile == Profile::Quick { 0 } else { OF_COURSES };
    (count * length + courses) as u64
}

impl Worker {
    /// Generates and executes the sequences of a family.
    pub(super) async fn sequence(&mut self, index: usize, sequence: usize, progress: &mut Progress) {
        let env = Arc::clone(&self.env);
        let Some(sequence) = env.plan.suites.sequences.get(sequence) else { return };
        let binding = match bind(&env, sequence) {
            Ok(binding) => binding,
            Err(Blocked(reason)) => return progress.blocked(reason),
        };
        let id = env.plan.cases.get(index).map(|case| case.id.clone()).unwrap_or_default();
        let mut runner = runner(env.settings.seed, &id);
        let (count, length) = amount(env.settings.profile);
        let mut coverage = Coverage::default();
        let mut planned = Coverage::default();
        let mut numbers = 0..count;
        let mut waiting: Vec<(usize, Vec<Transition>)> = Vec::new();
        if env.settings.profile != Profile::Quick {
            let (courses, plan) = generate::courses(&env, &binding, &mut runner);
            planned.extend(plan);
            waiting.extend((count..).zip(courses));
        }
        while !numbers.is_empty() || !waiting.is_empty() {
            if env.target.is_stopped() {
                progress.blocked("the run was stopped".to_owned());
                return;
            }
            let lanes = env.target.concurrency().lanes();
            for number in numbers.by_ref().take(lanes.saturating_sub(waiting.len())) {
                let (transitions, plan) = generate::generate(&env, &binding, length, &mut runner, &planned);
                planned.extend(plan);
                waiting.push((number, transitions));
            }
            let drawn: Vec<(usize, Vec<Transition>)> = waiting.drain(..lanes.min(waiting.len())).collect();
            coverage.extend(self.sequences(index, &binding, &drawn, progress).await);
            self.tally.steps.insert(sequence.name.clone(), coverage.share(&binding));
        }
    }

    /// Executes sequences, several side by side where each request takes long. What is new in them is shrunk when the run
    /// comes to it, or else at once. Which steps came one after another.
    async fn sequences(
        &mut self,
        index: usize,
        binding: &Binding<'_>,
        drawn: &[(usize, Vec<Transition>)],
        progress: &mut Progress,
    ) -> Coverage {
        let mut coverage = Coverage::default();
        let known: BTreeSet<FindingKey> = self.tally.findings.keys().cloned().collect();
        let seen = match drawn {
            [(number, transitions)] => {
                vec![self.execute(index, *number, binding, transitions, VerifyWhen::EveryStep, progress).await]
            }
            _ => self.side_by_side(index, binding, drawn, progress).await,
        };
        let mut shown: BTreeSet<FindingKey> = known;
        for ((number, transitions), (seen, done)) in drawn.iter().zip(seen) {
            coverage.extend(done);
            for (key, position) in seen {
                if !shown.insert(key.clone()) || self.env.settings.shrinking == Shrinking::Off {
                    continue;
                }
                let shown = transitions.get(..=position).unwrap_or(transitions);
                match &self.env.unshortened {
                    Some(later) => {
                        later.note(&key, Drawn { index, number: *number, transitions: shown.to_vec() });
                    }
                    None => self.shorten(index, *number, binding, shown, &key).await,
                }
            }
        }
        coverage
    }

    /// Executes sequences side by side, each by a worker of its own.
    async fn side_by_side(
        &mut self,
        index: usize,
        binding: &Binding<'_>,
        drawn: &[(usize, Vec<Transition>)],
        progress: &mut Progress,
    ) -> Vec<(Vec<(FindingKey, usize)>, Coverage)> {
        let env = &self.env;
        let executions = drawn.iter().map(|(number, transitions)| {
            let (mut worker, number) = (Worker::new(Arc::clone(env)), *number);
            async move {
                let mut progress = Progress::default();
                let every = VerifyWhen::EveryStep;
                let seen = worker.execute(index, number, binding, transitions, every, &mut progress).await;
                worker.finish().await;
                (seen, progress, worker)
            }
        });
        let mut all_seen = Vec::new();
        for (seen, theirs, worker) in join_all(executions).await {
            self.requests += worker.requests;
            self.tally.merge(worker.tally);
            progress.violations.extend(theirs.violations);
            progress.decided += theirs.decided;
            theirs.undecided.into_iter().for_each(|reason| progress.blocked(reason));
            all_seen.push(seen);
        }
        all_seen
    }

    /// Plays transitions with resources of their own, which are deleted afterwards. What diverged, with the position of the
    /// transition, and which steps came one after another.
    async fn execute(
        &mut self,
        index: usize,
        number: usize,
        binding: &Binding<'_>,
        transitions: &[Transition],
        verify_when: VerifyWhen,
        progress: &mut Progress,
    ) -> (Vec<(FindingKey, usize)>, Coverage) {
        let mut session = Session::new(self, Fixtures::Own, index, number);
        // Its laws are judged by its own model.
        session.watch = Watching::Off;
        let mut execution = Execution::new(session, binding, verify_when);
        let ended = execution.all(transitions, progress).await;
        if let Err(Blocked(reason)) = ended {
            progress.blocked(reason);
        }
        execution.finish().await
    }
}

/// The operations that the target has; those that make and show are needed.
fn bind<'c>(env: &'c RunContext, sequence: &'c Sequence) -> Result<Binding<'c>, Blocked> {
    let mut roles = Vec::new();
    for resource in &sequence.resources {
        let of_it = operation_role::roles(&env.contract, &env.plan.resources, resource);
        for kind in [RoleKind::Create, RoleKind::Get] {
            let is_missing = |role: &&OperationRole| role.kind == kind && env.is_unavailable(&role.operation);
            if let Some(role) = of_it.iter().find(is_missing) {
                return Err(Blocked(format!("{} is not implemented", role.operation)));
            }
        }
        roles.extend(of_it.into_iter().filter(|role| !env.is_unavailable(&role.operation)));
    }
    Ok(Binding { env, sequence, roles })
}
