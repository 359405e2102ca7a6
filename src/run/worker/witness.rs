//! Shows a generated input again, and the condition of a caller.

use std::sync::Arc;

use super::generated::Question;
use crate::plan::case::Case;
use crate::record::Witness;
use crate::run::session::{Blocked, Fixtures, Session};
use crate::run::worker::*;
use crate::spec::contract::Operation;

/// What came of an input that was sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::run) enum Tried {
    /// It decided its clause.
    Decided,
    /// It was sent, and its response alone does not decide its clause.
    Undecided,
    /// It could not be sent.
    NotSent,
}

impl Worker {
    /// Sends again what showed findings of a generated case.
    pub(in crate::run) async fn try_witness(&mut self, index: usize, witness: &Witness) -> Tried {
        let env = Arc::clone(&self.env);
        let Some(case) = env.plan.cases.get(index) else { return Tried::NotSent };
        let operation = case.operation.as_deref().and_then(|operation| env.contract.operation(operation));
        let families = env.generator.families(case);
        let (Some(operation), Some(family), Some(focus)) =
            (operation, families.get(witness.family), case.clauses.first().copied())
        else {
            return Tried::NotSent;
        };
        let question = Question { index, operation, family, position: witness.family, focus, salt: witness.salt };
        match self.try_input(question, witness.input.clone()).await {
            Ok((_, None)) => Tried::Decided,
            Ok((_, Some(_))) => Tried::Undecided,
            Err(Blocked(_)) => Tried::NotSent,
        }
    }

    /// One valid request with credentials for which every call meets an error.
    pub(super) async fn condition(
        &mut self,
        index: usize,
        case: &Case,
        operation: &Operation,
        code: &str,
        progress: &mut Progress,
    ) {
        let env = Arc::clone(&self.env);
        let credentials = env.settings.conditions.get(code).filter(|_| env.verifies_signatures);
        let (Some(credentials), Some(focus)) = (credentials, case.clauses.first().copied()) else {
            progress.blocked("the target does not verify signatures, or the run does not sign".to_owned());
            return;
        };
        for family in env.generator.families(case) {
            let mut session = Session::new(self, Fixtures::Shared, index, 0);
            match session.as_caller(operation, &family, focus, credentials).await {
                Ok((violations, undecided)) => {
                    progress.decided += u64::from(undecided.is_none());
                    // Permission is a promise of its own, shown by every call that is denied for lack of it.
                    progress.violations.extend(violations);
                    if let Some(reason) = undecided {
                        progress.blocked(reason);
                    } else if progress.violations.is_empty() {
                        self.tally.uphold(&operation.name, &case.clauses);
                    }
                }
                Err(Blocked(reason)) => progress.blocked(reason),
            }
        }
    }
}
