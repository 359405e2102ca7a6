//! Credentials and region where the AWS SDKs look for them, by the SDKs' own code. Only for targets that are elsewhere:
//! a check of a target on this machine asks no metadata service.

#[cfg(feature = "aws-config")]
mod search;

use super::args::TargetArgs;
use super::environment::Environment;
use super::error::CliError;
use super::resolve;

/// The environment, with what a search found if one was needed.
///
/// # Errors
/// The endpoint makes no sense, or the search failed.
pub async fn look_up(target: &TargetArgs, environment: &Environment) -> Result<Environment, CliError> {
    match resolve::must_search(target, environment)? {
        #[cfg(feature = "aws-config")]
        true => search::search(target, environment.clone()).await,
        // Without the SDKs' code, keys in variables and in profiles are all there is.
        _ => Ok(environment.clone()),
    }
}
