//! What the laws let a call expect, and how a broken law is said.

use super::{Entity, Label, SequenceJudge};
use crate::judge::exchange::Judgement;
use crate::judge::expected::Expected;
use crate::judge::finding::{FindingKind, Violation};
use crate::plan::expectation::{Expectation, ExpectedError, not_found_errors};
use crate::plan::operation_role::OperationRole;
use crate::plan::sequence::{Law, LawKind, law as find_law};
use crate::spec::clause::{ClauseIndex, Tier};
use crate::spec::contract::Operation;

impl<'c> SequenceJudge<'c> {
    /// What a call about a resource must get; `None` if nothing says so.
    pub fn expected(&self, operation: &Operation, entity: &Entity) -> Option<Expected> {
        match entity.gone {
            None => Some(Expected::success(operation)),
            Some(gone) => self.not_found(operation, gone, &entity.kind),
        }
    }

    /// What the creation of a resource must get, given what will own it; `None` if nothing says so.
    pub fn expected_of_create(
        &self,
        operation: &Operation,
        role: &OperationRole,
        owner: Option<&Entity>,
    ) -> Option<Expected> {
        let Some(owner) = owner else { return Some(Expected::success(operation)) };
        let has_one = self.has_child(owner.label, &role.resource);
        match (owner.gone, has_one) {
            (Some(gone), _) => self.not_found(operation, gone, &owner.kind),
            (None, true) => self.refusal(operation, LawKind::OneAtMost, &role.resource),
            (None, false) => Some(Expected::success(operation)),
        }
    }

    /// What the deletion of a resource must get; `None` if nothing says so.
    pub fn expected_of_delete(&self, operation: &Operation, entity: &Entity) -> Option<Expected> {
        match entity.gone {
            Some(gone) => self.not_found(operation, gone, &entity.kind),
            None if self.model.is_used(&entity.arn) => self.refusal(operation, LawKind::InUseStays, &entity.kind),
            None => {
                let law = Some(LawKind::ReleasedGoes).filter(|_| entity.was_used);
                let clause = law.and_then(|law| self.clause(law, &entity.kind));
                let focus = clause.map_or(operation.status_clause, |(_, clause)| clause);
                Some(Expected { focus, ..Expected::success(operation) })
            }
        }
    }

    /// Marks divergences from what was expected as inferred, if the law behind them is.
    pub fn settle_tier(&self, focus: ClauseIndex, judgement: &mut Judgement) {
        let rule = &self.rules.contract.clauses.get(focus).id;
        let is_inferred = self.rules.laws.iter().any(|law| law.rule == *rule && law.inferred);
        for violation in judgement.violations.iter_mut().filter(|violation| violation.clause == focus) {
            violation.tier = is_inferred.then_some(Tier::Inferred);
        }
    }

    fn has_child(&self, owner: Label, kind: &str) -> bool {
        self.model.alive().any(|child| child.owner == Some(owner) && child.kind == kind)
    }

    /// What a resource that is gone must get; `None` if nothing says so.
    fn not_found(&self, operation: &Operation, gone: LawKind, kind: &str) -> Option<Expected> {
        let errors = not_found_errors(self.rules.contract, operation);
        let (_, focus) = self.clause(gone, kind)?;
        (!errors.is_empty()).then(|| Expected { expectation: Expectation::refusal(errors), focus })
    }

    /// The refusal that a law asks for.
    fn refusal(&self, operation: &Operation, law: LawKind, kind: &str) -> Option<Expected> {
        let (law, focus) = self.clause(law, kind)?;
        let error = operation.error(law.error.as_deref()?)?;
        let errors = vec![ExpectedError { code: error.code.clone(), status: error.status }];
        Some(Expected { expectation: Expectation::refusal(errors), focus })
    }

    /// A law for a resource type, and the clause that is broken with it.
    pub(super) fn clause(&self, law: LawKind, kind: &str) -> Option<(&'c Law, ClauseIndex)> {
        let law = find_law(self.rules.laws, law, kind)?;
        Some((law, self.rules.contract.clauses.find(&law.rule)?))
    }

    /// A broken law as a violation; `None` if no rule of the contract stands behind it.
    pub(super) fn broken(
        &self,
        law: LawKind,
        kind: &str,
        operation: &str,
        expected: String,
        observed: String,
    ) -> Option<Violation> {
        let (law, clause) = self.clause(law, kind)?;
        Some(Violation {
            clause,
            operation: operation.to_owned(),
            // Which member shows it changes with the seed; the defect is the same.
            detail: None,
            kind: FindingKind::WrongBehaviour,
            expected,
            observed,
            tier: law.inferred.then_some(Tier::Inferred),
        })
    }
}
