//! Requests that several valid values shared and that were refused, until a case tells which value it was. A run that stops
//! before reports them as they are.

use std::collections::BTreeMap;

use super::question::Question;
use crate::judge::{FindingKind, Violation};
use crate::record::Tally;
use crate::spec::contract::Operation;
use crate::wire::Exchange;

/// What refused requests showed, by the case of the first value in each.
#[derive(Debug, Default)]
pub(in crate::run) struct Unexplained(BTreeMap<usize, (Vec<Violation>, Exchange)>);

impl Unexplained {
    /// Keeps what a request showed, if it got a response. Which of its clauses is violated is open: the violations of
    /// `first`'s clause become those of the operation's success.
    pub(super) fn keep(
        &mut self,
        operation: &Operation,
        first: &Question,
        mut violations: Vec<Violation>,
        exchange: Exchange,
    ) {
        violations.retain(|violation| violation.kind != FindingKind::Transport);
        let is_open = |violation: &&mut Violation| violation.clause == first.focus;
        for violation in violations.iter_mut().filter(is_open) {
            violation.clause = operation.status_clause;
        }
        if !violations.is_empty() {
            self.0.insert(first.case, (violations, exchange));
        }
    }

    /// A case has asked for its values by itself.
    pub fn explain(&mut self, case: usize) {
        self.0.remove(&case);
    }

    /// Forgets what was seen while the target went away.
    pub fn forget(&mut self) {
        self.0.clear();
    }

    /// What is left becomes findings.
    pub fn note(&mut self, tally: &mut Tally) {
        for (case, (violations, exchange)) in std::mem::take(&mut self.0) {
            for violation in violations {
                tally.find(violation, case, &exchange);
            }
        }
    }
}
