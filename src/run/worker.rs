//! Runs cases one after another.

mod effort;
mod generated;
mod shrinking;
mod witness;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

pub(super) use self::effort::{asked, rounds};
pub(super) use self::witness::Tried;
use super::broadcast::Streaming;
use super::control::Controls;
use super::run_context::RunContext;
use super::savings::{Sharing, Spare};
use super::scenario::Standing;
use super::session::{Bundle, Fixtures, Session};
use super::shared_acceptance::unexplained::Unexplained;
use super::skip_reason;
use crate::clock;
use crate::generate::placeholder;
use crate::judge::Violation;
use crate::judge::shadow::Shadow;
use crate::plan::case::{Case, Check};
use crate::plan::expectation::Expectation;
use crate::record::{CaseOutcome, CaseResult, FindingKey, Purpose, Tally};
use crate::spec::contract::Operation;

/// State of resources that are only kept to be deleted.
const ADOPTED: &str = "adopted";
/// Bytes from which on a response is long.
const LONG_ANSWER: usize = 1 << 20;
/// Runs cases one after another, with resources of its own.
#[derive(Debug)]
pub struct Worker {
    /// What all workers share.
    pub env: Arc<RunContext>,
    /// What it noted.
    pub tally: Tally,
    /// Resources that its cases share.
    pub(super) shared: Vec<Bundle>,
    /// Commands that broadcast now.
    pub(super) streaming: Vec<Streaming>,
    /// Resources to which a command streamed at any time; the target may see late that it ended.
    pub(super) streamed: BTreeSet<String>,
    /// What became of the requests that negative ones are compared with.
    pub(super) controls: Controls,
    /// Refusals of what its present case needed.
    pub(super) hindrances: Vec<Violation>,
    /// What is known of what its cases made.
    pub(super) shadow: Shadow,
    /// What responses of its present case show otherwise than it is known.
    pub(super) shown_otherwise: Vec<Violation>,
    /// How often the target had been away when its last case began.
    outages: u64,
    /// Requests it sent; one that was sent again because the target was busy counts once.
    pub(super) requests: u64,
    /// What the next requests are for.
    pub(super) purpose: Purpose,
    /// Cases, positions of their families and rounds whose inputs were accepted in requests that they shared.
    pub(super) answered: BTreeSet<(usize, usize, u32)>,
    /// Refused requests that cases shared.
    pub(super) unexplained: Unexplained,
    /// Resources that shared requests changed, and that further ones use, or those that a scenario left to the next one.
    pub(super) lent: Vec<Bundle>,
    /// How many inputs in a row used what is lent.
    pub(super) lent_uses: usize,
    /// What the scenario knew that left them.
    pub(super) standing: Option<Standing>,
    /// Positions of the cases that it runs next, as far as that is known.
    pub(super) rest: Vec<usize>,
    /// Requests that were shared; they count for the next case.
    pub(super) requests_ahead: u64,
}

/// What the requests of a case showed so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Divergences.
    pub violations: Vec<Violation>,
    /// Why something could not be decided; the first reason counts.
    pub undecided: Option<String>,
    /// Requests and steps that decided something.
    pub decided: u64,
}

impl Progress {
    pub(super) fn blocked(&mut self, reason: String) {
        self.undecided.get_or_insert(reason);
    }

    /// Notes that what follows the last divergence was not done: it decides nothing.
    pub(super) fn ended(&mut self) {
        let observed = self.violations.last().map_or_else(String::new, |violation| format!(": {}", violation.observed));
        self.blocked(format!("a step got no response as expected, so what follows it was not done{observed}"));
    }

    /// Whether everything was decided, and nothing diverged.
    pub(super) fn is_clean(&self) -> bool {
        self.violations.is_empty() && self.undecided.is_none()
    }
}

