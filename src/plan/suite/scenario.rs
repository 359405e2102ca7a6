//! Scenarios and the states that resources are brought into.

use serde::Deserialize;

use super::step::Step;

/// A sequence of calls with what must hold along the way.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Stable name; the case id is `scenario/NAME`.
    pub name: String,
    /// What it shows, in one sentence.
    pub summary: String,
    /// What the target must offer.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Whether it waits for seconds by its nature; the quick profile leaves it out.
    #[serde(default)]
    pub slow: bool,
    /// Whether it is played after all others, and looks at what they left behind.
    #[serde(default)]
    pub late: bool,
    /// Whether the quick profile keeps it although other cases decide the same clauses: it shows members, or tells defects,
    /// that they do not.
    #[serde(default)]
    pub in_quick: bool,
    /// The calls, in order.
    pub steps: Vec<Step>,
}

/// What a scenario needs of a target beyond the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A way to start a broadcast.
    Broadcast,
    /// A target on this machine: too many resources for any other.
    Loopback,
}

impl Scenario {
    /// How many calls it makes, roughly; one that waits counts as many.
    pub fn weight(&self) -> u64 {
        let calls: u64 = self.steps.iter().map(|step| u64::from(step.times.max(1))).sum();
        if self.slow { calls + 1_000_000 } else { calls }
    }

    /// Whether one of its steps decides a clause.
    pub fn decides_something(&self) -> bool {
        let decides = |step: &Step| step.rule.is_some() || !step.asserts.is_empty() || step.expect.is_one_refusal();
        self.steps.iter().any(|step| decides(step) || step.beside.iter().any(decides))
    }
}

/// A state that a resource must be in before some operations can succeed; the contract's preconditions say which.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Name; `${NAME:RESOURCE}` stands for a resource in this state.
    pub name: String,
    /// Resource type.
    pub resource: String,
    /// What reaching it needs of the target.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Steps that bring a new resource into the state; `${resource}` and its siblings are bound.
    pub reach: Vec<Step>,
    /// Steps that leave it again before the resource is deleted.
    #[serde(default)]
    pub leave: Vec<Step>,
}

/// How a broadcaster finds out where to stream to: steps with `${TYPE}` of the broadcasting resource bound, which set the
/// variables `ingest-endpoint` and `stream-key`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ingest {
    /// The calls, in order.
    #[serde(default)]
    pub steps: Vec<Step>,
}
