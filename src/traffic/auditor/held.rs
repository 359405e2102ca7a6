//! Divergences of outputs, held back for a while: the request that made what they show may stand later in the recording.

use std::collections::VecDeque;

use super::Auditor;
use crate::judge::{Judgement, Violation};
use crate::plan::expectation::Expectation;
use crate::record::FindingKey;
use crate::spec::clause::ClauseKind;
use crate::wire::Exchange;

/// How many exchanges later it may stand: more than are under way at once.
const EXCHANGES: u64 = 256;
/// Most bytes of bodies that are held.
const BYTES: usize = 8 << 20;

#[derive(Debug, Default)]
pub(super) struct Held {
    queue: VecDeque<Divergent>,
    bytes: usize,
    heard: u64,
}

/// An exchange whose output diverges.
#[derive(Debug)]
struct Divergent {
    position: u64,
    /// Position of the operation in the contract.
    operation: usize,
    violations: Vec<Violation>,
    exchange: Exchange,
}

impl Divergent {
    fn bytes(&self) -> usize {
        self.exchange.response().map_or(0, |response| response.body.len())
    }
}

impl Auditor<'_> {
    /// Takes the divergences of the output out of a judgement.
    pub(super) fn hold_back(&mut self, operation: usize, judgement: &mut Judgement, exchange: &Exchange) {
        self.held.heard += 1;
        let all = std::mem::take(&mut judgement.violations);
        let (violations, others) = all.into_iter().partition(|violation| self.is_about_output(violation));
        judgement.violations = others;
        if !violations.is_empty() {
            let divergent = Divergent { position: self.held.heard, operation, violations, exchange: exchange.clone() };
            self.held.bytes += divergent.bytes();
            self.held.queue.push_back(divergent);
        }
        while let Some(first) = self.held.queue.front()
            && (first.position + EXCHANGES < self.held.heard || self.held.bytes > BYTES)
        {
            self.find_first_held();
        }
    }

    /// Finds what is still held.
    pub(super) fn find_held(&mut self) {
        while !self.held.queue.is_empty() {
            self.find_first_held();
        }
    }

    fn find_first_held(&mut self) {
        let Some(divergent) = self.held.queue.pop_front() else { return };
        self.held.bytes -= divergent.bytes();
        let Divergent { operation: index, violations, exchange, .. } = divergent;
        let shows_by_itself = self.shown_without_spoiled(index, &exchange);
        for violation in violations {
            if shows_by_itself.as_ref().is_some_and(|others| !others.iter().any(|of| of.clause == violation.clause)) {
                continue;
            }
            if let Some(of_operation) = self.cases.get_mut(index) {
                of_operation.findings.insert(FindingKey::from(&violation));
            }
            self.tally.find(violation, index, &exchange);
        }
        self.tally.first_seen.clear();
    }

    /// The divergences of a response without what it shows of spoiled resources; `None` if it shows nothing of them.
    fn shown_without_spoiled(&self, index: usize, exchange: &Exchange) -> Option<Vec<Violation>> {
        let rest = self.spoiled.left_out(exchange)?;
        let operation = self.contract.operations.get(index)?;
        let judgement = self.judge.exchange(operation, &Expectation::success(), operation.status_clause, &rest);
        Some(judgement.violations)
    }

    fn is_about_output(&self, violation: &Violation) -> bool {
        matches!(self.contract.clauses.get(violation.clause).kind, ClauseKind::Output { .. })
    }
}