impl Worker {
    /// A worker without resources.
    pub fn new(env: Arc<RunContext>) -> Worker {
        Worker {
            tally: Tally::default(),
            shared: Vec::new(),
            streaming: Vec::new(),
            streamed: BTreeSet::new(),
            controls: Controls::default(),
            hindrances: Vec::new(),
            shadow: Shadow::after_deletions(env.remains.deleted()),
            shown_otherwise: Vec::new(),
            outages: 0,
            requests: 0,
            purpose: Purpose::default(),
            answered: BTreeSet::new(),
            unexplained: Unexplained::default(),
            lent: Vec::new(),
            lent_uses: 0,
            standing: None,
            rest: Vec::new(),
            requests_ahead: 0,
            env,
        }
    }

    /// Knows nothing of the target but what the run deleted, and asks every control again, as a new worker would.
    pub(super) fn begin_afresh(&mut self) {
        self.controls = Controls::default();
        self.shadow = Shadow::after_deletions(self.env.remains.deleted());
    }

    /// From now on requests are for this, but for those that make a finding smaller. What they were for before.
    pub(super) fn enter(&mut self, purpose: Purpose) -> Purpose {
        let outer = self.purpose;
        if outer != Purpose::Shrinking {
            self.purpose = purpose;
        }
        outer
    }

    /// Counts a request that is about to be sent.
    pub(super) fn count_request(&mut self) {
        self.requests += 1;
        self.tally.spent.note(self.purpose);
    }

    /// Runs the case at a position of the plan.
    pub async fn run(&mut self, index: usize) -> Option<CaseResult> {
        let env = Arc::clone(&self.env);
        let case = env.plan.cases.get(index)?;
        let started = clock::instant();
        let requests_before = self.requests;
        self.renew_shared().await;
        self.purpose = Purpose::Check;
        self.hindrances.clear();
        self.shown_otherwise.clear();
        let mut progress = Progress::default();
        #[cfg(test)]
        assert_ne!(env.settings.panics_in.as_ref(), Some(&case.id), "the case was told to panic");
        let operation = case.operation.as_deref().and_then(|name| env.contract.operation(name));
        let obstacle = skip_reason::of_run(&env, case);
        match (&case.check, operation) {
            (_, Some(operation)) if env.not_implemented.contains(&operation.name) => {
                progress.blocked(format!("{} is not implemented", operation.name));
            }
            _ if obstacle.is_some() => progress.undecided = obstacle,
            (Check::Scenario { scenario }, _) => self.scenario(index, *scenario, &mut progress).await,
            (Check::Sequence { sequence }, _) => self.sequence(index, *sequence, &mut progress).await,
            (Check::Probe { probe }, Some(operation)) => {
                self.probe(index, case, operation, *probe, &mut progress).await;
            }
            (Check::Condition { code }, Some(operation)) => {
                self.condition(index, case, operation, code, &mut progress).await;
            }
            (_, Some(operation)) => self.generated(index, case, operation, &mut progress).await,
            (_, None) => progress.blocked("the case names no operation".to_owned()),
        }
        progress.violations.append(&mut self.shown_otherwise);
        if self.was_interrupted(self.outages, &progress.violations).await {
            self.doubt(index, &mut progress);
        }
        if progress.decided > 0 || !progress.violations.is_empty() {
            self.unexplained.explain(index);
        }
        Some(CaseResult {
            case: index,
            verdict: verdict(case, &progress),
            requests: self.requests - requests_before + std::mem::take(&mut self.requests_ahead),
            decided: progress.decided,
            elapsed: started.elapsed(),
            findings: keys(&progress.violations),
            hindered_by: keys(&std::mem::take(&mut self.hindrances)),
        })
    }

    /// A target that was away may have forgotten what it held: the next case makes its own.
    async fn renew_shared(&mut self) {
        let outages = self.env.target.health().outages();
        if outages != self.outages {
            self.outages = outages;
            self.unexplained.forget();
            self.finish().await;
        }
    }

