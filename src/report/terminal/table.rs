//! Operations with their clauses, and why clauses stayed untested.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::style::{BAD, DIM, GOOD, STRONG, WARN, paint, wrap};
use crate::report::record::{ClauseRecord, ClauseVerdict, Record};
use crate::report::text::{count, shorten, visible};

/// How many reasons are shown.
const REASONS: usize = 6;

#[derive(Default)]
struct Row {
    upheld: u64,
    violated: u64,
    untested: u64,
}

impl Row {
    fn add(&mut self, verdict: ClauseVerdict) {
        match verdict {
            ClauseVerdict::Upheld => self.upheld += 1,
            ClauseVerdict::Violated => self.violated += 1,
            ClauseVerdict::Untested => self.untested += 1,
        }
    }
}

/// The table of operations; those that the target does not have share one line.
pub fn operations(page: &mut String, record: &Record, width: usize) {
    let absent = record.absent_operations();
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for clause in &record.clauses {
        rows.entry(group(clause)).or_default().add(clause.verdict);
    }
    let name_width = rows.keys().map(|name| name.chars().count()).max().unwrap_or(0).clamp(9, width - 38);
    let title = format!("  {:name_width$}  {:>7}  {:>8}  {:>8}", "operation", "upheld", "violated", "untested");
    let _ = writeln!(page, "{}", paint(DIM, &title));
    for (name, row) in rows.iter().filter(|(name, _)| absent.binary_search(name).is_err()) {
        let (style, mark) = match row {
            Row { violated: 1.., .. } => (BAD, "✗"),
            Row { upheld: 0, .. } => (WARN, "·"),
            _ => (GOOD, "✓"),
        };
        let shown_name = visible(name);
        let violated = format!("{:>8}", number(row.violated));
        let _ = writeln!(
            page,
            "{} {:name_width$}  {:>7}  {}  {:>8}",
            paint(style, mark),
            shorten(&shown_name, name_width),
            number(row.upheld),
            if row.violated > 0 { paint(BAD, &violated) } else { violated },
            number(row.untested),
        );
    }
    page.push('\n');
    missing(page, &absent, width);
}

fn missing(page: &mut String, absent: &[&str], width: usize) {
    if absent.is_empty() {
        return;
    }
    let title = format!("{} not implemented", count(absent.len() as u64, "operation"));
    let _ = writeln!(page, "{}", paint(STRONG, &title));
    for line in wrap(&visible(&absent.join(", ")), width - 2) {
        let _ = writeln!(page, "  {line}");
    }
    page.push('\n');
}

/// A zero is a dot, so that numbers stand out.
fn number(value: u64) -> String {
    if value == 0 { "·".to_owned() } else { value.to_string() }
}

/// The operation of a clause, or what it belongs to if it holds for several.
fn group(clause: &ClauseRecord) -> &str {
    match &clause.operation {
        Some(operation) => operation,
        None => clause.id.split('.').next().unwrap_or_default(),
    }
}

/// Why clauses stayed untested, the most frequent reason first.
pub fn untested(page: &mut String, record: &Record, width: usize) {
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for clause in &record.clauses {
        if clause.verdict == ClauseVerdict::Untested {
            *reasons.entry(clause.reason.as_deref().unwrap_or("no reason recorded")).or_default() += 1;
        }
    }
    if reasons.is_empty() {
        return;
    }
    let mut reasons: Vec<(&str, u64)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, clauses)| std::cmp::Reverse(*clauses));
    let _ = writeln!(page, "{}", paint(STRONG, "Untested, because"));
    for (reason, clauses) in reasons.iter().take(REASONS) {
        let shown = visible(reason);
        let _ = writeln!(page, "  {clauses:>5}  {}", shorten(&shown, width - 9));
    }
    if let Some(hidden) = reasons.get(REASONS..).filter(|hidden| !hidden.is_empty()) {
        let clauses = hidden.iter().map(|(_, clauses)| clauses).sum::<u64>();
        let line = format!("  {clauses:>5}  {}", count(hidden.len() as u64, "other reason"));
        let _ = writeln!(page, "{}", paint(DIM, &line));
    }
    page.push('\n');
}
