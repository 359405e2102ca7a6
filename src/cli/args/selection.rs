//! Which part of a contract a command is about.

use std::path::PathBuf;

use clap::Args;

use crate::run::settings::Shard;

/// Which clauses and cases, of which contract, with which configuration.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "What to check")]
pub struct SelectionArgs {
    /// Contract to check against: `ivs-2026-11`, a Smithy model, a botocore service-2.json, or a directory with one
    /// [default: built-in, of the reference document]
    #[arg(long, value_name = "PATH")]
    pub spec: Option<PathBuf>,
    /// Keeps clauses or cases whose id matches, and the clauses of such cases; findings of other clauses do not count
    /// and are not shown; repeatable
    #[arg(long, value_name = "GLOB")]
    pub only: Vec<String>,
    /// Drops clauses or cases whose id matches; findings of dropped clauses do not count and are not shown; repeatable
    #[arg(long, value_name = "GLOB")]
    pub skip: Vec<String>,
    /// Keeps the clauses and cases of an operation, like --only 'NAME.*'; repeatable
    #[arg(long, value_name = "NAME")]
    pub operation: Vec<String>,
    /// Settings as TOML [default: ivs-conformance.toml if present]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Which clauses and cases, and which shard of them.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "What to check")]
pub struct PlanArgs {
    /// Which clauses and cases.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Keeps the I-th of N deterministic, disjoint parts [default: 1/1]
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
}
