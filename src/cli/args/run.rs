//! Arguments of `run`: target, effort, account.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::{ConsoleArgs, PlanArgs, VerdictArgs};
use crate::run::settings::Profile;
use crate::run::span::Span;

/// Arguments of `run`.
#[derive(Debug, Clone, Default, Args)]
pub struct RunArgs {
    /// The target.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Which clauses and cases.
    #[command(flatten)]
    pub plan: PlanArgs,
    /// How hard.
    #[command(flatten)]
    pub effort: EffortArgs,
    /// What comes out.
    #[command(flatten)]
    pub verdict: VerdictArgs,
    /// What the console shows.
    #[command(flatten)]
    pub console: ConsoleArgs,
    /// What is done in an account.
    #[command(flatten)]
    pub account: AccountArgs,
    /// Says how many requests, resources and minutes the run will take, and what stays untested; sends nothing
    #[arg(long = "plan", help_heading = "Account", default_value_t = false, hide_default_value = true, action = clap::ArgAction::Set)]
    #[arg(value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub plan_only: bool,
    /// Writes every exchange as HAR 1.2, with placeholders for secrets; `judge` reads it
    #[arg(long, value_name = "FILE", help_heading = "Reports and verdict")]
    pub record: Option<PathBuf>,
}

/// What is done, and how carefully, on a target that is not on this machine.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Account")]
pub struct AccountArgs {
    /// Goes on without asking on a target that is not on this machine
    #[arg(long, default_value_t = false, hide_default_value = true, action = clap::ArgAction::Set)]
    #[arg(value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub yes: bool,
    /// Where everything is written down before it is made [default: a new file here, if the target is not on this machine]
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Tests the clauses about throttling too, by sending more than the quotas allow [default: on this machine only]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub throttling: Option<bool>,
    /// Keeps to the service's quotas [default: if the target is not on this machine]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub quotas: Option<bool>,
}

/// Where the target is and how to talk to it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Target")]
pub struct TargetArgs {
    /// Base URL of the target, or `aws` for the service itself [default: the embedded reference server]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// Whether to sign requests [default: sigv4]
    #[arg(long, value_enum)]
    pub auth: Option<AuthMode>,
    /// AWS region to sign for [default: from the environment, else us-east-1]
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// Profile of the AWS configuration files to take credentials and region from
    #[arg(long, value_name = "NAME")]
    pub aws_profile: Option<String>,
    /// Proxy for a target that is not on this machine [default: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY]
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// How long to wait for the target to accept connections: seconds, or 30s, 5m [default: 0]
    ///
    /// A target that goes away while the run is under way is waited for as long, at least 3 s and at most 30 s.
    #[arg(long, value_name = "S")]
    pub wait: Option<Span>,
    /// PEM certificates to trust besides the system's, AWS_CA_BUNDLE's and SSL_CERT_FILE's; repeatable
    #[arg(long, value_name = "FILE")]
    pub ca_cert: Vec<PathBuf>,
    /// Path of the target that starts and ends broadcasts on POST of the body that the contract states
    #[arg(long, value_name = "PATH")]
    pub broadcast: Option<String>,
    /// Shell command that streams to {ingest-endpoint} with {stream-key} for {duration} seconds
    #[arg(long, value_name = "COMMAND", conflicts_with = "broadcast")]
    pub broadcast_command: Option<String>,
}

/// How much is sent, and how fast.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Effort")]
pub struct EffortArgs {
    /// How many examples a clause gets [default: standard]
    #[arg(long, value_name = "PROFILE", value_parser = profiles())]
    pub profile: Option<Profile>,
    /// Requests to make up in all, shared out evenly over the cases [default: by the profile]
    #[arg(long, value_name = "N")]
    pub cases: Option<u64>,
    /// Seed of every random choice [default: fixed]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Requests in flight [default: chosen from the machine, more if the target takes long to respond]
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Requests per second in all [default: unlimited on loopback, else the contract's quotas]
    #[arg(long, value_name = "R")]
    pub rate: Option<f64>,
    /// How long one request may take: seconds, or 30s, 5m [default: 10]
    #[arg(long, value_name = "S")]
    pub request_timeout: Option<Span>,
    /// How long the whole run may take: seconds, or 30s, 5m [default: none]
    #[arg(long, value_name = "S")]
    pub deadline: Option<Span>,
    /// Ends the run at the first new cause; what was not reached is untested
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub fail_fast: Option<bool>,
}

/// Profiles by name, so that help and completion know them.
pub(super) fn profiles() -> impl TypedValueParser<Value = Profile> {
    let names = [Profile::Quick, Profile::Standard, Profile::Deep].map(Profile::id);
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Profile>())
}

/// Whether requests are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthMode {
    /// Signed with AWS Signature Version 4
    #[value(name = "sigv4")]
    SigV4,
    /// Unsigned
    None,
}
