//! Which operations came right after one another on one resource, by the state that each of them found.

use std::collections::{BTreeMap, BTreeSet};

use super::generate::Binding;
use crate::judge::sequence::Label;
use crate::plan::expectation::not_found_errors;
use crate::plan::operation_role::{OperationRole, RoleKind};
use crate::record::{Share, StepCoverage};

/// What an operation finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// The resource exists.
    Alive,
    /// It was deleted.
    Gone,
}

/// Whether a resource is the first of its type in a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ordinal {
    /// It is.
    First,
    /// Others were made before it.
    Later,
}

/// An operation, as the position of its role, and what it finds.
pub type Step = (usize, Found);

/// Steps that sequences of one family took one after another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    pairs: BTreeSet<(Ordinal, [Step; 2])>,
    triples: BTreeSet<(Ordinal, [Step; 3])>,
}

impl Coverage {
    /// Whether two steps came one after the other.
    pub fn has_pair(&self, ordinal: Ordinal, pair: [Step; 2]) -> bool {
        self.pairs.contains(&(ordinal, pair))
    }

    /// Whether three steps came one after another.
    pub fn has_triple(&self, ordinal: Ordinal, triple: [Step; 3]) -> bool {
        self.triples.contains(&(ordinal, triple))
    }

    /// Adds what another sequence did.
    pub fn extend(&mut self, other: Coverage) {
        self.pairs.extend(other.pairs);
        self.triples.extend(other.triples);
    }

    fn note(&mut self, ordinal: Ordinal, path: &[Step]) {
        if let [.., two, three] = path {
            self.pairs.insert((ordinal, [*two, *three]));
        }
        if let [.., one, two, three] = path {
            self.triples.insert((ordinal, [*one, *two, *three]));
        }
    }

    /// How much of what a family can do was done.
    pub fn share(&self, binding: &Binding<'_>) -> StepCoverage {
        let mut share = StepCoverage::default();
        for resource in &binding.sequence.resources {
            share += possible(&Steps::of(binding, resource));
        }
        share.pairs.seen = self.pairs.len() as u64;
        share.triples.seen = self.triples.len() as u64;
        share
    }
}

/// What can be done to a resource type.
struct Steps {
    /// Ways to make one.
    creations: u64,
    /// Operations on one that exists, but for its deletion.
    others: u64,
    /// Whether it can be deleted.
    deletions: u64,
    /// Operations on one that was deleted.
    gone: u64,
}

impl Steps {
    fn of(binding: &Binding<'_>, resource: &str) -> Steps {
        let products = |role: &OperationRole| binding.env.plan.resources.products(&role.operation);
        let makes_it = |role: &&OperationRole| {
            role.kind == RoleKind::Create && products(role).iter().any(|product| product.resource == resource)
        };
        let about_it = || binding.roles.iter().filter(|role| role.is_about(resource));
        let count = |wanted: &dyn Fn(&OperationRole) -> bool| about_it().filter(|role| wanted(role)).count() as u64;
        let can_be_gone = |role: &OperationRole| match role.kind {
            RoleKind::Batch | RoleKind::List => true,
            _ => {
                let operation = binding.env.contract.operation(&role.operation);
                operation.is_some_and(|operation| !not_found_errors(&binding.env.contract, operation).is_empty())
            }
        };
        Steps {
            creations: binding.roles.iter().filter(makes_it).count() as u64,
            others: count(&|role| role.kind != RoleKind::Delete),
            deletions: count(&|role| role.kind == RoleKind::Delete),
            gone: count(&can_be_gone),
        }
    }
}

fn possible(steps: &Steps) -> StepCoverage {
    let Steps { creations, others, deletions, gone } = *steps;
    let alive = others + deletions;
    // A refused deletion leaves the resource as it is, so that what exists may follow it.
    let pairs = creations * alive + alive * alive + deletions * gone + gone * gone;
    let triples = creations * alive * alive
        + creations * deletions * gone
        + alive * alive * alive
        + alive * deletions * gone
        + deletions * gone * gone
        + gone * gone * gone;
    let share = |possible: u64| Share { seen: 0, possible: 2 * possible };
    StepCoverage { pairs: share(pairs), triples: share(triples) }
}

/// What one sequence did to each of its resources.
#[derive(Debug, Default)]
pub struct Paths {
    steps: BTreeMap<Label, (Ordinal, Vec<Step>)>,
    types: BTreeSet<String>,
    coverage: Coverage,
}

impl Paths {
    /// Notes that a resource of a type was made.
    pub fn made(&mut self, label: Label, resource: &str, role: usize) {
        let ordinal = if self.types.insert(resource.to_owned()) { Ordinal::First } else { Ordinal::Later };
        self.steps.insert(label, (ordinal, vec![(role, Found::Alive)]));
    }

    /// Notes what was done to a resource.
    pub fn done(&mut self, label: Label, step: Step) {
        let Some((ordinal, path)) = self.steps.get_mut(&label) else { return };
        path.push(step);
        self.coverage.note(*ordinal, path);
    }

    /// Whether a resource is the first of its type, and the last steps on it.
    pub fn last(&self, label: Label) -> Option<(Ordinal, &[Step])> {
        let (ordinal, path) = self.steps.get(&label)?;
        Some((*ordinal, path.as_slice()))
    }

    /// What came one after another.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// The same, at the end of the sequence.
    pub fn into_coverage(self) -> Coverage {
        self.coverage
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_on_one_resource_are_counted_whatever_happens_to_others_in_between() {
        let mut paths = Paths::default();
        let (one, two) = ((0, 0), (1, 0));
        paths.made(one, "bucket", 0);
        paths.made(two, "bucket", 0);
        paths.done(one, (1, Found::Alive));
        paths.done(two, (1, Found::Alive));
        paths.done(one, (2, Found::Alive));
        paths.done(one, (1, Found::Gone));
        let coverage = paths.into_coverage();
        let (created, updated, deleted) = ((0, Found::Alive), (1, Found::Alive), (2, Found::Alive));
        assert!(coverage.has_pair(Ordinal::First, [created, updated]));
        assert!(coverage.has_pair(Ordinal::Later, [created, updated]));
        assert!(coverage.has_pair(Ordinal::First, [deleted, (1, Found::Gone)]));
        assert!(coverage.has_triple(Ordinal::First, [created, updated, deleted]));
        assert!(!coverage.has_triple(Ordinal::Later, [created, updated, deleted]));
        assert_eq!((coverage.pairs.len(), coverage.triples.len()), (4, 2));
    }

    #[test]
    fn what_is_possible_is_counted_by_what_exists() {
        let steps = Steps { creations: 1, others: 2, deletions: 1, gone: 3 };
        let share = possible(&steps);
        assert_eq!(share.pairs.possible, 2 * (3 + 9 + 3 + 9));
        assert_eq!(share.triples.possible, 2 * (9 + 3 + 27 + 9 + 9 + 27));
    }
}
