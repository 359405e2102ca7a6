//! Contract and suites → a deterministic list of cases, filtered and sharded; and for every clause without a case the
//! reason why.

pub mod accepted;
pub mod activity;
mod build;
pub mod case;
pub mod case_id;
mod constraint;
pub mod continuation;
pub mod expectation;
pub mod filter;
pub mod information;
mod lint;
pub mod operation_role;
mod phase;
pub mod placeholder;
pub mod reason;
pub mod resources;
pub mod sequence;
pub mod suite;

use std::sync::Arc;

use thiserror::Error;

pub use case::{Case, Check, Form};
pub use filter::Filter;
pub use phase::Phase;
pub use reason::Reason;
pub use suite::{SuiteError, Suites};

use crate::spec::Contract;
use crate::spec::clause::ClauseIndex;

/// What will be checked.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The cases, in order.
    pub cases: Vec<Case>,
    /// Clauses that the plan speaks of: all, unless filtered.
    pub clauses: Vec<ClauseIndex>,
    /// Resources and how they come and go.
    pub resources: resources::Resources,
    /// The suites that cases refer to.
    pub suites: Arc<Suites>,
    /// What is worth knowing of the plan, e.g. what was left out of it.
    pub notes: Vec<String>,
}

impl Plan {
    /// How many of the cases make up their requests, as against scenarios and probes, which say what to send.
    pub fn generated(&self) -> u64 {
        let is_generated = |case: &&Case| {
            !matches!(
                case.check,
                Check::Scenario { .. } | Check::Sequence { .. } | Check::Probe { .. } | Check::Condition { .. }
            )
        };
        self.cases.iter().filter(is_generated).count() as u64
    }
}

/// Why there is nothing to check.
#[derive(Debug, Clone, Error)]
pub enum PlanError {
    /// A glob that is none.
    #[error("`{glob}` is no valid glob: {reason}; `*` stands for any text, e.g. 'Create*.input.*'")]
    Glob {
        /// The glob.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A glob that matches no clause and no case.
    #[error("`{glob}` matches no clause and no case; {advice}")]
    NoMatch {
        /// The glob.
        glob: String,
        /// What may have been meant, or where to look.
        advice: String,
    },
    /// Suites that cannot be read, or that do not fit the contract for which they are written.
    #[error(transparent)]
    Suites(#[from] SuiteError),
}

/// Makes the plan.
///
/// # Errors
/// A glob that is invalid or matches nothing; a suite that names what the contract does not have.
pub fn plan(contract: &Contract, suites: &Suites, filter: &Filter) -> Result<Plan, PlanError> {
    let (suites, note) = suites.clone().for_contract(contract)?;
    let cases = build::cases(contract, &suites);
    let (cases, clauses) = filter.apply(contract, cases)?;
    Ok(Plan {
        cases,
        clauses,
        resources: resources::Resources::of(contract),
        suites: Arc::new(suites),
        notes: note.into_iter().collect(),
    })
}
