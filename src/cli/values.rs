//! Checks of the values of settings, the same for flags, variables and the configuration file.

use super::args::RunArgs;
use super::endpoint::Endpoint;
use super::error::CliError;
use crate::run::span::Span;

/// A value that a setting cannot have.
#[derive(Debug, PartialEq, Eq)]
pub struct BadValue {
    /// The setting: a long flag without its dashes, or a key of the file.
    pub setting: &'static str,
    /// What is wrong and what to write; it follows the setting's name in a sentence.
    pub problem: String,
}

impl BadValue {
    /// A problem with the value of a setting.
    pub fn new(setting: &'static str, problem: impl Into<String>) -> BadValue {
        BadValue { setting, problem: problem.into() }
    }
}

impl From<BadValue> for CliError {
    fn from(bad: BadValue) -> CliError {
        CliError::usage(format!("--{} {}", bad.setting, bad.problem))
    }
}

/// Checks every value that can be checked without a contract and a target.
///
/// # Errors
/// The first value that makes no sense.
pub fn check(args: &RunArgs) -> Result<(), BadValue> {
    if let Some(endpoint) = &args.target.endpoint {
        Endpoint::parse(endpoint)?;
    }
    if let Some(path) = &args.target.broadcast {
        broadcast(path)?;
    }
    if args.effort.jobs == Some(0) {
        return Err(BadValue::new("jobs", "0 would send nothing: use 1 or more"));
    }
    if let Some(rate) = args.effort.rate.filter(|rate| !(rate.is_finite() && *rate > 0.0)) {
        return Err(BadValue::new("rate", format!("{rate} is no number of requests per second: use more than 0")));
    }
    time_limit("request-timeout", args.effort.request_timeout)?;
    time_limit("deadline", args.effort.deadline)?;
    globs("only", &args.plan.selection.only)?;
    globs("skip", &args.plan.selection.skip)
}

/// Checks the path of the target that starts and ends broadcasts.
///
/// # Errors
/// It is not a path.
pub fn broadcast(path: &str) -> Result<(), BadValue> {
    match path.starts_with('/') {
        true => Ok(()),
        false => Err(BadValue::new("broadcast", format!("`{path}` is no path: it begins with `/`"))),
    }
}

/// Checks a time limit.
///
/// # Errors
/// It is zero.
pub fn time_limit(setting: &'static str, limit: Option<Span>) -> Result<(), BadValue> {
    match limit.is_some_and(|Span(limit)| limit.is_zero()) {
        true => Err(BadValue::new(setting, "0 leaves no time for anything: use more than 0")),
        false => Ok(()),
    }
}

fn globs(setting: &'static str, globs: &[String]) -> Result<(), BadValue> {
    match globs.iter().find_map(|glob| globset::Glob::new(glob).err()) {
        Some(error) => Err(BadValue::new(setting, format!("has a glob that cannot be read: {error}"))),
        None => Ok(()),
    }
}
