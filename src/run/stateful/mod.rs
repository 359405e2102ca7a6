//! Random sequences of operations: drawn from the seed, checked against laws at every step, and made as short as they
//! still show a finding.

mod execute;
mod generate;
mod shrink;
mod verify;

use std::sync::Arc;

use execute::{Execution, VerifyWhen};
use generate::{Binding, Pairs, Transition};

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
        Profile::Quick => (1, 8),
        Profile::Standard => (2, 14),
        Profile::Deep => (40, 24),
    }
}

/// How many transitions the sequences of a family have together.
pub(super) fn transitions(profile: Profile) -> u64 {
    let (count, length) = amount(profile);
    (count * length) as u64
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
        let mut pairs = Pairs::new();
        for number in 0..count {
            if env.target.is_stopped() {
                progress.blocked("the run was stopped".to_owned());
                return;
            }
            let transitions = generate::generate(&env, &binding, length, &mut runner, &mut pairs);
            let known: Vec<FindingKey> = self.tally.findings.keys().cloned().collect();
            let seen = self.execute(index, number, &binding, &transitions, VerifyWhen::EveryStep, progress).await;
            let mut new: Vec<(FindingKey, usize)> = Vec::new();
            for (key, position) in seen {
                if !known.contains(&key) && !new.iter().any(|(other, _)| *other == key) {
                    new.push((key, position));
                }
            }
            if env.settings.shrinking == Shrinking::On {
                for (key, position) in new {
                    let shown = transitions.get(..=position).unwrap_or(&transitions);
                    self.shorten(index, number, &binding, shown, &key).await;
                }
            }
        }
    }

    /// Plays transitions with resources of their own, which are deleted afterwards.
    async fn execute(
        &mut self,
        index: usize,
        number: usize,
        binding: &Binding<'_>,
        transitions: &[Transition],
        verify_when: VerifyWhen,
        progress: &mut Progress,
    ) -> Vec<(FindingKey, usize)> {
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
