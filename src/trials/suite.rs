//! The suite as its users describe it.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::Arguments;
use tokio::runtime::Runtime;

use super::crew::Crew;
use super::known::Known;
use super::outcome::{Host, Judge};
use super::trial;
use crate::plan::{Filter, Plan, Suites};
use crate::report::record::{ExpectedAbsence, Gate};
use crate::report::text::visible;
use crate::run::Prepared;
use crate::run::settings::{Broadcast, Credentials, Profile, Settings};
use crate::spec::{self, Contract};

/// Checks another target than the suite's own.
const ENDPOINT: &str = "IVS_CONFORMANCE_ENDPOINT";
/// Path of that target that makes a channel live.
const BROADCAST: &str = "IVS_CONFORMANCE_BROADCAST";
/// Exit code of a test program that could not test, the same as that of one whose tests failed.
const FAILURE: u8 = 101;

type Starting = Pin<Box<dyn Future<Output = Result<Settings, String>> + Send>>;
type Start = Box<dyn FnOnce(Settings) -> Starting + Send>;

/// Where the target comes from.
enum Origin {
    /// Nowhere yet.
    Unknown,
    /// It is there already.
    Endpoint(String),
    /// It is started first.
    Start(Start),
}

/// The contract as named tests against one target. See the [module](super) for an example.
#[must_use = "nothing is tested until `main` is called"]
pub struct Suite {
    origin: Origin,
    settings: Settings,
    gate: Gate,
    spec: Option<PathBuf>,
    baseline: Option<PathBuf>,
}

impl Default for Suite {
    fn default() -> Self {
        Suite::new()
    }
}

impl Suite {
    /// The whole built-in contract; the target is still to be named, by [`serve`](Suite::serve),
    /// [`endpoint`](Suite::endpoint) or the environment.
    pub fn new() -> Suite {
        Suite {
            origin: Origin::Unknown,
            settings: Settings::for_loopback(""),
            gate: Gate::default(),
            spec: None,
            baseline: None,
        }
    }

    /// Starts the target: the closure runs once on a tokio runtime that lives until the last test is done, and its
    /// future gives the base URL. Tasks that it spawns keep serving.
    pub fn serve<F, S, U, E>(self, start: F) -> Suite
    where
        F: FnOnce() -> S + Send + 'static,
        S: Future<Output = Result<U, E>> + Send + 'static,
        U: Into<String>,
        E: Display,
    {
        self.serve_with(|settings| {
            let starting = start();
            async move { Ok::<_, E>(Settings { endpoint: starting.await?.into(), ..settings }) }
        })
    }

    /// Starts the target like [`serve`](Suite::serve), for a target that depends on the settings or changes more of
    /// them than the endpoint.
    pub fn serve_with<F, S, E>(mut self, start: F) -> Suite
    where
        F: FnOnce(Settings) -> S + Send + 'static,
        S: Future<Output = Result<Settings, E>> + Send + 'static,
        E: Display,
    {
        self.origin = Origin::Start(Box::new(move |settings| {
            Box::pin(async move { start(settings).await.map_err(|error| error.to_string()) })
        }));
        self
    }

    /// Tests a target that is there already.
    pub fn endpoint(mut self, url: impl Into<String>) -> Suite {
        self.origin = Origin::Endpoint(url.into());
        self
    }

    /// Sends through a proxy, unless the target is on this machine; the default is what `HTTP_PROXY`, `HTTPS_PROXY`,
    /// `ALL_PROXY` and `NO_PROXY` say.
    pub fn proxy(mut self, url: impl Into<String>) -> Suite {
        self.settings.network.proxy = Some(url.into());
        self
    }

    /// Trusts the certificates of a PEM file besides those of the system, of `AWS_CA_BUNDLE` and of `SSL_CERT_FILE`.
    pub fn ca_cert(mut self, file: impl Into<PathBuf>) -> Suite {
        self.settings.network.ca_certs.push(file.into());
        self
    }

    /// Does not count operations that the target does not have: their tests are ignored.
    pub fn implemented_only(mut self) -> Suite {
        self.gate.implemented_only = true;
        self
    }

    /// Does not count that the target lacks this operation.
    pub fn without(mut self, operation: impl Into<String>) -> Suite {
        self.gate.expected_absent.push(ExpectedAbsence { operation: operation.into(), reason: None });
        self
    }

    /// Counts recommendations that are inferred beyond the text of the reference too.
    pub fn strict(mut self) -> Suite {
        self.gate.strict = true;
        self
    }

    /// Keeps cases and clauses whose id matches a glob; can be called more than once.
    pub fn only(mut self, glob: impl Into<String>) -> Suite {
        self.settings.only.push(glob.into());
        self
    }

