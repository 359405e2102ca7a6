//! Sequences that showed findings are made shorter when the other cases are done: what a case shows that was made for its
//! clause needs no sequence.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::bind;
use super::generate::Transition;
use crate::plan::case::Check;
use crate::record::{FindingKey, Found, Purpose, Seen, Tally};
use crate::run::run_context::RunContext;
use crate::run::worker::Worker;
use crate::run::worker_pool::{self, Work};

/// The sequences that showed findings.
#[derive(Debug, Default)]
pub struct Unshortened {
    drawn: Mutex<BTreeMap<FindingKey, Drawn>>,
}

/// A sequence, up to the transition that showed a finding.
#[derive(Debug)]
pub(super) struct Drawn {
    /// Position of its case in the plan.
    pub index: usize,
    /// Its number among those of the case.
    pub number: usize,
    pub transitions: Vec<Transition>,
}

impl Unshortened {
    /// Notes a sequence; of several that show one finding the first of the plan stays.
    pub(super) fn note(&self, key: &FindingKey, drawn: Drawn) {
        let mut all = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let place = |drawn: &Drawn| (drawn.index, drawn.number);
        if all.get(key).is_none_or(|known| place(&drawn) < place(known)) {
            all.insert(key.clone(), drawn);
        }
    }

    fn take(&self) -> BTreeMap<FindingKey, Drawn> {
        std::mem::take(&mut self.drawn.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Makes the sequences shorter that are the only evidence of a finding, as many at a time as requests may be in flight.
pub(in crate::run) async fn shorten(env: &RunContext, tally: &mut Tally) {
    let Some(unshortened) = &env.unshortened else { return };
    let evidence = |(key, drawn): (FindingKey, Drawn)| {
        let found = tally.findings.get(&key)?;
        let is_open = found.case == drawn.index && found.seen == Seen::ONCE && !is_shown_directly(env, tally, &key);
        is_open.then(|| (key, drawn, found.clone()))
    };
    let jobs: Vec<(FindingKey, Drawn, Found)> = unshortened.take().into_iter().filter_map(evidence).collect();
    if jobs.is_empty() || env.target.is_stopped() {
        return;
    }
    let workers = env.target.concurrency().most().min(jobs.len());
    let (done, noted) = worker_pool::complete(env, Shortening, jobs, workers, Purpose::Shrinking).await;
    for (key, shorter) in done.into_iter().flatten() {
        if let Some(known) = tally.findings.get_mut(&key) {
            known.show_by(shorter);
        }
    }
    tally.merge(noted);
}

/// Whether a case that was made for its clause shows the same of the operation, perhaps of one member.
fn is_shown_directly(env: &RunContext, tally: &Tally, key: &FindingKey) -> bool {
    let is_sequence =
        |found: &Found| matches!(env.plan.cases.get(found.case).map(|case| &case.check), Some(Check::Sequence { .. }));
    let is_same =
        |other: &FindingKey| (other.clause, &other.operation, other.kind) == (key.clause, &key.operation, key.kind);
    tally.findings.iter().any(|(other, found)| is_same(other) && !is_sequence(found))
}

/// Makes sequences shorter.
struct Shortening;

impl Work for Shortening {
    type Job = (FindingKey, Drawn, Found);
    type Output = Option<(FindingKey, Found)>;

    async fn perform(&self, worker: &mut Worker, (key, drawn, found): Self::Job) -> Self::Output {
        let env = Arc::clone(&worker.env);
        let Check::Sequence { sequence } = &env.plan.cases.get(drawn.index)?.check else { return None };
        let binding = bind(&env, env.plan.suites.sequences.get(*sequence)?).ok()?;
        worker.tally.findings.clear();
        worker.tally.findings.insert(key.clone(), found);
        worker.shorten(drawn.index, drawn.number, &binding, &drawn.transitions, &key).await;
        let shorter = worker.tally.findings.remove(&key)?;
        Some((key, shorter))
    }
}
