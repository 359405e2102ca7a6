//! Arguments of `compare`.

use std::path::PathBuf;

use clap::Args;

use super::run::{AuthMode, profiles};
use super::verdict::ConsoleArgs;
use crate::cli::output::ReportTarget;
use crate::run::settings::Profile;
use crate::run::span::Span;

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Base URL of the first target, A [default: the embedded reference server]
    #[arg(long, value_name = "URL", help_heading = "Targets")]
    pub endpoint: Option<String>,
    /// Base URL of the second target, B [default: the embedded reference server]
    #[arg(long, value_name = "URL", help_heading = "Targets")]
    pub against: Option<String>,
    /// Whether to sign requests to A [default: sigv4]
    #[arg(long, value_enum, help_heading = "Targets")]
    pub auth: Option<AuthMode>,
    /// Whether to sign requests to B [default: as for A]
    #[arg(long, value_enum, value_name = "AUTH", help_heading = "Targets")]
    pub against_auth: Option<AuthMode>,
    /// AWS region to sign for on A [default: from the environment, else us-east-1]
    #[arg(long, value_name = "NAME", help_heading = "Targets")]
    pub region: Option<String>,
    /// AWS region to sign for on B [default: as for A]
    #[arg(long, value_name = "NAME", help_heading = "Targets")]
    pub against_region: Option<String>,
    /// Path of A that starts and ends broadcasts on POST of the body that the contract states
    #[arg(long, value_name = "PATH", help_heading = "Targets")]
    pub broadcast: Option<String>,
    /// Path of B that starts and ends broadcasts
    #[arg(long, value_name = "PATH", help_heading = "Targets")]
    pub against_broadcast: Option<String>,
    /// How long to wait for the targets to accept connections: seconds, or 30s, 5m [default: 0]
    #[arg(long, value_name = "S", help_heading = "Targets")]
    pub wait: Option<Span>,
    /// Contract to read responses by: a Smithy model, a botocore service-2.json, or a directory with one [default:
    /// built-in]
    #[arg(long, value_name = "PATH", help_heading = "What to compare")]
    pub spec: Option<PathBuf>,
    /// Keeps cases whose id matches, and those of clauses whose id matches; `sequence/*` are the random programs;
    /// repeatable
    #[arg(long, value_name = "GLOB", help_heading = "What to compare")]
    pub only: Vec<String>,
    /// Drops cases and clauses whose id matches; repeatable
    #[arg(long, value_name = "GLOB", help_heading = "What to compare")]
    pub skip: Vec<String>,
    /// Keeps the cases of an operation, like --only 'NAME.*'; repeatable
    #[arg(long, value_name = "NAME", help_heading = "What to compare")]
    pub operation: Vec<String>,
    /// Settings as TOML; the keys that are flags here count [default: ivs-conformance.toml if present]
    #[arg(long, value_name = "FILE", help_heading = "What to compare")]
    pub config: Option<PathBuf>,
    /// How much is tried [default: standard]
    #[arg(long, value_name = "PROFILE", value_parser = profiles(), help_heading = "Effort")]
    pub profile: Option<Profile>,
    /// Seed of every random choice [default: fixed]
    #[arg(long, value_name = "N", help_heading = "Effort")]
    pub seed: Option<u64>,
    /// Requests in flight to each target: reads that follow each other are sent together [default: 1]
    #[arg(long, value_name = "N", help_heading = "Effort")]
    pub jobs: Option<usize>,
    /// How long one request may take: seconds, or 30s, 5m [default: 10]
    #[arg(long, value_name = "S", help_heading = "Effort")]
    pub request_timeout: Option<Span>,
    /// How long the whole comparison may take: seconds, or 30s, 5m [default: none]
    #[arg(long, value_name = "S", help_heading = "Effort")]
    pub deadline: Option<Span>,
    /// Writes a report: json or markdown; `-` is stdout; repeatable
    #[arg(long, value_name = "FORMAT=FILE", help_heading = "Reports")]
    pub report: Vec<ReportTarget>,
    /// What the console shows.
    #[command(flatten)]
    pub console: ConsoleArgs,
}
