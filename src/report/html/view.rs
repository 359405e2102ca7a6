//! What the page shows, ready to be written down: every string from outside is made visible here.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cause::{self, Cause, Finding};
use super::matrix::{self, Row};
use crate::record::FindingKind;
use crate::report::ranking::counting;
use crate::report::record::{CaseRecord, CaseVerdict, ClauseVerdict, KnownFinding, Record};
use crate::report::text::{count, grouped, seconds, visible};
use crate::report::verdict::Verdict;

/// How many slow cases are shown.
const SLOWEST: usize = 15;

/// The page.
#[derive(Debug, Serialize)]
pub struct Page {
    title: String,
    verdict: &'static str,
    headline: String,
    reasons: Vec<String>,
    alerts: Vec<String>,
    facts: Vec<(&'static str, String)>,
    tiles: Vec<Tile>,
    score: String,
    bar: [Part; 4],
    columns: Vec<(&'static str, &'static str)>,
    rows: Vec<Row>,
    causes: Vec<Cause>,
    missing: Vec<Finding>,
    missing_names: String,
    findings: usize,
    kinds: Vec<(&'static str, u64, &'static str)>,
    operations: Vec<String>,
    has_baseline: bool,
    known_lists: Vec<(&'static str, Vec<String>)>,
    untested: Vec<Untested>,
    clauses: Vec<ClauseGroup>,
    slowest: Vec<Slow>,
    notes: Vec<String>,
    footer: String,
}

#[derive(Debug, Serialize)]
struct Tile {
    label: &'static str,
    value: String,
    detail: String,
}

#[derive(Debug, Serialize)]
struct Untested {
    reason: String,
    clauses: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ClauseGroup {
    name: String,
    violated: usize,
    clauses: Vec<ClauseLine>,
}

#[derive(Debug, Serialize)]
struct ClauseLine {
    id: String,
    verdict: &'static str,
    requests: u64,
    reason: String,
    findings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Slow {
    id: String,
    seconds: String,
    requests: u64,
    verdict: &'static str,
}

/// A part of the bar: its name, its length, and the same for a reader.
type Part = (&'static str, u64, String);

fn part(name: &'static str, length: u64) -> Part {
    (name, length, grouped(length))
}

/// Everything that the page shows of a record.
pub fn page(record: &Record) -> Page {
    let verdict = record.verdict();
    let (rows, columns) = matrix::matrix(record);
    let score = record.score();
    let causes = cause::causes(record);
    let missing: Vec<Finding> = record.missing().into_iter().map(|finding| cause::finding(record, finding)).collect();
    Page {
        title: format!("{} · {}", word(verdict), target(record)),
        verdict: class(verdict),
        headline: headline(record, verdict),
        reasons: record.reasons_to_fail().iter().map(|reason| visible(reason).into_owned()).collect(),
        alerts: alerts(record),
        facts: facts(record),
        tiles: tiles(record),
        score: score.in_words(),
        bar: [
            part("upheld", score.upheld),
            part("violated", score.violated),
            part("untested", score.untested),
            part("missing", score.missing),
        ],
        columns,
        rows,
        kinds: kinds(record),
        operations: operations(&causes, &missing),
        findings: record.findings.len(),
        missing_names: visible(&record.absent_operations().join(", ")).into_owned(),
        causes,
        missing,
        has_baseline: record.baseline.is_some(),
        known_lists: known_lists(record),
        untested: untested(record),
        clauses: clause_groups(record),
        slowest: slowest(record),
        notes: record.notes.iter().map(|note| visible(note).into_owned()).collect(),
        footer: visible(&format!("{} {} · started {}", record.tool.name, record.tool.version, record.started_at))
            .into_owned(),
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Conforms => "Conforms",
        Verdict::Diverges => "Diverges",
        Verdict::CouldNotTest => "No verdict",
    }
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Conforms => "upheld",
        Verdict::Diverges => "violated",
        Verdict::CouldNotTest => "untested",
    }
}

fn target(record: &Record) -> String {
    visible(record.target_name()).into_owned()
}

fn headline(record: &Record, verdict: Verdict) -> String {
    match record.no_verdict() {
        Some(reason) => format!("No verdict: {}", visible(&reason)),
        None => word(verdict).to_owned(),
    }
}

fn alerts(record: &Record) -> Vec<String> {
    record.warnings().iter().map(|warning| visible(warning).into_owned()).collect()
}

fn facts(record: &Record) -> Vec<(&'static str, String)> {
    let contract = &record.contract;
    let published = match contract.published.as_str() {
        "" => String::new(),
        date => format!(", published {date}"),
    };
    let mut facts = vec![
        ("Target", target(record)),
        ("Region", record.target.region.clone()),
        ("Contract", format!("{}{published}", contract.name())),
        ("Model", format!("sha256 {:.8}", contract.sha256)),
        ("Seed", record.seed.to_string()),
        ("Profile", record.profile.clone()),
        ("Started", record.started_at.clone()),
    ];
    if record.shard != "1/1" {
        facts.push(("Shard", record.shard.clone()));
    }
    if record.gate.strict {
        facts.push(("Strict", "inferred clauses count".to_owned()));
    }
    facts.into_iter().map(|(name, value)| (name, visible(&value).into_owned())).collect()
}

fn tiles(record: &Record) -> Vec<Tile> {
    let summary = &record.summary;
    let score = record.score();
    let cases = &summary.cases;
    let causes = record.ranked_causes();
    let violated = format!("{} violated, besides missing operations", count(score.violated, "clause"));
    vec![
        Tile {
            label: "Score",
            value: format!("{} %", score.percent()),
            detail: format!("{} of {} upheld", grouped(score.upheld), count(score.total, "clause")),
        },
        Tile {
            label: "Causes",
            value: grouped(causes.len() as u64),
            detail: match counting(&causes) {
                Some(counting) => format!("{} count; {violated}", grouped(counting)),
                None => violated,
            },
        },
        Tile {
            label: "Missing operations",
            value: grouped(record.absent_operations().len() as u64),
            detail: record.operations_in_words(),
        },
        Tile { label: "Findings", value: grouped(summary.findings.total), detail: findings_detail(record) },
        Tile {
            label: "Cases passed",
            value: grouped(cases.passed),
            detail: format!(
                "of {}; {} failed, {} inconclusive{}",
                grouped(cases.total),
                grouped(cases.failed),
                grouped(cases.inconclusive),
                summary.steps.map(|steps| format!("; {}", steps.in_words())).unwrap_or_default()
            ),
        },
        Tile {
            label: "Requests",
            value: grouped(summary.requests),
            detail: format!(
                "in {}, {}/s",
                seconds(record.duration_seconds),
                grouped(summary.requests_per_second.round() as u64)
            ),
        },
    ]
}

fn findings_detail(record: &Record) -> String {
    let in_words = record.findings_in_words();
    let tiers = in_words.split_once(": ").map(|(_, tiers)| tiers.to_owned()).unwrap_or_default();
    match &record.baseline {
        None => tiers,
        Some(_) => {
            let findings = &record.summary.findings;
            format!("{} new, {} known, {} fixed", findings.new, findings.known, findings.fixed)
        }
    }
}

fn kinds(record: &Record) -> Vec<(&'static str, u64, &'static str)> {
    FindingKind::ALL
        .into_iter()
        .map(|kind| {
            let number = record.findings.iter().filter(|finding| finding.kind == kind).count() as u64;
            (kind.id(), number, kind.meaning())
        })
        .filter(|(_, number, _)| *number > 0)
        .collect()
}

fn operations(causes: &[Cause], missing: &[Finding]) -> Vec<String> {
    let findings = causes.iter().flat_map(Cause::all).chain(missing);
    let mut operations: Vec<String> = findings.map(|finding| finding.operation().to_owned()).collect();
    operations.sort_unstable();
    operations.dedup();
    operations.retain(|operation| !operation.is_empty());
    operations
}

fn known_lists(record: &Record) -> Vec<(&'static str, Vec<String>)> {
    let line = |entry: &KnownFinding| visible(&entry.one_line()).into_owned();
    record.stale_entries().into_iter().map(|(title, entries)| (title, entries.iter().map(line).collect())).collect()
}

fn untested(record: &Record) -> Vec<Untested> {
    let shown = |text: &str| visible(text).into_owned();
    let group = |(reason, clauses): (&str, Vec<&str>)| Untested {
        reason: shown(reason),
        clauses: clauses.into_iter().map(shown).collect(),
    };
    record.untested().into_iter().map(group).collect()
}

fn clause_groups(record: &Record) -> Vec<ClauseGroup> {
    let mut findings: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for finding in &record.findings {
        findings.entry(&finding.clause).or_default().push(visible(&finding.id).into_owned());
    }
    let mut groups: BTreeMap<(bool, &str), ClauseGroup> = BTreeMap::new();
    for clause in &record.clauses {
        let name = clause.group();
        let group = groups.entry((clause.operation.is_none(), name)).or_insert_with(|| ClauseGroup {
            name: visible(name).into_owned(),
            violated: 0,
            clauses: Vec::new(),
        });
        group.violated += usize::from(clause.verdict == ClauseVerdict::Violated);
        group.clauses.push(ClauseLine {
            id: visible(&clause.id).into_owned(),
            verdict: match clause.verdict {
                ClauseVerdict::Upheld => "upheld",
                ClauseVerdict::Violated => "violated",
                ClauseVerdict::Untested => "untested",
            },
            requests: clause.requests,
            reason: clause.reason.as_deref().map(|reason| visible(reason).into_owned()).unwrap_or_default(),
            findings: findings.get(clause.id.as_str()).cloned().unwrap_or_default(),
        });
    }
    groups.into_values().collect()
}

fn slowest(record: &Record) -> Vec<Slow> {
    let mut cases: Vec<&CaseRecord> = record.cases.iter().collect();
    cases.sort_by(|a, b| b.seconds.total_cmp(&a.seconds).then(a.id.cmp(&b.id)));
    cases
        .into_iter()
        .take(SLOWEST)
        .map(|case| Slow {
            id: visible(&case.id).into_owned(),
            seconds: format!("{:.3}", case.seconds),
            requests: case.requests,
            verdict: match case.verdict {
                CaseVerdict::Passed => "passed",
                CaseVerdict::Failed => "failed",
                CaseVerdict::Inconclusive => "inconclusive",
            },
        })
        .collect()
}
