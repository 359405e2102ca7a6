//! One faulty server, checked.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;

use super::catalogue::Mutant;
use super::result::{Detection, Trial, Within};
use crate::clock;
use crate::plan::suite::Step;
use crate::plan::{Case, Check, Plan};
use crate::record::Event;
use crate::reference;
use crate::run::settings::{Consistency, Settings};
use crate::run::{self};
use crate::spec::Contract;
use crate::spec::clause::ClauseIndex;

/// How long a trial waits for what should come eventually: the reference server shows every change at once.
const PATIENCE: Duration = Duration::from_secs(2);

/// What all trials share.
pub struct Bench {
    /// The contract.
    pub contract: Arc<Contract>,
    /// Every case.
    pub plan: Plan,
    /// How requests are sent; the endpoint is each server's own.
    pub settings: Settings,
    /// How each server is set up, but for its fault.
    pub config: reference::Config,
}

/// What a check of a faulty server showed.
struct Shown {
    detected: Option<(ClauseIndex, u64)>,
    blamed: BTreeSet<ClauseIndex>,
}

impl Bench {
    /// Tries one fault: first the cases that decide the clauses it breaks, then the scenarios that call the operations of
    /// these clauses, then the whole run.
    pub async fn try_fault(&self, mutant: &Mutant) -> Trial {
        let started = clock::instant();
        let detected = run::panics::caught(self.detect(mutant)).await;
        let detected = detected.unwrap_or_else(|message| Err(format!("internal error: {message}")));
        let detection = detected.unwrap_or_else(|reason| Detection::Broken { reason });
        let id = |clause: &ClauseIndex| self.contract.clauses.get(*clause).id.clone();
        Trial {
            fault: mutant.id.clone(),
            family: mutant.family.clone(),
            clauses: mutant.breaks.iter().map(id).collect(),
            detection,
            seconds: started.elapsed().as_secs_f64(),
        }
    }

    async fn detect(&self, mutant: &Mutant) -> Result<Detection, String> {
        let id = |clause: ClauseIndex| self.contract.clauses.get(clause).id.clone();
        let stages =
            [(self.narrowed(&mutant.breaks), Within::Clause), (self.calling(&mutant.breaks), Within::Operation)];
        for (plan, within) in stages.into_iter().filter(|(plan, _)| !plan.cases.is_empty()) {
            let shown = self.check(mutant, &plan).await?;
            if let Some((clause, requests)) = shown.detected {
                return Ok(Detection::Killed { by: id(clause), requests, within });
            }
        }
        let shown = self.check(mutant, &self.plan).await?;
        Ok(match shown.detected {
            Some((clause, requests)) => Detection::Killed { by: id(clause), requests, within: Within::Run },
            None => Detection::Survived { blamed: shown.blamed.into_iter().map(id).collect() },
        })
    }

    /// The cases that decide one of the clauses; those made for it come first.
    fn narrowed(&self, clauses: &[ClauseIndex]) -> Plan {
        let decides = |clause: &ClauseIndex| clauses.contains(clause);
        let mut cases: Vec<_> =
            self.plan.cases.iter().filter(|case| case.clauses.iter().any(decides)).cloned().collect();
        cases.sort_by_key(|case| !case.clauses.first().is_some_and(decides));
        self.part(cases, clauses)
    }

    /// The scenarios that call the operations of the clauses: every response to them is judged.
    fn calling(&self, clauses: &[ClauseIndex]) -> Plan {
        let operation = |clause: &ClauseIndex| self.contract.clauses.get(*clause).operation.as_deref();
        let operations: BTreeSet<&str> = clauses.iter().filter_map(operation).collect();
        let calls = |case: &&Case| match case.check {
            Check::Scenario { scenario } => {
                let steps = self.plan.suites.scenarios.get(scenario).map(|scenario| &scenario.steps);
                steps.is_some_and(|steps| calls_any(steps, &operations))
            }
            _ => false,
        };
        let cases = self.plan.cases.iter().filter(calls).cloned().collect();
        self.part(cases, clauses)
    }

    /// A plan of some cases.
    fn part(&self, cases: Vec<Case>, clauses: &[ClauseIndex]) -> Plan {
        let resources = self.plan.resources.clone();
        Plan { cases, clauses: clauses.to_vec(), resources, suites: Arc::clone(&self.plan.suites), notes: Vec::new() }
    }

    /// A server with faults, and the settings of a run against it.
    pub(super) async fn faulty_server(&self, mutants: &[Mutant]) -> Result<(reference::Server, Settings), String> {
        let parse = |mutant: &Mutant| mutant.id.parse().map_err(|error: reference::InvalidFault| error.to_string());
        let faults = mutants.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        let config = reference::Config { faults, ..self.config.clone() };
        let server = reference::start(config).await.map_err(|error| error.to_string())?;
        let settings = Settings { endpoint: format!("http://{}", server.address()), ..self.settings.clone() };
        Ok((server, settings))
    }

    async fn check(&self, mutant: &Mutant, plan: &Plan) -> Result<Shown, String> {
        let (server, settings) = self.faulty_server(std::slice::from_ref(mutant)).await?;
        let settings = Settings { patience: PATIENCE, consistency: Consistency::Strong, ..settings };
        let first = OnceLock::new();
        let stop = Notify::new();
        let observe = |event: Event| {
            let Event::CaseFinished { violated, requests, .. } = event else { return };
            let detecting = violated.into_iter().find(|clause| mutant.breaks.contains(clause));
            if let Some(clause) = detecting
                && first.set((clause, requests)).is_ok()
            {
                stop.notify_one();
            }
        };
        let interrupt = async {
            stop.notified().await;
            "the fault was detected".to_owned()
        };
        let outcome = run::run(&self.contract, plan, &settings, &observe, interrupt).await;
        drop(server);
        let outcome = outcome.map_err(|error| error.to_string())?;
        let blamed: BTreeSet<ClauseIndex> = outcome.findings.keys().map(|key| key.clause).collect();
        let before_cases = blamed.iter().find(|clause| mutant.breaks.contains(clause));
        let detected = first.get().copied().or(before_cases.map(|clause| (*clause, outcome.requests)));
        match (detected, outcome.internal_errors.first()) {
            (None, Some(error)) => Err(format!("internal error: {error}")),
            _ => Ok(Shown { detected, blamed }),
        }
    }
}

/// Whether one of the steps, or one beside it, calls one of the operations.
fn calls_any(steps: &[Step], operations: &BTreeSet<&str>) -> bool {
    steps.iter().any(|step| {
        let mut called = step.call.iter().chain(&step.walk);
        called.any(|name| operations.contains(name.as_str())) || calls_any(&step.beside, operations)
    })
}
