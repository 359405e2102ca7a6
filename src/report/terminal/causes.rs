//! Causes: the most telling of them, or all with their findings.

use std::fmt::Write;

use super::style::{BAD, CODE, DIM, STRONG, paint, wrap};
use super::{Detail, View};
use crate::report::ranking::{RankedCause, counting};
use crate::report::record::{BaselineStatus, EvidenceRecord, FindingRecord, Record};
use crate::report::text::{body_line, count, request_line, sentence, shorten, visible};
use crate::report::verdict::Weight;
use crate::report::{reproduction, sent};
use crate::spec::Stand;

/// Columns of the labels.
const LABEL: usize = 10;
/// Most characters of a body.
const BODY_SHOWN: usize = 300;
/// Most characters of an id or a command that must stay whole to be of use.
const LONGEST_WORD: usize = 400;
/// Most operations that a cause names.
const OPERATIONS_NAMED: usize = 3;

/// The first causes, at most `most` of them, and what is left out.
pub(super) fn section(page: &mut String, record: &Record, view: &View, most: usize) {
    let all = record.ranked_causes();
    let is_told = |cause: &&RankedCause<'_>| {
        view.detail == Detail::Full || !matches!(cause.weight, Weight::Known | Weight::Intermittent)
    };
    let causes: Vec<&RankedCause<'_>> = all.iter().filter(is_told).collect();
    if causes.len() > most {
        let counting = counting(causes.iter().copied()).map(|counting| format!(", {counting} of which count"));
        let counting = counting.unwrap_or_default();
        let title = format!("The {most} most telling of {}{counting}", count(causes.len() as u64, "cause"));
        let _ = writeln!(page, "{}", paint(STRONG, &title));
    }
    for (number, cause) in (1..).zip(causes.iter().take(most)) {
        block(page, record, view, number, cause);
    }
    if let more @ 1.. = causes.len().saturating_sub(most) {
        let _ = writeln!(page, "and {}: -v shows them all\n", count(more as u64, "more cause"));
    }
    if view.detail == Detail::Brief {
        one_line(page, record);
    }
}

/// Findings that the baseline knows, and those that did not show every time, in one line each.
fn one_line(page: &mut String, record: &Record) {
    let known = record.findings.iter().filter(|finding| finding.baseline == BaselineStatus::Known).count() as u64;
    if known > 0 {
        let _ = writeln!(page, "{} {} as the baseline says", paint(DIM, "known:"), count(known, "finding"));
    }
    let intermittent = record.intermittent().count() as u64;
    if intermittent > 0 {
        let findings = count(intermittent, "finding");
        let _ = writeln!(page, "{} {findings} not seen every time: -v shows which", paint(DIM, "intermittent:"));
    }
}

fn block(page: &mut String, record: &Record, view: &View, number: usize, cause: &RankedCause<'_>) {
    let is_counting = cause.weight == Weight::Counts;
    let mark = format!("{number}.");
    let mark = if is_counting { paint(BAD, &mark) } else { paint(DIM, &mark) };
    let indent = number.to_string().len() + 2;
    let title = visible(&cause.title);
    let lines = wrap(&shorten(&title, (view.width - indent) * 2), view.width - indent);
    for (position, line) in lines.iter().enumerate() {
        let before = if position == 0 { format!("{mark} ") } else { " ".repeat(indent) };
        let _ = writeln!(page, "{before}{}", paint(STRONG, line));
    }
    let about = shorten(&about(cause), view.width - 3).into_owned();
    let _ = writeln!(page, "   {}", paint(DIM, &about));
    let finding = cause.primary;
    let most = if view.detail == Detail::Full { 4 } else { 2 };
    field(page, view, "promise", &sent::promise(finding), most);
    field(page, view, "expected", &sentence(&finding.expected), most);
    field(page, view, "observed", &sentence(&finding.observed), most);
    if let Some(known) = known(finding, view) {
        field(page, view, "known", &known, most);
    }
    if view.detail == Detail::Full {
        evidence(page, view, finding);
    }
    command(page, "reproduce", &reproduction::command(record, finding, view.json_report()));
    command(page, "explain", &crate::report::text::explain(record, &finding.clause));
    let _ = writeln!(page, "   {} {}", label("id"), shorten(&visible(cause.id), LONGEST_WORD));
    if view.detail == Detail::Full {
        consequences(page, record, cause);
    }
    page.push('\n');
}

