//! Makes the request of a finding smaller as long as it still shows the finding.

use proptest::strategy::ValueTree;
use serde_json::Value;

use super::generated::Question;
use crate::record::{FindingKey, Witness};
use crate::run::worker::*;

impl Worker {
    /// Responses of megabytes are not asked for again and again.
    pub(super) fn can_shrink(&self, key: &FindingKey) -> bool {
        self.tally.findings.get(key).is_some_and(|found| found.body_length < LONG_ANSWER)
    }

    /// Makes the request of a finding smaller as long as it still shows the same finding.
    pub(super) async fn shrink(
        &mut self,
        question: Question<'_>,
        tree: &mut Box<dyn ValueTree<Value = Value>>,
        key: &FindingKey,
        smallest: &mut Value,
    ) {
        let Some(mut first) = self.tally.findings.get(key).cloned() else { return };
        let mut best = first.clone();
        let mut budget = SHRINK_REQUESTS;
        while budget > 0 && !self.env.target.is_stopped() && tree.simplify() {
            budget -= 1;
            loop {
                let input = tree.current();
                let is_intended = self.env.generator.is_intended(question.operation, question.family, &input);
                self.tally.findings.remove(key);
                if is_intended {
                    // A request that cannot be sent shows nothing.
                    let _ = self.try_input(question, input.clone()).await;
                    self.witness_others(key, &question.witness(input.clone()));
                }
                match self.tally.findings.get(key) {
                    Some(smaller) => {
                        best = smaller.clone();
                        *smallest = input;
                        break;
                    }
                    None if budget > 0 && tree.complicate() => budget -= 1,
                    None => {
                        budget = 0;
                        break;
                    }
                }
            }
        }
        // The tries are not occurrences.
        first.show_by(best);
        self.tally.findings.insert(key.clone(), first);
    }

    /// Keeps the input that showed other findings while one was made smaller.
    pub(super) fn witness_others(&mut self, key: &FindingKey, witness: &Witness) {
        for other in std::mem::take(&mut self.tally.first_seen).into_iter().filter(|other| other != key) {
            if let Some(found) = self.tally.findings.get_mut(&other).filter(|found| found.witness.is_none()) {
                found.witness = Some(witness.clone());
            }
        }
    }
}

/// Most requests spent on making one finding's request smaller.
pub(super) const SHRINK_REQUESTS: usize = 48;
