//! Errors with the right codes and one wrong status are one cause: the status does not depend on the error. So is one code
//! that has the same wrong status from several operations, whatever was asked of them.

use std::collections::BTreeSet;

use crate::diagnose::common::CommonDeviation;
use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::{grouped, operations, positions};
use crate::judge::finding::FindingKind;
use crate::spec::clause_id::ClauseId;

/// Codes that must have the status, or operations whose errors must have the code and the status.
const MANY: usize = 3;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let of_success = positions(findings, is_error_of_success);
    if operations(findings, &of_success).len() >= MANY {
        links.join_as(findings, &of_success, has_documented_code, CommonDeviation::ErrorsOfSuccess);
    }
    for group in grouped(findings, |finding| has_right_code(finding).then_some((finding.status, finding.code))).values()
    {
        if operations(findings, group).len() >= MANY {
            join(findings, &with_failures(findings, group), links);
        }
    }
    for group in grouped(findings, |finding| has_right_code(finding).then_some(finding.status)).values() {
        let codes: BTreeSet<&str> = group.iter().filter_map(|position| findings.get(*position)?.code).collect();
        if codes.len() >= MANY {
            let group = with_refusals(findings, group);
            if let Some(primary) = join(findings, &group, links) {
                links.note(primary, operations(findings, &group), CommonDeviation::OneStatus);
            }
        }
    }
}

/// Whether the target names an error, with a status of success.
fn is_error_of_success(finding: &Evidence<'_>) -> bool {
    let is_of_error = matches!(finding.about, Some(ClauseId::Error { .. }))
        || finding.code.is_some_and(|code| finding.mentions(code));
    finding.is_of_success() && finding.code.is_some() && is_of_error
}

/// One cause of the findings at these positions: which one names it. A clause on the error itself says it best.
fn join(findings: &[Evidence<'_>], group: &[usize], links: &mut Links) -> Option<usize> {
    let rank = |position: &&usize| {
        findings.get(**position).map(|finding| {
            let is_of_error = matches!(finding.about, Some(ClauseId::Error { .. }));
            (finding.kind == FindingKind::WrongStatus, is_of_error, finding.occurrences)
        })
    };
    let primary = group.iter().max_by_key(rank)?;
    Some(links.join(group, *primary))
}

/// The same, with what counts as a failure of the server only by that status.
fn with_failures(findings: &[Evidence<'_>], group: &[usize]) -> Vec<usize> {
    let first = group.first().and_then(|position| findings.get(*position));
    let is_alike = |finding: &Evidence<'_>| {
        finding.kind == FindingKind::ServerError
            && first.is_some_and(|first| (first.status, first.code) == (finding.status, finding.code))
    };
    let failures = findings.iter().enumerate().filter(|(_, finding)| is_alike(finding)).map(|(position, _)| position);
    group.iter().copied().chain(failures).collect()
}

/// The same, with refusals that count as failures of the server only by that status: their codes are not those of failures,
/// which valid requests get too.
fn with_refusals(findings: &[Evidence<'_>], group: &[usize]) -> Vec<usize> {
    let status = group.first().and_then(|position| findings.get(*position)).map(|first| first.status);
    let is_failure =
        |finding: &Evidence<'_>| finding.kind == FindingKind::ServerError && Some(finding.status) == status;
    let of_valid: BTreeSet<Option<&str>> = findings
        .iter()
        .filter(|finding| is_failure(finding) && finding.is_about_success())
        .map(|finding| finding.code)
        .collect();
    let is_refusal = |finding: &Evidence<'_>| {
        let is_refused = finding.mentions(" 4xx") || has_documented_code(finding);
        is_failure(finding) && finding.code.is_some() && is_refused && !of_valid.contains(&finding.code)
    };
    group.iter().copied().chain(positions(findings, is_refusal)).collect()
}

/// Whether the code is one of those expected, and the status is not.
fn has_right_code(finding: &Evidence<'_>) -> bool {
    let is_of_error = matches!(finding.kind, FindingKind::WrongStatus | FindingKind::WrongErrorCode);
    is_of_error && finding.status >= 400 && has_documented_code(finding)
}

fn has_documented_code(finding: &Evidence<'_>) -> bool {
    let Some(code) = finding.code else { return false };
    let is_documented = matches!(finding.about, Some(ClauseId::Error { code: documented, .. }) if documented == code);
    is_documented || finding.expected.split([' ', '.']).any(|word| word == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::samples::{linked, refusal};

    fn errors(statuses: [u16; 3]) -> Vec<Evidence<'static>> {
        let clauses = [
            ("GetChannel.error.ResourceNotFoundException", "ResourceNotFoundException"),
            ("CreateChannel.error.ServiceQuotaExceededException", "ServiceQuotaExceededException"),
            ("UpdateChannel.error.ConflictException", "ConflictException"),
        ];
        let of =
            |((clause, code), status)| Evidence { kind: FindingKind::WrongStatus, ..refusal(clause, "", status, code) };
        clauses.into_iter().zip(statuses).map(of).collect()
    }

    #[test]
    fn one_wrong_status_of_many_errors_is_one_cause() {
        let primaries = linked(link, &errors([400, 400, 400]));
        assert!(primaries.iter().all(|primary| Some(primary) == primaries.first()), "{primaries:?}");
    }

    #[test]
    fn one_code_with_one_wrong_status_from_three_operations_is_one_cause_with_its_failures() {
        let (code, status) = ("ValidationException", FindingKind::WrongStatus);
        let of = |clause, operation, kind| Evidence { kind, ..refusal(clause, operation, 500, code) };
        let mut findings = vec![
            Evidence { expected: "ValidationException has status 400.", ..of("A.input.arns.length.max", "A", status) },
            of("B.error.ValidationException", "B", status),
            of("C.error.ValidationException", "C", status),
            of("protocol.names", "D", FindingKind::ServerError),
        ];
        let primaries = linked(link, &findings);
        assert!(primaries.iter().all(|primary| matches!(primary, 1 | 2)), "{primaries:?}");
        findings[3].code = None;
        assert_eq!(linked(link, &findings)[3], 3);
        findings.remove(2);
        assert_eq!(linked(link, &findings), [0, 1, 2]);
    }

    #[test]
    fn refusals_with_that_status_follow_although_it_is_one_of_failures() {
        let failed = |clause, code| Evidence { kind: FindingKind::ServerError, ..refusal(clause, "A", 500, code) };
        let method = Evidence {
            expected: "The response is 4xx.",
            ..failed("protocol.wrong-method-is-refused", "MethodNotAllowedException")
        };
        let unsigned = Evidence {
            expected: "The response is MissingAuthenticationTokenException (403) or 401.",
            ..failed("auth.unsigned-request-is-refused", "MissingAuthenticationTokenException")
        };
        let served = failed("GetChannel.status", "InternalServerException");
        let crashed =
            Evidence { expected: "The response is 4xx.", ..failed("protocol.names", "InternalServerException") };
        let findings = [errors([500, 500, 500]), vec![method, unsigned, served, crashed]].concat();
        let primaries = linked(link, &findings);
        assert!(primaries[..5].iter().all(|primary| *primary == primaries[0]), "{primaries:?}");
        assert_eq!(primaries[5..], [5, 6]);
    }

    #[test]
    fn other_statuses_and_other_codes_stay_apart() {
        assert_eq!(linked(link, &errors([400, 400, 418])), [0, 1, 2]);
        let mut other = errors([400, 400, 400]);
        other.iter_mut().for_each(|finding| finding.code = Some("BadRequest"));
        assert_eq!(linked(link, &other), [0, 1, 2]);
    }
}