    /// Takes over resources that came into being before its first case: they are deleted at the end.
    pub async fn adopt(&mut self, created: &[(String, Value)]) {
        let env = Arc::clone(&self.env);
        for (operation, output) in created {
            let products = env.plan.resources.products(operation);
            let resources: Vec<(String, String)> = products
                .iter()
                .filter_map(|product| {
                    let arn = crate::spec::path::find(output, &product.path)?.as_str()?;
                    Some((product.resource.clone(), arn.to_owned()))
                })
                .collect();
            if !resources.is_empty() {
                for (_, arn) in &resources {
                    env.remains.note_made(arn);
                    env.learn_account(arn);
                }
                self.shared.push(Bundle { resources, state: Some(ADOPTED.to_owned()), ..Bundle::default() });
            }
        }
    }

    /// Forgets what is known of resources that no test uses any more.
    pub(super) fn leave_shadows(&mut self) {
        let (shared, lent) = (&self.shared, &self.lent);
        let is_of = |bundle: &Bundle, arn: &str| bundle.resources.iter().any(|(_, known)| known == arn);
        self.shadow.retain(|arn| shared.iter().chain(lent).any(|bundle| is_of(bundle, arn)));
    }

    /// Deletes the resources that one case left to another.
    pub(super) async fn delete_lent(&mut self) {
        self.standing = None;
        if self.lent.is_empty() {
            return;
        }
        let mut session = Session::new(self, Fixtures::Own, 0, 0);
        let lent = std::mem::take(&mut session.worker.lent);
        session.take_over(lent);
        session.finish().await;
    }

    /// Deletes the resources that its cases shared, and those that other workers put by.
    pub async fn finish(&mut self) {
        if self.env.target.is_stopped() {
            self.unexplained.note(&mut self.tally);
        }
        self.delete_lent().await;
        let spare = self.env.savings.take_all_spare();
        self.shared.extend(spare.into_iter().map(|spare| spare.bundle));
        Session::new(self, Fixtures::Shared, 0, 0).delete_shared().await;
        self.leave_shadows();
        self.env.remains.note_deleted(self.shadow.graves());
    }

    /// Leaves the resources that its cases shared to whichever worker needs one next.
    pub(super) fn put_by(&mut self) {
        if self.env.savings.sharing() != Sharing::On {
            return;
        }
        let is_kept = |bundle: &mut Bundle| bundle.state.as_deref() != Some(ADOPTED);
        let outages = self.outages;
        for bundle in self.shared.extract_if(.., is_kept).collect::<Vec<_>>() {
            // What goes on in a state is not handed on.
            let is_known = |arn: &str| bundle.state.is_none() && bundle.resources.iter().any(|(_, one)| one == arn);
            let known = self.shadow.part(is_known);
            self.env.savings.put_by(Spare { outages, bundle, known });
        }
    }

    /// A resource of a type in a state that another worker put by. From now on it is one of those that the worker's cases
    /// share.
    pub(super) fn take_spare(&mut self, resource: &str, state: Option<&str>) -> Option<&Bundle> {
        let Spare { bundle, known, .. } = self.env.savings.take_spare(self.outages, resource, state)?;
        self.shadow.join(known);
        self.shared.push(bundle);
        self.shared.last()
    }
}

/// Requests that succeed and change a resource get their own; the others share.
pub(super) fn fixtures_for(operation: &Operation, expectation: &Expectation, input: &Value) -> Fixtures {
    let names_resource = operation
        .input
        .members()
        .iter()
        .any(|member| member.is_required && crate::generate::valid::is_reference(member));
    let is_bound = !placeholder::names(input).is_empty();
    match !operation.is_readonly && expectation.success && names_resource && is_bound {
        true => Fixtures::Own,
        false => Fixtures::Shared,
    }
}

fn keys(violations: &[Violation]) -> Vec<FindingKey> {
    let mut keys: Vec<FindingKey> = violations.iter().map(FindingKey::from).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// A case fails by its own clauses: what it sees of others is a finding of those.
fn verdict(case: &Case, progress: &Progress) -> CaseOutcome {
    let is_own = |violation: &Violation| case.clauses.contains(&violation.clause);
    match (progress.violations.iter().any(is_own), &progress.undecided) {
        (true, _) => CaseOutcome::Failed,
        (false, Some(reason)) => CaseOutcome::Inconclusive { reason: reason.clone() },
        (false, None) => CaseOutcome::Passed,
    }
}
