//! Divergences of outputs, held back for a while: the request that made what they show may stand later in the recording.

use std::collections::VecDeque;

use super::{Asked, Auditor};
use crate::judge::{FindingKind, Judgement, Violation};
use crate::plan::expectation::Expectation;
use crate::protocol;
use crate::record::FindingKey;
use crate::spec::contract::Operation;
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
    /// Takes out what a response to a request that makes or changes something shows of earlier ones, and notes what it
    /// shows itself.
    pub(super) fn note_defects(
        &self,
        operation: &Operation,
        asked: &Asked,
        judgement: &mut Judgement,
        exchange: &Exchange,
    ) {
        self.defects.explain_all(exchange, judgement, |exchange| self.judged(operation, exchange));
        if let Asked::Known(input, _) = asked {
            self.defects.note(input, judgement);
        }
    }

    /// Takes the divergences in form of a response that changes nothing out of its judgement, until what it shows may be
    /// known.
    pub(super) fn hold_back(&mut self, operation: usize, judgement: &mut Judgement, exchange: &Exchange) {
        let is_about_form = |violation: &Violation| violation.kind == FindingKind::MalformedResponse;
        let (violations, others) = std::mem::take(&mut judgement.violations).into_iter().partition(is_about_form);
        judgement.violations = others;
        if !violations.is_empty() {
            let (position, exchange) = (self.held.heard, exchange.clone());
            let divergent = Divergent { position, operation, violations, exchange };
            self.held.bytes += divergent.bytes();
            self.held.queue.push_back(divergent);
        }
    }

    /// Counts an exchange, and finds what was held long enough.
    pub(super) fn find_long_held(&mut self) {
        self.held.heard += 1;
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
        let Some(operation) = self.contract.operations.get(index) else { return };
        let body =
            exchange.response().and_then(|response| protocol::read(response).ok()).map(|document| document.value);
        let mut judgement = Judgement { violations, body, ..Judgement::default() };
        self.defects.explain_all(&exchange, &mut judgement, |exchange| self.judged(operation, exchange));
        for violation in judgement.violations {
            if let Some(of_operation) = self.cases.get_mut(index) {
                of_operation.findings.insert(FindingKey::from(&violation));
            }
            self.tally.find(violation, index, &exchange);
        }
        self.tally.first_seen.clear();
    }

    fn judged(&self, operation: &Operation, exchange: &Exchange) -> Judgement {
        self.judge.exchange(operation, &Expectation::success(), operation.status_clause, exchange)
    }
}
