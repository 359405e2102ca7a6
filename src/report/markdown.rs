//! Markdown for the step summary of a build server: the verdict, a table of operations, and the findings folded away.
//! Whatever comes from a target is escaped or fenced.

use std::fmt::Write;

use super::digest::Tally;
use super::record::{FindingRecord, Record};
use super::text::{count, grouped, reproduce, request_block, response_block, seconds, shorten, visible};
use super::verdict::Verdict;

/// How many findings are shown in full: a step summary holds one megabyte.
const FULL: usize = 40;
/// How many findings are named.
const NAMED: usize = 1000;
/// Longest block of a message.
const LONGEST_BLOCK: usize = 4000;

/// Writes a record as Markdown.
pub fn render(record: &Record) -> String {
    let mut page = String::new();
    headline(&mut page, record);
    warnings(&mut page, record);
    totals(&mut page, record);
    operations(&mut page, record);
    findings(&mut page, record);
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

fn headline(page: &mut String, record: &Record) {
    let target = match record.target.embedded {
        true => record.target_name().to_owned(),
        false => code(record.target_name()),
    };
    let contract = format!("{} {}", escape(&record.contract.service), escape(&record.contract.version));
    let _ = match record.verdict() {
        Verdict::Conforms => writeln!(page, "## ✅ {target} conforms to {contract}\n"),
        Verdict::Diverges => {
            let causes = escape(&record.reasons_to_fail().join("; "));
            writeln!(page, "## ❌ {target} diverges from {contract}\n\n**{causes}**\n")
        }
        Verdict::CouldNotTest => {
            let reason = record.no_verdict().unwrap_or_default();
            writeln!(page, "## ⚠️ No verdict on {target}\n\n{}\n", escape(&reason))
        }
    };
}

fn warnings(page: &mut String, record: &Record) {
    for warning in record.warnings() {
        let _ = writeln!(page, "> **attention** {}\n", escape(&warning));
    }
    for note in &record.notes {
        let _ = writeln!(page, "> {}\n", escape(note));
    }
    for (title, entries) in record.stale_entries() {
        let _ = writeln!(page, "**{title}**\n");
        for entry in entries {
            let _ = writeln!(page, "- {}", code(&entry.one_line()));
        }
        page.push('\n');
    }
}

fn totals(page: &mut String, record: &Record) {
    let summary = &record.summary;
    let _ = writeln!(
        page,
        "| | total | upheld / passed | violated / failed | untested / inconclusive |\n|---|--:|--:|--:|--:|"
    );
    let clauses = &summary.clauses;
    let cases = &summary.cases;
    for (name, numbers) in [
        ("clauses", [clauses.total, clauses.upheld, clauses.violated, clauses.untested]),
        ("cases", [cases.total, cases.passed, cases.failed, cases.inconclusive]),
    ] {
        let numbers: Vec<String> = numbers.into_iter().map(grouped).collect();
        let _ = writeln!(page, "| {name} | {} |", numbers.join(" | "));
    }
    let findings = &summary.findings;
    let _ = writeln!(
        page,
        "\n{}{} ({} new, {} known, {} fixed)\n",
        implemented(record),
        count(findings.total, "finding"),
        findings.new,
        findings.known,
        findings.fixed
    );
}

fn implemented(record: &Record) -> String {
    let operations = &record.summary.operations;
    match operations.total {
        0 => String::new(),
        total => format!("{} of {} implemented; ", operations.implemented, count(total, "operation")),
    }
}

fn operations(page: &mut String, record: &Record) {
    let absent = record.absent_operations();
    let _ = writeln!(page, "<details><summary>Operations</summary>\n");
    let _ = writeln!(page, "| | operation | upheld | violated | untested |\n|---|---|--:|--:|--:|");
    for ((_, name), Tally { upheld, violated, untested }) in record.groups() {
        let mark = match (absent.binary_search(&name), violated, upheld) {
            (Ok(_), ..) => "not implemented",
            (_, 1.., _) => "❌",
            (_, 0, 1..) => "✅",
            _ => "",
        };
        let _ = writeln!(page, "| {mark} | {} | {upheld} | {violated} | {untested} |", escape(name));
    }
    let _ = writeln!(page, "\n</details>\n");
}

fn findings(page: &mut String, record: &Record) {
    if record.findings.is_empty() {
        return;
    }
    let sorted = record.by_urgency();
    let _ = writeln!(page, "### Findings\n");
    for finding in sorted.iter().take(FULL) {
        full(page, record, finding);
    }
    let rest: Vec<&&FindingRecord> = sorted.iter().skip(FULL).collect();
    if !rest.is_empty() {
        let _ = writeln!(page, "<details><summary>and {} more</summary>\n", rest.len());
        for finding in rest.iter().take(NAMED) {
            let _ = writeln!(page, "- {}: {}", finding.kind.id(), code(&finding.clause));
        }
        if rest.len() > NAMED {
            let _ = writeln!(page, "- and {} more in the other reports", rest.len() - NAMED);
        }
        let _ = writeln!(page, "\n</details>\n");
    }
}

fn full(page: &mut String, record: &Record, finding: &FindingRecord) {
    let label = match record.weight(finding).label() {
        "" => String::new(),
        label => format!(" ({label})"),
    };
    let _ = writeln!(
        page,
        "<details><summary><b>{}</b> <code>{}</code>{label}</summary>\n",
        finding.kind.id(),
        html(&finding.clause)
    );
    let _ = writeln!(page, "**expected** {}\n", escape(&shorten(&finding.expected, LONGEST_BLOCK)));
    let _ = writeln!(page, "**observed** {}\n", escape(&shorten(&finding.observed, LONGEST_BLOCK)));
    fence(page, "http", &request_block(&finding.request));
    fence(page, "http", &response_block(&finding.response));
    let commands = format!("{}\n{}", reproduce(record, finding), visible(&finding.curl));
    fence(page, "sh", &commands);
    let _ = writeln!(page, "</details>\n");
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
    fn a_step_summary_holds_it() {
        assert!(render(&sample::large(2000, 2000)).len() < 1_000_000);
    }
}
