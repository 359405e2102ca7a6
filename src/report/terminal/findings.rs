//! Findings: all of them by name, the worst in full.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::style::{BAD, CODE, DIM, STRONG, paint, wrap};
use crate::judge::finding::FindingKind;
use crate::report::record::{FindingRecord, Record};
use crate::report::text::{body_line, count, reproduce, shorten, visible};
use crate::report::verdict::Weight;

/// How many findings are shown in full.
const FULL: usize = 6;
/// How many findings are named.
const NAMED: usize = 300;
/// Columns of the labels.
const LABEL: usize = 12;

/// Names every finding on one line, unless all of them are shown in full anyway.
pub fn list(page: &mut String, record: &Record, width: usize) {
    let is_named = |finding: &&FindingRecord| finding.kind != FindingKind::NotImplemented && !finding.is_intermittent();
    let findings: Vec<&FindingRecord> = record.by_urgency().into_iter().filter(is_named).collect();
    if findings.len() <= FULL {
        return;
    }
    let mut shown = findings.clone();
    shown.truncate(NAMED);
    shown.sort_by_key(|finding| (finding.kind, &finding.clause, &finding.operation));
    let mut kind = None;
    for finding in &shown {
        if kind != Some(finding.kind) {
            kind = Some(finding.kind);
            let number = findings.iter().filter(|other| other.kind == finding.kind).count();
            let _ = writeln!(
                page,
                "{} {}",
                paint(STRONG, &format!("{} {number}", finding.kind.id())),
                paint(DIM, &shorten(finding.kind.meaning(), width.saturating_sub(LABEL + 14)))
            );
        }
        let _ = writeln!(page, "  {}", one_line(record, finding, width - 2));
    }
    if findings.len() > NAMED {
        let hidden = count((findings.len() - NAMED) as u64, "finding");
        let _ = writeln!(page, "  {}", paint(DIM, &format!("and {hidden} more: see --report html=FILE")));
    }
    page.push('\n');
}

fn one_line(record: &Record, finding: &FindingRecord, width: usize) -> String {
    let line = named(finding);
    let label = record.weight(finding).label();
    let room = width.saturating_sub(label.len() + 3);
    let line = shorten(&line, room);
    match label {
        "" => line.into_owned(),
        label => format!("{line} {}", paint(DIM, &format!("({label})"))),
    }
}

/// The worst findings in full, the very worst last: the worst of every kind comes before the second worst of one.
pub fn worst(page: &mut String, record: &Record, width: usize) {
    let mut all = record.by_urgency();
    all.retain(|finding| !finding.is_intermittent());
    let mut seen: BTreeMap<(bool, FindingKind), usize> = BTreeMap::new();
    let mut shown: Vec<(bool, usize, &FindingRecord)> = all
        .iter()
        .filter(|finding| finding.kind != FindingKind::NotImplemented || all.len() <= FULL)
        .map(|finding| {
            let is_idle = record.weight(finding) != Weight::Counts;
            let place = seen.entry((is_idle, finding.kind)).or_default();
            *place += 1;
            (is_idle, *place, *finding)
        })
        .collect();
    shown.sort_by_key(|(is_idle, place, _)| (*is_idle, *place));
    let shown: Vec<&FindingRecord> = shown.into_iter().map(|(.., finding)| finding).take(FULL).collect();
    if shown.is_empty() {
        return;
    }
    if all.len() > shown.len() {
        let title = format!("The worst of {}, the very worst last", count(all.len() as u64, "finding"));
        let _ = writeln!(page, "{}\n", paint(STRONG, &title));
    }
    for finding in shown.into_iter().rev() {
        full(page, record, finding, width);
    }
}

/// Names findings that did not show every time, each with how often it did.
pub fn intermittent(page: &mut String, record: &Record, width: usize) {
    let all: Vec<&FindingRecord> = record.findings.iter().filter(|finding| finding.is_intermittent()).collect();
    if all.is_empty() {
        return;
    }
    let title = format!("{} (shown again, not seen every time)", count(all.len() as u64, "intermittent divergence"));
    let _ = writeln!(page, "{}", paint(STRONG, &title));
    for finding in all.iter().take(FULL) {
        let seen = format!("seen {} of {} times: ", finding.seen.times, finding.seen.of);
        let text = format!("{}, {}", named(finding), visible(&finding.observed));
        let _ = writeln!(page, "  {}{}", paint(DIM, &seen), shorten(&text, width.saturating_sub(seen.len() + 2)));
    }
    if all.len() > FULL {
        let hidden = count((all.len() - FULL) as u64, "finding");
        let _ = writeln!(page, "  {}", paint(DIM, &format!("and {hidden} more: see --report html=FILE")));
    }
    page.push('\n');
}

fn full(page: &mut String, record: &Record, finding: &FindingRecord, width: usize) {
    let weight = record.weight(finding);
    let mut about = finding.kind.id().to_owned();
    if weight != Weight::Counts {
        let _ = write!(about, ", {}", weight.label());
    }
    let clause = named(finding);
    let mark = if weight == Weight::Counts { paint(BAD, "✗") } else { paint(DIM, "·") };
    let _ = writeln!(page, "{mark} {} {}", paint(STRONG, &clause), paint(BAD, &about));
    field(page, "expected", &finding.expected, width);
    field(page, "observed", &finding.observed, width);
    let request = format!("{} {} {}", finding.request.method, finding.request.path, body_line(&finding.request.body));
    field(page, "request", &request, width);
    field(page, "response", &response(finding), width);
    // The server that a run embeds is gone when its report is read.
    let curl = if record.target.embedded { "" } else { &finding.curl };
    for (label, command) in [("check again", reproduce(record, finding)), ("curl", curl.to_owned())] {
        if !command.is_empty() {
            let _ = writeln!(page, "  {} {}", paint(DIM, &format!("{label:<LABEL$}")), paint(CODE, &visible(&command)));
        }
    }
    page.push('\n');
}

/// The clause, and on which operation it was violated where it does not say that.
fn named(finding: &FindingRecord) -> String {
    let on = finding.elsewhere().map(|operation| format!(" on {}", visible(operation)));
    format!("{}{}", visible(&finding.clause), on.unwrap_or_default())
}

fn response(finding: &FindingRecord) -> String {
    match finding.response.status {
        0 => "none".to_owned(),
        status => format!("{status} {}", body_line(&finding.response.body)),
    }
}

/// A labelled text, at most four lines of it.
fn field(page: &mut String, label: &str, text: &str, width: usize) {
    let room = width - LABEL - 3;
    let text = visible(text);
    for (position, line) in wrap(&shorten(&text, room * 4), room).iter().enumerate() {
        let label = if position == 0 { label } else { "" };
        let _ = writeln!(page, "  {} {line}", paint(DIM, &format!("{label:<LABEL$}")));
    }
}
