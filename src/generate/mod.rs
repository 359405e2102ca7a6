//! Requests from the contract: valid ones at and between the bounds, and ones that break exactly one clause.

pub mod bounds;
mod case_families;
mod control;
pub mod domain;
mod errors;
#[cfg(test)]
mod exported;
mod facts;
mod family;
mod generator;
pub mod invalid;
mod legality;
mod object;
pub mod pattern;
mod positions;
pub use crate::plan::placeholder;
mod set_at_path;
pub mod text;
pub mod valid;
pub mod validate;

pub use family::Family;
pub use generator::{Accepted, Drawn, GenerateError, Generator, finished, runner};
pub use legality::{Legality, visit};
