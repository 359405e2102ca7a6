//! What the page shows, ready to be written down: every string from outside is made visible here.

use std::collections::BTreeMap;

use serde::Serialize;

use super::matrix::{self, Row};
use crate::judge::finding::FindingKind;
use crate::report::record::{
    BaselineStatus, CaseRecord, CaseVerdict, ClauseVerdict, FindingRecord, KnownFinding, Record,
};
use crate::report::text::{count, grouped, reproduce, request_block, response_block, seconds, visible};
use crate::report::verdict::{Verdict, Weight};
use crate::spec::clause::Tier;

/// How many slow cases are shown.
const SLOWEST: usize = 15;
/// Longest block of a message that is shown.
const LONGEST_BLOCK: usize = 20_000;

/// The page.
#[derive(Debug, Serialize)]
pub struct Page {
    title: String,
    verdict: &'static str,
    headline: String,
    causes: Vec<String>,
    alerts: Vec<String>,
    facts: Vec<(&'static str, String)>,
    tiles: Vec<Tile>,
    bar: [(&'static str, u64); 3],
    columns: Vec<(&'static str, &'static str)>,
    rows: Vec<Row>,
    findings: Vec<Finding>,
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
struct Finding {
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
    expected: String,
    observed: String,
    occurrences: String,
    section: String,
    case: String,
    setup: Vec<String>,
    request: String,
    response: String,
    curl: String,
    reproduce: String,
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

/// Everything that the page shows of a record.
pub fn page(record: &Record) -> Page {
    let verdict = record.verdict();
    let (rows, columns) = matrix::matrix(record);
    let clauses = &record.summary.clauses;
    let findings = findings(record);
    Page {
        title: format!("{} · {}", word(verdict), target(record)),
        verdict: class(verdict),
        headline: headline(record, verdict),
        causes: record.reasons_to_fail().iter().map(|cause| visible(cause).into_owned()).collect(),
        alerts: alerts(record),
        facts: facts(record),
        tiles: tiles(record),
        bar: [("upheld", clauses.upheld), ("violated", clauses.violated), ("untested", clauses.untested)],
        columns,
        rows,
        kinds: kinds(record),
        operations: operations(&findings),
        findings,
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
        ("Contract", format!("{} {}{published}", contract.service, contract.version)),
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
    let counting = record.counting().count() as u64;
    let findings = match &record.baseline {
        None if counting < summary.findings.total => {
            format!("{} count, {} do not", grouped(counting), grouped(summary.findings.total - counting))
        }
        None => "divergences, each defect once".to_owned(),
        Some(_) => {
            format!("{} new, {} known, {} fixed", summary.findings.new, summary.findings.known, summary.findings.fixed)
        }
    };
    let cases = &summary.cases;
    vec![
        Tile { label: "Findings", value: grouped(summary.findings.total), detail: findings },
        Tile {
            label: "Clauses upheld",
            value: grouped(summary.clauses.upheld),
            detail: format!(
                "of {}; {} violated, {} untested",
                grouped(summary.clauses.total),
                grouped(summary.clauses.violated),
                grouped(summary.clauses.untested)
            ),
        },
        Tile {
            label: "Operations",
            value: grouped(summary.operations.implemented),
            detail: format!("of {} implemented", grouped(summary.operations.total)),
        },
        Tile {
            label: "Cases passed",
            value: grouped(cases.passed),
            detail: format!(
                "of {}; {} failed, {} inconclusive",
                grouped(cases.total),
                grouped(cases.failed),
                grouped(cases.inconclusive)
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

fn findings(record: &Record) -> Vec<Finding> {
    record.by_urgency().into_iter().map(|finding| shown(record, finding)).collect()
}

fn shown(record: &Record, finding: &FindingRecord) -> Finding {
    let text = |text: &str| visible(text).into_owned();
    let weight = record.weight(finding);
    Finding {
        id: text(&finding.id),
        clause: text(&finding.clause),
        operation: text(&finding.operation),
        names_operation: finding.elsewhere().is_none(),
        column: matrix::column(&finding.clause).unwrap_or_default(),
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
        expected: text(&finding.expected),
        observed: text(&finding.observed),
        occurrences: seen(finding),
        section: text(&finding.section),
        case: text(&finding.case),
        setup: finding.setup.iter().map(|request| block(request_block(request))).collect(),
        request: block(request_block(&finding.request)),
        response: block(response_block(&finding.response)),
        curl: text(&finding.curl),
        reproduce: reproduce(record, finding),
    }
}

/// How often a finding was seen, and how reliably.
fn seen(finding: &FindingRecord) -> String {
    let occurrences = count(finding.occurrences, "time");
    match finding.seen {
        seen if seen.times < seen.of => format!("{occurrences}; {} of {} times when looked for", seen.times, seen.of),
        _ => occurrences,
    }
}

fn block(text: String) -> String {
    match text.char_indices().nth(LONGEST_BLOCK) {
        None => text,
        Some((end, _)) => format!("{}\n… {} more bytes, see the JSON report", &text[..end], text.len() - end),
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

fn operations(findings: &[Finding]) -> Vec<String> {
    let mut operations: Vec<String> = findings.iter().map(|finding| finding.operation.clone()).collect();
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
