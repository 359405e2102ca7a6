//! What a recording is judged by, and why it shows nothing of a clause.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::case_id::CaseId;
use crate::plan::{Case, Check, Plan};
use crate::spec::clause::{Clause, ClauseIndex, ClauseKind, Constraint};
use crate::spec::contract::Contract;

/// How every reason begins.
const NOT_SHOWN: &str = "the recording does not show it";

/// The plan of a recording: the clauses of `plan`, and one case for the recorded exchanges of each operation.
pub fn plan(contract: &Contract, plan: Plan) -> Plan {
    let cases = (0u64..).zip(&contract.operations).map(|(position, operation)| Case {
        id: CaseId::Recorded { operation: &operation.name }.to_string(),
        clauses: Vec::new(),
        operation: Some(operation.name.clone()),
        summary: format!("Judges the recorded exchanges of {}.", operation.name),
        check: Check::Recorded,
        position,
    });
    Plan { cases: cases.collect(), ..plan }
}

/// What a recording showed, as far as reasons need it.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Operations with exchanges.
    pub operations: BTreeSet<String>,
    /// Clauses whose violation was refused although no legal input with the member was seen to be accepted.
    pub refused: BTreeSet<ClauseIndex>,
    /// Why exchanges of an operation decided nothing, the first reason of each.
    pub undecided: BTreeMap<String, String>,
}

/// Why each clause of the plan that was not shown is untested.
pub(super) fn reasons(contract: &Contract, plan: &Plan, seen: &Seen) -> BTreeMap<ClauseIndex, String> {
    let reason = |index: &ClauseIndex| {
        let clause = contract.clauses.get(*index);
        (*index, format!("{NOT_SHOWN}: {}", why(clause, *index, seen)))
    };
    plan.clauses.iter().map(reason).collect()
}

fn why(clause: &Clause, index: ClauseIndex, seen: &Seen) -> String {
    let missing = clause.operation.as_ref().filter(|operation| !seen.operations.contains(*operation));
    if let Some(operation) = missing {
        return format!("it has no exchange of {operation}");
    }
    let undecided = clause.operation.as_ref().and_then(|operation| seen.undecided.get(operation));
    let why = match &clause.kind {
        ClauseKind::Input { .. } if seen.refused.contains(&index) => {
            return "what breaks it was refused, but nothing that keeps it was accepted".to_owned();
        }
        ClauseKind::Input { constraint: Constraint::Required, .. } => "no request leaves out this member alone",
        ClauseKind::Input { .. } => "no request breaks this clause alone",
        ClauseKind::Output { .. } => "no response has what it speaks of",
        ClauseKind::Status | ClauseKind::ContentType | ClauseKind::EmptyBody => "no response is a success",
        ClauseKind::Error { .. } => "no response has this error",
        ClauseKind::Rule => "no exchange decides it",
        ClauseKind::Protocol => "it takes requests that clients do not send",
        ClauseKind::Auth => "recorded signatures are not checked",
    };
    match undecided.filter(|_| !matches!(clause.kind, ClauseKind::Input { .. })) {
        Some(reason) => format!("{why}; of one it is not known, because {reason}"),
        None => why.to_owned(),
    }
}
