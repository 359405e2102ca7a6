//! Why a clause is untested: what happened in the run, before what the contract says in general.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::reason::{self, Reason};
use crate::plan::{Case, Plan};
use crate::record::{CaseOutcome, Outcome};
use crate::spec::Contract;
use crate::spec::clause::{Clause, ClauseIndex, ClauseKind};

/// What the contract calls a way to start a broadcast.
const BROADCAST: &str = "broadcast";

/// Of what only some responses show.
const NOT_SHOWN: &str = "no response of the target showed it";

/// Of what was not reached by a run that ended at the first new cause.
pub(super) const ENDED: &str = "not reached: the run ended at the first new cause (--fail-fast)";

/// What the cases of each clause came to.
pub(super) struct Evidence<'o> {
    outcome: &'o Outcome,
    clauses: BTreeMap<ClauseIndex, OfClause<'o>>,
    /// Those of which no case was reached by a run that ended at the first new cause.
    unreached: BTreeSet<ClauseIndex>,
    offers_broadcast: bool,
}

/// What the cases of one clause came to.
#[derive(Default)]
struct OfClause<'o> {
    /// Why the first inconclusive case could not decide it.
    blocker: Option<&'o str>,
    /// Whether something was sent for a case that could not decide it.
    was_tried: bool,
    /// How many cases were decided.
    decided: usize,
    /// The first decided case that got no response as it should be, and what was observed.
    otherwise: Option<(&'o str, &'o str)>,
}

