//! What a step expects.

use serde::Deserialize;

/// What a step must answer: `"success"`, an error code, `"4xx"` for any client error, or several of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Expect {
    /// One answer.
    One(String),
    /// Any of these answers.
    AnyOf(Vec<String>),
}

impl Default for Expect {
    fn default() -> Self {
        Expect::One("success".to_owned())
    }
}

impl Expect {
    /// The answers as a list.
    pub fn answers(&self) -> &[String] {
        match self {
            Expect::One(answer) => std::slice::from_ref(answer),
            Expect::AnyOf(answers) => answers,
        }
    }
}
