//! What came of the faults.

use serde::Serialize;

/// What came of one fault.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// The fault.
    pub fault: String,
    /// Its family.
    pub family: String,
    /// The clauses that it breaks.
    pub clauses: Vec<String>,
    /// Whether it was detected.
    #[serde(flatten)]
    pub detection: Detection,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// Whether a fault was detected.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Detection {
    /// A finding of a clause that the fault breaks.
    Killed {
        /// That clause.
        by: String,
        /// Requests sent up to then.
        requests: u64,
        /// Which cases it took.
        within: Within,
    },
    /// No such finding.
    Survived {
        /// Clauses of the findings that there were.
        blamed: Vec<String>,
    },
    /// The fault could not be tried.
    Broken {
        /// Why.
        reason: String,
    },
}

/// Which cases a detection took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// Those made for the clause.
    Clause,
    /// The scenarios that call its operation.
    Operation,
    /// The whole run.
    Run,
}

impl Trial {
    /// Whether the fault was detected by a clause that it breaks.
    pub fn is_killed(&self) -> bool {
        matches!(self.detection, Detection::Killed { .. })
    }
}

/// What came of all faults.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Faults that were tried.
    pub faults: usize,
    /// Those detected by a clause that they break.
    pub killed: usize,
    /// Half of the detections took at most so many requests.
    pub median_requests: u64,
    /// Wall time in seconds.
    pub seconds: f64,
    /// Every trial, in the order of the catalogue.
    pub trials: Vec<Trial>,
}

impl Summary {
    /// Sums trials up.
    pub fn of(trials: Vec<Trial>, seconds: f64) -> Summary {
        let requests = |trial: &Trial| match trial.detection {
            Detection::Killed { requests, .. } => Some(requests),
            _ => None,
        };
        let mut counts: Vec<u64> = trials.iter().filter_map(requests).collect();
        counts.sort_unstable();
        Summary {
            faults: trials.len(),
            killed: counts.len(),
            median_requests: counts.get(counts.len() / 2).copied().unwrap_or(0),
            seconds,
            trials,
        }
    }

    /// The trials whose fault was not detected.
    pub fn survivors(&self) -> impl Iterator<Item = &Trial> {
        self.trials.iter().filter(|trial| !trial.is_killed())
    }

    /// Share of detected faults, in percent to one decimal place, rounded down: only all of them are a hundred.
    pub fn kill_rate(&self) -> f64 {
        if self.faults == 0 { 0.0 } else { (1000.0 * self.killed as f64 / self.faults as f64).floor() / 10.0 }
    }
}
