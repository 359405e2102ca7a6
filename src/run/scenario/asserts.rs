//! Binds the assertions of a step to what the scenario knows, and judges them.

use serde_json::Value;

use crate::judge::assertion::Observation;
use crate::judge::finding::FindingKind;
use crate::judge::{Violation, assertion};
use crate::plan::suite::{Assert, Step};
use crate::run::performed::Performed;
use crate::run::scenario::pages::plain_path;
use crate::run::session::{Blocked, Session};
use crate::spec::clause::Tier;
use crate::spec::contract::Operation;

impl Session<'_> {
    pub(in crate::run) async fn judge_asserts(
        &mut self,
        operation: &Operation,
        step: &Step,
        performed: &mut Performed,
    ) -> Result<(), Blocked> {
        for assert in &step.asserts {
            let Some(clause) = self.worker.env.contract.clauses.find(&assert.rule) else { continue };
            let bound = self.bind_assert(assert).await?;
            match assertion::observe(&bound, &performed.output) {
                Observation::Holds => performed.upheld.push(clause),
                Observation::HoldsIfShown(counterpart) => performed.pending.push((clause, counterpart)),
                Observation::NotObserved => {}
                Observation::Violated(failure) => performed.failures.push(Violation {
                    clause,
                    operation: operation.name.clone(),
                    detail: (!assert.at.is_empty()).then(|| plain_path(&assert.at)),
                    kind: FindingKind::WrongBehaviour,
                    expected: failure.expected,
                    observed: failure.observed,
                    tier: (assert.inferred || step.inferred).then_some(Tier::Inferred),
                }),
            }
        }
        Ok(())
    }

    pub(super) async fn bind_assert(&mut self, assert: &Assert) -> Result<Assert, Blocked> {
        let mut bound = assert.clone();
        if let Value::String(at) = self.bind(&Value::from(assert.at.as_str())).await? {
            bound.at = at;
        }
        for value in bound.values_mut() {
            *value = self.bind(value).await?;
        }
        if let Some(unbound) = bound.one_of.take()
            && let Value::Array(values) = self.bind(&Value::Array(unbound)).await?
        {
            bound.one_of = Some(values);
        }
        if let Some(pattern) = bound.matches.take()
            && let Value::String(pattern) = self.bind(&Value::from(pattern)).await?
        {
            bound.matches = Some(pattern);
        }
        Ok(bound)
    }
}
