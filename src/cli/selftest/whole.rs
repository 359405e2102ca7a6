//! What full runs against faulty servers say, for a reader.

use std::fmt::Write;

use super::shortened;
use crate::cli::exit::Exit;
use crate::report::text::{count, grouped, seconds, visible};
use crate::selftest::WholeSummary;

/// A fault that could not be tried was neither missed nor found.
pub(super) fn exit(summary: &WholeSummary) -> Exit {
    match (summary.broken, summary.found == summary.faults) {
        (1.., _) => Exit::CouldNotTest,
        (0, true) => Exit::Success,
        (0, false) => Exit::Divergences,
    }
}

/// The summary, above it the runs that missed a fault, accused another clause or could not be made.
pub(super) fn text(summary: &WholeSummary) -> String {
    let mut page = String::new();
    for trial in &summary.trials {
        let faults = trial.faults.iter().map(|fault| visible(fault)).collect::<Vec<_>>().join(" + ");
        if let Some(reason) = &trial.broken {
            let _ = writeln!(page, "not tried {faults}: {}", visible(reason));
            continue;
        }
        if !trial.missed.is_empty() {
            let _ = writeln!(page, "missed    {}\n  of      {faults}", shortened(&trial.missed));
        }
        if !trial.stray_causes.is_empty() {
            let _ = writeln!(page, "stray     {faults}\n  accused {}", shortened(&trial.stray_causes));
        }
    }
    let _ = writeln!(
        page,
        "{} of {} found; {} of {} ({:.1} %) accuse a clause that no seeded fault breaks, {} of {} before they were \
         grouped; {:.2} causes for each fault; half of the runs sent {} and had sent {} at the first finding; {}",
        grouped(summary.found as u64),
        count(summary.faults as u64, "fault"),
        grouped(summary.stray_causes as u64),
        count(summary.causes as u64, "cause"),
        summary.stray_share(),
        grouped(summary.stray_findings as u64),
        count(summary.findings as u64, "finding"),
        summary.causes_per_fault(),
        count(summary.median_requests, "request"),
        grouped(summary.median_first_finding),
        seconds(summary.seconds),
    );
    page
}
