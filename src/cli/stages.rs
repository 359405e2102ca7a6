//! The stages as the command line calls them.

use std::path::Path;
use std::sync::Arc;

use super::error::CliError;
use super::suggest::did_you_mean;
use crate::plan::{self, Filter, Plan, Suites};
use crate::record::Event;
use crate::report::Record;
use crate::run::RunError;
use crate::run::settings::{Settings, Shard};
use crate::spec::clause::ClauseIndex;
use crate::spec::{self, Contract};

/// A contract with what belongs to it.
pub struct Loaded {
    /// The contract.
    pub contract: Arc<Contract>,
    /// The built-in suites and those of its bundle.
    pub suites: Suites,
}

/// Loads a contract file, or the built-in contract.
pub fn load(path: Option<&Path>) -> Result<Loaded, CliError> {
    let invalid = |error: spec::SpecError| CliError::File(error.into());
    match path {
        None => Ok(Loaded { contract: Arc::new(spec::builtin().map_err(invalid)?), suites: suites(&[])? }),
        Some(path) => {
            let files = spec::Files::read(path).map_err(invalid)?;
            let contract = Arc::new(spec::load_files(&files).map_err(invalid)?);
            Ok(Loaded { contract, suites: suites(&files.suites)? })
        }
    }
}

/// Puts the service's own address for `aws`. Source: AWS General Reference, "AWS service endpoints".
pub fn name_endpoint(settings: &mut Settings, contract: &Contract) -> Result<(), CliError> {
    if settings.endpoint != super::endpoint::AWS {
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

/// What to do about a contract that the embedded reference server does not serve.
pub const NAME_THE_TARGET: &str = "name the target with --endpoint, e.g. --endpoint http://127.0.0.1:5000";

/// The embedded reference server serves the built-in contract's service and no other.
///
/// # Errors
/// The contract is of another service.
pub fn expect_reference(contract: &Contract, advice: &str) -> Result<(), CliError> {
    if contract.is_builtin {
        return Ok(());
    }
    let builtin = spec::builtin().map_err(|error| CliError::File(error.into()))?;
    let known = |service: &spec::contract::Service| (service.name.to_lowercase(), service.signing_name.clone());
    if known(&builtin.service) == known(&contract.service) {
        return Ok(());
    }
    Err(CliError::usage(format!(
        "the contract is of the service `{}`, and the embedded reference server serves `{}` only: {advice}",
        contract.service.name, builtin.service.name
    )))
}

/// Plans the cases that filters and shard leave.
pub fn plan(
    contract: &Contract,
    suites: &Suites,
    only: &[String],
    skip: &[String],
    shard: Shard,
) -> Result<Plan, CliError> {
    let filter =
        Filter { only: only.to_vec(), skip: skip.to_vec(), shard_index: shard.index, shard_count: shard.count };
    plan::plan(contract, suites, &filter).map_err(bad_plan)
}

/// The built-in suites, and those of a bundle besides.
fn suites(files: &[spec::TextFile]) -> Result<Suites, CliError> {
    let mut suites = Suites::builtin().map_err(bad_plan)?;
    for file in files {
        suites.extend(Suites::parse(&file.path, &file.text).map_err(bad_plan)?);
    }
    Ok(suites)
}

fn bad_plan(error: plan::PlanError) -> CliError {
    match error {
        plan::PlanError::Suites(error) => CliError::File(error.into()),
        error => CliError::usage(error.to_string()),
    }
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

/// Checks a contract file and its rules, and says what it holds.
pub fn check(path: &Path) -> Result<String, CliError> {
    match spec::check_file(path) {
        Ok(summary) => Ok(summary.to_string()),
        Err(error) => Err(CliError::File(error.into())),
    }
}
