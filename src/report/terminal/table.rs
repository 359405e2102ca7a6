//! Operations with their clauses, and why clauses stayed untested.

use std::fmt::Write;

use super::style::{BAD, DIM, GOOD, STRONG, WARN, paint, wrap};
use crate::report::digest::Tally;
use crate::report::record::Record;
use crate::report::text::{count, shorten, visible};

/// How many reasons are shown.
const REASONS: usize = 6;

/// The table of operations; those that the target does not have share one line.
pub fn operations(page: &mut String, record: &Record, width: usize) {
    let absent = record.absent_operations();
    let rows = record.groups();
    let name_width = rows.keys().map(|(_, name)| name.chars().count()).max().unwrap_or(0).clamp(9, width - 38);
    let title = format!("  {:name_width$}  {:>7}  {:>8}  {:>8}", "operation", "upheld", "violated", "untested");
    let _ = writeln!(page, "{}", paint(DIM, &title));
    for ((_, name), row) in rows.iter().filter(|((_, name), _)| absent.binary_search(name).is_err()) {
        let (style, mark) = match row {
            Tally { violated: 1.., .. } => (BAD, "✗"),
            Tally { upheld: 0, .. } => (WARN, "·"),
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

/// Why clauses stayed untested, the most frequent reason first.
pub fn untested(page: &mut String, record: &Record, width: usize) {
    let reasons = record.untested();
    if reasons.is_empty() {
        return;
    }
    let _ = writeln!(page, "{}", paint(STRONG, "Untested, because"));
    for (reason, clauses) in reasons.iter().take(REASONS) {
        let shown = visible(reason);
        let _ = writeln!(page, "  {:>5}  {}", clauses.len(), shorten(&shown, width - 9));
    }
    if let Some(hidden) = reasons.get(REASONS..).filter(|hidden| !hidden.is_empty()) {
        let clauses = hidden.iter().map(|(_, clauses)| clauses.len()).sum::<usize>();
        let line = format!("  {clauses:>5}  {}", count(hidden.len() as u64, "other reason"));
        let _ = writeln!(page, "{}", paint(DIM, &line));
    }
    page.push('\n');
}
