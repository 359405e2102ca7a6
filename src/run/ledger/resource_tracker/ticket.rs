//! What the ledger says of a request before it is sent.

/// Why a request must not be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It names a resource that the run did not make.
    NotOurs(String),
    /// What it is about to make cannot be written down.
    Unwritten(String),
}

/// What a request is to the ledger, until its response is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ticket {
    /// It neither makes nor deletes.
    Neither,
    /// It makes something.
    Makes {
        /// Number of its intent.
        number: u64,
        /// Position of the operation among those that make something.
        maker: usize,
    },
    /// It deletes something.
    Deletes {
        /// ARN of what it deletes.
        arn: String,
        /// Position of the operation among those that delete.
        deleter: usize,
    },
}
