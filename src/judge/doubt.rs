//! What a response says nothing of, because it is itself wrong there.

use super::exchange::Judgement;
use super::finding::{FindingKind, Violation};
use crate::spec::clause::ClauseIndex;
use crate::spec::contract::{BodyClause, Node, Operation};

/// Whether the response itself says that a member of an object is wrong: then it says nothing of the state. Without a
/// member, whether it says so of the object as a whole.
pub fn is_doubtful(operation: &Operation, judgement: &Judgement, node: &Node, member: Option<&str>) -> bool {
    let of_form = |violation: &Violation| match operation.body_clause {
        BodyClause::ContentType(clause) | BodyClause::Empty(clause) => {
            violation.clause == clause || violation.clause == operation.status_clause
        }
    };
    let wrong = judgement.violations.iter().filter(|violation| !of_form(violation));
    let part = match member {
        Some(member) => node.member(member),
        None => Some(node),
    };
    let Some(part) = part else { return false };
    wrong.into_iter().any(|violation| {
        let path = violation.detail.as_deref().unwrap_or_default();
        let is_in_path = path == part.path || path.strip_prefix(&part.path).is_some_and(|rest| rest.starts_with('.'));
        let is_elsewhere = !is_in_path && !holds(part, violation.clause);
        // A rule on a response as a whole, or on several members of it, says nothing of which one is wrong.
        !is_elsewhere
            || (violation.kind == FindingKind::MalformedResponse && !holds(&operation.output, violation.clause))
    })
}

/// Whether a clause is one of a node or of what is below it.
fn holds(node: &Node, clause: ClauseIndex) -> bool {
    node.walk().into_iter().any(|node| node.clauses.0.contains(&Some(clause)))
}
