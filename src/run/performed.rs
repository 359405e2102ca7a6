//! What a step of a scenario showed, and what its assertions say only beside what other steps showed.

use serde_json::Value;

use super::run_context::RunContext;
use super::session::Session;
use crate::judge::sight::Counterpart;
use crate::judge::{Judgement, Violation};
use crate::plan::suite::Step;
use crate::spec::clause::ClauseIndex;
use crate::wire::Exchange;

/// What one performance of a step showed.
pub(super) struct Performed {
    pub(super) judgement: Judgement,
    pub(super) exchange: Option<Exchange>,
    /// Violations of the step's assertions.
    pub(super) failures: Vec<Violation>,
    /// Clauses that its assertions showed upheld.
    pub(super) upheld: Vec<ClauseIndex>,
    /// Clauses that hold because something is absent, and what must be shown elsewhere.
    pub(super) pending: Vec<(ClauseIndex, Counterpart)>,
    pub(super) output: Value,
}

impl Performed {
    /// What an exchange showed, before its assertions are judged.
    pub(super) fn of(judgement: Judgement, exchange: Exchange, output: Value) -> Performed {
        let exchange = Some(exchange);
        Performed { judgement, exchange, failures: Vec::new(), upheld: Vec::new(), pending: Vec::new(), output }
    }

    /// Takes back that the response alone upholds the step's rule where it cannot: assertions of the same rule decide it
    /// instead, or success and refusals are both right.
    pub(super) fn leave_to_assertions(&mut self, env: &RunContext, step: &Step, focus: ClauseIndex) {
        let rule = &env.contract.clauses.get(focus).id;
        let is_asserted = self.judgement.is_success() && step.asserts.iter().any(|assert| assert.rule == *rule);
        if step.rule.as_ref() == Some(rule) && (step.expect.is_open() || is_asserted) {
            self.judgement.upheld.retain(|upheld| *upheld != focus);
        }
    }

    pub(super) fn violations(&self) -> impl Iterator<Item = &Violation> {
        self.judgement.violations.iter().chain(&self.failures)
    }

    pub(super) fn is_good(&self) -> bool {
        self.judgement.violations.is_empty() && self.judgement.undecided.is_none() && self.failures.is_empty()
    }
}

/// A clause that holds because an operation does not show something.
pub(super) struct Absence {
    /// The clause.
    pub(super) clause: ClauseIndex,
    /// The operation.
    pub(super) operation: String,
    /// What must be shown elsewhere, so that this says something.
    pub(super) counterpart: Counterpart,
}

impl Session<'_> {
    /// Upholds the clauses that hold because something is absent whose like the target showed along the scenario.
    pub(super) fn uphold_absences(&mut self) {
        let Some(shown) = self.shown.take() else { return };
        for absence in std::mem::take(&mut self.absences) {
            if shown.has(&absence.operation, &absence.counterpart) {
                self.worker.tally.uphold(&absence.operation, &[absence.clause]);
            }
        }
    }
}
