//! What steps assert of their outputs.

use serde::Deserialize;
use serde_json::Value;

/// What an observation that does not violate a clause says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Upholds {
    /// It upholds the clause.
    #[default]
    Clause,
    /// It upholds nothing: a target that breaks the clause may respond in the same way.
    Nothing,
}

/// Something that must hold of a step's output.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assert {
    /// The rule it decides.
    pub rule: String,
    /// Whether this consequence of a documented rule is only inferred.
    #[serde(default)]
    pub inferred: bool,
    /// Whether it holds as well where nothing, or null, stands at the path.
    #[serde(default)]
    pub if_present: bool,
    /// Names of members that comparisons leave out, at any depth and on both sides.
    #[serde(default)]
    pub ignoring: Vec<String>,
    /// Path into the output; the whole output if empty. `items[arn=${bucket}].name` selects an item by a member.
    #[serde(default)]
    pub at: String,
    /// Deep equality; null counts as absent.
    #[serde(default)]
    pub equals: Option<Value>,
    /// Not equal.
    #[serde(default)]
    pub differs: Option<Value>,
    /// Equal to one of these.
    #[serde(default)]
    pub one_of: Option<Vec<Value>>,
    /// Equal to one element of this list, which may be a variable.
    #[serde(default)]
    pub element_of: Option<Value>,
    /// An object that some order of these inputs leaves behind: each member that one of them gives has a value that one
    /// of them gives.
    #[serde(default)]
    pub result_of: Option<Value>,
    /// Members present on both sides are equal.
    #[serde(default)]
    pub agrees: Option<Value>,
    /// There, or not there; null counts as absent.
    #[serde(default)]
    pub present: Option<bool>,
    /// An array with an item that has at least these members.
    #[serde(default)]
    pub contains: Option<Value>,
    /// An array without such an item.
    #[serde(default)]
    pub lacks: Option<Value>,
    /// Length of an array, object or string (code points).
    #[serde(default)]
    pub length: Option<u64>,
    /// Largest length.
    #[serde(default)]
    pub length_at_most: Option<u64>,
    /// Whole-string regular expression.
    #[serde(default)]
    pub matches: Option<String>,
    /// No member of this name at any depth.
    #[serde(default)]
    pub hides: Option<String>,
    /// The text occurs nowhere in the JSON.
    #[serde(default)]
    pub never_shows: Option<Value>,
    /// An array whose items go down by this member.
    #[serde(default)]
    pub descends_by: Option<String>,
    /// An array without two items that agree in this member.
    #[serde(default)]
    pub distinct_by: Option<String>,
    /// A time that is not before this one.
    #[serde(default)]
    pub not_before: Option<Value>,
    /// An array of numbers of which none is larger.
    #[serde(default)]
    pub each_at_most: Option<u64>,
    /// Whether it upholds the rule where it holds.
    #[serde(default)]
    pub upholds: Upholds,
    /// Path of what must be in the output and not empty, so that the assertion says something.
    #[serde(default)]
    pub requires: Option<String>,
    /// Pages that a walk must have followed, so that the assertion says something.
    #[serde(default)]
    pub pages_at_least: Option<u64>,
    /// The output of a paginated call: exactly this many items if a token follows, at most this many otherwise.
    #[serde(default)]
    pub page_of: Option<u64>,
}

impl Assert {
    /// The values to compare with, in which placeholders may stand.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        let values = [
            &mut self.equals,
            &mut self.differs,
            &mut self.agrees,
            &mut self.contains,
            &mut self.lacks,
            &mut self.element_of,
            &mut self.result_of,
            &mut self.never_shows,
            &mut self.not_before,
        ];
        values.into_iter().flatten()
    }
}