/// What a repair unlocks, how much follows, and where.
fn about(cause: &RankedCause<'_>) -> String {
    let mut parts = Vec::new();
    parts.extend(cause.unlocks_in_words());
    parts.extend(cause.consequences_in_words());
    let more = cause.operations.len().saturating_sub(OPERATIONS_NAMED);
    let named: Vec<&str> = cause.operations.iter().take(OPERATIONS_NAMED).copied().collect();
    if !named.is_empty() {
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        parts.push(format!("on {}{more}", visible(&named.join(", "))));
    }
    parts.push(cause.primary.kind.id().to_owned());
    parts.extend(cause.seen_in_words());
    if cause.weight != Weight::Counts {
        parts.push(cause.weight.label().to_owned());
    }
    parts.join(" · ")
}

/// The requests and the response, each with its body cut.
fn evidence(page: &mut String, view: &View, finding: &FindingRecord) {
    for (number, request) in (1..).zip(&finding.setup) {
        let step = format!("step {number}");
        field(page, view, &step, &shorten(&request_line(request), BODY_SHOWN), usize::MAX);
    }
    field(page, view, "request", &shorten(&request_line(&finding.request), BODY_SHOWN), usize::MAX);
    let body = body_line(&finding.response.body);
    let response = match finding.response.status {
        0 => "none".to_owned(),
        status => format!("{status} {}", shorten(&body, BODY_SHOWN)),
    };
    field(page, view, "response", &response, usize::MAX);
}

/// What is known of the service about the clause: all of it in full detail, else what tells most. What settles nothing is
/// shown in full detail only.
fn known(finding: &FindingRecord, view: &View) -> Option<String> {
    let said = |entry: &EvidenceRecord| {
        let keys: Vec<&str> = entry.sources.iter().map(|source| source.key.as_str()).collect();
        format!("{} ({}): {}", entry.stand, keys.join(", "), entry.says)
    };
    let of = |stand| finding.evidence.iter().find(move |entry| entry.stand == stand);
    match view.detail {
        Detail::Full if finding.evidence.is_empty() => None,
        Detail::Full => Some(finding.evidence.iter().map(said).collect::<Vec<_>>().join(" ")),
        Detail::Brief | Detail::Verdict => {
            [Stand::Contradicted, Stand::Seen, Stand::Supported].into_iter().find_map(of).map(said)
        }
    }
}

/// The findings that follow, each with its id.
fn consequences(page: &mut String, record: &Record, cause: &RankedCause<'_>) {
    for (position, finding) in cause.consequences.iter().enumerate() {
        let name = if position == 0 { "follows" } else { "" };
        let weight = record.weight(finding);
        let note = if weight == Weight::Counts { String::new() } else { format!(" ({})", weight.label()) };
        let _ = writeln!(page, "   {} {}{note}", label(name), visible(&finding.id));
    }
}

fn label(name: &str) -> String {
    paint(DIM, &format!("{name:<LABEL$}"))
}

/// A labelled text on at most `most` lines.
fn field(page: &mut String, view: &View, name: &str, text: &str, most: usize) {
    let room = view.width - LABEL - 4;
    let text = visible(text);
    for (position, line) in wrap(&shorten(&text, room.saturating_mul(most)), room).iter().enumerate() {
        let name = if position == 0 { name } else { "" };
        let _ = writeln!(page, "   {} {line}", label(name));
    }
}

fn command(page: &mut String, name: &str, command: &str) {
    let command = visible(command);
    let _ = writeln!(page, "   {} {}", label(name), paint(CODE, &shorten(&command, LONGEST_WORD)));
}
