//! The report for a terminal. What is read first stands last: the verdict, above it the files written, above those the
//! most telling causes, above those the table of operations. A run in which all is well says so in a few lines.

mod causes;
mod notes;
pub mod style;
mod table;

use std::borrow::Cow;
use std::fmt::Write;

use super::format::Format;
use super::ranking::of_causes;
use super::record::Record;
use super::text::{count, grouped, seconds, shorten, visible};
use super::verdict::Verdict;
use style::{BAD, DIM, GOOD, STRONG, WARN, paint, wrap};

/// Narrowest and widest page that the layout is made for.
const WIDTHS: std::ops::RangeInclusive<usize> = 48..=120;
/// Most lines of a page, unless everything is asked for.
const MOST_LINES: usize = 60;
/// Most warnings and causes of such a page; where the first do not fit, the next are tried.
const FITS: [(usize, usize); 4] = [(10, 3), (3, 3), (3, 2), (3, 1)];
/// Fewest lines that a table of operations is worth.
const LEAST_TABLE: usize = 8;

/// How much a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// The verdict alone.
    Verdict,
    /// What is most telling, on at most 60 lines of 100 columns.
    #[default]
    Brief,
    /// All causes and findings.
    Full,
}

/// What a page is made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Columns of the terminal.
    pub width: usize,
    /// How much it shows.
    pub detail: Detail,
    /// The reports that were written to files.
    pub files: Vec<(Format, String)>,
}

impl View {
    /// The most telling, for a terminal of this width.
    pub fn brief(width: usize) -> View {
        View { width, detail: Detail::Brief, files: Vec::new() }
    }

    /// Everything, for a terminal of this width.
    pub fn full(width: usize) -> View {
        View { detail: Detail::Full, ..View::brief(width) }
    }

    /// The JSON report, if one was written.
    fn json_report(&self) -> Option<&str> {
        self.files.iter().find(|(format, _)| *format == Format::Json).map(|(_, file)| file.as_str())
    }
}

/// Writes a record for a terminal, coloured by ANSI escapes; strip them where colours are unwanted.
pub fn render(record: &Record, view: &View) -> String {
    let view = View { width: view.width.clamp(*WIDTHS.start(), *WIDTHS.end()), ..view.clone() };
    let has_causes = record.verdict() != Verdict::Conforms || !record.findings.is_empty();
    let mut page = String::new();
    match view.detail {
        Detail::Verdict => verdict(&mut page, record, view.width),
        Detail::Brief if has_causes => brief(&mut page, record, &view),
        Detail::Full if has_causes => {
            headline(&mut page, record);
            table::operations(&mut page, record, view.width, usize::MAX);
            table::missing(&mut page, record, &view);
            table::untested(&mut page, record, &view);
            causes::section(&mut page, record, &view, usize::MAX);
            end(&mut page, record, &view, usize::MAX);
        }
        Detail::Brief => end(&mut page, record, &view, FITS[0].0),
        Detail::Full => end(&mut page, record, &view, usize::MAX),
    }
    page
}

/// As many warnings and causes as fit, and what they leave for the table.
fn brief(page: &mut String, record: &Record, view: &View) {
    let mut head = String::new();
    headline(&mut head, record);
    let mut below_table = String::new();
    table::missing(&mut below_table, record, view);
    table::untested(&mut below_table, record, view);
    let used = height(&head, view.width) + height(&below_table, view.width);
    for (position, (warnings, causes)) in (1..).zip(FITS) {
        let mut below = String::new();
        causes::section(&mut below, record, view, causes);
        end(&mut below, record, view, warnings);
        let left = MOST_LINES.saturating_sub(used + height(&below, view.width));
        if left >= LEAST_TABLE || position == FITS.len() {
            page.push_str(&head);
            table::operations(page, record, view.width, left);
            page.push_str(&below_table);
            page.push_str(&below);
            return;
        }
    }
}

/// Lines that a page takes on a terminal, which breaks those that are too long.
fn height(page: &str, width: usize) -> usize {
    let plain = anstream::adapter::strip_str(page).to_string();
    plain.lines().map(|line| line.chars().count().div_ceil(width).max(1)).sum()
}

