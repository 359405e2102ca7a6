//! Requests from the contract: valid ones at and between the bounds, and ones that break exactly one clause.

pub mod bounds;
pub mod domain;
pub mod encode;
mod generator;
pub mod invalid;
pub mod pattern;
pub mod placeholder;
mod plant;
pub mod prove;
pub mod text;
pub mod valid;

pub use generator::{Drawn, Family, GenerateError, Generator, finished, not_found_errors, runner};
