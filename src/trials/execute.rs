//! The tests of a suite, listed and run.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::Arguments;
use tokio::runtime::Runtime;

use super::case_runner::{self, CaseRunner, Deadline, Finished};
use super::known::Known;
use super::outcome::{Host, TrialJudge};
use super::reports::{self, Clock, Whole};
use super::suite::{Origin, Suite};
use super::trial;
use crate::plan::{Filter, Plan, Suites};
use crate::run::Prepared;
use crate::run::settings::{Growth, Shard};
use crate::spec::{self, Contract, did_you_mean};

impl Suite {
    pub(super) fn run(
        mut self,
        arguments: &Arguments,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<ExitCode, String> {
        let clock = Clock::start();
        self.heed(variable)?;
        let contract = Arc::new(self.contract()?);
        self.check(&contract)?;
        let plan = self.plan(&contract)?;
        let host = if variable("NEXTEST").is_some() { Host::Nextest } else { Host::Libtest };
        if arguments.list {
            let ignored = if host == Host::Nextest { self.foreseen(&contract, &plan) } else { BTreeSet::new() };
            return Ok(libtest_mimic::run(arguments, trial::listing(&plan, &ignored)).exit_code());
        }
        let selected = trial::selected(&plan, arguments);
        if selected.cases.is_empty() {
            return Ok(libtest_mimic::run(arguments, Vec::new()).exit_code());
        }
        if host == Host::Libtest {
            reports::check(&self.reports)?;
        }
        let known = self.baseline.as_deref().map(|path| Known::read(path, &contract)).transpose()?.unwrap_or_default();
        let runtime = runtime()?;
        self.start(&runtime)?;
        let selected = Arc::new(selected);
        let threads = trial::threads(arguments, self.jobs);
        (self.settings.jobs, self.settings.growth) = (threads, Growth::Fixed);
        let prepared = runtime.block_on(Prepared::new(&contract, &selected, &self.settings));
        let prepared = prepared.map_err(|error| error.to_string())?;
        let prepared = Arc::new(prepared);
        let judge = Arc::new(TrialJudge {
            contract: Arc::clone(&contract),
            plan: Arc::clone(&selected),
            settings: self.settings.clone(),
            gate: self.gate.clone(),
            known,
            host,
        });
        let left = |limit: Duration| Deadline { limit, left: limit.saturating_sub(clock.started.elapsed()) };
        let deadline = self.settings.deadline.map(left);
        let runner = CaseRunner::start(Arc::clone(&prepared), Arc::clone(&judge), threads, deadline)?;
        let conclusion = libtest_mimic::run(arguments, trial::all(&contract, &plan, &selected, &runner));
        let Finished { gathered, stopped_early, left } = runner.finish()?;
        left.iter().for_each(|left| eprintln!("{}", case_runner::line(left)));
        if host == Host::Libtest {
            let baseline = self.baseline.as_deref();
            let whole = Whole { judge: &judge, prepared: &prepared, clock, stopped_early, left, baseline };
            whole.write(gathered, &self.reports)?;
        }
        Ok(conclusion.exit_code())
    }

    /// Checks the names of operations, which only the contract knows.
    fn check(&mut self, contract: &Contract) -> Result<(), String> {
        let known = contract.operation_names();
        let absent = self.gate.expected_absent.iter().map(|absent| &absent.operation);
        if let Some(name) = absent.chain(&self.operations).find(|name| !known.contains(&name.as_str())) {
            let question = did_you_mean(name, known.into_iter());
            return Err(format!("the contract has no operation `{name}`{question}"));
        }
        self.settings.only.extend(self.operations.drain(..).map(|name| format!("{name}.*")));
        match self.settings.deadline.is_some_and(|limit| limit.is_zero()) || self.settings.request_timeout.is_zero() {
            true => Err("a time limit of 0 leaves no time for anything: use more than 0".to_owned()),
            false => Ok(()),
        }
    }

    fn contract(&self) -> Result<Contract, String> {
        let contract = match &self.spec {
            None => spec::builtin(),
            Some(file) => spec::load_file(file),
        };
        contract.map_err(|error| error.to_string())
    }

    fn plan(&self, contract: &Contract) -> Result<Plan, String> {
        let mut suites = Suites::builtin().map_err(|error| error.to_string())?;
        if let Some(bundle) = &self.spec {
            for file in spec::Files::read(bundle).map_err(|error| error.to_string())?.suites {
                suites.extend(Suites::parse(&file.path, &file.text).map_err(|error| error.to_string())?);
            }
        }
        let (only, skip) = (self.settings.only.clone(), self.settings.skip.clone());
        let Shard { index: shard_index, count: shard_count } = self.settings.shard;
        let filter = Filter { only, skip, shard_index, shard_count };
        crate::plan::plan(contract, &suites, &filter).map_err(|error| error.to_string())
    }

    /// Cases that cannot be decided, as far as the target shows it before they are run: nextest ignores what is listed
    /// as ignored and nothing else. Where the target cannot be asked none is known, and every test says why it fails.
    fn foreseen(&mut self, contract: &Arc<Contract>, plan: &Plan) -> BTreeSet<usize> {
        self.ask(contract, plan).unwrap_or_else(|reason| {
            eprintln!("warning: no test is listed as ignored: {reason}");
            BTreeSet::new()
        })
    }

    fn ask(&mut self, contract: &Arc<Contract>, plan: &Plan) -> Result<BTreeSet<usize>, String> {
        let runtime = runtime()?;
        self.start(&runtime)?;
        let prepared = runtime.block_on(Prepared::new(contract, plan, &self.settings));
        let prepared = prepared.map_err(|error| error.to_string())?;
        let is_accepted = |operation: &str| self.gate.accepts_absence(operation);
        let is_foreseen = |index: &usize| {
            prepared.lacks_operation(*index).is_some_and(is_accepted) || prepared.undecidable(*index).is_some()
        };
        let foreseen = (0..plan.cases.len()).filter(is_foreseen).collect();
        let (sender, executor) = prepared.executor(1);
        drop(sender);
        executor.finish();
        prepared.sweep().map_err(|error| error.to_string())?;
        Ok(foreseen)
    }

    /// Starts the target if it is to be started; from here on its endpoint is known.
    fn start(&mut self, runtime: &Runtime) -> Result<(), String> {
        match std::mem::replace(&mut self.origin, Origin::Unknown) {
            Origin::Endpoint(endpoint) => self.settings.endpoint = endpoint,
            Origin::Start(start) => {
                let settings = self.settings.clone();
                self.settings = runtime
                    .block_on(async { start(settings).await })
                    .map_err(|reason| format!("the target did not start: {reason}"))?;
            }
            Origin::Unknown => {
                return Err("no target: call `serve` or `endpoint`, or set IVS_CONFORMANCE_ENDPOINT".to_owned());
            }
        }
        let length = self.settings.endpoint.trim_end_matches('/').len();
        self.settings.endpoint.truncate(length);
        Ok(())
    }
}

fn runtime() -> Result<Runtime, String> {
    Runtime::new().map_err(|error| format!("cannot start a runtime: {error}"))
}