fn headline(page: &mut String, record: &Record) {
    let contract = record.contract.name();
    let _ = writeln!(page, "\n{} against {}\n", paint(STRONG, &visible(&contract)), paint(STRONG, &target(record)));
}

fn target(record: &Record) -> Cow<'_, str> {
    visible(record.target_name())
}

/// Everything from the notes to the last line, with at most so many warnings.
fn end(page: &mut String, record: &Record, view: &View, warnings: usize) {
    notes::stale(page, record, view);
    notes::notes(page, record, view, warnings);
    files(page, view);
    verdict(page, record, view.width);
    for line in wrap(&score(record), view.width - 2) {
        let _ = writeln!(page, "  {line}");
    }
    if !record.findings.is_empty() {
        for line in wrap(&record.findings_in_words(), view.width - 2) {
            let _ = writeln!(page, "  {line}");
        }
    }
    let steps = record.summary.steps.filter(|_| view.detail == Detail::Full);
    for line in steps.iter().flat_map(|steps| wrap(&steps.in_words(), view.width - 2)) {
        let _ = writeln!(page, "  {}", paint(DIM, &line));
    }
    for line in wrap(&effort(record), view.width - 2) {
        let _ = writeln!(page, "  {}", paint(DIM, &line));
    }
}

fn files(page: &mut String, view: &View) {
    if view.files.is_empty() {
        return;
    }
    let files: Vec<String> = view.files.iter().map(|(format, file)| format!("{format} {}", visible(file))).collect();
    let _ = writeln!(page, "{} {}", paint(DIM, "wrote:"), shorten(&files.join(", "), view.width * 2 - 7));
}

fn verdict(page: &mut String, record: &Record, width: usize) {
    let (style, mark, sentence) = match record.verdict() {
        Verdict::Conforms => (GOOD, "✓", conforms(record)),
        Verdict::Diverges => {
            (BAD, "✗", format!("{} diverges: {}", target(record), visible(&record.reasons_to_fail().join("; "))))
        }
        Verdict::CouldNotTest => (WARN, "!", could_not_test(record)),
    };
    for (position, line) in wrap(&shorten(&sentence, (width - 2) * 4), width - 2).iter().enumerate() {
        let mark = if position == 0 { mark } else { " " };
        let _ = writeln!(page, "{} {}", paint(style, mark), paint(style, line));
    }
}

fn conforms(record: &Record) -> String {
    let known = record.summary.findings.known;
    let matching = match (record.baseline.is_some(), known) {
        (true, 1..) => format!(", but for {}", count(known, "known divergence")),
        _ => String::new(),
    };
    format!("{} {} {}{matching}", target(record), record.conforms_in_words(), visible(&record.contract.name()))
}

fn could_not_test(record: &Record) -> String {
    let reason = record.no_verdict().unwrap_or_default();
    let until = if record.stopped_early.is_some() { " until then" } else { "" };
    let causes = &record.summary.causes;
    let seen = match causes.total {
        0 => String::new(),
        total => format!(" ({}{until})", of_causes(total as usize, causes.missing as usize)),
    };
    format!("no verdict on {}: {}{seen}", target(record), visible(&reason))
}

fn score(record: &Record) -> String {
    let score = record.score().in_words();
    match record.summary.operations.total {
        0 => score,
        _ => format!("{score}, {}", record.operations_in_words()),
    }
}

fn effort(record: &Record) -> String {
    if record.target.recorded {
        let exchanges = count(record.summary.requests, "exchange");
        return format!("{exchanges} judged in {}, nothing sent", seconds(record.duration_seconds));
    }
    let mut parts = vec![
        format!(
            "{} in {} ({}/s)",
            count(record.summary.requests, "request"),
            seconds(record.duration_seconds),
            grouped(record.summary.requests_per_second.round() as u64)
        ),
        format!("seed {}", record.seed),
        format!("profile {}", visible(&record.profile)),
    ];
    if record.shard != "1/1" {
        parts.push(format!("shard {}", visible(&record.shard)));
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests;
