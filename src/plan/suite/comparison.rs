//! What holds of every response: members that come back as they were given, and what a response says twice.

use serde::Deserialize;

/// Whether a name matches a pattern in which `*` stands for any text.
fn name_matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => match name.strip_prefix(head) {
            Some(rest) => (0..=rest.len()).any(|start| rest.get(start..).is_some_and(|rest| name_matches(tail, rest))),
            None => false,
        },
    }
}

/// Whether one of several patterns matches a name.
fn any_matches(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| name_matches(pattern, name))
}

impl Agreement {
    /// Whether it holds for an operation.
    pub fn applies_to(&self, operation: &str) -> bool {
        any_matches(&self.operations, operation)
    }
}

/// Two places of a response that say the same.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// The rule it decides.
    pub rule: String,
    /// Operations it holds for; `*` stands for any part of a name.
    pub operations: Vec<String>,
    /// One place, as a path below the output.
    pub at: String,
    /// The other place.
    pub equals: String,
}

impl Echo {
    /// Whether it holds for an operation.
    pub fn applies_to(&self, operation: &str) -> bool {
        any_matches(&self.operations, operation)
    }
}

/// Members of a request that must come back in the response as they were given.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Echo {
    /// The rule it decides.
    pub rule: String,
    /// Operations it holds for; `*` stands for any part of a name.
    pub operations: Vec<String>,
    /// Members that it does not hold for, as paths below the input.
    #[serde(default)]
    pub except: Vec<String>,
}
