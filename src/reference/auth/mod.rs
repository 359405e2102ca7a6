//! Signature Version 4, in the Authorization header or in the query
//! ("Authentication", "Common Parameters").

mod canonical;
mod check;
mod claim;
#[cfg(test)]
mod tests;

pub(crate) use check::check;
pub(crate) use claim::scope_region;
