//! Causes of a record's findings.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::finding_id::FindingId;
use super::record::{
    CaseRecord, CaseVerdict, CauseRecord, ClauseRecord, ClauseVerdict, FindingRecord, RequestRecord, Role,
};
use super::title;
use crate::diagnose::{self, Cause, CommonDeviation, Evidence};
use crate::plan::case_id::CaseId;
use crate::protocol;
use crate::spec::clause_id::ClauseId;

/// Names the causes of findings, and notes with each finding what it is to its cause.
pub fn name(findings: &mut [FindingRecord], clauses: &[ClauseRecord], cases: &[CaseRecord]) -> Vec<CauseRecord> {
    let is_upheld = |clause: &&ClauseRecord| clause.verdict == ClauseVerdict::Upheld;
    let upheld: BTreeSet<&str> = clauses.iter().filter(is_upheld).map(|clause| clause.id.as_str()).collect();
    let grouped = {
        let evidence: Vec<Evidence<'_>> = findings.iter().map(evidence).collect();
        diagnose::causes(&evidence, &upheld)
    };
    let masking = Masking::of(clauses, cases);
    let required: BTreeSet<&str> = clauses.iter().filter_map(|clause| clause.id.strip_suffix(".required")).collect();
    let mut causes = Vec::new();
    for cause in grouped {
        let Some(record) = record(&cause, findings, &masking, &required) else { continue };
        for (place, position) in cause.findings.iter().enumerate() {
            let Some(finding) = findings.get_mut(*position) else { continue };
            finding.cause.clone_from(&record.id);
            finding.role = if place == 0 { Role::Primary } else { Role::Consequence };
        }
        causes.push(record);
    }
    tell_apart(&mut causes);
    causes.sort_by_key(|cause| std::cmp::Reverse((cause.masks, cause.findings.len())));
    causes
}

/// Titles of several causes get the detail that their ids tell them apart by.
fn tell_apart(causes: &mut [CauseRecord]) {
    let mut number: HashMap<String, usize> = HashMap::new();
    for cause in causes.iter() {
        *number.entry(cause.title.clone()).or_default() += 1;
    }
    for cause in causes.iter_mut().filter(|cause| number.get(&cause.title).is_some_and(|number| *number > 1)) {
        if let Some(detail) = FindingId::parse(&cause.id).and_then(|id| id.detail) {
            cause.title = format!("{} ({detail}).", cause.title.trim_end_matches('.'));
        }
    }
}

/// `required` are the places of members that must be there: ids of clauses, without the constraint.
fn record(
    cause: &Cause,
    findings: &[FindingRecord],
    masking: &Masking<'_>,
    required: &BTreeSet<&str>,
) -> Option<CauseRecord> {
    let explained: Vec<&FindingRecord> = cause.findings.iter().filter_map(|position| findings.get(*position)).collect();
    let primary = explained.first()?;
    let common = cause.common.as_ref();
    let is_unreliable = common.is_some_and(|common| common.deviation == CommonDeviation::Unreliable);
    let is_near = |finding: &&&FindingRecord| {
        let is_alike = finding.kind == primary.kind && promises_alike(&finding.clause, &primary.clause);
        !finding.operation.is_empty() && (is_alike || is_unreliable || finding.operation == primary.operation)
    };
    let near = explained.iter().filter(is_near).map(|finding| finding.operation.as_str());
    let alike = common.into_iter().flat_map(|common| &common.operations).map(String::as_str);
    let operations: BTreeSet<String> = near.chain(alike).map(str::to_owned).collect();
    Some(CauseRecord {
        id: primary.id.clone(),
        title: only_optional_member(primary, required)
            .filter(|_| common.is_none() && !primary.is_intermittent())
            .and_then(|member| title::of_refusal(primary, member))
            .unwrap_or_else(|| title::of_cause(primary, common, &operations)),
        clause: primary.clause.clone(),
        operations: operations.into_iter().collect(),
        findings: explained.iter().map(|finding| finding.id.clone()).collect(),
        masks: masking.clauses(&explained),
    })
}

/// The member of the smallest request that shows a finding that could be left out, if there is just one.
fn only_optional_member<'f>(finding: &'f FindingRecord, required: &BTreeSet<&str>) -> Option<&'f str> {
    let is_optional = |member: &&String| !required.contains(format!("{}.input.{member}", finding.operation).as_str());
    let mut optional = finding.request.body.as_object()?.keys().filter(is_optional);
    let only = optional.next()?;
    optional.next().is_none().then_some(only.as_str())
}

/// Whether two clauses promise the same, of whatever operation.
fn promises_alike(one: &str, other: &str) -> bool {
    match (ClauseId::parse(one), ClauseId::parse(other)) {
        (Some(one), Some(other)) => one.promises_like(other),
        _ => one == other,
    }
}

/// Which clauses are not decided because of cases that showed findings and nothing else.
struct Masking<'r> {
    /// Reasons of undecided cases, by the findings that they showed.
    reasons: HashMap<&'r str, BTreeSet<&'r str>>,
    /// Number of untested clauses, by their reason.
    untested: HashMap<&'r str, u64>,
}

