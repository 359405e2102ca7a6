//! Errors with the right codes and one wrong status are one cause: the status does not depend on the error.

use std::collections::BTreeSet;

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::grouped;
use crate::judge::finding::FindingKind;
use crate::spec::clause_id::ClauseId;

/// Codes that must have the status.
const MANY: usize = 3;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    for group in grouped(findings, |finding| has_right_code(finding).then_some(finding.status)).values() {
        let codes: BTreeSet<&str> = group.iter().filter_map(|position| findings.get(*position)?.code).collect();
        if codes.len() < MANY {
            continue;
        }
        let rank = |position: &&usize| {
            findings.get(**position).map(|finding| (finding.kind == FindingKind::WrongStatus, finding.occurrences))
        };
        let Some(primary) = group.iter().max_by_key(rank).copied() else { continue };
        links.join(group, primary);
    }
}

/// Whether the code is one of those expected, and the status is not.
fn has_right_code(finding: &Evidence<'_>) -> bool {
    let Some(code) = finding.code.filter(|_| finding.status >= 400) else { return false };
    let is_documented = matches!(finding.about, Some(ClauseId::Error { code: documented, .. }) if documented == code);
    match finding.kind {
        FindingKind::WrongStatus | FindingKind::WrongErrorCode => {
            is_documented || finding.expected.split([' ', '.']).any(|word| word == code)
        }
        _ => false,
    }
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
    fn other_statuses_and_other_codes_stay_apart() {
        assert_eq!(linked(link, &errors([400, 400, 418])), [0, 1, 2]);
        let mut other = errors([400, 400, 400]);
        other.iter_mut().for_each(|finding| finding.code = Some("BadRequest"));
        assert_eq!(linked(link, &other), [0, 1, 2]);
    }
}
