//! What a run found out, before it becomes a report.

mod trail;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

pub use self::trail::{Manner, Origin, Trail, TrailStep};
use super::ledger::Census;
use super::secrets::Secrets;
use crate::judge::Violation;
use crate::judge::finding::FindingKind;
use crate::spec::clause::ClauseIndex;
use crate::wire::{Exchange, Reply, Request, Response};

/// Most bytes of a response's body that are kept as evidence; reports show less.
const BODY_KEPT: usize = 32 << 10;
/// Most bytes of all header names and values that are kept.
const HEADERS_KEPT: usize = 16 << 10;

/// Most cases kept of those that showed a finding besides the first.
const MOST_ELSEWHERE: usize = 3;

/// What makes a finding the same finding: one root cause, one key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FindingKey {
    /// The violated clause.
    pub clause: ClauseIndex,
    /// The operation.
    pub operation: String,
    /// Which of several defects of one clause.
    pub detail: Option<String>,
    /// What kind of divergence.
    pub kind: FindingKind,
}

impl From<&Violation> for FindingKey {
    fn from(violation: &Violation) -> Self {
        FindingKey {
            clause: violation.clause,
            operation: violation.operation.clone(),
            detail: violation.detail.clone(),
            kind: violation.kind,
        }
    }
}

/// A finding with its evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The divergence.
    pub violation: Violation,
    /// The smallest exchange that shows it, long bodies and headers cut.
    pub exchange: Exchange,
    /// Bytes of the response's body that were read.
    pub body_length: usize,
    /// Requests that came before it and that it needs, oldest first.
    pub setup: Vec<Request>,
    /// Everything that must be sent to show it again, resources that tests share included.
    pub trail: Trail,
    /// Position in the plan of the case that showed it first.
    pub case: usize,
    /// Other cases that showed it, a few of them.
    pub also_in: BTreeSet<usize>,
    /// How often it was seen.
    pub occurrences: u64,
    /// How often it showed again when it was looked for, the first time included.
    pub seen: Seen,
    /// The generated input that showed it; none where a whole case did.
    pub witness: Option<Witness>,
}

impl Found {
    /// Whether it says that the target is unreliable, and nothing of the clause.
    pub fn is_intermittent(&self) -> bool {
        self.violation.kind.is_intermittent(self.seen.of, self.seen.times)
    }

    /// The cases that are known to have shown it.
    fn cases(&self) -> impl Iterator<Item = usize> {
        self.also_in.iter().copied().chain([self.case])
    }

    /// Notes other cases that showed it; the first of the plan are kept.
    fn note_elsewhere(&mut self, cases: impl IntoIterator<Item = usize>) {
        self.also_in.extend(cases);
        self.also_in.remove(&self.case);
        while self.also_in.len() > MOST_ELSEWHERE {
            self.also_in.pop_last();
        }
    }
}

/// How often a finding showed when it was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Times it was looked for.
    pub of: u64,
    /// Times it showed.
    pub times: u64,
}

impl Seen {
    /// Found and not looked for again.
    pub const ONCE: Seen = Seen { of: 1, times: 1 };
    /// Shown as often as settles a finding that is not looked for again.
    pub const SETTLED: Seen = Seen { of: 3, times: 3 };

    /// Whether it did not show every time.
    pub fn is_partial(self) -> bool {
        self.times < self.of
    }
}

/// The generated input that showed a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Witness {
    /// Position of its family among those of the case.
    pub family: usize,
    /// The input, with placeholders for resources.
    pub input: Value,
    /// Tells examples of a case apart.
    pub salt: usize,
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseOutcome {
    /// Everything decided in the target's favour.
    Passed,
    /// At least one divergence of its clauses.
    Failed,
    /// It could not decide.
    Inconclusive {
        /// Why.
        reason: String,
    },
}

/// A case that was run.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseResult {
    /// Position in the plan.
    pub case: usize,
    /// How it ended.
    pub verdict: CaseOutcome,
    /// Requests it sent, set-up included.
    pub requests: u64,
    /// Requests and steps that decided something, for or against the target.
    pub decided: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// What it showed.
    pub findings: Vec<FindingKey>,
    /// What kept it from deciding anything: refusals of what it needed, as findings.
    pub hindered_by: Vec<FindingKey>,
}

/// Something that a run made, or may have made, and that is still on the target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Left {
    /// Its resource type, e.g. `bucket`.
    pub kind: String,
    /// Its ARN, or the request that may have made it.
    pub what: String,
    /// Why it is still there.
    pub reason: String,
}

/// Everything that a run found out.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Cases that were run, in the order of the plan.
    pub cases: Vec<CaseResult>,
    /// Findings by what makes them the same.
    pub findings: BTreeMap<FindingKey, Found>,
    /// What showed clauses upheld, by the clause's index.
    pub upheld: Vec<Upheld>,
    /// Operations that the target does not have.
    pub not_implemented: Vec<String>,
    /// Requests sent in all.
    pub requests: u64,
    /// Requests sent by operation, where they are counted.
    pub requests_by_operation: Vec<(String, u64)>,
    /// Resources made, where they are counted.
    pub census: Census,
    /// Wall time.
    pub elapsed: Duration,
    /// Start, as the time of day.
    pub started_at: Option<std::time::SystemTime>,
    /// Why the run stopped before its end.
    pub stopped_early: Option<String>,
    /// What went wrong in the program itself; then the run decides nothing, and what it found is kept.
    pub internal_errors: Vec<String>,
    /// What is worth knowing and no divergence.
    pub notes: Vec<String>,
    /// What the run made, or may have made, and could not delete.
    pub left: Vec<Left>,
    /// Texts that must not be shown anywhere.
    pub secrets: Secrets,
    /// Of recorded traffic, why clauses are untested; `None` for a run.
    pub unshown: Option<BTreeMap<ClauseIndex, String>>,
}

