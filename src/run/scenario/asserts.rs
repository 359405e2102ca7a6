//! Binds the assertions of a step to what the scenario knows.

use serde_json::Value;

use crate::judge::step::BoundAssert;
use crate::plan::suite::{Assert, Step};
use crate::run::session::{Blocked, Session};

impl Session<'_> {
    /// The assertions of a step with their placeholders resolved, and why some of them cannot be: a resource that they name
    /// could not be made, or an earlier response did not show what they compare with.
    pub(in crate::run) async fn bind_asserts(&mut self, step: &Step) -> (Vec<BoundAssert>, Option<String>) {
        let (mut bound, mut unbound) = (Vec::new(), None);
        for assert in &step.asserts {
            let Some(clause) = self.worker.env.contract.clauses.find(&assert.rule) else { continue };
            match self.bind_assert(assert).await {
                Ok(known) => bound.push(BoundAssert { clause, assert: known, written_at: assert.at.clone() }),
                Err(Blocked(reason)) => drop(unbound.get_or_insert(reason)),
            }
        }
        (bound, unbound)
    }

    async fn bind_assert(&mut self, assert: &Assert) -> Result<Assert, Blocked> {
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
