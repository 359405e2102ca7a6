//! From what was typed, configured and set in the environment to what a run needs, once: flags win over the file, the
//! file over the environment, the environment over defaults.

use std::path::PathBuf;
use std::time::Duration;

use super::args::{AccountArgs, AuthMode, ConsoleArgs, EffortArgs, RunArgs, TargetArgs};
use super::config::Config;
use super::endpoint::{AWS, Endpoint};
use super::environment::Environment;
use super::error::CliError;
use super::history::Keeping;
use super::output::ReportTarget;
use super::values;
use crate::entropy;
use crate::report::record::{Gate, Selection};
use crate::run::RunId;
use crate::run::settings::{
    Broadcast, BroadcastCommand, Credentials, Growth, JournalMode, Locality, Network, Profile, Settings, Throttling,
};
pub use crate::run::settings::{DEFAULT_REGION, DEFAULT_SEED, TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY};
use crate::run::span::Span;

/// Where the reference server starts and ends broadcasts.
pub const REFERENCE_BROADCAST: &str = "/_reference/broadcast";

/// Workers that a quick run begins with at most: each needs resources of its own, whose making and deletion take more
/// requests than more workers save time.
const QUICK_JOBS: usize = 4;
/// A broadcast command is told to stop by itself after this time, should nobody be left to stop it.
const LONGEST_BROADCAST: Duration = Duration::from_secs(600);

/// What a run needs, resolved.
#[derive(Debug)]
pub struct Resolved {
    /// What the stages need.
    pub settings: Settings,
    /// Whether the target is still to be started; its endpoint is empty until then.
    pub target: TargetChoice,
    /// The contract file; none is the built-in one.
    pub spec: Option<PathBuf>,
    /// Reports to write.
    pub reports: Vec<ReportTarget>,
    /// The baseline.
    pub baseline: Option<PathBuf>,
    /// What to do with the baseline.
    pub baseline_use: BaselineUse,
    /// What counts.
    pub gate: Gate,
    /// What was selected.
    pub selection: Selection,
    /// Whether someone must agree before anything is sent.
    pub consent: Consent,
    /// Whether the plan is all that is wanted.
    pub plan_only: bool,
    /// Operations to which the run is kept.
    pub operations: Vec<String>,
    /// What the console shows.
    pub console: ConsoleArgs,
    /// Whether the run is kept.
    pub keeping: Keeping,
    /// Whether the run ends at the first new cause.
    pub fail_fast: bool,
    /// Where everything that is sent is recorded.
    pub record: Option<PathBuf>,
}

/// Whether someone must agree before anything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// The target is on this machine, or the flag was given.
    Given,
    /// Someone is to be asked.
    Needed,
}

/// Which target is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetChoice {
    /// The reference server, started by the run.
    Embedded,
    /// Someone else's.
    Given,
}

/// What to do with the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaselineUse {
    /// Judge by it.
    Compare,
    /// Rewrite it.
    Update,
}

/// Resolves the arguments of `run`.
pub fn run(flags: RunArgs, config: Config, environment: &Environment) -> Result<Resolved, CliError> {
    let expected_absent = config.expected_absent();
    let args = config.under(flags);
    values::check(&args)?;
    let mut settings = target(&args.target, environment)?;
    account(&mut settings, &args.account);
    effort(&mut settings, &args.effort);
    settings.only = args.plan.selection.only.clone();
    settings.skip = args.plan.selection.skip.clone();
    settings.shard = args.plan.shard.unwrap_or_default();
    let resolved = Resolved {
        consent: consent(&settings, args.account.yes),
        target: if settings.endpoint.is_empty() { TargetChoice::Embedded } else { TargetChoice::Given },
        settings,
        spec: args.plan.selection.spec,
        reports: args.verdict.report,
        baseline: args.verdict.baseline,
        baseline_use: if args.verdict.update_baseline { BaselineUse::Update } else { BaselineUse::Compare },
        gate: Gate {
            strict: args.verdict.strict.unwrap_or(false),
            implemented_only: args.verdict.implemented.unwrap_or(false),
            expected_absent,
        },
        selection: Selection { only: args.plan.selection.only, skip: args.plan.selection.skip },
        plan_only: args.plan_only,
        operations: args.plan.selection.operation,
        console: args.console,
        keeping: if args.verdict.history.unwrap_or(true) { Keeping::On } else { Keeping::Off },
        fail_fast: args.effort.fail_fast.unwrap_or(false),
        record: args.record,
    };
    match resolved {
        Resolved { baseline_use: BaselineUse::Update, ref settings, .. } if settings.shard.count > 1 => {
            Err(CliError::usage("a shard sees too little to rewrite a baseline: use --update-baseline without --shard"))
        }
        Resolved { baseline_use: BaselineUse::Update, baseline: None, .. } => {
            Err(CliError::usage("--update-baseline has no file to rewrite: name it with --baseline"))
        }
        resolved => Ok(resolved),
    }
}

