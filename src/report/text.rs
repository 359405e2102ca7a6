//! Text that is safe and pleasant to show: a target may respond anything, terminal escapes included.

use std::borrow::Cow;
use std::fmt::Write;

use serde_json::Value;

use super::record::{FindingRecord, Record, RequestRecord};
use crate::record::options::DEFAULT_REGION;
use crate::spec::clause::Tier;

/// One line of text in which everything that could steer a terminal or mislead a reader is spelled out.
pub fn visible(text: &str) -> Cow<'_, str> {
    spell_out(text, is_deceptive)
}

/// As [`visible`], but line breaks stay.
pub fn visible_block(text: &str) -> Cow<'_, str> {
    spell_out(text, |c| c != '\n' && is_deceptive(c))
}

fn spell_out(text: &str, deceives: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&deceives) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            _ if !deceives(c) => shown.push(c),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    Cow::Owned(shown)
}

/// Control characters, bidirectional overrides, invisible and line-breaking characters, and what is no character.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || u32::from(c) & 0xfffe == 0xfffe
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text, cut to `limit` characters with an ellipsis.
pub fn shorten(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let kept: String = text.chars().take(limit.saturating_sub(1)).collect();
            Cow::Owned(kept + "…")
        }
    }
}

/// A body on one line; empty without a body.
pub fn body_line(body: &Value) -> String {
    match body {
        Value::Null => String::new(),
        Value::String(text) => visible(text).into_owned(),
        other => visible(&other.to_string()).into_owned(),
    }
}

/// A request on one line: method, path and body.
pub fn request_line(request: &RequestRecord) -> String {
    let body = body_line(&request.body);
    format!("{} {} {body}", visible(&request.method), visible(&request.path)).trim_end().to_owned()
}

/// A body on as many lines as it wants; empty without a body.
pub fn body_block(body: &Value) -> String {
    let text = match body {
        Value::Null => return String::new(),
        Value::String(text) => text.clone(),
        other => format!("{other:#}"),
    };
    visible_block(&text).into_owned()
}

/// A request as it would be written down: request line, headers, empty line, body.
pub fn request_block(request: &RequestRecord) -> String {
    let first = format!("{} {}", visible(&request.method), visible(&request.path));
    message_block(first, &request.headers, &request.body)
}

/// A response as it would be written down; a sentence if none arrived.
pub fn response_block(response: &super::record::ResponseRecord) -> String {
    let first = match response.status {
        0 => "no HTTP response arrived".to_owned(),
        status => format!("HTTP {status}"),
    };
    message_block(first, &response.headers, &response.body)
}

fn message_block(first: String, headers: &serde_json::Map<String, Value>, body: &Value) -> String {
    let mut block = first;
    for (name, value) in headers {
        let _ = write!(block, "\n{}: {}", visible(name), body_line(value));
    }
    let body = body_block(body);
    if !body.is_empty() {
        let _ = write!(block, "\n\n{body}");
    }
    block
}

/// The word as a shell takes it literally.
pub fn shell_word(word: &str) -> String {
    let is_plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c));
    if is_plain { word.to_owned() } else { format!("'{}'", visible(word).replace('\'', r"'\''")) }
}

/// The command that checks a finding's clause again.
pub fn reproduce(record: &Record, finding: &FindingRecord) -> String {
    let mut command = "ivs-conformance run".to_owned();
    command.push_str(&target_flags(record));
    let _ = write!(command, " --only '{}'", visible(&finding.clause).replace('\'', r"'\''"));
    let _ = write!(command, " --seed {}", record.seed);
    if record.profile != "standard" {
        let _ = write!(command, " --profile {}", shell_word(&record.profile));
    }
    if finding.tier == Tier::Inferred {
        command.push_str(" --strict");
    }
    command
}

/// The command that explains a clause of the record's contract.
pub fn explain(record: &Record, clause: &str) -> String {
    let spec = record.contract.file.as_ref().map(|file| format!(" --spec {}", shell_word(file))).unwrap_or_default();
    format!("ivs-conformance explain{spec} {}", shell_word(clause))
}

