//! The laws of a sequence: what they expect of a response, and how a broken one is noted.

use crate::generate::not_found_errors;
use crate::judge::{FindingKind, Judgement, Violation};
use crate::plan::expectation::{Expectation, ExpectedError};
use crate::plan::sequence::{Law, LawKind, law as find_law};
use crate::record::FindingKey;
use crate::run::session::Blocked;
use crate::run::stateful::execute::*;
use crate::run::stateful::model::Entity;
use crate::run::worker::Progress;
use crate::spec::clause::{ClauseIndex, Tier};
use crate::spec::contract::Operation;
use crate::wire::Exchange;

impl Execution<'_, '_> {
    /// What a call about a resource must be answered with, and the clause to blame; none if nothing says so.
    pub(in crate::run::stateful) fn expected(
        &self,
        operation: &Operation,
        entity: &Entity,
    ) -> Option<(Expectation, ClauseIndex)> {
        match entity.gone {
            None => Some((Expectation::success(), operation.status_clause)),
            Some(gone) => self.not_found(operation, gone, &entity.kind),
        }
    }

    /// The response that a resource which is gone must get, and the clause to blame; none if nothing says so.
    pub(in crate::run::stateful) fn not_found(
        &self,
        operation: &Operation,
        gone: LawKind,
        kind: &str,
    ) -> Option<(Expectation, ClauseIndex)> {
        let errors = not_found_errors(&self.env.contract, operation);
        let (_, clause) = self.clause(gone, kind)?;
        (!errors.is_empty()).then(|| (Expectation::refusal(errors), clause))
    }

    /// The refusal that a law asks for, and the clause to blame.
    pub(in crate::run::stateful) fn refusal(
        &self,
        operation: &Operation,
        law: LawKind,
        kind: &str,
    ) -> Option<(Expectation, ClauseIndex)> {
        let (law, clause) = self.clause(law, kind)?;
        let error = operation.error(law.error.as_deref()?)?;
        let errors = vec![ExpectedError { code: error.code.clone(), status: error.status }];
        Some((Expectation::refusal(errors), clause))
    }

    /// A law for a resource type, and the clause that is broken with it.
    pub(in crate::run::stateful) fn clause(&self, law: LawKind, kind: &str) -> Option<(&Law, ClauseIndex)> {
        let law = find_law(&self.env.plan.suites.laws, law, kind)?;
        Some((law, self.env.contract.clauses.find(&law.rule)?))
    }

    /// Notes what an exchange showed.
    ///
    /// # Errors
    /// It could not be decided.
    pub(in crate::run::stateful) fn note(
        &mut self,
        judgement: &mut Judgement,
        exchange: &Exchange,
        progress: &mut Progress,
    ) -> Result<(), Blocked> {
        let violations = self.session.note(judgement, exchange);
        self.seen.extend(violations.iter().map(|violation| (FindingKey::from(violation), self.position)));
        progress.violations.extend(violations);
        match &judgement.undecided {
            Some(reason) => Err(Blocked(reason.clone())),
            None => {
                progress.decided += 1;
                Ok(())
            }
        }
    }

    /// A broken law as a violation; none if no rule of the contract stands behind it.
    pub(in crate::run::stateful) fn broken(
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
