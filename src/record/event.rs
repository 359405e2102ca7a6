//! What a run tells while it goes on; for progress bars and streams, never for verdicts.

use crate::spec::clause::ClauseIndex;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The plan is made and the target responds.
    Started {
        /// Cases to run.
        cases: usize,
    },
    /// A case has its verdict.
    CaseFinished {
        /// Case id.
        id: String,
        /// Findings it showed.
        findings: usize,
        /// Clauses of those findings.
        violated: Vec<ClauseIndex>,
        /// Requests sent so far by the run.
        requests: u64,
    },
    /// Cases that were finished are run once more: the target went away while they were under way.
    CasesReopened {
        /// Their number.
        cases: usize,
    },
    /// The run is over but for clean-up.
    CleaningUp {
        /// Resources to delete.
        resources: usize,
    },
}
