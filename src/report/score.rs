//! The score of a target: how much of what the contract has it upholds.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::record::{ClauseVerdict, Record};
use super::text::{count, grouped};

/// Every clause of the record in one of four parts. What belongs to an operation that the target does not have is
/// missing, and counts neither as violated nor as untested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Score {
    /// Clauses of the record.
    pub total: u64,
    /// Upheld.
    pub upheld: u64,
    /// Violated by an operation that the target has.
    pub violated: u64,
    /// Not decided, although the target has the operation.
    pub untested: u64,
    /// Of operations that the target does not have.
    pub missing: u64,
}

impl Score {
    /// Share of the clauses that are upheld, in whole percent; 100 only if all are.
    pub fn percent(&self) -> u64 {
        (self.upheld * 100).checked_div(self.total).unwrap_or(0)
    }

    /// The score in words: "213 of 1,658 clauses upheld (12 %), 132 violated, 121 untested, 1,192 of missing operations".
    pub fn in_words(&self) -> String {
        let (upheld, total) = (grouped(self.upheld), count(self.total, "clause"));
        let mut parts = vec![format!("{upheld} of {total} upheld ({} %)", self.percent())];
        for (number, what) in
            [(self.violated, "violated"), (self.untested, "untested"), (self.missing, "of missing operations")]
        {
            if number > 0 {
                parts.push(format!("{} {what}", grouped(number)));
            }
        }
        parts.join(", ")
    }
}

impl Record {
    /// Counts the clauses.
    pub fn score(&self) -> Score {
        let absent: HashSet<&str> = self.absent_operations().into_iter().collect();
        let mut score = Score::default();
        for clause in &self.clauses {
            let is_missing = clause.operation.as_deref().is_some_and(|operation| absent.contains(operation));
            score.total += 1;
            match clause.verdict {
                ClauseVerdict::Upheld => score.upheld += 1,
                _ if is_missing => score.missing += 1,
                ClauseVerdict::Violated => score.violated += 1,
                ClauseVerdict::Untested => score.untested += 1,
            }
        }
        score
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn what_is_missing_is_apart_from_what_is_wrong() {
        let score = sample::failing().score();
        assert_eq!(score, Score { total: 7, upheld: 1, violated: 4, untested: 0, missing: 2 });
        assert_eq!(score.in_words(), "1 of 7 clauses upheld (14 %), 4 violated, 2 of missing operations");
    }

    #[test]
    fn only_a_whole_contract_is_a_hundred_percent() {
        let score = |upheld| Score { total: 1000, upheld, untested: 1000 - upheld, ..Score::default() };
        assert_eq!([999, 1000].map(|upheld| score(upheld).percent()), [99, 100]);
        assert_eq!(Score::default().percent(), 0);
    }
}
