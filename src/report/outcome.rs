//! Makes the record of a run out of what it found: totals, redaction, reproduction.

use std::collections::{BTreeSet, HashMap};
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::causes;
use super::coverage;
use super::curl;
use super::finding_id::FindingId;
use super::grouping;
use super::member;
use super::record::{
    BaselineStatus, CaseRecord, CaseVerdict, ClauseRecord, ClauseVerdict, ContractInfo, FindingRecord, Gate,
    LeftRecord, Record, RequestRecord, ResponseRecord, Role, SCHEMA, SeenRecord, Selection, Summary, TargetInfo, Tool,
};
use super::redact::{REDACTED, Redactor};
use super::script::{self, Unfaithful};
use super::selection;
use super::untested::Evidence;
use crate::judge::finding::FindingKind;
use crate::plan::{Case, Plan};
use crate::protocol;
use crate::record::RunDescription;
use crate::record::description::Signing;
use crate::record::options::Broadcast;
use crate::record::{CaseOutcome, CaseResult, FindingKey, Found, Left, Outcome};
use crate::spec::Contract;
use crate::spec::clause::{ClauseIndex, Tier};
use crate::spec::contract::Node;
use crate::wire::{Reply, Request, Text};

/// Longest body shown, in bytes; longer ones are cut.
const BODY_SHOWN: usize = 16 << 10;

impl Record {
    /// The record of a finished run.
    pub fn from_outcome(
        contract: &Contract,
        plan: &Plan,
        run: impl Into<RunDescription>,
        mut outcome: Outcome,
    ) -> Record {
        let run = &run.into();
        let redactor = Redactor::new(contract, std::mem::take(&mut outcome.secrets));
        let left_out = selection::restrict(contract, plan, &mut outcome);
        let mut findings = findings(contract, plan, run, &outcome, &redactor);
        let mut clauses = clauses(contract, plan, &outcome);
        let mut cases = cases(contract, plan, &outcome);
        grouping::fold(&mut findings, &mut cases);
        coverage::settle(&mut clauses, &cases);
        redact_reasons(&mut clauses, &mut cases, &redactor);
        let seconds = outcome.elapsed.as_secs_f64();
        let summary = Summary {
            requests: outcome.requests,
            requests_per_second: if seconds > 0.0 { outcome.requests as f64 / seconds } else { 0.0 },
            ..Summary::default()
        };
        let causes = causes::name(&mut findings, &clauses, &cases);
        let mut record = Record {
            schema: SCHEMA.to_owned(),
            tool: Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            contract: ContractInfo {
                service: contract.service.name.clone(),
                version: contract.service.version.clone(),
                published: contract.rules.published.clone(),
                sha256: contract.sha256.clone(),
                file: None,
            },
            target: TargetInfo { recorded: outcome.unshown.is_some(), ..target(run, &redactor) },
            seed: run.seed,
            profile: run.profile.id().to_owned(),
            shard: run.shard.to_string(),
            started_at: outcome.started_at.map(iso_8601).unwrap_or_default(),
            duration_seconds: seconds,
            stopped_early: outcome.stopped_early.as_deref().map(|reason| redactor.text(reason)),
            summary,
            clauses,
            cases,
            causes,
            findings,
            notes: plan.notes.iter().chain(&left_out).chain(&outcome.notes).map(|note| redactor.text(note)).collect(),
            left: outcome.left.iter().map(|left| left_record(left, &redactor)).collect(),
            selection: Selection::default(),
            gate: Gate::default(),
            baseline: None,
        };
        let mut absent: Vec<&str> = outcome.not_implemented.iter().map(String::as_str).collect();
        if record.target.recorded {
            // Of an operation that the recording does not have, nothing is known.
            let unseen = plan.cases.iter().zip(&record.cases).filter(|(_, case)| case.requests == 0);
            absent.extend(unseen.filter_map(|(case, _)| case.operation.as_deref()));
        }
        record.summary.operations = record.operation_totals(&absent);
        record.recount();
        record
    }
}

fn target(run: &RunDescription, redactor: &Redactor) -> TargetInfo {
    let auth = match run.signing {
        Signing::Sigv4 => "sigv4",
        Signing::None => "none",
    };
    let (broadcast, broadcast_command) = match &run.broadcast {
        Broadcast::Unavailable => (None, None),
        Broadcast::ControlPath(path) => (Some(path.clone()), None),
        Broadcast::Command(command) => (None, Some(redactor.text(&command.line))),
    };
    TargetInfo {
        endpoint: run.endpoint.clone(),
        region: run.region.clone(),
        embedded: false,
        auth: Some(auth.to_owned()),
        broadcast,
        broadcast_command,
        recorded: false,
    }
}

fn left_record(left: &Left, redactor: &Redactor) -> LeftRecord {
    LeftRecord { kind: left.kind.clone(), resource: redactor.text(&left.what), reason: redactor.text(&left.reason) }
}

