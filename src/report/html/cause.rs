//! Causes and findings as the page shows them.

use serde::Serialize;

use super::marked::{self, Segment, block};
use super::matrix;
use crate::report::ranking::RankedCause;
use crate::report::record::{BaselineStatus, EvidenceRecord, EvidenceSourceRecord, FindingRecord, Record};
use crate::report::text::{
    count, reproduce, request_block, request_line, response_block, shorten, visible, visible_block,
};
use crate::report::verdict::Weight;
use crate::report::{reproduction, script, sent};
use crate::spec::clause::Tier;

/// How many causes are open at first.
const OPEN: usize = 3;
/// Longest line of a step, in characters.
const LONGEST_STEP: usize = 100;

/// One thing that is wrong.
#[derive(Debug, Serialize)]
pub struct Cause {
    number: usize,
    id: String,
    title: Vec<Segment>,
    unlocks: String,
    findings: String,
    consequences_label: String,
    operations: Vec<String>,
    counts: bool,
    weight: &'static str,
    is_open: bool,
    promise: Vec<Segment>,
    expected: Vec<Segment>,
    observed: Vec<Segment>,
    command: String,
    primary: Finding,
    consequences: Vec<Finding>,
}

/// One divergence.
#[derive(Debug, Serialize)]
pub struct Finding {
    id: String,
    clause: String,
    operation: String,
    names_operation: bool,
    column: &'static str,
    kind: &'static str,
    meaning: &'static str,
    tier: &'static str,
    baseline: &'static str,
    weight: &'static str,
    counts: bool,
    expected: Vec<Segment>,
    observed: Vec<Segment>,
    occurrences: String,
    section: String,
    case: String,
    steps: Vec<Step>,
    request: Vec<Segment>,
    response: String,
    curl: String,
    script: String,
    reproduce: String,
    known: Vec<Known>,
}

/// What is known of the service about the clause.
#[derive(Debug, Serialize)]
struct Known {
    stand: String,
    says: String,
    effect: String,
    sources: Vec<String>,
}

/// A request that comes before the telling one.
#[derive(Debug, Serialize)]
struct Step {
    line: String,
    request: String,
}

impl Finding {
    /// The operation on which the clause was violated.
    pub fn operation(&self) -> &str {
        &self.operation
    }
}

impl Cause {
    /// The primary finding and what follows from it.
    pub fn all(&self) -> impl Iterator<Item = &Finding> {
        std::iter::once(&self.primary).chain(&self.consequences)
    }
}

fn text(text: &str) -> String {
    visible(text).into_owned()
}

/// Every cause, the most telling first.
pub fn causes(record: &Record) -> Vec<Cause> {
    (1..).zip(record.ranked_causes()).map(|(number, cause)| shown(record, number, &cause)).collect()
}

fn shown(record: &Record, number: usize, cause: &RankedCause<'_>) -> Cause {
    let primary = cause.primary;
    Cause {
        number,
        id: text(cause.id),
        title: marked::prose(&cause.title),
        unlocks: cause.unlocks_in_words().unwrap_or_default(),
        findings: count(cause.findings().count() as u64, "finding"),
        consequences_label: cause.consequences_in_words().unwrap_or_default(),
        operations: cause.operations.iter().map(|operation| text(operation)).collect(),
        counts: cause.weight == Weight::Counts,
        weight: cause.weight.label(),
        is_open: number <= OPEN && cause.weight == Weight::Counts,
        promise: marked::prose(&sent::promise(primary)),
        expected: marked::prose(&primary.expected),
        observed: marked::prose(&primary.observed),
        command: reproduction::command(record, primary, None),
        primary: Finding { script: script_of(record, primary), ..finding(record, primary) },
        consequences: cause.consequences.iter().map(|one| finding(record, one)).collect(),
    }
}

/// What the page shows of a finding.
pub fn finding(record: &Record, finding: &FindingRecord) -> Finding {
    let weight = record.weight(finding);
    Finding {
        id: text(&finding.id),
        clause: text(&finding.clause),
        operation: text(&finding.operation),
        names_operation: finding.elsewhere().is_none(),
        column: matrix::column(&finding.clause).unwrap_or(matrix::RULES),
        kind: finding.kind.id(),
        meaning: finding.kind.meaning(),
        tier: match finding.tier {
            Tier::Documented => "documented",
            Tier::Inferred => "inferred",
        },
        baseline: match finding.baseline {
            BaselineStatus::New => "new",
            BaselineStatus::Known => "known",
        },
        weight: weight.label(),
        counts: weight == Weight::Counts,
        expected: marked::prose(&finding.expected),
        observed: marked::prose(&finding.observed),
        occurrences: seen(finding),
        section: text(&finding.section),
        case: text(&finding.case),
        steps: finding
            .setup
            .iter()
            .map(|request| Step {
                line: shorten(&request_line(request), LONGEST_STEP).into_owned(),
                request: block(request_block(request)),
            })
            .collect(),
        request: marked::request(finding),
        response: block(response_block(&finding.response)),
        curl: text(&finding.curl),
        script: String::new(),
        reproduce: reproduce(record, finding),
        known: finding.evidence.iter().map(known).collect(),
    }
}

fn known(entry: &EvidenceRecord) -> Known {
    let source = |source: &EvidenceSourceRecord| match source.date.as_str() {
        "" => text(&format!("{}: {}", source.key, source.title)),
        date => text(&format!("{}: {}, {date}", source.key, source.title)),
    };
    Known {
        stand: entry.stand.to_string(),
        says: text(&entry.says),
        effect: text(&entry.effect),
        sources: entry.sources.iter().map(source).collect(),
    }
}

/// The script that shows a finding again where `curl` alone does not: after other requests, or signed. Only a text that
/// looks like what it is can be copied.
fn script_of(record: &Record, finding: &FindingRecord) -> String {
    let is_signed = record.target.auth.as_deref() == Some("sigv4");
    let is_wanted = |script: &&String| is_signed || script::makes_something_first(script);
    let is_shown = |script: &&String| visible_block(script) == script.as_str();
    finding.reproduce.as_ref().filter(is_wanted).filter(is_shown).cloned().unwrap_or_default()
}

/// How often a finding was seen, and how reliably.
fn seen(finding: &FindingRecord) -> String {
    let occurrences = count(finding.occurrences, "time");
    match finding.seen.in_words() {
        Some(seen) => format!("{occurrences}; {seen} when looked for"),
        None => occurrences,
    }
}
