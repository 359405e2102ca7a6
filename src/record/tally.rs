//! What a worker notes while it runs cases.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::coverage::StepCoverage;
use super::evidence::evidence;
use super::finding::{FindingKey, Found, Seen};
use super::purpose::Spent;
use super::secrets::Secrets;
use super::trail::{Manner, Trail, TrailStep};
use super::upheld::Upheld;
use crate::judge::Violation;
use crate::spec::clause::ClauseIndex;
use crate::wire::Exchange;

/// What a worker notes while it goes on.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Findings so far.
    pub findings: BTreeMap<FindingKey, Found>,
    /// Findings seen for the first time since this list was last cleared.
    pub first_seen: Vec<FindingKey>,
    /// What showed clauses upheld, by the clause's index.
    pub upheld: Vec<Upheld>,
    /// Requests noted so far.
    requests: u64,
    /// Which steps sequences took one after another, by the name of their family.
    pub steps: BTreeMap<String, StepCoverage>,
    /// Members of responses that the contract does not know.
    pub unknown_members: u64,
    /// Members that were null where they could be absent.
    pub nulls: u64,
    /// Responses that came right only after a while, and the longest while.
    pub lags: (u64, Duration),
    /// Positions of the cases that were under way while the target was away.
    pub interrupted: BTreeSet<usize>,
    /// What went wrong in the program itself.
    pub internal_errors: Vec<String>,
    /// Secrets seen.
    pub secrets: Secrets,
    /// Requests of cases by what they were for.
    pub spent: Spent,
}

impl Tally {
    /// Notes of nothing but these findings.
    pub fn of(findings: BTreeMap<FindingKey, Found>) -> Tally {
        Tally { findings, ..Tally::default() }
    }

    /// What it says of the run, without what it says of clauses.
    pub fn without_verdicts(self) -> Tally {
        Tally { findings: BTreeMap::new(), upheld: Vec::new(), ..self }
    }

    /// Notes that a request of an operation showed clauses upheld, each as often as it is named.
    pub fn uphold(&mut self, operation: &str, clauses: &[ClauseIndex]) {
        self.requests += 1;
        let most = clauses.iter().map(|clause| clause.0 as usize + 1).max().unwrap_or(0);
        if self.upheld.len() < most {
            self.upheld.resize_with(most, Upheld::default);
        }
        for clause in clauses {
            if let Some(upheld) = self.upheld.get_mut(clause.0 as usize) {
                upheld.note(operation, self.requests);
            }
        }
    }

    /// Notes that a response came right only after a while.
    pub fn lagged(&mut self, span: Duration) {
        self.lags = (self.lags.0 + 1, self.lags.1.max(span));
    }

    /// Notes a divergence that one request shows by itself.
    pub fn find(&mut self, violation: Violation, case: usize, exchange: &Exchange) {
        let step = TrailStep::new(&violation.operation, exchange, Manner::AsRun);
        self.find_after(violation, case, exchange, &[step]);
    }

    /// Notes a divergence; the last step of `history` is the request that shows it. Of several cases the first of the plan
    /// is the evidence, whichever was run first.
    pub fn find_after(&mut self, violation: Violation, case: usize, exchange: &Exchange, history: &[TrailStep]) {
        let key = FindingKey::from(&violation);
        let (mut also_in, mut occurrences) = (BTreeSet::new(), 1);
        if let Some(known) = self.findings.get_mut(&key) {
            known.occurrences += 1;
            known.note_elsewhere([case]);
            if case >= known.case || known.seen != Seen::ONCE {
                return;
            }
            (also_in, occurrences) = (known.cases().filter(|other| *other != case).collect(), known.occurrences);
        }
        self.first_seen.push(key.clone());
        let body_length = exchange.response().map_or(0, |response| response.body.len());
        let (before, telling) = match history.split_last() {
            Some((telling, before)) => (before.to_vec(), telling.clone()),
            None => (Vec::new(), TrailStep::new(&violation.operation, exchange, Manner::AsRun)),
        };
        let setup = before.iter().filter(|step| step.is_own_request()).map(|step| step.request.clone()).collect();
        let (exchange, trail) = (evidence(exchange), Trail { before, telling });
        let found = Found {
            violation,
            exchange,
            body_length,
            setup,
            trail,
            case,
            also_in,
            occurrences,
            seen: Seen::ONCE,
            witness: None,
        };
        self.findings.insert(key, found);
    }

