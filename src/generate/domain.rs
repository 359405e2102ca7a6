//! Values that prose narrows beyond the model: which strings are countries, origins, keys.

use std::collections::HashMap;

use serde_json::Value;

use super::pattern::Template;

/// What a member's values must be beyond its constraints, in a form to generate from.
#[derive(Debug, Clone)]
pub enum Domain {
    /// One of these.
    Values(Vec<Value>),
    /// Strings that match.
    Pattern(Template),
    /// A placeholder that the run resolves to a fresh value, e.g. `${p384-public-key}`.
    Placeholder(String),
}

/// Domains by path, `Operation.input.path`.
#[derive(Debug, Clone, Default)]
pub struct Domains {
    by_path: HashMap<String, Domain>,
}

impl Domains {
    /// Puts a domain at a path.
    pub fn insert(&mut self, path: String, domain: Domain) {
        self.by_path.insert(path, domain);
    }

    /// The domain of a member of an operation's input.
    pub fn get(&self, operation: &str, path: &str) -> Option<&Domain> {
        if self.by_path.is_empty() {
            return None;
        }
        self.by_path.get(&format!("{operation}.input.{path}"))
    }
}
