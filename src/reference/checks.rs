//! What a server insists on: the one place where a request that breaks a rule is refused or let pass.

use std::fmt::Debug;

use super::auth::Proof;
use super::operation::Operation;
use super::rules::Rule;
use super::shape::Violation;

/// Decides which rules hold. A conforming server insists on all of them ([`Strict`]).
pub(crate) trait Checks: Debug {
    /// Whether a rule that the reference states in prose holds.
    fn enforces(&self, _rule: Rule) -> bool {
        true
    }

    /// Whether an input that breaks a constraint is refused.
    fn refuses(&self, _operation: Operation, _violation: &Violation) -> bool {
        true
    }

    /// Whether a signature must prove something.
    fn demands(&self, _proof: Proof) -> bool {
        true
    }
}

/// Insists on everything.
#[derive(Debug)]
pub(crate) struct Strict;

impl Checks for Strict {}