    /// Drops cases and clauses whose id matches a glob; can be called more than once.
    pub fn skip(mut self, glob: impl Into<String>) -> Suite {
        self.settings.skip.push(glob.into());
        self
    }

    /// Seed of every random choice.
    pub fn seed(mut self, seed: u64) -> Suite {
        self.settings.seed = seed;
        self
    }

    /// How long the target may take to accept connections.
    pub fn wait(mut self, wait: Duration) -> Suite {
        self.settings.wait = wait;
        self
    }

    /// How long one request may take.
    pub fn request_timeout(mut self, limit: Duration) -> Suite {
        self.settings.request_timeout = limit;
        self
    }

    /// How many examples a clause gets.
    pub fn profile(mut self, profile: Profile) -> Suite {
        self.settings.profile = profile;
        self
    }

    /// Region to sign for.
    pub fn region(mut self, region: impl Into<String>) -> Suite {
        self.settings.region = region.into();
        self
    }

    /// Credentials to sign with, instead of the well-known ones for tests.
    pub fn credentials(mut self, credentials: Credentials) -> Suite {
        self.settings.credentials = Some(credentials);
        self
    }

    /// Sends requests unsigned.
    pub fn unsigned(mut self) -> Suite {
        self.settings.credentials = None;
        self
    }

    /// Path of the target that makes a channel live on `POST` of `{"channelArn", "state"}`.
    pub fn broadcast(mut self, path: impl Into<String>) -> Suite {
        self.settings.broadcast = Broadcast::ControlPath(path.into());
        self
    }

    /// A contract file instead of the built-in contract.
    pub fn spec(mut self, file: impl Into<PathBuf>) -> Suite {
        self.spec = Some(file.into());
        self
    }

    /// Known divergences: a test that shows nothing else is ignored (under cargo-nextest it passes and says so), and one
    /// whose known divergence is gone fails until the file is tightened. `ivs-conformance run --baseline FILE --update-baseline` writes the file.
    pub fn baseline(mut self, file: impl Into<PathBuf>) -> Suite {
        self.baseline = Some(file.into());
        self
    }

    /// Runs the tests that the arguments of the process ask for.
    pub fn main(self) -> ExitCode {
        self.run(&Arguments::from_args(), &|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
            .unwrap_or_else(|reason| {
                eprintln!("error: {reason}");
                ExitCode::from(FAILURE)
            })
    }

    fn run(mut self, arguments: &Arguments, variable: &dyn Fn(&str) -> Option<String>) -> Result<ExitCode, String> {
        self.heed(variable)?;
        let contract = Arc::new(self.contract()?);
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
        let known = self.baseline.as_deref().map(|path| Known::read(path, &contract)).transpose()?.unwrap_or_default();
        let runtime = runtime()?;
        self.start(&runtime)?;
        let selected = Arc::new(selected);
        let prepared = runtime.block_on(Prepared::new(&contract, &selected, &self.settings));
        let prepared = prepared.map_err(|error| error.to_string())?;
        let judge = Judge {
            contract: Arc::clone(&contract),
            plan: Arc::clone(&selected),
            settings: self.settings.clone(),
            gate: self.gate.clone(),
            known,
            host,
        };
        let crew = Crew::start(prepared, judge, trial::threads(arguments))?;
        let conclusion = libtest_mimic::run(arguments, trial::all(&contract, &plan, &selected, &crew));
        for left in crew.finish() {
            eprintln!("warning: left on the target: {}", visible(&left));
        }
        Ok(conclusion.exit_code())
    }

    /// What the environment says wins over what the code says.
    fn heed(&mut self, variable: &dyn Fn(&str) -> Option<String>) -> Result<(), String> {
        self.settings.network.read_variables(variable);
        let Some(endpoint) = variable(ENDPOINT) else { return Ok(()) };
        self.settings.broadcast = variable(BROADCAST).map_or(Broadcast::Unavailable, Broadcast::ControlPath);
        if let Some(region) = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")) {
            self.settings.region = region;
        }
        let is_signed = self.settings.credentials.is_some();
        if let (true, Some(access_key_id), Some(secret_access_key)) =
            (is_signed, variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"))
        {
            let session_token = variable("AWS_SESSION_TOKEN");
            self.settings.credentials = Some(Credentials { access_key_id, secret_access_key, session_token });
        }
        self.origin = Origin::Endpoint(endpoint);
        Ok(())
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
        let filter = Filter { only, skip, ..Filter::default() };
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
        prepared.executor().map_err(|error| error.to_string())?.finish();
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
                return Err(format!("no target: call `serve` or `endpoint`, or set {ENDPOINT}"));
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