impl<'r> Masking<'r> {
    fn of(clauses: &'r [ClauseRecord], cases: &'r [CaseRecord]) -> Masking<'r> {
        let mut reasons: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        for case in cases.iter().filter(|case| case.verdict == CaseVerdict::Inconclusive) {
            for finding in &case.findings {
                reasons.entry(finding).or_default().extend(case.reason.as_deref());
            }
        }
        let mut untested: HashMap<&str, u64> = HashMap::new();
        for clause in clauses.iter().filter(|clause| clause.verdict == ClauseVerdict::Untested) {
            *untested.entry(clause.reason.as_deref().unwrap_or_default()).or_default() += 1;
        }
        Masking { reasons, untested }
    }

    /// Number of clauses that findings keep from being decided.
    fn clauses(&self, findings: &[&FindingRecord]) -> u64 {
        let reasons: BTreeSet<&str> =
            findings.iter().filter_map(|finding| self.reasons.get(finding.id.as_str())).flatten().copied().collect();
        reasons.iter().filter_map(|reason| self.untested.get(reason)).sum()
    }
}

/// A request's method and the first part of its path: where operations differ.
fn step(request: &RequestRecord) -> String {
    let path = request.path.trim_start_matches('/');
    format!("{} {}", request.method, path.split(['/', '?']).next().unwrap_or_default())
}

/// What the diagnosis reads of a finding.
fn evidence(finding: &FindingRecord) -> Evidence<'_> {
    let response = &finding.response;
    let header = response.headers.get(protocol::ERROR_HEADER).and_then(Value::as_str);
    let code = protocol::named_error_code(header, Some(&response.body));
    Evidence {
        clause: &finding.clause,
        about: ClauseId::parse(&finding.clause),
        operation: &finding.operation,
        member: &finding.member,
        detail: FindingId::parse(&finding.id).and_then(|id| id.detail),
        kind: finding.kind,
        expected: &finding.expected,
        observed: &finding.observed,
        status: finding.response.status,
        code,
        occurrences: finding.occurrences,
        is_steady: finding.seen.times == finding.seen.of,
        is_intermittent: finding.is_intermittent(),
        request: &finding.request.body,
        response: &finding.response.body,
        path: &finding.request.path,
        step: step(&finding.request),
        steps_before: finding.setup.iter().map(step).collect(),
        is_direct: !CaseId::is_drawn(&finding.case),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::FindingKind;
    use crate::report::sample;

    #[test]
    fn causes_of_one_title_are_told_apart_by_their_details() {
        let made = |member: &str| {
            let id = format!("rule.pages@ListThings#{member}:wrong_behaviour");
            let finding = sample::finding(&id, "rule.pages", "ListThings", FindingKind::WrongBehaviour);
            FindingRecord { member: member.to_owned(), ..finding }
        };
        let mut findings = vec![made("page.items"), made("page.token")];
        let mut causes = name(&mut findings, &[], &[]);
        if let [first, second] = &mut causes[..] {
            first.title = "ListThings breaks the rule: Pages end.".to_owned();
            second.title.clone_from(&first.title);
        }
        tell_apart(&mut causes);
        let titles: Vec<&str> = causes.iter().map(|cause| cause.title.as_str()).collect();
        let expected = [
            "ListThings breaks the rule: Pages end (page.items).",
            "ListThings breaks the rule: Pages end (page.token).",
        ];
        assert_eq!(titles, expected);
    }

    #[test]
    fn a_refusal_of_requests_that_have_one_member_is_told_of_that_member() {
        let title = |body: Value| {
            let refused = sample::finding("f", "UpdateThing.status", "UpdateThing", FindingKind::RejectedValid);
            let request = RequestRecord { body, ..refused.request.clone() };
            let mut findings = [FindingRecord { request, ..refused }];
            let required = sample::clause("UpdateThing.input.id.required", ClauseVerdict::Upheld, None);
            name(&mut findings, &[required], &[]).remove(0).title
        };
        assert_eq!(title(json!({"id": "a", "size": 1})), "UpdateThing refuses valid requests with `size`.");
        assert_eq!(title(json!({"id": "a"})), "UpdateThing refuses valid requests.");
        assert_eq!(title(json!({"id": "a", "size": 1, "name": "b"})), "UpdateThing refuses valid requests.");
    }

    #[test]
    fn a_cause_is_on_every_operation_that_deviates_in_the_same_way() {
        assert!(promises_alike("GetThing.content_type", "ListThings.content_type"));
        assert!(promises_alike("GetThing.output.thing.id.pattern", "ListThings.output.things.member.id.pattern"));
        assert!(promises_alike("GetThing.error.NotFound", "DeleteThing.error.NotFound"));
        assert!(promises_alike("rule.pages", "rule.pages"));
        assert!(!promises_alike("GetThing.content_type", "GetThing.status"));
        assert!(!promises_alike("GetThing.output.thing.id.pattern", "GetThing.input.id.pattern"));
        assert!(!promises_alike("rule.pages", "rule.tokens"));
    }
}
