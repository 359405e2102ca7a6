//! A finding with its evidence.

use std::collections::BTreeSet;

use serde_json::Value;

use super::trail::Trail;
use crate::judge::Violation;
use crate::judge::finding::FindingKind;
use crate::spec::clause::ClauseIndex;
use crate::wire::{Exchange, Request};

/// Most cases kept of those that showed a finding besides the first.
const MOST_ELSEWHERE: usize = 3;

/// What makes a finding the same finding: one root cause, one key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FindingKey {
    /// The violated clause.
    pub clause: ClauseIndex,
    /// The operation.
    pub operation: String,
    /// Which of several defects of one clause.
    pub detail: Option<String>,
    /// What kind of divergence.
    pub kind: FindingKind,
}

impl From<&Violation> for FindingKey {
    fn from(violation: &Violation) -> Self {
        FindingKey {
            clause: violation.clause,
            operation: violation.operation.clone(),
            detail: violation.detail.clone(),
            kind: violation.kind,
        }
    }
}

/// A finding with its evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The divergence.
    pub violation: Violation,
    /// The smallest exchange that shows it, long bodies and headers cut.
    pub exchange: Exchange,
    /// Bytes of the response's body that were read.
    pub body_length: usize,
    /// Requests that came before it and that it needs, oldest first.
    pub setup: Vec<Request>,
    /// Everything that must be sent to show it again, resources that tests share included.
    pub trail: Trail,
    /// Position in the plan of the case that showed it first.
    pub case: usize,
    /// Other cases that showed it, a few of them.
    pub also_in: BTreeSet<usize>,
    /// How often it was seen.
    pub occurrences: u64,
    /// How often it showed again when it was looked for, the first time included.
    pub seen: Seen,
    /// The generated input that showed it; none where a whole case did.
    pub witness: Option<Witness>,
}

impl Found {
    /// Whether it says that the target is unreliable, and nothing of the clause.
    pub fn is_intermittent(&self) -> bool {
        self.violation.kind.is_intermittent(self.seen.of, self.seen.times, self.is_shown_by_page())
    }

    /// Whether a page in place of a document shows it.
    pub fn is_shown_by_page(&self) -> bool {
        self.exchange.is_page()
    }

    /// Puts other evidence in the place of this one; where and how often it was seen in the run stays.
    pub fn show_by(&mut self, evidence: Found) {
        let (occurrences, also_in) = (self.occurrences, std::mem::take(&mut self.also_in));
        *self = Found { occurrences, also_in, ..evidence };
    }

    /// The cases that are known to have shown it.
    pub(super) fn cases(&self) -> impl Iterator<Item = usize> {
        self.also_in.iter().copied().chain([self.case])
    }

    /// Notes other cases that showed it. The first of the plan are kept, and the last, which send most before: some findings take
    /// that.
    pub(super) fn note_elsewhere(&mut self, cases: impl IntoIterator<Item = usize>) {
        self.also_in.extend(cases);
        self.also_in.remove(&self.case);
        while self.also_in.len() > MOST_ELSEWHERE {
            let middle = self.also_in.iter().nth(MOST_ELSEWHERE / 2).copied();
            middle.map(|case| self.also_in.remove(&case));
        }
    }
}

/// How often a finding showed when it was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Times it was looked for.
    pub of: u64,
    /// Times it showed.
    pub times: u64,
}

impl Seen {
    /// Found and not looked for again.
    pub const ONCE: Seen = Seen { of: 1, times: 1 };
    /// Shown as often as settles a finding that is not looked for again.
    pub const SETTLED: Seen = Seen { of: 3, times: 3 };

    /// Whether it did not show every time.
    pub fn is_partial(self) -> bool {
        self.times < self.of
    }
}

/// The generated input that showed a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Witness {
    /// Position of its family among those of the case.
    pub family: usize,
    /// The input, with placeholders for resources.
    pub input: Value,
    /// Tells examples of a case apart.
    pub salt: usize,
}
