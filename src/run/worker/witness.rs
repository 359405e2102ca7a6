//! Shows a generated input again, and the condition of a caller.

use std::sync::Arc;

use super::generated::Question;
use crate::plan::case::Case;
use crate::record::Witness;
use crate::run::session::{Blocked, Fixtures, Session};
use crate::run::worker::*;
use crate::spec::contract::Operation;

impl Worker {
    /// Sends again what showed findings of a generated case. Why it could not be decided, if it could not.
    pub(in crate::run) async fn try_witness(&mut self, index: usize, witness: &Witness) -> Option<String> {
        let env = Arc::clone(&self.env);
        let case = env.plan.cases.get(index)?;
        let operation = env.contract.operation(case.operation.as_deref()?)?;
        let families = env.generator.families(case);
        let (family, focus) = (families.get(witness.family)?, *case.clauses.first()?);
        let question = Question { index, operation, family, position: witness.family, focus, salt: witness.salt };
        match self.try_input(question, witness.input.clone()).await {
            Ok((_, undecided)) => undecided,
            Err(Blocked(reason)) => Some(reason),
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
