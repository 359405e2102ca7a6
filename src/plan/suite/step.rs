//! The steps of scenarios.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::assert::Assert;
use super::expect::Expect;
use crate::plan::accepted::Accepted;

/// One step of a scenario: a call, a walk over all pages, or a broadcast.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Operation to call once.
    #[serde(default)]
    pub call: Option<String>,
    /// Operation to call page by page; the output is `{"items": […], "pages": […]}`.
    #[serde(default)]
    pub walk: Option<String>,
    /// Starts or ends a broadcast.
    #[serde(default)]
    pub broadcast: Option<BroadcastStep>,
    /// Input of the call; strings may hold placeholders.
    #[serde(default)]
    pub input: Value,
    /// Names of members in the input that its shape does not have, on purpose.
    #[serde(default)]
    pub unknown: Vec<String>,
    /// Adds valid values for required members that the input leaves out.
    #[serde(default)]
    pub complete: bool,
    /// Region of the call; the run's own if none. `${other-region}` is one that differs from it.
    #[serde(default)]
    pub region: Option<String>,
    /// How often, with `${index}` counting from 1.
    #[serde(default = "once")]
    pub times: u32,
    /// Whether the repetitions are in flight all at once.
    #[serde(default)]
    pub concurrent: bool,
    /// Responses of which each must come at least once among the repetitions.
    #[serde(default)]
    pub among: Vec<Accepted>,
    /// How often these responses come among the repetitions, exactly.
    #[serde(default)]
    pub counts: BTreeMap<Accepted, u64>,
    /// Other calls that are in flight at the same time, each with its own repetitions and responses.
    #[serde(default)]
    pub beside: Vec<Step>,
    /// Variables set to lists: what stands at a path, `input.…` or `output.…`, of each of the calls in flight that
    /// succeeded, those beside it included.
    #[serde(default)]
    pub gather: BTreeMap<String, String>,
    /// What must come back.
    #[serde(default)]
    pub expect: Expect,
    /// The rule that is violated if something else comes back; the operation's own clauses if none.
    #[serde(default)]
    pub rule: Option<String>,
    /// Whether what this step shows of a documented rule is only inferred.
    #[serde(default)]
    pub inferred: bool,
    /// Repeats the call until all its assertions hold, within the time that the run allows for what may lag.
    #[serde(default)]
    pub eventually: bool,
    /// Whether what follows cannot be decided unless this step does what it should.
    #[serde(default)]
    pub optional: bool,
    /// Variables of which one must be known: without any of them there is nothing to do.
    #[serde(default)]
    pub when: Vec<String>,
    /// Variables set from the output, by path. What the output does not show blocks only what needs the variable.
    #[serde(default)]
    pub save: BTreeMap<String, String>,
    /// What must hold of the output.
    #[serde(default, rename = "assert")]
    pub asserts: Vec<Assert>,
}

fn once() -> u32 {
    1
}

/// A change of a resource's broadcast.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BroadcastStep {
    /// Identifier of the resource that broadcasts; may be a placeholder.
    pub resource: String,
    /// What it becomes.
    pub state: BroadcastState,
    /// Health of the broadcast, where the target lets the broadcaster choose it.
    #[serde(default)]
    pub health: Option<String>,
}

/// Whether a resource broadcasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BroadcastState {
    /// It broadcasts.
    Live,
    /// It does not.
    Offline,
}

impl BroadcastState {
    /// Name on the wire of the reference's control path.
    pub fn id(self) -> &'static str {
        match self {
            BroadcastState::Live => "live",
            BroadcastState::Offline => "offline",
        }
    }
}
