//! Intermittent findings that a reliable one explains say nothing of how reliable the target is.

use std::collections::BTreeSet;

use crate::judge::FindingKind;
use crate::record::{FindingKey, Tally};
use crate::spec::clause::ClauseIndex;

/// Drops intermittent findings that a reliable one explains: refusals that the operation gives for another reason too, which
/// depend on what else is there, responses that break, once, a rule which another operation breaks every time, because they
/// show a state that it made, and requests that broke off when another one crashed the target.
pub(super) fn drop_explained(tally: &mut Tally) {
    let refuses = |kind: FindingKind| matches!(kind, FindingKind::RejectedValid | FindingKind::WrongErrorCode);
    let reliable: BTreeSet<(String, String)> = tally
        .findings
        .values()
        .filter(|found| found.violation.kind == FindingKind::RejectedValid && !found.seen.is_partial())
        .map(|found| (found.violation.operation.clone(), found.violation.observed.clone()))
        .collect();
    let is_malformed = |key: &FindingKey| key.kind == FindingKind::MalformedResponse;
    let broken: BTreeSet<ClauseIndex> = tally
        .findings
        .iter()
        .filter(|(key, found)| is_malformed(key) && !found.seen.is_partial())
        .map(|(key, _)| key.clause)
        .collect();
    let is_taken_down = tally.findings.iter().any(|(key, found)| {
        let is_broken = key.kind == FindingKind::Transport && tally.interrupted.contains(&found.case);
        is_broken && !found.seen.is_partial()
    });
    tally.findings.retain(|key, found| {
        let refusal = (found.violation.operation.clone(), found.violation.observed.clone());
        let is_explained = (refuses(key.kind) && reliable.contains(&refusal))
            || (is_malformed(key) && found.seen.times == 1 && broken.contains(&key.clause))
            || (is_taken_down && key.kind == FindingKind::Transport);
        !(found.is_intermittent() && is_explained)
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::judge::Violation;
    use crate::record::Seen;
    use crate::wire::sample;

    const ALWAYS: Seen = Seen { of: 3, times: 3 };
    const ONCE_OF_THREE: Seen = Seen { of: 3, times: 1 };
    const TWICE_OF_THREE: Seen = Seen { of: 3, times: 2 };

    /// How many findings are left of these: operation, clause, kind, and how often each showed.
    fn left(findings: &[(&str, u32, FindingKind, Seen)]) -> usize {
        let exchange = sample::exchange(sample::request("/", ""), sample::response(400, &[], ""));
        let mut tally = Tally::default();
        for (operation, clause, kind, seen) in findings {
            let violation = Violation {
                clause: ClauseIndex(*clause),
                operation: (*operation).to_owned(),
                detail: None,
                kind: *kind,
                expected: String::new(),
                observed: "The same.".to_owned(),
                tier: None,
            };
            let key = FindingKey::from(&violation);
            tally.find(violation, 0, &exchange);
            tally.findings.get_mut(&key).unwrap().seen = *seen;
        }
        drop_explained(&mut tally);
        tally.findings.len()
    }

    #[test]
    fn a_malformed_response_that_showed_once_is_explained_by_its_clause_that_others_break_every_time() {
        let malformed = FindingKind::MalformedResponse;
        assert_eq!(left(&[("GetChannel", 1, malformed, ONCE_OF_THREE), ("CreateChannel", 1, malformed, ALWAYS)]), 1);
        assert_eq!(left(&[("GetChannel", 1, malformed, ONCE_OF_THREE), ("CreateChannel", 2, malformed, ALWAYS)]), 2);
        assert_eq!(left(&[("GetChannel", 1, malformed, TWICE_OF_THREE), ("CreateChannel", 1, malformed, ALWAYS)]), 2);
        assert_eq!(
            left(&[("GetChannel", 1, malformed, ONCE_OF_THREE), ("BatchGetChannel", 1, malformed, ONCE_OF_THREE)]),
            2
        );
    }

    #[test]
    fn a_refusal_that_showed_once_is_explained_by_the_same_one_that_always_shows() {
        let refused = FindingKind::RejectedValid;
        assert_eq!(left(&[("CreateChannel", 1, refused, ONCE_OF_THREE), ("CreateChannel", 2, refused, ALWAYS)]), 1);
        assert_eq!(left(&[("CreateChannel", 1, refused, ONCE_OF_THREE), ("UpdateChannel", 2, refused, ALWAYS)]), 2);
    }
}
