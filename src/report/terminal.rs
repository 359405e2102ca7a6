//! The report for a terminal. What is read first stands last: the verdict, above it the worst findings, above those
//! the table of operations. A run in which all is well says so in a few lines.

mod findings;
mod style;
mod table;

use std::borrow::Cow;
use std::fmt::Write;

use super::record::Record;
use super::text::{count, grouped, seconds, shell_word, visible};
use super::verdict::{Verdict, Weight};
use style::{BAD, CODE, DIM, GOOD, STRONG, WARN, paint, wrap};

/// Narrowest and widest page that the layout is made for.
const WIDTHS: std::ops::RangeInclusive<usize> = 48..=120;

/// Writes a record for a terminal of `width` columns, coloured by ANSI escapes; strip them where colours are unwanted.
pub fn render(record: &Record, width: usize) -> String {
    let width = width.clamp(*WIDTHS.start(), *WIDTHS.end());
    let mut page = String::new();
    if record.verdict() != Verdict::Conforms || !record.findings.is_empty() {
        headline(&mut page, record);
        table::operations(&mut page, record, width);
        table::untested(&mut page, record, width);
        findings::intermittent(&mut page, record, width);
        findings::list(&mut page, record, width);
        findings::worst(&mut page, record, width);
    }
    baseline(&mut page, record);
    notes(&mut page, record);
    next_steps(&mut page, record);
    verdict(&mut page, record, width);
    page
}

fn headline(page: &mut String, record: &Record) {
    let contract = format!("{} {}", record.contract.service, record.contract.version);
    let _ = writeln!(page, "\n{} against {}\n", paint(STRONG, &visible(&contract)), paint(STRONG, &target(record)));
}

fn target(record: &Record) -> Cow<'_, str> {
    visible(record.target_name())
}

fn baseline(page: &mut String, record: &Record) {
    for (title, entries) in record.stale_entries() {
        let _ = writeln!(page, "{}", paint(STRONG, title));
        for entry in entries {
            let _ = writeln!(page, "  {}", visible(&entry.one_line()));
        }
        page.push('\n');
    }
}

fn notes(page: &mut String, record: &Record) {
    for note in &record.notes {
        let _ = writeln!(page, "{} {}", paint(DIM, "note:"), visible(note));
    }
    for warning in record.warnings() {
        let _ = writeln!(page, "{} {}", paint(WARN, "attention:"), visible(&warning));
    }
}

/// Where to read on: the last word stays with the verdict.
fn next_steps(page: &mut String, record: &Record) {
    let Some(worst) = record.by_urgency().into_iter().find(|finding| record.weight(finding) == Weight::Counts) else {
        return;
    };
    let _ = writeln!(
        page,
        "{} {}",
        paint(DIM, "why:"),
        paint(CODE, &format!("ivs-conformance explain {}", shell_word(&worst.clause)))
    );
}

fn verdict(page: &mut String, record: &Record, width: usize) {
    let (style, mark, sentence) = match record.verdict() {
        Verdict::Conforms => (GOOD, "✓", conforms(record)),
        Verdict::Diverges => {
            (BAD, "✗", format!("{} diverges: {}", target(record), visible(&record.reasons_to_fail().join("; "))))
        }
        Verdict::CouldNotTest => (WARN, "!", could_not_test(record)),
    };
    for (position, line) in wrap(&sentence, width - 2).iter().enumerate() {
        let mark = if position == 0 { mark } else { " " };
        let _ = writeln!(page, "{} {}", paint(style, mark), paint(style, line));
    }
    for line in wrap(&totals(record), width - 2) {
        let _ = writeln!(page, "  {line}");
    }
    for line in wrap(&effort(record), width - 2) {
        let _ = writeln!(page, "  {}", paint(DIM, &line));
    }
}

fn conforms(record: &Record) -> String {
    let known = record.summary.findings.known;
    let matching = match (record.baseline.is_some(), known) {
        (true, 1..) => format!(", but for {}", count(known, "known divergence")),
        _ => String::new(),
    };
    format!(
        "{} conforms to {} {}{matching}",
        target(record),
        visible(&record.contract.service),
        visible(&record.contract.version)
    )
}

fn could_not_test(record: &Record) -> String {
    let reason = record.no_verdict().unwrap_or_default();
    let until = if record.stopped_early.is_some() { " until then" } else { "" };
    let seen = match record.findings.len() as u64 {
        0 => String::new(),
        seen => format!(" ({}{until})", count(seen, "divergence")),
    };
    format!("no verdict on {}: {}{seen}", target(record), visible(&reason))
}

fn totals(record: &Record) -> String {
    let clauses = &record.summary.clauses;
    let operations = &record.summary.operations;
    let mut parts = vec![format!("{} of {} upheld", grouped(clauses.upheld), count(clauses.total, "clause"))];
    if clauses.violated > 0 {
        parts.push(format!("{} violated", grouped(clauses.violated)));
    }
    if clauses.untested > 0 {
        parts.push(format!("{} untested", grouped(clauses.untested)));
    }
    if operations.total > 0 {
        parts.push(format!("{} of {} implemented", operations.implemented, count(operations.total, "operation")));
    }
    let findings = &record.summary.findings;
    if record.baseline.is_some() && findings.known > 0 {
        parts.push(format!("{} known", grouped(findings.known)));
    }
    parts.join(", ")
}

fn effort(record: &Record) -> String {
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
mod tests {
    use super::*;
    use crate::report::sample;

    fn plain(record: &Record, width: usize) -> String {
        anstream::adapter::strip_str(&render(record, width)).to_string()
    }

    #[test]
    fn a_clean_run_takes_three_lines() {
        let page = plain(&sample::clean(), 100);
        assert_eq!(page.lines().count(), 3, "{page}");
        sample::snapshots().bind(|| insta::assert_snapshot!("terminal_clean", page));
    }

    #[test]
    fn a_failing_run_ends_with_its_verdict() {
        let page = plain(&sample::failing(), 100);
        let last: Vec<&str> = page.lines().rev().take(3).collect();
        assert!(last[2].starts_with("✗ http://127.0.0.1:5000 diverges"), "{page}");
        sample::snapshots().bind(|| insta::assert_snapshot!("terminal_failing", page));
    }

    #[test]
    fn nothing_of_the_target_steers_the_terminal() {
        let page = plain(&sample::failing(), 100);
        assert!(page.chars().all(|c| c == '\n' || !c.is_control()), "{page}");
        assert!(!page.contains('\u{202e}'));
    }

    #[test]
    fn lines_fit_the_terminal_but_for_commands() {
        let page = plain(&sample::large(200, 100), 80);
        for line in page.lines().filter(|line| !line.contains("ivs-conformance run") && !line.contains("curl")) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn a_thousand_findings_stay_readable() {
        let page = plain(&sample::large(2000, 2000), 100);
        assert!(page.lines().count() < 500, "{}", page.lines().count());
    }

    #[test]
    fn an_interrupted_run_says_so() {
        let mut record = sample::clean();
        record.stopped_early = Some("interrupted".to_owned());
        assert!(plain(&record, 100).contains("! no verdict on the embedded reference server: interrupted"));
    }
}
