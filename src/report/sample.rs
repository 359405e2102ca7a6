//! Records for tests: a clean one, a failing one with hostile content, and a large one.

use serde_json::{Map, Value, json};

use super::record::*;
use crate::record::FindingKind;
use crate::record::RunDescription;
use crate::record::description::Signing;
use crate::record::options::{Broadcast, DEFAULT_REGION, DEFAULT_SEED, Locality, Profile, Shard};
use crate::spec::clause::Tier;

/// Everything a hostile target may respond, in one string.
pub const HOSTILE: &str = "</script><script>alert(1)</script>\u{1b}[2J\u{9b}31m\u{202e}\u{0}`|*_<!-- ]]> &amp; =1+1";

/// Every sample.
pub fn all() -> Vec<Record> {
    vec![clean(), failing(), large(40, 40)]
}

fn base() -> Record {
    Record {
        schema: SCHEMA.to_owned(),
        tool: Tool { name: "ivs-conformance".to_owned(), version: "0.1.0".to_owned() },
        contract: ContractInfo {
            file: None,
            service: "ivs".to_owned(),
            version: "2020-07-14".to_owned(),
            published: "2025-02-28".to_owned(),
            sha256: "9f2c".repeat(16),
        },
        target: TargetInfo {
            auth: None,
            broadcast: None,
            broadcast_command: None,
            endpoint: "http://127.0.0.1:5000".to_owned(),
            region: "us-east-1".to_owned(),
            embedded: false,
            recorded: false,
        },
        seed: 7,
        profile: "standard".to_owned(),
        shard: "1/1".to_owned(),
        started_at: "2026-11-22T15:00:00Z".to_owned(),
        duration_seconds: 2.5,
        stopped_early: None,
        ended_at_finding: false,
        summary: Summary::default(),
        clauses: Vec::new(),
        cases: Vec::new(),
        causes: Vec::new(),
        findings: Vec::new(),
        notes: Vec::new(),
        left: Vec::new(),
        selection: Selection::default(),
        gate: Gate::default(),
        baseline: None,
    }
}

/// A clause record.
pub fn clause(id: &str, verdict: ClauseVerdict, reason: Option<&str>) -> ClauseRecord {
    let first = id.split('.').next().unwrap_or_default();
    ClauseRecord {
        id: id.to_owned(),
        operation: first.starts_with(char::is_uppercase).then(|| first.to_owned()),
        verdict,
        reason: reason.map(str::to_owned),
        requests: u64::from(verdict != ClauseVerdict::Untested) * 4,
        observations: u64::from(verdict == ClauseVerdict::Upheld) * 4,
        operations: Vec::new(),
    }
}

/// A case record.
pub fn case(id: &str, operation: Option<&str>, verdict: CaseVerdict, findings: &[&str]) -> CaseRecord {
    CaseRecord {
        id: id.to_owned(),
        operation: operation.map(str::to_owned),
        verdict,
        reason: (verdict == CaseVerdict::Inconclusive)
            .then(|| "set-up failed: StopStream is not implemented".to_owned()),
        requests: 4,
        decided: u64::from(verdict != CaseVerdict::Inconclusive),
        seconds: 0.25,
        findings: findings.iter().map(|id| (*id).to_owned()).collect(),
        position: 0,
    }
}

