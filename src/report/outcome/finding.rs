//! Records of findings: id, evidence, reproduction.

use serde_json::{Map, Value};

use crate::plan::Plan;
use crate::protocol;
use crate::record::{FindingKind, Found, Outcome, RunDescription};
use crate::report::curl;
use crate::report::finding_id::FindingId;
use crate::report::member;
use crate::report::record::{
    BaselineStatus, EvidenceRecord, EvidenceSourceRecord, FindingRecord, RequestRecord, ResponseRecord, Role,
    SeenRecord,
};
use crate::report::redact::{REDACTED, Redactor};
use crate::report::script::{self, Unfaithful};
use crate::spec::clause::{ClauseIndex, Tier};
use crate::spec::contract::Node;
use crate::spec::{Contract, Evidence, EvidenceSource};
use crate::wire::{Reply, Request, Text};

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

pub(super) fn findings(
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

pub(super) fn finding(
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
        evidence: evidence(contract, &clause.id),
    }
}

/// What is known of the service about a clause.
fn evidence(contract: &Contract, clause: &str) -> Vec<EvidenceRecord> {
    let source = |source: &EvidenceSource| EvidenceSourceRecord {
        key: source.key.clone(),
        title: source.title.clone(),
        date: source.date.clone(),
    };
    let entry = |entry: &Evidence| EvidenceRecord {
        stand: entry.stand,
        says: entry.says.clone(),
        effect: entry.effect.clone(),
        sources: contract.evidence.sources(entry).map(source).collect(),
    };
    contract.evidence_on(clause).into_iter().map(entry).collect()
}

pub(super) fn request_record(
    contract: &Contract,
    operation: &str,
    request: &Request,
    redactor: &Redactor,
) -> RequestRecord {
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

pub(super) fn response_record(contract: &Contract, found: &Found, redactor: &Redactor) -> ResponseRecord {
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

pub(super) fn header_map(headers: &[(Text, Text)], redactor: &Redactor) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in headers {
        let value = if redactor.is_secret_header(name) { REDACTED.to_owned() } else { redactor.text(value) };
        map.insert(redactor.text(name), Value::from(value));
    }
    map
}

/// A body of `length` bytes for a reader; `bytes` are those that were kept.
pub(super) fn body(bytes: &[u8], length: usize, shape: Option<&Node>, redactor: &Redactor) -> Value {
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
pub(super) fn may_show_a_secret(shape: &Node, text: &str) -> bool {
    shape.walk().iter().any(|node| node.is_sensitive && text.contains(node.name.as_str()))
}

/// Longest body shown, in bytes; longer ones are cut.
pub(super) const BODY_SHOWN: usize = 16 << 10;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    use crate::plan::{Filter, Suites, plan};
    use crate::record::{Tally, Violation};
    use crate::report::{Record, sample};
    use crate::spec::Stand;
    use crate::wire::{self, FailureKind};

    #[test]
    fn a_finding_that_rests_on_contradicted_text_is_never_documented_and_says_why() {
        let contract = crate::spec::builtin().unwrap();
        let plan = plan(&contract, &Suites::builtin().unwrap(), &Filter::default()).unwrap();
        let headers = vec![("content-type".into(), "application/json".into())];
        let request = Request { method: "POST".into(), target: "/GetChannel".into(), headers, body: "{}".into() };
        let exchange = wire::sample::exchange(request, wire::sample::failure(FailureKind::Closed));
        let about = |id: &str| {
            let mut tally = Tally::default();
            let clause = contract.clauses.find(id).unwrap();
            let violation = Violation {
                clause,
                operation: "GetChannel".to_owned(),
                detail: None,
                kind: FindingKind::WrongBehaviour,
                expected: "It is so.".to_owned(),
                observed: "It is not.".to_owned(),
                tier: Some(Tier::Documented),
            };
            tally.find(violation, 0, &exchange);
            let outcome = Outcome { findings: tally.findings, ..Outcome::default() };
            let record = Record::from_outcome(&contract, &plan, sample::run_description(), outcome);
            record.findings.into_iter().next().unwrap()
        };
        let contradicted = about("rule.default-multitrack-input-configuration");
        assert_eq!(contradicted.tier, Tier::Inferred);
        let entry = contradicted.evidence.iter().find(|entry| entry.stand == Stand::Contradicted).unwrap();
        assert!(!entry.says.is_empty() && entry.sources.iter().any(|source| source.key == "CLI"));
        let documented = about("DeleteChannel.empty_body");
        assert_eq!((documented.tier, documented.evidence.len()), (Tier::Documented, 0));
    }
}
