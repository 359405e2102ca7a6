//! Scenarios, states and probes: tests written as data in `suites/scenarios/*.toml`.
//!
//! Files are read in two steps. `written` expands fixtures, tables of cases, loops and default rules; what comes of it
//! is read into the plain entries below, which the rest of the program uses.

mod assert;
mod comparison;
mod defaults;
mod expect;
mod fit;
mod load;
mod locate;
mod probe;
#[cfg(test)]
mod published;
mod scenario;
pub(super) mod source;
mod step;
mod written;

use serde::Deserialize;

pub use assert::{Assert, Upholds};
pub use comparison::{Agreement, Echo};
pub use expect::Expect;
pub use probe::{Probe, SignatureChange};
pub use scenario::{Ingest, Need, Scenario, State};
pub use source::SuiteError;
pub use step::{BroadcastState, BroadcastStep, Step};

use super::activity::{Activity, ListFilter};
use super::sequence::{Law, Sequence};
use source::Source;

/// Everything that `suites/scenarios/` holds.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suites {
    /// Sequences of calls with what must hold along the way.
    #[serde(default, rename = "scenario")]
    pub scenarios: Vec<Scenario>,
    /// States that a resource must be in before some operations can succeed.
    #[serde(default, rename = "state")]
    pub states: Vec<State>,
    /// HTTP requests that no input alone describes.
    #[serde(default, rename = "probe")]
    pub probes: Vec<Probe>,
    /// Members that must come back as they were given.
    #[serde(default, rename = "echo")]
    pub echoes: Vec<Echo>,
    /// What a response says twice.
    #[serde(default, rename = "agreement")]
    pub agreements: Vec<Agreement>,
    /// Random sequences of operations.
    #[serde(default, rename = "sequence")]
    pub sequences: Vec<Sequence>,
    /// What holds along them.
    #[serde(default, rename = "law")]
    pub laws: Vec<Law>,
    /// What resources do for a time.
    #[serde(default, rename = "activity")]
    pub activities: Vec<Activity>,
    /// Filters of lists, and the rules that say what they choose.
    #[serde(default, rename = "filter")]
    pub filters: Vec<ListFilter>,
    /// How a broadcaster finds out where to stream to.
    #[serde(default)]
    pub ingest: Ingest,
    /// The files that all this comes from.
    #[serde(skip)]
    sources: Vec<Source>,
}