/// What showed a clause upheld: observations in which it could have been violated.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Upheld {
    /// Requests.
    pub requests: u64,
    /// Observations; one response may hold several, e.g. one of each item of a list.
    pub observations: u64,
    /// The operations that were observed.
    pub operations: Vec<String>,
    /// Number of the last request.
    latest: u64,
}

impl Upheld {
    fn note(&mut self, operation: &str, request: u64) {
        self.observations += 1;
        if self.latest == request {
            return;
        }
        self.latest = request;
        self.requests += 1;
        self.add(operation);
    }

    fn add(&mut self, operation: &str) {
        if !self.operations.iter().any(|known| known == operation) {
            self.operations.push(operation.to_owned());
        }
    }

    fn merge(&mut self, other: Upheld) {
        self.requests += other.requests;
        self.observations += other.observations;
        other.operations.iter().for_each(|operation| self.add(operation));
    }
}

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
    /// Members of responses that the contract does not know.
    pub unknown_members: u64,
    /// Members that were null where they could be absent.
    pub nulls: u64,
    /// Answers that came right only after a while, and the longest while.
    pub lags: (u64, Duration),
    /// What went wrong in the program itself.
    pub internal_errors: Vec<String>,
    /// Secrets seen.
    pub secrets: Secrets,
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

    /// Notes that an answer came right only after a while.
    pub fn lagged(&mut self, span: Duration) {
        self.lags = (self.lags.0 + 1, self.lags.1.max(span));
    }

    /// Notes a divergence that one request shows by itself.
    pub fn find(&mut self, violation: Violation, case: usize, exchange: &Exchange) {
        let step = TrailStep::new(&violation.operation, exchange, Manner::AsRun);
        self.find_after(violation, case, exchange, &[step]);
    }

    /// Notes a divergence; the last step of `history` is the request that shows it.
    pub fn find_after(&mut self, violation: Violation, case: usize, exchange: &Exchange, history: &[TrailStep]) {
        let key = FindingKey::from(&violation);
        if let Some(known) = self.findings.get_mut(&key) {
            known.occurrences += 1;
            known.note_elsewhere([case]);
            return;
        }
        let body_length = exchange.response().map_or(0, |response| response.body.len());
        let (before, telling) = match history.split_last() {
            Some((telling, before)) => (before.to_vec(), telling.clone()),
            None => (Vec::new(), TrailStep::new(&violation.operation, exchange, Manner::AsRun)),
        };
        let setup = before.iter().filter(|step| step.is_own_request()).map(|step| step.request.clone()).collect();
        let (exchange, trail) = (evidence(exchange), Trail { before, telling });
        self.first_seen.push(key.clone());
        let (also_in, seen) = (BTreeSet::new(), Seen::ONCE);
        let found = Found {
            violation,
            exchange,
            body_length,
            setup,
            trail,
            case,
            also_in,
            occurrences: 1,
            seen,
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
        self.unknown_members += other.unknown_members;
        self.nulls += other.nulls;
        self.lags = (self.lags.0 + other.lags.0, self.lags.1.max(other.lags.1));
        self.internal_errors.extend(other.internal_errors);
        self.secrets.merge(other.secrets);
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

/// The exchange as far as it is shown: thousands of findings must not hold gigabytes.
fn evidence(exchange: &Exchange) -> Exchange {
    let mut kept = exchange.clone();
    if let Reply::Response(response) = &mut kept.reply {
        cut(response);
    }
    kept
}

fn cut(response: &mut Response) {
    if let Some(head) = response.body.get(..BODY_KEPT) {
        response.body = Bytes::copy_from_slice(head);
    }
    let mut room = HEADERS_KEPT;
    response.headers.retain_mut(|(name, value)| {
        if room == 0 {
            return false;
        }
        if name.len() + value.len() > room {
            let end = value.floor_char_boundary(room.saturating_sub(name.len()));
            *value = format!("{}…", value.get(..end).unwrap_or_default()).into();
        }
        room = room.saturating_sub(name.len() + value.len());
        true
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_small_whatever_came() {
        let huge = |index: u32| (format!("x-{index}").into(), "ä".repeat(9_000).into());
        let mut response = Response {
            status: 200,
            headers: (0..50).map(huge).collect(),
            body: vec![b'x'; 1 << 20].into(),
            is_truncated: false,
            coding: Default::default(),
        };
        cut(&mut response);
        assert_eq!((response.headers.len(), response.body.len()), (1, BODY_KEPT));
        let size: usize = response.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert!((HEADERS_KEPT / 2..HEADERS_KEPT + 8).contains(&size), "{size}");
    }
}
