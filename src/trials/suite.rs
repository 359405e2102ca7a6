//! The suite as its users describe it.

use std::fmt::Display;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::Arguments;

use crate::report::Format;
use crate::report::record::{ExpectedAbsence, Gate};
use crate::report::target::ReportTarget;
use crate::run::settings::{Broadcast, BroadcastCommand, Credentials, Profile, Settings, Shard};

/// Exit code of a test program that could not test, the same as that of one whose tests failed.
const FAILURE: u8 = 101;
/// A broadcast command is told to stop by itself after this time, should nobody be left to stop it.
const LONGEST_BROADCAST: Duration = Duration::from_secs(600);

type Starting = Pin<Box<dyn Future<Output = Result<Settings, String>> + Send>>;
pub(super) type Start = Box<dyn FnOnce(Settings) -> Starting + Send>;

/// Where the target comes from.
pub(super) enum Origin {
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
    pub(super) origin: Origin,
    pub(super) settings: Settings,
    pub(super) gate: Gate,
    pub(super) spec: Option<PathBuf>,
    pub(super) baseline: Option<PathBuf>,
    pub(super) operations: Vec<String>,
    pub(super) reports: Vec<ReportTarget>,
    pub(super) jobs: Option<usize>,
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
            operations: Vec::new(),
            reports: Vec::new(),
            jobs: None,
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

    /// Does not count that the target lacks this operation, for a reason that its tests say.
    pub fn without_because(mut self, operation: impl Into<String>, reason: impl Into<String>) -> Suite {
        let reason = Some(reason.into());
        self.gate.expected_absent.push(ExpectedAbsence { operation: operation.into(), reason });
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

    /// Keeps the cases and clauses of an operation; can be called more than once.
    pub fn operation(mut self, name: impl Into<String>) -> Suite {
        self.operations.push(name.into());
        self
    }

    /// Keeps one of several disjoint parts of the cases.
    pub fn shard(mut self, shard: Shard) -> Suite {
        self.settings.shard = shard;
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

    /// How long all tests may take, from the start of the program; tests that are not done by then fail.
    pub fn deadline(mut self, limit: Duration) -> Suite {
        self.settings.deadline = Some(limit);
        self
    }

    /// How many cases run at the same time, if the argument `--test-threads` does not say it.
    pub fn jobs(mut self, jobs: usize) -> Suite {
        self.jobs = Some(jobs);
        self
    }

    /// Requests per second in all.
    pub fn rate(mut self, rate: f64) -> Suite {
        self.settings.rate = Some(rate);
        self
    }

    /// Requests to make up in all, shared out evenly over the cases.
    pub fn cases(mut self, requests: u64) -> Suite {
        self.settings.cases = Some(requests);
        self
    }

    /// Writes a report of all tests to a file when they are done; can be called more than once. Under cargo-nextest,
    /// where every test is a process, no report is written.
    pub fn report(mut self, format: Format, file: impl Into<PathBuf>) -> Suite {
        self.reports.push(ReportTarget { format, file: Some(file.into()) });
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

    /// Path of the target that starts and ends broadcasts, on `POST` of the body that the contract states.
    pub fn broadcast(mut self, path: impl Into<String>) -> Suite {
        self.settings.broadcast = Broadcast::ControlPath(path.into());
        self
    }

    /// Shell command that streams to `{ingest-endpoint}` with `{stream-key}` for `{duration}` seconds.
    pub fn broadcast_command(mut self, line: impl Into<String>) -> Suite {
        let command = BroadcastCommand { line: line.into(), duration: LONGEST_BROADCAST };
        self.settings.broadcast = Broadcast::Command(command);
        self
    }

    /// A contract file instead of the built-in contract.
    pub fn spec(mut self, file: impl Into<PathBuf>) -> Suite {
        self.spec = Some(file.into());
        self
    }

    /// Known divergences: a test that shows nothing else is ignored (under cargo-nextest it passes and says so), and one
    /// whose known divergence is gone fails until the file is tightened. `ivs-conformance run --baseline FILE
    /// --update-baseline` writes the file.
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
}
