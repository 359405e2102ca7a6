//! Makes the record of a run out of what it found: totals, redaction, reproduction.

mod finding;

pub use finding::finding_id;
use finding::findings;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::SystemTime;

use super::causes;
use super::coverage;
use super::grouping;
use super::record::{
    CaseRecord, CaseVerdict, ClauseRecord, ClauseVerdict, ContractInfo, Gate, LeftRecord, Record, SCHEMA, Selection,
    StepTotals, Summary, TargetInfo, Tool,
};
use super::redact::Redactor;
use super::selection;
use super::untested::{self, Evidence};
use crate::plan::{Case, Plan};
use crate::record::RunDescription;
use crate::record::description::Signing;
use crate::record::options::Broadcast;
use crate::record::{CaseOutcome, CaseResult, FindingKey, Left, Outcome, Purpose};
use crate::spec::Contract;
use crate::spec::clause::ClauseIndex;

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
        let mut clauses = clauses(contract, plan, run, &outcome);
        let mut cases = cases(contract, plan, &outcome);
        grouping::fold(&mut findings, &mut cases);
        coverage::settle(&mut clauses, &cases);
        redact_reasons(&mut clauses, &mut cases, &redactor);
        let seconds = outcome.elapsed.as_secs_f64();
        let summary = Summary {
            requests: outcome.requests,
            requests_by_purpose: by_purpose(&outcome),
            requests_per_second: if seconds > 0.0 { outcome.requests as f64 / seconds } else { 0.0 },
            steps: StepTotals::of(outcome.steps.values()),
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
            ended_at_finding: outcome.ended_at_finding,
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

/// Requests by what they were for; those that belong to no case are `run`.
fn by_purpose(outcome: &Outcome) -> BTreeMap<String, u64> {
    let of_cases = Purpose::ALL.into_iter().map(|purpose| (purpose.id().to_owned(), outcome.spent.of(purpose)));
    let of_run = ("run".to_owned(), outcome.requests.saturating_sub(outcome.spent.total()));
    of_cases.chain([of_run]).filter(|(_, number)| *number > 0).collect()
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

fn clauses(contract: &Contract, plan: &Plan, run: &RunDescription, outcome: &Outcome) -> Vec<ClauseRecord> {
    let reliable = outcome.findings.iter().filter(|(_, found)| !found.is_intermittent());
    let violated: BTreeSet<ClauseIndex> = reliable.map(|(key, _)| key.clause).collect();
    let evidence = Evidence::of(plan, outcome).offering_broadcast(run.broadcast != Broadcast::Unavailable);
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

/// Reasons may quote what the target responded.
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
                None if outcome.ended_at_finding => untested::ENDED.to_owned(),
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

/// The time of day as `YYYY-MM-DDThh:mm:ssZ`.
fn iso_8601(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time)
        .map_or_else(|_| String::new(), |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
