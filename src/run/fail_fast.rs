//! Ends a run at the first new cause.

use std::fmt;
use std::sync::Arc;

use crate::record::{FindingKey, Found, Tally};
use crate::spec::Contract;
use crate::spec::clause::Tier;

/// Which findings end a run.
#[derive(Clone)]
pub struct FailFast {
    is_new: Arc<dyn Fn(&FindingKey) -> bool + Send + Sync>,
    /// Whether findings of the inferred tier do, too.
    strict: bool,
}

impl fmt::Debug for FailFast {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FailFast").field("strict", &self.strict).finish_non_exhaustive()
    }
}

impl FailFast {
    /// Ends a run at a finding that is new; those of the inferred tier count only if `strict`.
    pub fn new(strict: bool, is_new: impl Fn(&FindingKey) -> bool + Send + Sync + 'static) -> FailFast {
        FailFast { is_new: Arc::new(is_new), strict }
    }

    /// Whether one of these findings, which were not shown again yet, may end the run.
    pub(super) fn may_end<'k>(&self, mut keys: impl Iterator<Item = &'k FindingKey>) -> bool {
        keys.any(|key| (self.is_new)(key))
    }

    /// Whether one of the findings that were shown again ends the run.
    pub(super) fn ends(&self, contract: &Contract, tally: &Tally) -> bool {
        tally.findings.iter().any(|(key, found)| self.counts(contract, found) && (self.is_new)(key))
    }

    fn counts(&self, contract: &Contract, found: &Found) -> bool {
        let violation = &found.violation;
        let tier = violation.tier.unwrap_or(contract.clauses.get(violation.clause).tier);
        !found.is_intermittent() && (self.strict || tier != Tier::Inferred)
    }
}
