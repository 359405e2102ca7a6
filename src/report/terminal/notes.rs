//! What a reader should know beside the causes: entries of the baseline that fail the run, notes and warnings.

use std::fmt::Write;

use super::style::{DIM, STRONG, WARN, paint, wrap};
use super::{Detail, View};
use crate::report::record::Record;
use crate::report::text::{count, count_of, shorten, visible};

/// Most entries of a kind, unless everything is asked for.
const MOST: usize = 3;
/// Most lines of a note, unless everything is asked for.
const LINES: usize = 2;

/// Entries of the baseline that fail the run.
pub(super) fn stale(page: &mut String, record: &Record, view: &View) {
    for (title, entries) in record.stale_entries() {
        let _ = writeln!(page, "{}", paint(STRONG, title));
        let shown = limit(view, MOST);
        for entry in entries.iter().take(shown) {
            let _ = writeln!(page, "  {}", shorten(&visible(&entry.one_line()), view.width - 2));
        }
        if let more @ 1.. = entries.len().saturating_sub(shown) {
            let more = count_of(more as u64, "more entry", "more entries");
            let _ = writeln!(page, "  {}", paint(DIM, &format!("and {more}: -v shows them all")));
        }
        page.push('\n');
    }
}

/// Notes, and at most so many warnings, each once.
pub(super) fn notes(page: &mut String, record: &Record, view: &View, warnings: usize) {
    list(page, view, (&paint(DIM, "note:"), "note"), &record.notes, limit(view, MOST));
    list(page, view, (&paint(WARN, "attention:"), "warning"), &record.warnings(), warnings);
}

fn list(page: &mut String, view: &View, (label, noun): (&str, &str), texts: &[String], shown: usize) {
    let mut once: Vec<&str> = Vec::new();
    for text in texts {
        if !once.contains(&text.as_str()) {
            once.push(text);
        }
    }
    for text in once.iter().take(shown) {
        let text = visible(text);
        let room = view.width - noun.len() - 4;
        let text = match view.detail {
            Detail::Full => text,
            _ => shorten(&text, room * LINES).into_owned().into(),
        };
        let _ = writeln!(page, "{label} {}", wrap(&text, room).join("\n  "));
    }
    if let more @ 1.. = once.len().saturating_sub(shown) {
        let more = count(more as u64, &format!("more {noun}"));
        let _ = writeln!(page, "{label} {}", paint(DIM, &format!("and {more}: -v shows them all")));
    }
}

fn limit(view: &View, most: usize) -> usize {
    match view.detail {
        Detail::Full => usize::MAX,
        Detail::Brief | Detail::Verdict => most,
    }
}
