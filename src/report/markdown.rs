//! Markdown for the step summary of a build server, or a comment: the verdict, a summary by cause, the most telling causes
//! folded away, and a table of operations. Whatever comes from a target is escaped or fenced.

use std::fmt::Write;

use super::ranking::RankedCause;
use super::record::{FindingRecord, Record};
use super::summary::Tally;
use super::text::{count, reproduce, request_block, request_line, response_block, seconds, sentence, shorten, visible};
use super::verdict::{Verdict, Weight};
use super::{reproduction, sent};

/// Longest page, in bytes: a comment on GitHub holds 65,536 characters.
const LONGEST_PAGE: usize = 59_000;
/// Room that the table of operations and the last line take at most.
const TABLES: usize = 14_000;
/// Where notes, warnings and entries of the baseline end at the latest, in bytes.
const NOTES: usize = 12_000;
/// How many causes are shown in full.
const FULL: usize = 20;
/// Longest block of a message, in characters.
const LONGEST_BLOCK: usize = 600;
/// Longest sentence, in characters.
const LONGEST_TEXT: usize = 400;
/// Most notes, warnings and entries of each kind.
const MOST_NOTES: usize = 20;

/// Writes a record as Markdown.
pub fn render(record: &Record) -> String {
    let mut page = String::new();
    headline(&mut page, record);
    warnings(&mut page, record);
    totals(&mut page, record);
    missing(&mut page, record);
    let causes = record.ranked_causes();
    summary(&mut page, &causes);
    details(&mut page, record, &causes);
    operations(&mut page, record);
    let _ = writeln!(
        page,
        "<sub>{} {} · seed {} · profile {} · {} in {}</sub>",
        escape(&record.tool.name),
        escape(&record.tool.version),
        record.seed,
        escape(&record.profile),
        count(record.summary.requests, "request"),
        seconds(record.duration_seconds),
    );
    page
}

/// Adds a part if it leaves room for the rest; returns whether it did.
fn add(page: &mut String, part: &str, limit: usize) -> bool {
    let fits = page.len() + part.len() <= limit;
    if fits {
        page.push_str(part);
    }
    fits
}

/// A sentence of the target or about it, cut and escaped; what stands between backticks is code.
fn said(text: &str) -> String {
    let text = shorten(text, LONGEST_TEXT);
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escape(&text);
    }
    let parts = parts.iter().enumerate().filter(|(_, part)| !part.is_empty());
    parts.map(|(position, part)| if position % 2 == 1 { code(part) } else { escape(part) }).collect()
}

fn headline(page: &mut String, record: &Record) {
    let target = match record.target.embedded {
        true => record.target_name().to_owned(),
        false => code(record.target_name()),
    };
    let contract = escape(&record.contract.name());
    let _ = match record.verdict() {
        Verdict::Conforms => writeln!(page, "## ✅ {target} {} {contract}\n", record.conforms_in_words()),
        Verdict::Diverges => {
            let causes = said(&record.reasons_to_fail().join("; "));
            writeln!(page, "## ❌ {target} diverges from {contract}\n\n**{causes}**\n")
        }
        Verdict::CouldNotTest => {
            let reason = record.no_verdict().unwrap_or_default();
            writeln!(page, "## ⚠️ No verdict on {target}\n\n{}\n", said(&reason))
        }
    };
}

fn warnings(page: &mut String, record: &Record) {
    for warning in record.warnings().iter().take(MOST_NOTES) {
        add(page, &format!("> **attention** {}\n\n", said(warning)), NOTES);
    }
    for note in record.notes.iter().take(MOST_NOTES) {
        add(page, &format!("> {}\n\n", said(note)), NOTES);
    }
    for (title, entries) in record.stale_entries() {
        let _ = writeln!(page, "**{title}**\n");
        for entry in entries.iter().take(MOST_NOTES) {
            add(page, &format!("- {}\n", code(&shorten(&entry.one_line(), LONGEST_TEXT))), NOTES);
        }
        if let more @ 1.. = entries.len().saturating_sub(MOST_NOTES) {
            let _ = writeln!(page, "- and {more} more");
        }
        page.push('\n');
    }
}