impl<'o> Evidence<'o> {
    /// Of all cases of a plan.
    pub fn of(plan: &'o Plan, outcome: &'o Outcome) -> Evidence<'o> {
        let mut clauses: BTreeMap<ClauseIndex, OfClause<'o>> = BTreeMap::new();
        let mut reached: BTreeSet<u64> = BTreeSet::new();
        for result in &outcome.cases {
            let Some(case) = plan.cases.get(result.case) else { continue };
            reached.insert(case.position);
            let shown = result.findings.iter().find_map(|key| outcome.findings.get(key));
            for clause in &case.clauses {
                let of_clause = clauses.entry(*clause).or_default();
                if let CaseOutcome::Inconclusive { reason } = &result.verdict {
                    of_clause.blocker.get_or_insert(reason.as_str());
                    of_clause.was_tried |= result.requests > 0;
                }
                if result.decided > 0 {
                    of_clause.decided += 1;
                    let observed = shown.map(|found| (case.id.as_str(), found.violation.observed.as_str()));
                    of_clause.otherwise = of_clause.otherwise.or(observed);
                }
            }
        }
        let is_unreached = |case: &&Case| outcome.ended_at_finding && !reached.contains(&case.position);
        let unreached = plan.cases.iter().filter(is_unreached).flat_map(|case| case.clauses.iter().copied());
        let unreached = unreached.filter(|clause| !clauses.contains_key(clause)).collect();
        Evidence { outcome, clauses, unreached, offers_broadcast: false }
    }

    /// Where broadcasts can be started, no clause is untested because they cannot.
    pub fn offering_broadcast(self, offers_broadcast: bool) -> Evidence<'o> {
        Evidence { offers_broadcast, ..self }
    }

    /// Why nothing decided a clause.
    pub fn reason(&self, contract: &Contract, index: ClauseIndex) -> String {
        let clause = contract.clauses.get(index);
        if let Some(reasons) = &self.outcome.unshown {
            return reasons.get(&index).cloned().unwrap_or_else(|| NOT_SHOWN.to_owned());
        }
        let missing = clause.operation.as_ref().filter(|operation| self.outcome.not_implemented.contains(operation));
        if let Some(operation) = missing {
            return format!("needs something the target lacks: {operation} is not implemented");
        }
        if let Some(reason) = self.outcome.stopped_early.as_ref() {
            return format!("the run stopped before its turn: {reason}");
        }
        if let Some(reason) = reason::unbreakable(contract, clause) {
            return reason.to_string();
        }
        let is_offered = |reason: &Reason| self.offers_broadcast && reason.unless.as_deref() == Some(BROADCAST);
        let documented = reason::documented(contract, &clause.id).filter(|reason| !is_offered(reason));
        if let Some(always) = documented.as_ref().filter(|reason| reason.unless.is_none()) {
            return always.to_string();
        }
        if self.unreached.contains(&index) {
            return ENDED.to_owned();
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
            // Other responses came, and said nothing of it.
            (_, Some(blocker)) if seen.decided > 0 && matches!(clause.kind, ClauseKind::Output { .. }) => {
                format!("{NOT_SHOWN}, and one of its cases could not be decided: {blocker}")
            }
            (_, Some(blocker)) => blocker.to_owned(),
            (documented, None) => documented.unwrap_or_else(|| self.by_kind(contract, index, clause)),
        }
    }

    /// Where no case was blocked and the contract says nothing.
    fn by_kind(&self, contract: &Contract, index: ClauseIndex, clause: &Clause) -> String {
        let reason = match self.clauses.contains_key(&index) {
            true => reason::open(contract, clause),
            false => reason::by_kind(&clause.kind),
        };
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
            format!("the target never responded with it: {cases} responded otherwise, e.g. {case}: {observed}")
        }
        None => {
            format!("the target never responded with it: {cases} responded in another way that the contract allows")
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;
    use crate::plan::{Filter, Suites, plan};
    use crate::record::FindingKind;
    use crate::record::Violation;
    use crate::record::{CaseResult, FindingKey, Found};
    use crate::report::Record;
    use crate::wire::{FailureKind, sample};

    fn result(case: usize, verdict: CaseOutcome, decided: u64, findings: Vec<FindingKey>) -> CaseResult {
        CaseResult { case, verdict, requests: 1, decided, elapsed: Duration::ZERO, findings, hindered_by: Vec::new() }
    }

    fn of(only: &str) -> (Contract, Plan) {
        let contract = crate::spec::builtin().unwrap();
        let filter = Filter { only: vec![only.to_owned()], ..Filter::default() };
        let plan = plan(&contract, &Suites::builtin().unwrap(), &filter).unwrap();
        (contract, plan)
    }

    fn violation(contract: &Contract, clause: &str, observed: &str) -> Violation {
        Violation {
            clause: contract.clauses.find(clause).unwrap(),
            operation: "CreateChannel".to_owned(),
            detail: None,
            kind: FindingKind::WrongStatus,
            expected: "The response is ValidationException (400).".to_owned(),
            observed: observed.to_owned(),
            tier: None,
        }
    }

    fn found(outcome: &mut Outcome, violation: Violation, case: usize) -> FindingKey {
        let exchange = sample::exchange(sample::request("/", ""), sample::failure(FailureKind::Protocol));
        let key = FindingKey::from(&violation);
        let (seen, witness) = (crate::record::Seen::ONCE, None);
        let (body_length, setup, occurrences, also_in) = (0, Vec::new(), 1, Default::default());
        let trail = crate::record::Trail::of("", &exchange);
        let found = Found { violation, exchange, body_length, setup, trail, case, also_in, occurrences, seen, witness };
        outcome.findings.insert(key.clone(), found);
        key
    }

    #[test]
    fn an_error_that_never_came_says_what_came_instead() {
        let (contract, plan) = of("CreateChannel.input.name.pattern");
        let refuses = plan.cases.iter().position(|case| case.id.ends_with("/refuses")).unwrap();
        let error = contract.clauses.find("CreateChannel.error.ValidationException").unwrap();
        assert!(plan.cases[refuses].clauses.contains(&error));
        let mut outcome = Outcome::default();
        let seen = "The target responded with status 422 without an error code.";
        let key = found(&mut outcome, violation(&contract, "CreateChannel.input.name.pattern", seen), refuses);
        outcome.cases = vec![result(refuses, CaseOutcome::Failed, 3, vec![key])];
        assert_eq!(
            Evidence::of(&plan, &outcome).reason(&contract, error),
            "the target never responded with it: the case that should cause it was responded otherwise, e.g. \
             CreateChannel.input.name.pattern/refuses: The target responded with status 422 without an error code"
        );
        outcome.cases =
            vec![result(refuses, CaseOutcome::Inconclusive { reason: "it was busy".to_owned() }, 0, vec![])];
        assert_eq!(Evidence::of(&plan, &outcome).reason(&contract, error), "it was busy");
    }

    #[test]
    fn what_a_run_could_not_do_goes_before_what_the_contract_says_of_other_targets() {
        let (contract, plan) = of("PutMetadata.status");
        let clause = contract.clauses.find("PutMetadata.status").unwrap();
        let blocked = |requests| {
            let verdict = CaseOutcome::Inconclusive { reason: "the channel did not go live in time".to_owned() };
            CaseResult { requests, ..result(0, verdict, 0, Vec::new()) }
        };
        let reason = |requests| {
            let outcome = Outcome { cases: vec![blocked(requests)], ..Outcome::default() };
            Evidence::of(&plan, &outcome).reason(&contract, clause)
        };
        let offering = Outcome { cases: Vec::new(), ..Outcome::default() };
        let offering = Evidence::of(&plan, &offering).offering_broadcast(true).reason(&contract, clause);
        assert!(!offering.contains("lacks"), "{offering}");
        assert_eq!(reason(4), "the channel did not go live in time");
        assert!(reason(0).starts_with("needs something the target lacks: "), "{}", reason(0));
    }

    #[test]
    fn findings_of_clauses_that_were_not_selected_do_not_count_but_are_noted() {
        let (contract, plan) = of("CreateChannel.input.name.pattern");
        let refuses = plan.cases.iter().position(|case| case.id.ends_with("/refuses")).unwrap();
        let mut outcome = Outcome::default();
        let key = found(&mut outcome, violation(&contract, "DeleteChannel.status", "It is 200."), refuses);
        outcome.cases = vec![result(refuses, CaseOutcome::Passed, 1, vec![key])];
        let record = Record::from_outcome(&contract, &plan, crate::report::sample::run_description(), outcome);
        assert!(record.findings.is_empty() && record.cases[refuses].findings.is_empty());
        let note = "left out 1 finding of clauses that were not selected: DeleteChannel.status";
        assert!(record.notes.iter().any(|noted| noted == note), "{:?}", record.notes);
    }
}
