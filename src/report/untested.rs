//! Why a clause is untested: what happened in the run, before what the contract says in general.

use std::collections::BTreeMap;

use crate::plan::{Plan, reason};
use crate::run::{Outcome, Verdict};
use crate::spec::Contract;
use crate::spec::clause::{ClauseIndex, ClauseKind};

/// Of what only some responses show.
const NOT_SHOWN: &str = "no response of the target showed it";

/// What the cases of each clause came to.
pub(super) struct Evidence<'o> {
    outcome: &'o Outcome,
    clauses: BTreeMap<ClauseIndex, OfClause<'o>>,
}

/// What the cases of one clause came to.
#[derive(Default)]
struct OfClause<'o> {
    /// The first inconclusive case, and why it could not decide it.
    blocker: Option<(&'o str, &'o str)>,
    /// Whether something was sent for a case that could not decide it.
    was_tried: bool,
    /// How many cases were decided.
    decided: usize,
    /// The first decided case that was not answered as it should be, and what was observed.
    otherwise: Option<(&'o str, &'o str)>,
}

impl<'o> Evidence<'o> {
    /// Of all cases of a plan.
    pub fn of(plan: &'o Plan, outcome: &'o Outcome) -> Evidence<'o> {
        let mut clauses: BTreeMap<ClauseIndex, OfClause<'o>> = BTreeMap::new();
        for result in &outcome.cases {
            let Some(case) = plan.cases.get(result.case) else { continue };
            let shown = result.findings.iter().find_map(|key| outcome.findings.get(key));
            for clause in &case.clauses {
                let of_clause = clauses.entry(*clause).or_default();
                if let Verdict::Inconclusive { reason } = &result.verdict {
                    of_clause.blocker.get_or_insert((case.id.as_str(), reason.as_str()));
                    of_clause.was_tried |= result.requests > 0;
                }
                if result.decided > 0 {
                    of_clause.decided += 1;
                    let observed = shown.map(|found| (case.id.as_str(), found.violation.observed.as_str()));
                    of_clause.otherwise = of_clause.otherwise.or(observed);
                }
            }
        }
        Evidence { outcome, clauses }
    }

    /// Why nothing decided a clause.
    pub fn reason(&self, contract: &Contract, index: ClauseIndex) -> String {
        let clause = contract.clauses.get(index);
        let missing = clause.operation.as_ref().filter(|operation| self.outcome.not_implemented.contains(operation));
        if let Some(operation) = missing {
            return format!("needs something the target lacks: {operation} is not implemented");
        }
        if let Some(reason) = self.outcome.stopped_early.as_ref() {
            return format!("the run stopped before its turn: {reason}");
        }
        let documented = reason::documented(contract, &clause.id);
        if let Some(always) = documented.as_ref().filter(|reason| reason.holds_always) {
            return always.to_string();
        }
        let none = OfClause::default();
        let seen = self.clauses.get(&index).unwrap_or(&none);
        if let (ClauseKind::Error { .. }, true) = (&clause.kind, seen.decided > 0) {
            return answered_otherwise(seen);
        }
        // What a run lacks altogether, the contract says better.
        let documented = documented.map(|reason| reason.to_string());
        match (documented, seen.blocker) {
            (Some(documented), blocker) if !seen.was_tried || blocker.is_none() => documented,
            // Other cases were decided, but their responses said nothing of it.
            (_, Some((case, blocker))) if seen.decided > 0 => {
                format!("{NOT_SHOWN}, and {case} could not be decided: {blocker}")
            }
            (_, Some((_, blocker))) => blocker.to_owned(),
            (documented, None) => documented.unwrap_or_else(|| self.by_kind(index, &clause.kind)),
        }
    }

    /// Where no case was blocked and the contract says nothing.
    fn by_kind(&self, index: ClauseIndex, kind: &ClauseKind) -> String {
        let reason = if self.clauses.contains_key(&index) { None } else { reason::by_kind(kind) };
        reason.map_or_else(|| NOT_SHOWN.to_owned(), |reason| reason.to_string())
    }
}

/// An error that should have come and did not.
fn answered_otherwise(seen: &OfClause<'_>) -> String {
    let cases = match seen.decided {
        1 => "the case that should cause it was".to_owned(),
        several => format!("the {several} cases that should cause it were"),
    };
    match seen.otherwise {
        Some((case, observed)) => {
            let observed = observed.trim_end_matches('.');
            format!("the target never answered with it: {cases} answered otherwise, e.g. {case}: {observed}")
        }
        None => format!("the target never answered with it: {cases} answered in another way that the contract allows"),
    }
}
