//! Signature Version 4, in the Authorization header or in the query
//! ("Authentication", "Common Parameters").

mod canonical;
mod check;
mod claim;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use check::{Proof, check};
pub(crate) use claim::{is_presigned, scope_region};
