//! Failures: a cause, or an operation that the target does not have.

use std::fmt::Write;

use quick_junit::{NonSuccessKind, TestCaseStatus};

use super::Detail;
use crate::report::ranking::RankedCause;
use crate::report::record::{FindingRecord, Record};
use crate::report::text::{reproduce, request_block, request_line, response_block, shorten, visible, visible_block};
use crate::report::verdict::Weight;
use crate::report::{reproduction, sent};

/// Longest block of a message, in characters.
const LONGEST_BLOCK: usize = 1000;
/// Longest sentence, in characters.
const LONGEST_TEXT: usize = 400;
/// Most consequences that are named.
const MOST_NAMED: usize = 40;

/// What one test fails by.
#[derive(Debug)]
pub(super) enum Failure<'r> {
    /// Something that is wrong.
    Cause(RankedCause<'r>),
    /// An operation that is missing.
    Missing(&'r FindingRecord),
}

/// Everything that counts, the most telling first.
pub(super) fn of(record: &Record) -> Vec<Failure<'_>> {
    let causes = record.ranked_causes().into_iter().filter(|cause| cause.weight == Weight::Counts);
    let missing = record.missing().into_iter().filter(|finding| record.weight(finding) == Weight::Counts);
    causes.map(Failure::Cause).chain(missing.map(Failure::Missing)).collect()
}

impl Failure<'_> {
    fn finding(&self) -> &FindingRecord {
        match self {
            Failure::Cause(cause) => cause.primary,
            Failure::Missing(finding) => finding,
        }
    }

    /// Id of the cause.
    pub fn id(&self) -> &str {
        &self.finding().id
    }

    /// The case that names it.
    pub fn case(&self) -> &str {
        &self.finding().case
    }

    /// The operation that it is about.
    pub fn operation(&self) -> Option<&str> {
        Some(self.finding().operation.as_str()).filter(|operation| !operation.is_empty())
    }

    /// The failure of its test.
    pub fn status(&self, record: &Record, detail: Detail) -> TestCaseStatus {
        let finding = self.finding();
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type(finding.kind.id());
        let (message, text) = match self {
            Failure::Cause(cause) => (cause.title.clone(), describe(record, cause, detail)),
            Failure::Missing(finding) => {
                let message = format!("{} is not implemented.", finding.operation);
                (message, format!("check again: {}", reproduce(record, finding)))
            }
        };
        status.set_message(shorten(&visible(&message), LONGEST_TEXT));
        status.set_description(visible_block(text.trim_end()));
        status
    }
}

fn describe(record: &Record, cause: &RankedCause<'_>, detail: Detail) -> String {
    let finding = cause.primary;
    let mut text = String::new();
    let _ = writeln!(text, "cause: {}", visible(cause.id));
    for about in [cause.unlocks_in_words(), cause.seen_in_words()].into_iter().flatten() {
        let _ = writeln!(text, "{about}");
    }
    let promise = sent::promise(finding);
    for (name, said) in [("promise", &promise), ("expected", &finding.expected), ("observed", &finding.observed)] {
        let _ = writeln!(text, "{name}: {}", shorten(&visible(said), LONGEST_TEXT));
    }
    if detail == Detail::Full {
        for (number, request) in (1..).zip(&finding.setup) {
            let _ = writeln!(text, "step {number}: {}", shorten(&request_line(request), LONGEST_TEXT));
        }
        for block in [request_block(&finding.request), response_block(&finding.response)] {
            let _ = writeln!(text, "\n{}", shorten(&block, LONGEST_BLOCK));
        }
        text.push('\n');
    }
    let check = reproduce(record, finding);
    let command = reproduction::command(record, finding, None);
    let _ = writeln!(text, "check again: {check}");
    if command != check && detail == Detail::Full {
        let _ = writeln!(text, "reproduce: {command}");
    }
    if let Some(number) = cause.consequences_in_words() {
        let ids: Vec<&str> = cause.consequences.iter().take(MOST_NAMED).map(|finding| finding.id.as_str()).collect();
        let more = cause.consequences.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(text, "{number}: {}{more}", shorten(&visible(&ids.join(", ")), LONGEST_BLOCK * 3));
    }
    text
}
