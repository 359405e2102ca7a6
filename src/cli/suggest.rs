//! Did you mean …?

pub use crate::spec::did_you_mean;
