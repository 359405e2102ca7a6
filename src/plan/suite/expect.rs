//! The responses that a step expects.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::plan::accepted::Accepted;

/// The responses that a step expects: one, or a list of which any is right. Success if a step says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect(Vec<Accepted>);

impl Default for Expect {
    fn default() -> Self {
        Expect(vec![Accepted::Success])
    }
}

impl Expect {
    /// The responses.
    pub fn accepted(&self) -> &[Accepted] {
        &self.0
    }

    /// Whether success is one of them.
    pub fn allows_success(&self) -> bool {
        self.0.contains(&Accepted::Success)
    }

    /// Whether success and refusals are both right.
    pub fn is_open(&self) -> bool {
        self.allows_success() && self.0.len() > 1
    }

    /// Whether it is one response, which is not success.
    pub fn is_one_refusal(&self) -> bool {
        !self.allows_success() && self.0.len() == 1
    }

    /// The error code, if there is one response and it has a code.
    pub fn only_code(&self) -> Option<&str> {
        match self.0.as_slice() {
            [only] => only.code(),
            _ => None,
        }
    }

    /// Whether a response with this error code is one of them.
    pub fn names(&self, code: &str) -> bool {
        self.0.iter().any(|accepted| accepted.code() == Some(code))
    }
}

impl<'de> Deserialize<'de> for Expect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Expect, D::Error> {
        deserializer.deserialize_any(OneOrMore)
    }
}

/// Reads one response or a list of them.
struct OneOrMore;

impl<'de> Visitor<'de> for OneOrMore {
    type Value = Expect;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a response or a list of responses")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Expect, E> {
        Accepted::try_from(text.to_owned()).map(|one| Expect(vec![one])).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Expect, A::Error> {
        let mut responses = Vec::new();
        while let Some(one) = list.next_element()? {
            responses.push(one);
        }
        Ok(Expect(responses))
    }
}