/// Whether a run with these settings needs someone's consent.
pub fn consent(settings: &Settings, yes: bool) -> Consent {
    match settings.locality {
        Locality::Remote if !yes => Consent::Needed,
        _ => Consent::Given,
    }
}

/// What is done, and how carefully, in an account. A target on this machine is written down only if that is asked for.
pub fn account(settings: &mut Settings, args: &AccountArgs) {
    let is_remote = settings.locality == Locality::Remote;
    let nonce = entropy::nonce();
    settings.nonce = Some(nonce);
    if is_remote {
        let journal = PathBuf::from(format!("ivs-conformance-{}.journal", RunId::new(nonce).id));
        let Settings { endpoint, region, credentials, refreshing, broadcast, network, .. } = settings.clone();
        let nonce = Some(nonce);
        *settings = Settings {
            region,
            credentials,
            refreshing,
            broadcast,
            network,
            nonce,
            ..Settings::for_account(endpoint, journal)
        };
    }
    if let Some(path) = &args.journal {
        settings.record = JournalMode::Journal(path.clone());
    }
    if let Some(paced) = args.quotas {
        settings.paced = paced;
    }
    if let Some(throttling) = args.throttling {
        settings.throttling = if throttling { Throttling::Provoked } else { Throttling::Avoided };
    }
}

/// Settings for a target, with defaults for all else.
pub fn target(args: &TargetArgs, environment: &Environment) -> Result<Settings, CliError> {
    let endpoint = args.endpoint.as_deref().map(Endpoint::parse).transpose()?;
    let profile = profile(args, environment)?;
    let is_loopback = endpoint.as_ref().is_none_or(|endpoint| endpoint.is_loopback);
    let credentials = match args.auth.unwrap_or(AuthMode::SigV4) {
        AuthMode::None => None,
        AuthMode::SigV4 if endpoint.is_none() => Some(Credentials::for_tests()),
        AuthMode::SigV4 => Some(credentials(args, environment, profile.as_deref(), is_loopback)?),
    };
    let region = region(args, environment, profile.as_deref(), endpoint.as_ref());
    let broadcast = match (&args.broadcast, &endpoint) {
        (Some(path), _) => {
            values::broadcast(path)?;
            Broadcast::ControlPath(path.clone())
        }
        (None, _) if args.broadcast_command.is_some() => Broadcast::Command(BroadcastCommand {
            line: args.broadcast_command.clone().unwrap_or_default(),
            duration: LONGEST_BROADCAST,
        }),
        (None, None) => Broadcast::ControlPath(REFERENCE_BROADCAST.to_owned()),
        (None, Some(_)) => Broadcast::Unavailable,
    };
    if region.is_none() && endpoint.as_ref().is_some_and(|endpoint| endpoint.url == AWS) {
        return Err(CliError::usage("--endpoint aws needs a region: give --region, or set AWS_REGION"));
    }
    let found = environment.found().filter(|found| credentials.as_ref() == Some(&found.credentials));
    Ok(Settings {
        region: region.unwrap_or_else(|| DEFAULT_REGION.to_owned()),
        refreshing: found.and_then(|found| found.refreshing.clone()),
        credentials,
        broadcast,
        wait: args.wait.map_or(Duration::ZERO, |Span(wait)| wait),
        network: network(args, environment),
        locality: if is_loopback { Locality::Loopback } else { Locality::Remote },
        ..Settings::for_loopback(endpoint.map(|endpoint| endpoint.url).unwrap_or_default())
    })
}

/// What lies on the way to the target.
fn network(args: &TargetArgs, environment: &Environment) -> Network {
    let mut network = Network { proxy: args.proxy.clone(), ca_certs: args.ca_cert.clone(), ..Network::default() };
    network.read_variables(|name| environment.get(name).map(str::to_owned));
    network
}

/// Sets what is said of the effort.
pub fn effort(settings: &mut Settings, args: &EffortArgs) {
    settings.seed = args.seed.unwrap_or(settings.seed);
    settings.profile = args.profile.unwrap_or(settings.profile);
    settings.cases = args.cases;
    if let Some(jobs) = args.jobs {
        (settings.jobs, settings.growth) = (jobs, Growth::Fixed);
    } else if settings.profile == Profile::Quick {
        settings.jobs = settings.jobs.min(QUICK_JOBS);
    }
    settings.rate = args.rate;
    settings.request_timeout = args.request_timeout.map_or(settings.request_timeout, |Span(limit)| limit);
    settings.deadline = args.deadline.map(|Span(limit)| limit);
}

