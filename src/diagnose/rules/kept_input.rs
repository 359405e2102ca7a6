//! What responses show in a form that the contract forbids, and a request gave so and was not refused, follows from that.

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::groups::positions;
use crate::judge::finding::FindingKind;
use crate::spec::clause::Constraint;
use crate::spec::clause_id::ClauseId;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    let accepted = positions(findings, |finding| finding.kind == FindingKind::AcceptedInvalid);
    for (position, shown) in findings.iter().enumerate() {
        let Some((path, constraint)) = shown.malformed_output() else { continue };
        let is_given = |given: &&usize| findings.get(**given).is_some_and(|given| is_input(given, path, constraint));
        if let Some(cause) = accepted.iter().find(is_given) {
            links.follows(position, *cause);
        }
    }
}

/// Whether a finding is about the same constraint of a member of requests whose path ends as one of responses does.
fn is_input(given: &Evidence<'_>, shown: &str, constraint: Constraint) -> bool {
    let Some(ClauseId::Input { path, constraint: own, .. }) = given.about else { return false };
    own == constraint && (shown == path || shown.strip_suffix(path).is_some_and(|before| before.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::samples::{finding, linked};

    #[test]
    fn what_was_accepted_and_is_shown_again_follows_from_that() {
        let accepted =
            finding("CreateChannel.input.tags.key.length.min", "CreateChannel", FindingKind::AcceptedInvalid);
        let listed = |clause| finding(clause, "ListChannels", FindingKind::MalformedResponse);
        let findings = [
            listed("ListChannels.output.channels.member.tags.key.length.min"),
            accepted,
            listed("ListChannels.output.channels.member.tags.key.length.max"),
            listed("ListChannels.output.channels.member.hashtags.key.length.min"),
        ];
        assert_eq!(linked(link, &findings), [1, 1, 2, 3]);
    }
}