fn totals(page: &mut String, record: &Record) {
    let score = record.score().in_words();
    let _ = match record.summary.operations.total {
        0 => writeln!(page, "{score}\n"),
        _ => writeln!(page, "{score}, {}\n", record.operations_in_words()),
    };
    if let Some(causes) = record.causes_in_words() {
        let _ = writeln!(page, "{causes}\n");
    }
}

/// The operations that the target does not have, in one line.
fn missing(page: &mut String, record: &Record) {
    let absent = record.absent_operations();
    if absent.is_empty() {
        return;
    }
    let title = count(absent.len() as u64, "missing operation");
    let _ = writeln!(page, "**{title}**: {}\n", escape(&shorten(&absent.join(", "), LONGEST_TEXT * 5)));
}

/// A table with a line for each cause.
fn summary(page: &mut String, causes: &[RankedCause<'_>]) {
    if causes.is_empty() {
        return;
    }
    let _ = writeln!(page, "### Causes\n\n| | what the target does | decides | findings | id |\n|--:|---|--:|--:|---|");
    let limit = (LONGEST_PAGE - TABLES) / 2;
    for (number, cause) in (1..).zip(causes) {
        let label = label(cause.weight);
        let row = format!(
            "| {number} | {}{label} | {} | {} | {} |\n",
            said(&cause.title),
            cause.unlocks,
            cause.findings().count(),
            code(&shorten(cause.id, LONGEST_TEXT)),
        );
        if !add(page, &row, limit) {
            let more = causes.len() + 1 - number;
            let _ = writeln!(page, "\nand {} in the other reports", count(more as u64, "more cause"));
            break;
        }
    }
    page.push('\n');
}

fn label(weight: Weight) -> String {
    match weight.label() {
        "" => String::new(),
        label => format!(" ({label})"),
    }
}

fn details(page: &mut String, record: &Record, causes: &[RankedCause<'_>]) {
    for (number, cause) in (1..).zip(causes.iter().take(FULL)) {
        let mut part = String::new();
        full(&mut part, record, number, cause);
        if !add(page, &part, LONGEST_PAGE - TABLES) {
            break;
        }
    }
}

fn full(page: &mut String, record: &Record, number: usize, cause: &RankedCause<'_>) {
    let finding = cause.primary;
    let title = html(&shorten(&cause.title, LONGEST_TEXT));
    let _ = writeln!(page, "<details><summary>{number}. <b>{title}</b>{}</summary>\n", label(cause.weight));
    let about = [cause.unlocks_in_words(), cause.consequences_in_words(), cause.seen_in_words()];
    let about: Vec<String> = about.into_iter().flatten().collect();
    if !about.is_empty() {
        let _ = writeln!(page, "{}; clause {}\n", about.join(", "), code(&shorten(&finding.clause, LONGEST_TEXT)));
    }
    let promise = sent::promise(finding);
    for (name, text) in [("promise", &promise), ("expected", &finding.expected), ("observed", &finding.observed)] {
        let _ = writeln!(page, "**{name}** {}\n", said(&sentence(text)));
    }
    for (position, request) in (1..).zip(&finding.setup) {
        let _ = writeln!(page, "{position}. {}", code(&shorten(&request_line(request), LONGEST_TEXT)));
    }
    if !finding.setup.is_empty() {
        page.push('\n');
    }
    fence(page, "http", &request_block(&finding.request));
    fence(page, "http", &response_block(&finding.response));
    let check = reproduce(record, finding);
    let command = reproduction::command(record, finding, None);
    let commands = if command == check { check } else { format!("{check}\n{command}") };
    fence(page, "sh", &commands);
    consequences(page, record, &cause.consequences);
    let _ = writeln!(page, "</details>\n");
}

/// The findings that follow, by their ids.
fn consequences(page: &mut String, record: &Record, findings: &[&FindingRecord]) {
    if findings.is_empty() {
        return;
    }
    let _ = writeln!(page, "What follows from it:\n");
    for finding in findings.iter().take(MOST_NOTES) {
        let id = code(&shorten(&finding.id, LONGEST_TEXT));
        let _ = writeln!(page, "- {id}{}", label(record.weight(finding)));
    }
    if let more @ 1.. = findings.len().saturating_sub(MOST_NOTES) {
        let _ = writeln!(page, "- and {more} more");
    }
    page.push('\n');
}

/// The operations that the target has, with their clauses.
fn operations(page: &mut String, record: &Record) {
    let absent = record.absent_operations();
    let _ = writeln!(page, "<details><summary>Operations</summary>\n");
    let _ = writeln!(page, "| | operation | upheld | violated | untested |\n|---|---|--:|--:|--:|");
    let groups = record.groups();
    let rows = groups.iter().filter(|((_, name), _)| absent.binary_search(name).is_err());
    for ((_, name), Tally { upheld, violated, untested }) in rows {
        let mark = match (violated, upheld) {
            (1.., _) => "❌",
            (0, 1..) => "✅",
            _ => "",
        };
        let name = escape(&shorten(name, LONGEST_TEXT));
        let row = format!("| {mark} | {name} | {upheld} | {violated} | {untested} |\n");
        if !add(page, &row, LONGEST_PAGE) {
            break;
        }
    }
    let _ = writeln!(page, "\n</details>\n");
}

/// A code block whose fence is longer than any in its text.
fn fence(page: &mut String, language: &str, text: &str) {
    let text = shorten(text, LONGEST_BLOCK);
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    let _ = writeln!(page, "{fence}{language}\n{text}\n{fence}\n");
}

/// Inline code whose quotes are longer than any in its text.
fn code(text: &str) -> String {
    let text = visible(text).replace('|', "\\|");
    let quotes = "`".repeat(longest_run(&text) + 1);
    let gap = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{quotes}{gap}{text}{gap}{quotes}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Text that is no Markdown and no HTML, nor anything of which a build server makes a link by itself.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let text = visible(text).replace("www.", "www\u{0}").replace("://", "\u{0}//");
    for (place, c) in text.char_indices() {
        match c {
            // Such a character is not in what is visible: it marks the places above.
            '\u{0}' if text[place..].starts_with("\u{0}//") => escaped.push_str("\\:"),
            '\u{0}' => escaped.push_str("\\."),
            '=' | '+' | '-' if place == 0 => {
                escaped.push('\\');
                escaped.push(c);
            }
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '~' | '!' | '@' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Text inside an HTML tag.
fn html(text: &str) -> String {
    visible(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::sample;

    #[test]
    fn a_failing_run_has_its_findings() {
        let page = render(&sample::failing());
        assert!(page.starts_with("## ❌ `http://127.0.0.1:5000` diverges from ivs 2020-07-14"));
        sample::snapshots().bind(|| insta::assert_snapshot!("markdown", page));
    }

    #[test]
    fn a_hostile_target_stays_text() {
        let page = render(&sample::failing());
        assert!(page.chars().all(|c| c == '\n' || !c.is_control()));
        let outside: String = page.split("```").step_by(2).collect();
        assert!(!outside.contains("<script>"), "{outside}");
        assert_eq!(escape("[a](b) <i> `x` @me"), "\\[a\\](b) &lt;i&gt; \\`x\\` \\@me");
    }

    #[test]
    fn a_fence_is_longer_than_those_inside() {
        let mut page = String::new();
        fence(&mut page, "http", "a ```` b");
        assert!(page.starts_with("`````http\n"));
    }

    #[test]
    fn a_comment_holds_any_target() {
        let mut wide = sample::large(2000, 2000);
        for (number, clause) in wide.clauses.iter_mut().enumerate() {
            clause.operation = Some(format!("{}{number}", "VeryLongName".repeat(40)));
        }
        let long = "a sentence that goes on & on ".repeat(900);
        for finding in &mut wide.findings {
            finding.expected.clone_from(&long);
            finding.request.body = Value::from(long.as_str());
            finding.curl.clone_from(&long);
        }
        wide.notes = vec![long.clone(); 500];
        for record in [sample::large(2000, 2000), sample::large(1658, 60), wide] {
            let page = render(&record);
            assert!(page.chars().count() < 60_000, "{}", page.chars().count());
            assert!(page.trim_end().ends_with("</sub>"));
        }
    }
}
