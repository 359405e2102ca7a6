//! Judges recorded traffic: which exchanges belong to the contract, what their requests allow, and what their responses
//! show. It sends nothing, and never says more than the recording shows.

mod auditor;
mod called;
mod order;
mod redacted;
mod routes;
mod single;
mod unshown;

pub use auditor::{Audit, Auditor};
pub use unshown::plan;
