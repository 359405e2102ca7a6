//! From findings to causes: one thing that is wrong with a target is one cause, however many findings show it.
//!
//! A pure function of the findings alone, so that merged shards have the causes of a single run. [`Evidence`] is what it
//! reads of a finding; each rule says of findings that they follow from another one; [`causes`] follows these links to
//! the finding that follows from none, the primary one. Where the evidence does not suffice, a finding stays its own
//! cause.

mod common;
mod engine;
mod evidence;
mod groups;
mod rules;
#[cfg(test)]
mod samples;

pub use common::{Blank, Common, CommonDeviation, Extent};
pub use engine::{Cause, causes};
pub use evidence::{Evidence, expects_success, is_about_repeated_names, is_about_the_form_of_bodies};
