//! Judges random sequences: what is known of their resources, what that lets each call expect, and which laws the
//! responses show upheld or broken. The caller sends; this says what to expect before, and what it showed after.

mod change;
mod expect;
mod model;
mod several;
mod view;

use crate::judge::law::Effect;
use crate::plan::operation_role::{OperationRole, RoleKind};
use crate::plan::sequence::{Law, Sequence};
use crate::spec::contract::{Contract, Node};

pub use model::{Entity, Label, Model};
pub use several::{Divergence, laws_of_batch, laws_of_list};

/// The contract, the laws and the operations by which a sequence is judged.
#[derive(Debug, Clone, Copy)]
pub struct SequenceRules<'c> {
    /// The contract.
    pub contract: &'c Contract,
    /// The laws of the suites.
    pub laws: &'c [Law],
    /// The sequence.
    pub sequence: &'c Sequence,
    /// What the operations do to the resources of the sequence.
    pub roles: &'c [OperationRole],
}

/// What is known along one sequence.
#[derive(Debug)]
pub struct SequenceJudge<'c> {
    rules: SequenceRules<'c>,
    /// The resources.
    model: Model,
    /// What was done last.
    effect: Effect,
    /// What it was done to.
    subjects: Vec<Label>,
}

impl<'c> SequenceJudge<'c> {
    /// Begins without resources.
    pub fn new(rules: SequenceRules<'c>) -> SequenceJudge<'c> {
        SequenceJudge { rules, model: Model::default(), effect: Effect::Seen, subjects: Vec::new() }
    }

    /// What is known of all resources.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The resources that the last change may have touched, and how to read them: those that it was about first.
    pub fn due(&self) -> Vec<(Label, RoleKind)> {
        let is_subject = |label: &Label| self.subjects.contains(label);
        let is_due = |entity: &&Entity| {
            let is_touched = is_subject(&entity.label) || entity.owner.is_some_and(|owner| is_subject(&owner));
            entity.gone.is_none() || (is_touched && self.effect == Effect::Deleted)
        };
        let mut due: Vec<(bool, Label, bool)> = (self.model.all().filter(is_due))
            .map(|entity| (!is_subject(&entity.label), entity.label, entity.gone.is_some()))
            .collect();
        due.sort_unstable();
        let reads = |(is_other, label, is_gone): (bool, Label, bool)| {
            let kinds = [RoleKind::Tags, RoleKind::Get].into_iter();
            let is_needed = move |kind: &RoleKind| *kind == RoleKind::Get || !is_other || is_gone;
            kinds.filter(is_needed).map(move |kind| (label, kind))
        };
        due.into_iter().flat_map(reads).collect()
    }

    /// The member of a resource that holds its tags.
    fn tags_member(&self, node: &Node) -> Option<String> {
        let role = self.rules.roles.iter().find(|role| role.kind == RoleKind::Tag)?;
        let operation = self.rules.contract.operation(&role.operation)?;
        let shape = &operation.input.member(role.tags.as_deref()?)?.shape;
        node.members().iter().find(|member| member.shape == *shape).map(|member| member.name.clone())
    }
}
