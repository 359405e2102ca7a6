//! Proof that the harness bites: one deliberate fault after another is seeded into the reference server, and each must
//! be found by the clause that it breaks.
//!
//! `catalogue` derives the faults from the contract and from what the reference server offers; `attribution` says,
//! as data, which clauses a fault breaks; `trial` checks one faulty server; `campaign` runs all trials side by side;
//! `result` is what came of them. `whole` checks servers with one or two faults by full runs, and counts what they
//! accuse beside the faults.

mod attribution;
pub mod campaign;
pub mod catalogue;
pub mod result;
mod trial;
pub mod whole;

use thiserror::Error;

pub use attribution::OccasionData;
pub use campaign::{Options, Seeding, run, run_whole};
pub use catalogue::{Catalogue, Equivalent, Mutant};
pub use result::{Detection, Summary, Trial};
pub use whole::{WholeSummary, WholeTrial};

/// Why the faults cannot be tried.
#[derive(Debug, Error)]
pub enum SelftestError {
    /// The data on faults cannot be read.
    #[error("data on faults: {0}")]
    Data(String),
    /// The plan cannot be made.
    #[error(transparent)]
    Plan(#[from] crate::plan::PlanError),
    /// A glob that matches no fault and no clause.
    #[error("`{0}` matches no fault and no clause that a fault breaks; `docs/faults.md` shows the families")]
    NoMatch(String),
    /// A glob that is none.
    #[error("`{glob}` is no valid glob: {reason}")]
    Glob {
        /// The glob.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A worker could not be set up.
    #[error("could not try the faults: {0}")]
    Setup(String),
}
