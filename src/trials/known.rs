//! The baseline, for one case at a time.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::report::baseline::{self, Baseline};
use crate::report::record::{KnownFinding, Record};
use crate::spec::Contract;

/// Known divergences; none unless a file was read.
#[derive(Debug, Default)]
pub struct Known(Option<Baseline>);

/// What the baseline says of a case beyond its marks on findings.
#[derive(Debug, Default)]
pub struct Stale {
    /// Entries that the case no longer shows.
    pub fixed: Vec<KnownFinding>,
    /// Entries that the case shows and whose day has passed.
    pub expired: Vec<KnownFinding>,
}

impl Known {
    /// Reads a baseline file for a contract.
    pub fn read(path: &Path, contract: &Contract) -> Result<Known, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Baseline::read(path, &text, contract)
            .map(|baseline| Known(Some(baseline)))
            .map_err(|damaged| damaged.to_string())
    }

    /// Marks the findings of a record of all cases as new or known.
    pub fn mark(&self, record: &mut Record) {
        if let Some(baseline) = &self.0 {
            baseline::apply(record, baseline, Timestamp::now().to_zoned(TimeZone::UTC).date());
        }
    }

    /// Marks the findings of a case's record as new or known.
    pub fn apply(&self, record: &mut Record, case: &str) -> Stale {
        let Some(baseline) = &self.0 else { return Stale::default() };
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        baseline::apply(record, baseline, today);
        let noted = record.baseline.take().unwrap_or_default();
        let of_case = |entries: Vec<KnownFinding>| entries.into_iter().filter(|entry| entry.case == case).collect();
        Stale { fixed: of_case(noted.fixed), expired: of_case(noted.expired) }
    }
}