    /// Notes a divergence that was seen often enough already: it is not shown again.
    pub fn find_settled(&mut self, violation: Violation, case: usize, exchange: &Exchange) {
        let seen = Seen::SETTLED;
        let key = FindingKey::from(&violation);
        self.find(violation, case, exchange);
        self.first_seen.retain(|first| *first != key);
        if let Some(found) = self.findings.get_mut(&key) {
            // What was seen before may have come of something else.
            let (setup, trail) = (Vec::new(), Trail::of(&key.operation, exchange));
            *found = Found { exchange: evidence(exchange), setup, trail, case, seen, witness: None, ..found.clone() };
        }
    }

    /// Adds another worker's notes; of equal findings the one of the earliest case stays.
    pub fn merge(&mut self, other: Tally) {
        for (key, found) in other.findings {
            match self.findings.get_mut(&key) {
                Some(known) => {
                    let occurrences = known.occurrences + found.occurrences;
                    let cases: Vec<usize> = known.cases().chain(found.cases()).collect();
                    // One that was shown again already stays as it is.
                    if known.seen == Seen::ONCE && (found.case < known.case || found.seen != Seen::ONCE) {
                        *known = found;
                    }
                    known.note_elsewhere(cases);
                    known.occurrences = occurrences;
                }
                None => {
                    self.findings.insert(key, found);
                }
            }
        }
        self.upheld.resize_with(self.upheld.len().max(other.upheld.len()), Upheld::default);
        for (mine, theirs) in self.upheld.iter_mut().zip(other.upheld) {
            mine.merge(theirs);
        }
        for (family, steps) in other.steps {
            // What is shown again is done again: the first time was whole.
            let known = self.steps.entry(family).or_default();
            *known = if steps.pairs.seen > known.pairs.seen { steps } else { *known };
        }
        self.unknown_members += other.unknown_members;
        self.nulls += other.nulls;
        self.lags = (self.lags.0 + other.lags.0, self.lags.1.max(other.lags.1));
        self.interrupted.extend(other.interrupted);
        self.internal_errors.extend(other.internal_errors);
        self.secrets.merge(other.secrets);
        self.spent.merge(&other.spent);
    }

    /// What went wrong in the program itself, in one sentence; `None` if nothing did.
    pub fn internal_error(&self) -> Option<String> {
        let first = self.internal_errors.first()?;
        let more = match self.internal_errors.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more like it)"),
        };
        Some(format!("internal error: {first}{more}; please report it"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::judge::FindingKind;
    use crate::wire::sample;

    #[test]
    fn the_first_case_of_the_plan_is_the_evidence_in_whatever_order_cases_are_run() {
        let exchange = sample::exchange(sample::request("/", ""), sample::response(200, &[], ""));
        let violation = Violation {
            clause: ClauseIndex(1),
            operation: "GetChannel".to_owned(),
            detail: None,
            kind: FindingKind::WrongBehaviour,
            expected: String::new(),
            observed: String::new(),
            tier: None,
        };
        let key = FindingKey::from(&violation);
        let tally_of = |cases: &[usize]| {
            let mut tally = Tally::default();
            cases.iter().for_each(|case| tally.find(violation.clone(), *case, &exchange));
            let found = tally.findings.remove(&key).unwrap();
            (found.case, found.also_in.into_iter().collect::<Vec<_>>(), found.occurrences, tally.first_seen.len())
        };
        assert_eq!(tally_of(&[3, 5, 9]), (3, vec![5, 9], 3, 1));
        assert_eq!(tally_of(&[5, 3, 9]), (3, vec![5, 9], 3, 2), "its smallest request is looked for again");
        assert_eq!(tally_of(&[3, 3]), (3, vec![], 2, 1));
    }
}