/// A finding record.
pub fn finding(id: &str, clause: &str, operation: &str, kind: FindingKind) -> FindingRecord {
    let mut headers = Map::new();
    headers.insert("content-type".to_owned(), json!("application/json"));
    FindingRecord {
        id: id.to_owned(),
        clause: clause.to_owned(),
        operation: operation.to_owned(),
        kind,
        tier: Tier::Documented,
        expected: "ValidationException with status 400, because name may have at most 128 characters".to_owned(),
        observed: "200 with a channel".to_owned(),
        occurrences: 3,
        seen: Default::default(),
        request: RequestRecord {
            method: "POST".to_owned(),
            path: format!("/{operation}"),
            headers: headers.clone(),
            body: json!({"name": "a".repeat(129)}),
        },
        response: ResponseRecord { status: 200, headers, body: json!({"channel": {"name": "aaa"}}) },
        curl: format!(
            "curl -sS -X POST -H 'content-type: application/json' --data '{{\"name\":\"aaa\"}}' http://127.0.0.1:5000/{operation}"
        ),
        reproduce: None,
        not_reproducible: None,
        baseline: BaselineStatus::New,
        case: clause.to_owned(),
        section: format!("Actions / {operation}"),
        promise: "`name` has at most 128 characters.".to_owned(),
        member: String::new(),
        cause: String::new(),
        role: Role::Primary,
        setup: Vec::new(),
        evidence: Vec::new(),
    }
}

/// The baseline entry of a finding.
pub fn known(finding: &FindingRecord) -> KnownFinding {
    KnownFinding {
        id: finding.id.clone(),
        clause: finding.clause.clone(),
        operation: finding.operation.clone(),
        kind: finding.kind,
        case: finding.case.clone(),
        reason: None,
        expires: None,
    }
}

/// A run without a divergence.
pub fn clean() -> Record {
    let mut record = base();
    record.target.embedded = true;
    record.clauses = vec![
        clause("CreateChannel.input.name.length.max", ClauseVerdict::Upheld, None),
        clause("CreateChannel.status", ClauseVerdict::Upheld, None),
        clause("StopStream.status", ClauseVerdict::Upheld, None),
        clause(
            "StopStream.error.PendingVerification",
            ClauseVerdict::Untested,
            Some("cannot be triggered from outside"),
        ),
        clause("rule.tags-merge", ClauseVerdict::Upheld, None),
    ];
    record.cases = vec![
        case("CreateChannel.input.name.length.max", Some("CreateChannel"), CaseVerdict::Passed, &[]),
        case("CreateChannel.valid", Some("CreateChannel"), CaseVerdict::Passed, &[]),
        case("StopStream.valid", Some("StopStream"), CaseVerdict::Passed, &[]),
        case("scenario.tags", None, CaseVerdict::Passed, &[]),
    ];
    summarise(&mut record);
    record
}

/// A run with divergences of several kinds and a hostile target.
pub fn failing() -> Record {
    let mut record = base();
    record.clauses = clean().clauses;
    for position in [0, 1, 4] {
        record.clauses[position].verdict = ClauseVerdict::Violated;
    }
    record.clauses[2] = clause("StopStream.status", ClauseVerdict::Violated, None);
    record.clauses.push(clause("protocol.null-is-absent", ClauseVerdict::Violated, None));
    record.clauses.push(clause("GetChannel.status", ClauseVerdict::Upheld, None));
    let mut hostile = finding("d4e5f6a7", "rule.tags-merge", "TagResource", FindingKind::WrongBehaviour);
    hostile.observed = format!("the message {HOSTILE}");
    hostile.response.body = json!({"message": HOSTILE, "nested": [HOSTILE]});
    hostile.response.headers.insert("x-odd".to_owned(), json!(HOSTILE));
    hostile.curl = format!("curl '{HOSTILE}'");
    hostile.setup = vec![hostile.request.clone()];
    hostile.case = "scenario.tags".to_owned();
    let mut inferred = finding("b1b1b1b1", "protocol.null-is-absent", "CreateChannel", FindingKind::MalformedResponse);
    inferred.tier = Tier::Inferred;
    inferred.case = "CreateChannel.valid".to_owned();
    let mut status = finding("c2c2c2c2", "CreateChannel.status", "CreateChannel", FindingKind::WrongStatus);
    status.response = ResponseRecord { status: 0, headers: Map::new(), body: Value::Null };
    status.case = "CreateChannel.valid".to_owned();
    let mut absent = finding("e5e5e5e5", "StopStream.status", "StopStream", FindingKind::NotImplemented);
    absent.case = "StopStream.valid".to_owned();
    record.findings = vec![
        finding("a0a0a0a0", "CreateChannel.input.name.length.max", "CreateChannel", FindingKind::AcceptedInvalid),
        inferred,
        status,
        hostile,
        absent,
    ];
    record.cases = vec![
        case("CreateChannel.input.name.length.max", Some("CreateChannel"), CaseVerdict::Failed, &["a0a0a0a0"]),
        case("CreateChannel.valid", Some("CreateChannel"), CaseVerdict::Failed, &["b1b1b1b1", "c2c2c2c2"]),
        case("GetChannel.valid", Some("GetChannel"), CaseVerdict::Passed, &[]),
        case("StopStream.valid", Some("StopStream"), CaseVerdict::Failed, &["e5e5e5e5"]),
        case("scenario.tags", None, CaseVerdict::Failed, &["d4e5f6a7"]),
        case("scenario.live", None, CaseVerdict::Inconclusive, &[]),
    ];
    record.notes = vec!["3 unknown members in responses".to_owned()];
    summarise(&mut record);
    record
}