/// The profile that was asked for, which must be there, or the environment's.
fn profile(args: &TargetArgs, environment: &Environment) -> Result<Option<String>, CliError> {
    if let Some(name) = &args.aws_profile
        && environment.profile(name).is_none()
        && environment.found().is_none()
    {
        return Err(CliError::usage(format!("the AWS configuration files have no profile `{name}`")));
    }
    let from_environment = environment.get("AWS_PROFILE").map(str::to_owned);
    Ok(args.aws_profile.clone().or(from_environment))
}

/// What a build without the SDKs' search says where there are no credentials.
const SEARCH: &str = match cfg!(feature = "aws-config") {
    true => "",
    false => "; a build with `--features aws-config` looks for credentials as the AWS SDKs do",
};

fn credentials(
    args: &TargetArgs,
    environment: &Environment,
    profile: Option<&str>,
    is_loopback: bool,
) -> Result<Credentials, CliError> {
    let is_asked_for = args.aws_profile.is_some();
    if let (Some(id), Some(secret), false) =
        (environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY"), is_asked_for)
    {
        return Ok(Credentials {
            access_key_id: id.to_owned(),
            secret_access_key: secret.to_owned(),
            session_token: environment.get("AWS_SESSION_TOKEN").map(str::to_owned),
        });
    }
    if is_loopback && !is_asked_for {
        return Ok(Credentials::for_tests());
    }
    if let Some(found) = environment.found() {
        return Ok(found.credentials.clone());
    }
    let name = profile.unwrap_or("default");
    let value = |key: &str| environment.profile(name).and_then(|profile| profile.get(key)).cloned();
    match (value("aws_access_key_id"), value("aws_secret_access_key")) {
        (Some(access_key_id), Some(secret_access_key)) => {
            Ok(Credentials { access_key_id, secret_access_key, session_token: value("aws_session_token") })
        }
        _ => Err(CliError::usage(format!(
            "no credentials for a remote endpoint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (`aws configure \
             export-credentials --profile {name} --format env` prints them), name a profile with --aws-profile, or send \
             unsigned requests with --auth none{SEARCH}"
        ))),
    }
}

fn region(
    args: &TargetArgs,
    environment: &Environment,
    profile: Option<&str>,
    endpoint: Option<&Endpoint>,
) -> Option<String> {
    let from_profile = || environment.profile(profile.unwrap_or("default"))?.get("region").cloned();
    let from_variable = |name: &str| environment.get(name).map(str::to_owned);
    args.region
        .clone()
        .or_else(|| from_variable("AWS_REGION"))
        .or_else(|| from_variable("AWS_DEFAULT_REGION"))
        .or_else(|| endpoint.and_then(Endpoint::region))
        .or_else(from_profile)
        .or_else(|| environment.found()?.region.clone())
}

/// The region that arguments and environment name for a target, without any search.
pub fn named_region(args: &TargetArgs, environment: &Environment) -> Result<Option<String>, CliError> {
    let endpoint = args.endpoint.as_deref().map(Endpoint::parse).transpose()?;
    let profile = args.aws_profile.as_deref().or(environment.get("AWS_PROFILE"));
    Ok(region(args, environment, profile, endpoint.as_ref()))
}

/// Whether credentials have to be searched for: elsewhere, where the environment has none or a profile was asked for.
pub fn must_search(args: &TargetArgs, environment: &Environment) -> Result<bool, CliError> {
    let endpoint = args.endpoint.as_deref().map(Endpoint::parse).transpose()?;
    let is_remote = endpoint.is_some_and(|endpoint| !endpoint.is_loopback);
    let has_keys = environment.get("AWS_ACCESS_KEY_ID").is_some() && environment.get("AWS_SECRET_ACCESS_KEY").is_some();
    let is_signed = args.auth.unwrap_or(AuthMode::SigV4) == AuthMode::SigV4;
    Ok(is_remote && is_signed && (!has_keys || args.aws_profile.is_some()))
}

/// The same care as for a run, for a command that makes nothing.
pub fn careful(settings: &mut Settings) {
    if settings.locality == Locality::Remote {
        settings.paced = true;
        settings.jobs = 1;
    }
}

#[cfg(test)]
mod tests;