fn clauses(contract: &Contract, plan: &Plan, outcome: &Outcome) -> Vec<ClauseRecord> {
    let reliable = outcome.findings.iter().filter(|(_, found)| !found.is_intermittent());
    let violated: BTreeSet<ClauseIndex> = reliable.map(|(key, _)| key.clause).collect();
    let evidence = Evidence::of(plan, outcome);
    plan.clauses
        .iter()
        .map(|index| {
            let clause = contract.clauses.get(*index);
            let upheld = outcome.upheld.get(index.0 as usize).cloned().unwrap_or_default();
            let found = || outcome.findings.iter().filter(|(key, _)| key.clause == *index);
            let seen: u64 = found().map(|(_, found)| found.occurrences).sum();
            let on = found().map(|(key, _)| key.operation.clone()).filter(|operation| !operation.is_empty());
            let operations: BTreeSet<String> = upheld.operations.into_iter().chain(on).collect();
            let verdict = match (violated.contains(index), upheld.requests) {
                (true, _) => ClauseVerdict::Violated,
                (false, 0) => ClauseVerdict::Untested,
                (false, _) => ClauseVerdict::Upheld,
            };
            let untested = verdict == ClauseVerdict::Untested;
            ClauseRecord {
                id: clause.id.clone(),
                operation: clause.operation.clone(),
                verdict,
                reason: untested.then(|| evidence.reason(contract, *index)),
                requests: upheld.requests + seen,
                observations: upheld.observations,
                operations: operations.into_iter().collect(),
            }
        })
        .collect()
}

/// Reasons may quote what the target answered.
fn redact_reasons(clauses: &mut [ClauseRecord], cases: &mut [CaseRecord], redactor: &Redactor) {
    let of_clauses = clauses.iter_mut().filter_map(|clause| clause.reason.as_mut());
    for reason in of_clauses.chain(cases.iter_mut().filter_map(|case| case.reason.as_mut())) {
        *reason = redactor.text(reason);
    }
}

/// A record of every case of the plan, in its order. One whose turn did not come is inconclusive: what it would have
/// shown is not known.
fn cases(contract: &Contract, plan: &Plan, outcome: &Outcome) -> Vec<CaseRecord> {
    let results: HashMap<usize, &CaseResult> = outcome.cases.iter().map(|result| (result.case, result)).collect();
    let records = plan.cases.iter().enumerate().map(|(index, case)| match results.get(&index) {
        Some(result) => case_record(contract, case, result, outcome),
        None => CaseRecord {
            id: case.id.clone(),
            operation: case.operation.clone(),
            verdict: CaseVerdict::Inconclusive,
            reason: Some(match &outcome.stopped_early {
                Some(reason) => format!("the run stopped before its turn: {reason}"),
                None => "its turn never came".to_owned(),
            }),
            requests: 0,
            decided: 0,
            seconds: 0.0,
            position: case.position,
            findings: Vec::new(),
        },
    });
    records.collect()
}

fn case_record(contract: &Contract, case: &Case, result: &CaseResult, outcome: &Outcome) -> CaseRecord {
    let is_undecided = matches!(result.verdict, CaseOutcome::Inconclusive { .. });
    let hindrances = result.hindered_by.iter().filter(|key| is_undecided && outcome.findings.contains_key(key));
    let mut findings: Vec<&FindingKey> = result.findings.iter().chain(hindrances).collect();
    findings.dedup();
    let (verdict, reason) = match &result.verdict {
        CaseOutcome::Passed => (CaseVerdict::Passed, None),
        CaseOutcome::Failed => (CaseVerdict::Failed, None),
        CaseOutcome::Inconclusive { reason } => (CaseVerdict::Inconclusive, Some(reason.clone())),
    };
    CaseRecord {
        id: case.id.clone(),
        operation: case.operation.clone(),
        verdict,
        reason,
        requests: result.requests,
        decided: result.decided,
        seconds: result.elapsed.as_secs_f64(),
        position: case.position,
        findings: findings
            .into_iter()
            .map(|key| finding_id(contract, key.clause, &key.operation, key.detail.as_deref(), key.kind))
            .collect(),
    }
}

/// The id of a finding: the same for the same defect in every run.
pub fn finding_id(
    contract: &Contract,
    clause: ClauseIndex,
    operation: &str,
    detail: Option<&str>,
    kind: FindingKind,
) -> String {
    let clause = contract.clauses.get(clause);
    let is_elsewhere = clause.operation.as_deref() != Some(operation) && !operation.is_empty();
    FindingId { clause: &clause.id, operation: is_elsewhere.then_some(operation), detail, kind: kind.id() }.to_string()
}