/// A run with many clauses and findings, as against a young emulator.
pub fn large(clauses: usize, findings: usize) -> Record {
    const OPERATIONS: [&str; 6] =
        ["BatchGetChannel", "CreateChannel", "DeleteChannel", "GetChannel", "ListChannels", "TagResource"];
    const CONSTRAINTS: [&str; 8] =
        ["type", "required", "length.min", "length.max", "pattern", "enum", "range.min", "range.max"];
    let mut record = base();
    for number in 0..clauses {
        let operation = OPERATIONS[number % 6];
        let side = if number % 4 == 3 { "output" } else { "input" };
        let id = format!("{operation}.{side}.member{}.{}", number / 48, CONSTRAINTS[(number / 6) % 8]);
        let (verdict, verdict_of_case) = match number {
            _ if number < findings => (ClauseVerdict::Violated, CaseVerdict::Failed),
            _ if number % 5 == 0 => (ClauseVerdict::Untested, CaseVerdict::Inconclusive),
            _ => (ClauseVerdict::Upheld, CaseVerdict::Passed),
        };
        let reason = (verdict == ClauseVerdict::Untested).then_some("set-up failed: no channel could be made");
        record.clauses.push(clause(&id, verdict, reason));
        let mut shown = Vec::new();
        if number < findings {
            let kind = FindingKind::ALL[number % 7];
            let name = format!("{number:08x}");
            record.findings.push(finding(&name, &id, operation, kind));
            shown.push(name);
        }
        let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
        record.cases.push(case(&id, Some(operation), verdict_of_case, &shown));
    }
    summarise(&mut record);
    record
}

fn summarise(record: &mut Record) {
    for (position, case) in (0..).zip(&mut record.cases) {
        case.position = position;
    }
    record.causes = crate::report::causes::name(&mut record.findings, &record.clauses, &record.cases);
    record.recount();
    record.summary.operations = OperationTotals { total: 35, implemented: 34 };
    record.summary.requests = 2400;
    record.summary.requests_per_second = 960.0;
    let share = |seen, possible| ShareTotals { seen, possible };
    record.summary.steps = Some(StepTotals { pairs: share(120, 1_460), triples: share(90, 12_470) });
}

/// Settings under which snapshots live in `snapshots/` of the package.
pub fn snapshots() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings
}

/// An unsigned run against this machine.
pub fn run_description() -> RunDescription {
    RunDescription {
        endpoint: "http://127.0.0.1:1".to_owned(),
        region: DEFAULT_REGION.to_owned(),
        signing: Signing::None,
        locality: Locality::Loopback,
        broadcast: Broadcast::Unavailable,
        seed: DEFAULT_SEED,
        profile: Profile::default(),
        shard: Shard::default(),
    }
}
