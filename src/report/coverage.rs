//! When a clause counts as upheld: a promise has sides (what just keeps it is accepted, what breaks it is refused, each
//! probe is answered well), and responses that show one side say nothing of another.
//!
//! A clause of which a side was to be shown and no request showed it is untested, whatever the other sides showed. A
//! side that is tried on several operations is shown by one of them: what a target lacks altogether is a finding of its
//! own. The rule needs nothing but the records of cases, so that shards, joined, say what a single run says.

use std::collections::HashMap;

use super::record::{CaseRecord, CaseVerdict, ClauseRecord, ClauseVerdict};
use crate::plan::case_id::CaseId;
use crate::spec::clause_id::ClauseId;

/// What is known of one side of a clause.
struct Side<'c> {
    is_shown: bool,
    /// Why its first case could not show it.
    reason: Option<&'c str>,
}

/// Turns clauses that count as upheld into untested ones where no request showed one of their sides. `cases` are in the
/// order of the plan.
pub fn settle(clauses: &mut [ClauseRecord], cases: &[CaseRecord]) {
    let hidden = hidden_sides(cases);
    for clause in clauses.iter_mut().filter(|clause| clause.verdict == ClauseVerdict::Upheld) {
        let reason = ClauseId::parse(&clause.id).and_then(|id| hidden.get(&id));
        if let Some(reason) = reason.copied() {
            clause.verdict = ClauseVerdict::Untested;
            clause.reason = Some(reason.to_owned());
        }
    }
}

/// The clause as it was before [`settle`]: what counts as untested although requests showed it was upheld.
pub fn unsettled(clause: &ClauseRecord) -> ClauseRecord {
    let was_upheld = clause.verdict == ClauseVerdict::Untested && clause.requests > 0;
    match was_upheld {
        true => ClauseRecord { verdict: ClauseVerdict::Upheld, reason: None, ..clause.clone() },
        false => clause.clone(),
    }
}

/// Clauses with a side that nothing showed, and why.
fn hidden_sides(cases: &[CaseRecord]) -> HashMap<ClauseId<'_>, &str> {
    let mut sides: HashMap<(ClauseId<'_>, &str), Side<'_>> = HashMap::new();
    let mut order = Vec::new();
    for case in cases {
        let Some(key) = CaseId::parse(&case.id).and_then(|id| id.side()) else { continue };
        let side = sides.entry(key).or_insert_with(|| {
            order.push(key);
            Side { is_shown: false, reason: None }
        });
        side.is_shown |= case.verdict != CaseVerdict::Inconclusive || case.decided > 0;
        side.reason = side.reason.or(case.reason.as_deref());
    }
    let mut hidden = HashMap::new();
    for key in order {
        if let Some(Side { is_shown: false, reason: Some(reason) }) = sides.get(&key) {
            hidden.entry(key.0).or_insert(*reason);
        }
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(id: &str, verdict: CaseVerdict, decided: u64) -> CaseRecord {
        let reason = (verdict == CaseVerdict::Inconclusive).then(|| format!("{id} was busy"));
        CaseRecord { reason, decided, ..crate::report::sample::case(id, None, verdict, &[]) }
    }

    fn upheld(id: &str) -> ClauseRecord {
        ClauseRecord { requests: 3, ..crate::report::sample::clause(id, ClauseVerdict::Upheld, None) }
    }

    fn settled(id: &str, cases: &[CaseRecord]) -> (ClauseVerdict, Option<String>) {
        let mut clauses = [upheld(id)];
        settle(&mut clauses, cases);
        let [clause] = clauses;
        assert_eq!(unsettled(&clause), upheld(id), "nothing is lost on the way");
        (clause.verdict, clause.reason)
    }

    use CaseVerdict::{Failed, Inconclusive, Passed};

    #[test]
    fn a_constraint_needs_both_sides() {
        let id = "CreateThing.input.name.length.max";
        let accepts = || case("CreateThing.input.name.length.max/accepts", Passed, 2);
        let refuses = |verdict, decided| case("CreateThing.input.name.length.max/refuses", verdict, decided);
        assert_eq!(settled(id, &[accepts(), refuses(Passed, 1)]), (ClauseVerdict::Upheld, None));
        assert_eq!(settled(id, &[accepts(), refuses(Failed, 1)]), (ClauseVerdict::Upheld, None));
        assert_eq!(settled(id, &[accepts(), refuses(Inconclusive, 1)]), (ClauseVerdict::Upheld, None));
        let (verdict, reason) = settled(id, &[accepts(), refuses(Inconclusive, 0)]);
        assert_eq!(verdict, ClauseVerdict::Untested);
        assert_eq!(reason.as_deref(), Some("CreateThing.input.name.length.max/refuses was busy"));
    }

    #[test]
    fn one_operation_shows_a_side_and_every_probe_is_a_side() {
        let id = "rule.names-are-short";
        let on = |name: &str, verdict, decided| case(&format!("{id}/{name}"), verdict, decided);
        let both = [on("refuses@A", Inconclusive, 0), on("refuses@B", Passed, 1), on("accepts@A", Passed, 1)];
        assert_eq!(settled(id, &both).0, ClauseVerdict::Upheld);
        let one = [on("refuses@A", Inconclusive, 0), on("refuses@B", Inconclusive, 0), on("accepts@A", Passed, 1)];
        assert_eq!(
            settled(id, &one),
            (ClauseVerdict::Untested, Some("rule.names-are-short/refuses@A was busy".into()))
        );
    }

    #[test]
    fn errors_scenarios_and_other_clauses_have_one_side() {
        let blocked = |id: &str| case(id, Inconclusive, 0);
        let id = "DeleteThing.error.NotFound";
        assert_eq!(settled(id, &[blocked("DeleteThing.error.NotFound/unknown-arn")]).0, ClauseVerdict::Upheld);
        assert_eq!(
            settled("rule.a", &[blocked("scenario/rule.a"), blocked("rule.b/refuses@A")]).0,
            ClauseVerdict::Upheld
        );
    }
}