/// The flags that lead to the target of a record with its contract, as a shell takes them.
fn target_flags(record: &Record) -> String {
    let target = &record.target;
    let mut flags = String::new();
    let mut flag = |name: &str, value: &str| {
        let _ = write!(flags, " --{name} {}", shell_word(value));
    };
    if !target.embedded {
        flag("endpoint", &target.endpoint);
        if !target.region.is_empty() {
            flag("region", &target.region);
        }
    } else if target.region != DEFAULT_REGION && !target.region.is_empty() {
        flag("region", &target.region);
    }
    if target.auth.as_deref() == Some("none") {
        flag("auth", "none");
    }
    // The embedded server has its own.
    if let Some(path) = target.broadcast.as_deref().filter(|_| !target.embedded) {
        flag("broadcast", path);
    }
    if let Some(command) = &target.broadcast_command {
        flag("broadcast-command", command);
    }
    if let Some(file) = &record.contract.file {
        flag("spec", file);
    }
    flags
}

/// `1 clause`, `2 clauses`: the plural with `s`.
pub fn count(number: u64, noun: &str) -> String {
    count_of(number, noun, &format!("{noun}s"))
}

/// `1 entry`, `2 entries`: any plural.
pub fn count_of(number: u64, singular: &str, plural: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { singular } else { plural })
}

/// A whole number in groups of three: `12,345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A duration for a reader: `0.8 s`, `12 s`, `3 min 20 s`, `1 h 5 min`.
pub fn seconds(duration: f64) -> String {
    // It is rounded before it is taken apart: 119.7 seconds are 2 min 0 s.
    let tenths = (duration * 10.0).round();
    let whole = duration.round();
    if tenths < 100.0 {
        format!("{:.1} s", tenths / 10.0)
    } else if whole < 60.0 {
        format!("{whole:.0} s")
    } else if whole < 3600.0 {
        format!("{:.0} min {:.0} s", (whole / 60.0).floor(), whole % 60.0)
    } else {
        let minutes = (whole / 60.0).round();
        format!("{:.0} h {:.0} min", (minutes / 60.0).floor(), minutes % 60.0)
    }
}

/// The text with a full stop at its end, unless it has one.
pub fn sentence(text: &str) -> String {
    let text = text.trim_end();
    match text.ends_with(['.', '!', '?', '…']) {
        true => text.to_owned(),
        false => format!("{text}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn terminal_escapes_are_spelled_out() {
        assert_eq!(visible("a\u{1b}[31m\u{9b}2J\u{202e}b\n\tc"), "a\\u{1b}[31m\\u{9b}2J\\u{202e}b\\n\\tc");
        assert_eq!(visible_block("a\nb\r"), "a\nb\\r");
        assert!(matches!(visible("ünï 👩‍💻"), Cow::Borrowed(_)));
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöüß", 3), "äö…");
    }

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(shell_word("http://127.0.0.1:80"), "http://127.0.0.1:80");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
    }

    #[test]
    fn the_command_names_clause_and_seed() {
        let record = sample::failing();
        let command = reproduce(&record, &record.findings[0]);
        assert!(
            command.starts_with("ivs-conformance run --endpoint http://127.0.0.1:5000 --region us-east-1 --only '")
        );
        assert!(command.contains("--seed 7"));
    }

    #[test]
    fn durations_have_no_sixtieth_second() {
        for (duration, shown) in [
            (0.84, "0.8 s"),
            (9.96, "10 s"),
            (59.4, "59 s"),
            (59.7, "1 min 0 s"),
            (119.7, "2 min 0 s"),
            (200.0, "3 min 20 s"),
            (3599.8, "1 h 0 min"),
            (5400.0, "1 h 30 min"),
        ] {
            assert_eq!(seconds(duration), shown, "{duration}");
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(count(1, "clause"), "1 clause");
        assert_eq!(count(2000, "clause"), "2,000 clauses");
    }
}
