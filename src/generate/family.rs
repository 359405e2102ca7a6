//! Requests that are alike.

use std::cell::{Cell, RefCell};

use proptest::prelude::*;
use serde_json::Value;

use super::positions::Position;
use crate::plan::case::Form;
use crate::plan::expectation::Expectation;
use crate::spec::clause::ClauseIndex;

/// Requests of a case that are alike: same intent, random details.
#[derive(Debug, Clone)]
pub struct Family {
    /// What is special about them.
    pub note: String,
    /// The responses that are right.
    pub expectation: Expectation,
    /// Inputs to try first, and when those break more than intended, more varied ones.
    pub(super) inputs: Vec<BoxedStrategy<Value>>,
    /// The same special value in one of the operation's valid inputs, where it has a place of its own.
    pub(super) varied: Option<BoxedStrategy<Value>>,
    /// What its inputs must break.
    pub(super) intent: Intent,
    /// Path of the special value.
    pub(super) path: Option<String>,
    /// Where the special value stands among others, if it does.
    pub(super) position: Option<Position>,
    /// What its inputs are without what is special about them, where no path says where that is.
    pub(super) base: Option<Value>,
    /// The input that was drawn first: many families have but one, and it need not be proven again.
    pub(super) first: RefCell<Option<Value>>,
    pub(super) freshness: Cell<Freshness>,
}

/// Whether a family has more to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Freshness {
    /// As far as is known, every draw is another one.
    #[default]
    Fresh,
    /// Its first inputs repeat themselves: what is drawn now has the same special value among others that vary.
    Varied,
    /// Everything it has was drawn.
    Exhausted,
}

impl Family {
    /// A family of inputs that are tried in the order of the strategies.
    pub(super) fn new(
        note: String,
        expectation: Expectation,
        inputs: Vec<BoxedStrategy<Value>>,
        intent: Intent,
    ) -> Family {
        Family {
            note,
            expectation,
            inputs,
            varied: None,
            intent,
            path: None,
            position: None,
            base: None,
            first: RefCell::default(),
            freshness: Cell::default(),
        }
    }

    /// Valid inputs of a form.
    pub(super) fn valid(inputs: Vec<BoxedStrategy<Value>>, form: Form) -> Family {
        Family::new(format!("{} members", form.id()), Expectation::success(), inputs, Intent::Valid)
    }

    /// Whether it has nothing to show that it has not shown.
    pub fn is_exhausted(&self) -> bool {
        self.freshness.get() == Freshness::Exhausted
    }

    /// Whether its special value stands among good neighbours.
    pub fn is_among_neighbours(&self) -> bool {
        self.position.is_some()
    }

    pub(super) fn repeats(&self, input: &Value) -> bool {
        self.first.borrow().as_ref() == Some(input)
    }
}

/// What the inputs of a family must break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Intent {
    /// Nothing.
    Valid,
    /// This clause, and nothing that does not follow from it.
    Breaks(ClauseIndex),
    /// No constraint of the model: an example written by hand for a prose rule, which schemas tell only in part.
    ByHand,
}
