//! Causes of a record's findings.

use serde_json::Value;

use super::record::{
    CaseRecord, CaseVerdict, CauseRecord, ClauseRecord, ClauseVerdict, FindingRecord, RequestRecord, Role,
};
use crate::diagnose::{self, Evidence};
use crate::plan::case::SEQUENCE;
use crate::spec::clause_id::ClauseId;

/// Header that names the error, before the body does.
const ERROR_HEADER: &str = "x-amzn-errortype";

/// Names the causes of findings, and notes with each finding what it is to its cause.
pub fn name(findings: &mut [FindingRecord], clauses: &[ClauseRecord], cases: &[CaseRecord]) -> Vec<CauseRecord> {
    let grouped = {
        let evidence: Vec<Evidence<'_>> = findings.iter().map(evidence).collect();
        diagnose::causes(&evidence)
    };
    let mut causes = Vec::new();
    for cause in grouped {
        let Some(primary) = cause.findings.first().and_then(|first| findings.get(*first)).cloned() else { continue };
        let mut operations: Vec<String> = Vec::new();
        let mut ids = Vec::new();
        for position in &cause.findings {
            let Some(finding) = findings.get_mut(*position) else { continue };
            finding.cause.clone_from(&primary.id);
            finding.role = if finding.id == primary.id { Role::Primary } else { Role::Consequence };
            ids.push(finding.id.clone());
            if finding.clause == primary.clause || finding.operation == primary.operation {
                operations.push(finding.operation.clone());
            }
        }
        operations.retain(|operation| !operation.is_empty());
        operations.sort_unstable();
        operations.dedup();
        let masks = masked(&ids, clauses, cases);
        let title = title(&primary);
        causes.push(CauseRecord { id: primary.id, title, clause: primary.clause, operations, findings: ids, masks });
    }
    causes.sort_by_key(|cause| std::cmp::Reverse((cause.masks, cause.findings.len())));
    causes
}

/// What the target does, in one sentence.
fn title(primary: &FindingRecord) -> String {
    match primary.promise.is_empty() {
        true => format!("{} {}", primary.expected, primary.observed),
        false => format!("{} {}", primary.promise, primary.observed),
    }
}

/// Clauses that are not decided because of cases which showed one of these findings and nothing else.
fn masked(ids: &[String], clauses: &[ClauseRecord], cases: &[CaseRecord]) -> u64 {
    let shows = |case: &&CaseRecord| {
        case.verdict == CaseVerdict::Inconclusive && case.findings.iter().any(|id| ids.contains(id))
    };
    let reasons: Vec<&str> = cases.iter().filter(shows).filter_map(|case| case.reason.as_deref()).collect();
    let is_masked = |clause: &&ClauseRecord| {
        clause.verdict == ClauseVerdict::Untested
            && clause.reason.as_deref().is_some_and(|reason| reasons.contains(&reason))
    };
    clauses.iter().filter(is_masked).count() as u64
}

/// A request's method and the first part of its path: where operations differ.
fn step(request: &RequestRecord) -> String {
    let path = request.path.trim_start_matches('/');
    format!("{} {}", request.method, path.split(['/', '?']).next().unwrap_or_default())
}

/// What the diagnosis reads of a finding.
fn evidence(finding: &FindingRecord) -> Evidence<'_> {
    let from_body = ["__type", "code"].into_iter().find_map(|member| finding.response.body.get(member)?.as_str());
    let from_header = finding.response.headers.get(ERROR_HEADER).and_then(Value::as_str);
    let code = from_header.or(from_body).map(|code| {
        let code = code.split(':').next().unwrap_or(code);
        code.rsplit('#').next().unwrap_or(code)
    });
    let without_kind = finding.id.rsplit_once(':').map_or(finding.id.as_str(), |(id, _)| id);
    Evidence {
        id: &finding.id,
        clause: &finding.clause,
        about: ClauseId::parse(&finding.clause),
        operation: &finding.operation,
        member: &finding.member,
        detail: without_kind.split_once('#').map(|(_, detail)| detail),
        kind: finding.kind,
        expected: &finding.expected,
        observed: &finding.observed,
        status: finding.response.status,
        code,
        occurrences: finding.occurrences,
        request: &finding.request.body,
        response: &finding.response.body,
        path: &finding.request.path,
        step: step(&finding.request),
        steps_before: finding.setup.iter().map(step).collect(),
        is_direct: !finding.case.starts_with(SEQUENCE),
    }
}
