//! What comes back for a request that should have been refused follows from its being accepted, and so does what a member
//! that the operation ignores lets pass.

use crate::diagnose::engine::Links;
use crate::diagnose::evidence::Evidence;
use crate::judge::finding::FindingKind;

pub(in crate::diagnose) fn link(findings: &[Evidence<'_>], links: &mut Links) {
    for (cause, finding) in findings.iter().enumerate() {
        for (position, other) in findings.iter().enumerate() {
            let follows = match finding.kind {
                FindingKind::AcceptedInvalid => comes_back(finding, other),
                FindingKind::WrongBehaviour => is_let_pass(finding, other),
                _ => false,
            };
            if follows {
                links.follows(position, cause);
            }
        }
    }
}

fn comes_back(accepted: &Evidence<'_>, other: &Evidence<'_>) -> bool {
    let is_same_request =
        accepted.step == other.step && accepted.path == other.path && accepted.request == other.request;
    let is_response = matches!(other.kind, FindingKind::MalformedResponse | FindingKind::WrongStatus);
    is_same_request && is_response && accepted.status == other.status
}

/// A rule about a member that the operation loses cannot be enforced.
fn is_let_pass(lost: &Evidence<'_>, other: &Evidence<'_>) -> bool {
    let member = lost.member_name();
    !member.is_empty()
        && lost.is_general()
        && other.is_general()
        && other.kind == FindingKind::AcceptedInvalid
        && lost.involves(&other.step)
        && other.requests(member)
}
