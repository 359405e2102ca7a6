//! The oracle: a pure function of contract, expectation and exchange. No I/O, no clock, no randomness.

pub mod agreement;
pub mod assertion;
pub mod concurrent;
pub mod consistency;
pub mod defaults;
pub mod doubt;
pub mod echo;
pub mod exchange;
pub mod expected;
pub mod finding;
pub mod lag;
pub mod law;
pub mod linearizability;
pub mod listed;
mod other_reason;
pub mod output;
pub mod pages;
pub mod probe;
pub mod sequence;
pub mod shadow;
pub mod sight;
pub mod step;
pub mod twins;
mod watch;

pub use exchange::{Answer, Judge, Judgement};
pub use finding::{FindingKind, Violation};