fn findings(
    contract: &Contract,
    plan: &Plan,
    run: &RunDescription,
    outcome: &Outcome,
    redactor: &Redactor,
) -> Vec<FindingRecord> {
    let mut findings: Vec<FindingRecord> =
        outcome.findings.values().map(|found| finding(contract, plan, run, found, redactor)).collect();
    findings.sort_by(|left, right| left.id.cmp(&right.id));
    findings
}

fn finding(
    contract: &Contract,
    plan: &Plan,
    run: &RunDescription,
    found: &Found,
    redactor: &Redactor,
) -> FindingRecord {
    let violation = &found.violation;
    let clause = contract.clauses.get(violation.clause);
    let request = request_record(contract, &violation.operation, &found.exchange.request, redactor);
    let id = finding_id(contract, violation.clause, &violation.operation, violation.detail.as_deref(), violation.kind);
    let (expected, observed) = (redactor.text(&violation.expected), redactor.text(&violation.observed));
    let resources = &plan.resources;
    let subject =
        script::Subject { contract, resources, run, redactor, id: &id, expected: &expected, observed: &observed };
    let (reproduce, not_reproducible) = match script::script(&subject, found) {
        Ok(script) => (Some(script), None),
        Err(Unfaithful(reason)) => (None, Some(redactor.text(&reason))),
    };
    FindingRecord {
        id,
        clause: clause.id.clone(),
        operation: violation.operation.clone(),
        kind: violation.kind,
        tier: violation.tier.unwrap_or(Tier::Documented).max(clause.tier),
        expected,
        observed,
        occurrences: found.occurrences,
        seen: SeenRecord { of: found.seen.of, times: found.seen.times },
        curl: curl::command(&run.endpoint, &request),
        request,
        response: response_record(contract, found, redactor),
        reproduce,
        not_reproducible,
        baseline: BaselineStatus::New,
        case: plan.cases.get(found.case).map(|case| case.id.clone()).unwrap_or_default(),
        section: clause.section.clone(),
        promise: clause.statement.clone(),
        member: member::of(contract, violation),
        cause: String::new(),
        role: Role::Primary,
        setup: found.setup.iter().map(|request| request_record(contract, "", request, redactor)).collect(),
    }
}

fn request_record(contract: &Contract, operation: &str, request: &Request, redactor: &Redactor) -> RequestRecord {
    let by_path = || {
        let name = request.target.trim_start_matches('/');
        contract.operation(name)
    };
    let operation = contract.operation(operation).or_else(by_path);
    RequestRecord {
        method: request.method.to_string(),
        path: redactor.text(&request.target),
        headers: header_map(&request.headers, redactor),
        body: body(&request.body, request.body.len(), operation.map(|operation| &operation.input), redactor),
    }
}

fn response_record(contract: &Contract, found: &Found, redactor: &Redactor) -> ResponseRecord {
    let output = contract.operation(&found.violation.operation).map(|operation| &operation.output);
    match &found.exchange.reply {
        Reply::Failure(failure) => {
            ResponseRecord { body: Value::from(redactor.text(&failure.detail)), ..ResponseRecord::default() }
        }
        Reply::Response(response) => ResponseRecord {
            status: response.status,
            headers: header_map(&response.headers, redactor),
            body: body(&response.body, found.body_length, output, redactor),
        },
    }
}

fn header_map(headers: &[(Text, Text)], redactor: &Redactor) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in headers {
        let value = if redactor.is_secret_header(name) { REDACTED.to_owned() } else { redactor.text(value) };
        map.insert(redactor.text(name), Value::from(value));
    }
    map
}

/// A body of `length` bytes for a reader; `bytes` are those that were kept.
fn body(bytes: &[u8], length: usize, shape: Option<&Node>, redactor: &Redactor) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    // A body of which a part is missing is no JSON.
    let text = match protocol::parse(bytes) {
        Ok(document) => {
            let value = redactor.json(document.value, shape);
            if length <= BODY_SHOWN {
                return value;
            }
            value.to_string()
        }
        Err(_) => {
            let text = String::from_utf8_lossy(bytes);
            if shape.is_some_and(|shape| may_show_a_secret(shape, &text)) {
                let reason = "that were not read as JSON and may hold a secret";
                return Value::from(format!("[redacted: {length} bytes {reason}]"));
            }
            redactor.text(&text)
        }
    };
    let shown = text.get(..text.floor_char_boundary(BODY_SHOWN)).filter(|_| length > BODY_SHOWN);
    Value::from(shown.map_or_else(|| text.clone(), |shown| format!("{shown}… ({length} bytes in all)")))
}

/// Whether a text that was not taken apart names a member that is sensitive.
fn may_show_a_secret(shape: &Node, text: &str) -> bool {
    shape.walk().iter().any(|node| node.is_sensitive && text.contains(node.name.as_str()))
}

/// The time of day as `YYYY-MM-DDThh:mm:ssZ`.
fn iso_8601(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time)
        .map_or_else(|_| String::new(), |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
