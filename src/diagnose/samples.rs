//! Made-up findings for the tests of the rules.

use std::collections::BTreeSet;

use serde_json::Value;

use super::engine::Links;
use super::evidence::Evidence;
use crate::judge::finding::FindingKind;
use crate::spec::clause_id::ClauseId;

static NOTHING: Value = Value::Null;

/// A finding of a clause on an operation, shown by one request to the operation's own path.
pub(super) fn finding(clause: &'static str, operation: &'static str, kind: FindingKind) -> Evidence<'static> {
    Evidence {
        clause,
        about: ClauseId::parse(clause),
        operation,
        member: "",
        detail: None,
        kind,
        expected: "",
        observed: "",
        status: 200,
        code: None,
        occurrences: 1,
        is_steady: true,
        is_intermittent: false,
        request: &NOTHING,
        response: &NOTHING,
        path: "/Sample",
        step: format!("POST {operation}"),
        steps_before: BTreeSet::new(),
        is_direct: true,
    }
}

/// A valid request that was refused.
pub(super) fn refusal(
    clause: &'static str,
    operation: &'static str,
    status: u16,
    code: &'static str,
) -> Evidence<'static> {
    Evidence { status, code: Some(code), ..finding(clause, operation, FindingKind::RejectedValid) }
}

/// A body that lives as long as the test program.
pub(super) fn body(value: Value) -> &'static Value {
    Box::leak(Box::new(value))
}

/// The steps that requests to these operations are.
pub(super) fn steps(operations: &[&str]) -> BTreeSet<String> {
    operations.iter().map(|operation| format!("POST {operation}")).collect()
}

/// For each finding the one that it follows from, itself if from none, by one rule alone.
pub(super) fn linked(rule: fn(&[Evidence<'_>], &mut Links), findings: &[Evidence<'_>]) -> Vec<usize> {
    let mut links = Links::new(findings);
    rule(findings, &mut links);
    primaries(findings, &links)
}

/// The same by a rule that reads the ids of upheld clauses.
pub(super) fn linked_beside(
    rule: fn(&[Evidence<'_>], &BTreeSet<&str>, &mut Links),
    findings: &[Evidence<'_>],
    upheld: &[&str],
) -> Vec<usize> {
    let mut links = Links::new(findings);
    rule(findings, &upheld.iter().copied().collect(), &mut links);
    primaries(findings, &links)
}

fn primaries(findings: &[Evidence<'_>], links: &Links) -> Vec<usize> {
    (0..findings.len()).map(|position| links.primary(position)).collect()
}
