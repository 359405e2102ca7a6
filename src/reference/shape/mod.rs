//! The vocabulary in which an operation's input is described, and the check of
//! a JSON document against it.

mod check;
mod model;
mod paths;
#[cfg(test)]
mod tests;

pub(crate) use check::{Violation, check};
pub(crate) use model::{Bounds, Constraint, Member, Presence, Shape};
pub(crate) use paths::{at, constraints};
