//! Operations with their clauses, and why clauses stayed untested.

use std::fmt::Write;

use super::style::{BAD, DIM, GOOD, STRONG, WARN, paint, wrap};
use super::{Detail, View};
use crate::report::record::Record;
use crate::report::summary::Tally;
use crate::report::text::{count, shorten, visible};

/// The table of operations that the target has, on at most `most` lines: where not all fit, those with the most violated
/// clauses.
pub(super) fn operations(page: &mut String, record: &Record, width: usize, most: usize) {
    let absent = record.absent_operations();
    let groups = record.groups();
    let mut rows: Vec<(&str, Tally)> = groups
        .into_iter()
        .filter(|((_, name), _)| absent.binary_search(name).is_err())
        .map(|((_, name), tally)| (name, tally))
        .collect();
    // A line for the heads of the columns.
    let room = most.saturating_sub(1);
    let hidden = if rows.len() > room { hide(&mut rows, room.saturating_sub(1)) } else { Vec::new() };
    if room == 0 || rows.is_empty() {
        return;
    }
    let name_width = rows.iter().map(|(name, _)| visible(name).chars().count()).max().unwrap_or(0);
    let name_width = name_width.clamp(9, width - 38);
    let title = format!("  {:name_width$}  {:>7}  {:>8}  {:>8}", "operation", "upheld", "violated", "untested");
    let _ = writeln!(page, "{}", paint(DIM, &title));
    for (name, tally) in &rows {
        row(page, name, *tally, name_width);
    }
    if !hidden.is_empty() {
        let _ = writeln!(page, "  {}", paint(DIM, &shorten(&summed_up(&hidden), width - 2)));
    }
}

/// Keeps the rows with the most violated clauses, in their order, and returns the others.
fn hide<'r>(rows: &mut Vec<(&'r str, Tally)>, kept: usize) -> Vec<(&'r str, Tally)> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|row| std::cmp::Reverse(rows.get(*row).map(|(_, tally)| tally.violated)));
    order.truncate(kept);
    let (mut shown, mut hidden) = (Vec::new(), Vec::new());
    for (position, row) in rows.drain(..).enumerate() {
        if order.contains(&position) { shown.push(row) } else { hidden.push(row) }
    }
    *rows = shown;
    hidden
}

fn summed_up(hidden: &[(&str, Tally)]) -> String {
    let violated: u64 = hidden.iter().map(|(_, tally)| tally.violated).sum();
    let names: Vec<&str> = hidden.iter().map(|(name, _)| *name).collect();
    let violated = if violated == 0 { "none".to_owned() } else { violated.to_string() };
    format!("and {} more with {violated} violated: {}", hidden.len(), visible(&names.join(", ")))
}

fn row(page: &mut String, name: &str, tally: Tally, name_width: usize) {
    let (style, mark) = match tally {
        Tally { violated: 1.., .. } => (BAD, "✗"),
        Tally { upheld: 0, .. } => (WARN, "·"),
        _ => (GOOD, "✓"),
    };
    let violated = format!("{:>8}", number(tally.violated));
    let _ = writeln!(
        page,
        "{} {:name_width$}  {:>7}  {}  {:>8}",
        paint(style, mark),
        shorten(&visible(name), name_width),
        number(tally.upheld),
        if tally.violated > 0 { paint(BAD, &violated) } else { violated },
        number(tally.untested),
    );
}

/// A zero is a dot, so that numbers stand out.
fn number(value: u64) -> String {
    if value == 0 { "·".to_owned() } else { value.to_string() }
}

/// The operations that the target does not have, in one line.
pub(super) fn missing(page: &mut String, record: &Record, view: &View) {
    let absent = record.absent_operations();
    if absent.is_empty() {
        return;
    }
    let title = format!("{}: ", count(absent.len() as u64, "missing operation"));
    let names = visible(&absent.join(", ")).into_owned();
    let text = match view.detail {
        Detail::Full => names,
        _ => fitting(&absent, (view.width - 2).saturating_sub(title.len())),
    };
    let lines = wrap(&format!("{title}{text}"), view.width - 2);
    let _ = writeln!(page, "{} {}", paint(BAD, "✗"), lines.join("\n  "));
}

/// As many names as a line holds, and how many there are beyond.
fn fitting(names: &[&str], room: usize) -> String {
    for kept in (1..=names.len()).rev() {
        let more = names.len() - kept;
        let end = if more > 0 { format!(" and {more} more") } else { String::new() };
        let first: Vec<&str> = names.iter().take(kept).copied().collect();
        let line = format!("{}{end}", visible(&first.join(", ")));
        if line.chars().count() <= room {
            return line;
        }
    }
    format!("{} operations", names.len())
}

/// Why clauses stayed untested, the most frequent reason first: that one alone, unless everything is asked for.
pub(super) fn untested(page: &mut String, record: &Record, view: &View) {
    let reasons = record.untested();
    match (view.detail, reasons.first()) {
        (_, None) => {}
        (Detail::Full, _) => {
            let _ = writeln!(page, "\n{}", paint(STRONG, "Untested, because"));
            for (reason, clauses) in &reasons {
                let _ = writeln!(
                    page,
                    "  {:>5}  {}",
                    clauses.len(),
                    wrap(&visible(reason), view.width - 9).join("\n         ")
                );
            }
        }
        (_, Some((reason, clauses))) => {
            let all = count(record.score().untested, "clause");
            let most =
                if reasons.len() > 1 { format!(", {} of them because", clauses.len()) } else { " because".to_owned() };
            let line = format!("{all} untested{most}: {}", visible(reason));
            let _ = writeln!(page, "{} {}", paint(WARN, "·"), shorten(&line, view.width - 2));
        }
    }
    page.push('\n');
}
