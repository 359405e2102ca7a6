//! The stages as the command line calls them.

use std::path::Path;
use std::sync::Arc;

use super::error::CliError;
use super::resolve;
use super::suggest::did_you_mean;
use crate::plan::{self, Filter, Plan, Suites};
use crate::report::Record;
use crate::run::RunError;
use crate::run::event::Event;
use crate::run::settings::{Settings, Shard};
use crate::spec::clause::ClauseIndex;
use crate::spec::{self, Contract};

/// A contract with what belongs to it.
pub struct Loaded {
    /// The contract.
    pub contract: Arc<Contract>,
}

/// Loads a contract file, or the built-in contract.
pub fn load(path: Option<&Path>) -> Result<Loaded, CliError> {
    let contract = match path {
        None => spec::builtin(),
        Some(path) => spec::load_file(path),
    };
    Ok(Loaded { contract: Arc::new(contract.map_err(|error| CliError::File(error.into()))?) })
}

/// Puts the service's own address for `aws`. Source: AWS General Reference, "AWS service endpoints".
pub fn name_endpoint(settings: &mut Settings, contract: &Contract) -> Result<(), CliError> {
    if settings.endpoint != resolve::AWS {
        return Ok(());
    }
    let service = &contract.service;
    let Some(prefix) = service.endpoint_prefix.as_ref().or(service.signing_name.as_ref()) else {
        return Err(CliError::usage(
            "the contract names no endpoint prefix: write the endpoint's URL instead of `aws`",
        ));
    };
    let region = &settings.region;
    let is_name = !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_name {
        return Err(CliError::usage(format!("`{region}` is no AWS region: write it like us-east-1")));
    }
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    settings.endpoint = format!("https://{prefix}.{region}.{domain}");
    Ok(())
}

/// Adds the globs that `--operation` stands for to those of `--only`.
///
/// # Errors
/// An operation that the contract does not have.
pub fn select_operations(only: &mut Vec<String>, names: &[String], contract: &Contract) -> Result<(), CliError> {
    for name in names {
        if contract.operation(name).is_none() {
            let known = contract.operations.iter().map(|operation| operation.name.as_str());
            let question = did_you_mean(name, known);
            return Err(CliError::usage(format!("--operation `{name}` is not an operation of the contract{question}")));
        }
        let glob = format!("{name}.*");
        if !only.contains(&glob) {
            only.push(glob);
        }
    }
    Ok(())
}

/// Plans the cases that filters and shard leave.
pub fn plan(contract: &Contract, only: &[String], skip: &[String], shard: Shard) -> Result<Plan, CliError> {
    let bad = |error: plan::PlanError| match error {
        plan::PlanError::Suites(error) => CliError::File(error.into()),
        error => CliError::usage(error.to_string()),
    };
    let filter =
        Filter { only: only.to_vec(), skip: skip.to_vec(), shard_index: shard.index, shard_count: shard.count };
    plan::plan(contract, &Suites::builtin().map_err(bad)?, &filter).map_err(bad)
}

/// Why a clause without a case has none.
pub fn reason(contract: &Contract, clause: ClauseIndex) -> String {
    let clause = contract.clauses.get(clause);
    plan::reason::documented(contract, &clause.id)
        .or_else(|| plan::reason::by_kind(&clause.kind))
        .map_or_else(|| "no case decides it yet".to_owned(), |reason| reason.to_string())
}

/// Runs a plan and makes the record.
pub async fn run(
    contract: &Arc<Contract>,
    plan: &Plan,
    settings: &Settings,
    observe: &(dyn Fn(Event) + Sync),
    interrupt: impl Future<Output = String>,
) -> Result<Record, CliError> {
    let outcome = crate::run::run(contract, plan, settings, observe, interrupt).await.map_err(|error| match error {
        // Nothing was sent.
        RunError::Journal(error) => CliError::usage(error.to_string()),
        RunError::Send(error) => CliError::usage(error.to_string()),
        error => CliError::CouldNotTest(error.to_string()),
    })?;
    Ok(Record::from_outcome(contract, plan, settings, outcome))
}

/// Checks a contract file and its companion, and says what it holds.
pub fn check(path: &Path) -> Result<String, CliError> {
    match spec::check_file(path) {
        Ok(summary) => Ok(summary.to_string()),
        Err(error) => Err(CliError::File(error.into())),
    }
}
