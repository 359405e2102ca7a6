//! Cases: single tests, each deciding one or more clauses.

use crate::spec::clause::{ClauseIndex, Constraint};

/// A test of one or more clauses.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Stable id.
    pub id: String,
    /// The clauses that it decides, the one it is made for first.
    pub clauses: Vec<ClauseIndex>,
    /// The operation it is about, if it is about one.
    pub operation: Option<String>,
    /// What it does, in one sentence.
    pub summary: String,
    /// How it is done.
    pub check: Check,
    /// Position in the whole plan, before filters and shards.
    pub position: u64,
}

/// How a case is done.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// Recorded exchanges are judged; nothing is sent.
    Recorded,
    /// Valid requests must succeed and answer in the documented form.
    Valid {
        /// Which members the requests have.
        form: Form,
    },
    /// Values that just keep a constraint must be accepted.
    Accepts {
        /// Path below the input.
        path: String,
        /// The constraint that is just kept.
        constraint: Constraint,
    },
    /// Values that break exactly one constraint must be refused.
    Refuses {
        /// Path below the input.
        path: String,
        /// The constraint that is broken.
        constraint: Constraint,
    },
    /// Requests near a prose rule's bound must be accepted.
    RuleAccepts {
        /// Position in the contract's input rules.
        rule: usize,
    },
    /// Requests that break exactly one prose rule must be refused.
    RuleRefuses {
        /// Position in the contract's input rules.
        rule: usize,
    },
    /// A well-formed ARN of nothing must not be found.
    UnknownResource {
        /// Path of the ARN member below the input.
        path: String,
    },
    /// With credentials for which every call meets the error, a valid request meets it.
    Condition {
        /// The error's code.
        code: String,
    },
    /// A scenario of several steps.
    Scenario {
        /// Position in the suites' scenarios.
        scenario: usize,
    },
    /// Random sequences of operations, along which laws hold.
    Sequence {
        /// Position in the suites' sequences.
        sequence: usize,
    },
    /// An HTTP request that no input alone describes.
    Probe {
        /// Position in the suites' probes.
        probe: usize,
    },
}

/// Which members a valid request has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Required members only.
    Minimal,
    /// Every member.
    Full,
    /// Some members.
    Random,
}

impl Form {
    /// All forms, the most telling first.
    pub const ALL: [Form; 3] = [Form::Minimal, Form::Full, Form::Random];

    /// Name in case ids.
    pub fn id(self) -> &'static str {
        match self {
            Form::Minimal => "minimal",
            Form::Full => "full",
            Form::Random => "random",
        }
    }
}
