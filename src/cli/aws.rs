//! Credentials and region where the AWS SDKs look for them, by the SDKs' own code. Only for targets that are elsewhere:
//! a check of a target on this machine asks no metadata service.

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
        true => search(target, environment.clone()).await,
        false => Ok(environment.clone()),
    }
}

/// Without the SDKs' code, keys in variables and in profiles are all there is.
#[cfg(not(feature = "aws-config"))]
async fn search(_target: &TargetArgs, environment: Environment) -> Result<Environment, CliError> {
    Ok(environment)
}

#[cfg(feature = "aws-config")]
async fn search(target: &TargetArgs, environment: Environment) -> Result<Environment, CliError> {
    use super::environment::Found;
    use crate::run::settings::Credentials;
    use aws_config::BehaviorVersion;
    use aws_config::profile::ProfileFileCredentialsProvider;
    use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
    use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone());
    if let Some(region) = &target.region {
        loader = loader.region(aws_config::Region::new(region.clone()));
    }
    if let Some(profile) = &target.aws_profile {
        loader = loader.profile_name(profile);
        // A profile that is asked for wins over variables, which the default search would prefer.
        let provider = aws_config::provider_config::ProviderConfig::without_region().with_http_client(http);
        let provider = ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&provider).build();
        loader = loader.credentials_provider(SharedCredentialsProvider::new(provider));
    }
    let config = loader.load().await;
    let Some(provider) = config.credentials_provider() else { return Ok(environment) };
    match provider.provide_credentials().await {
        Ok(found) => Ok(environment.with(Found {
            credentials: Credentials {
                access_key_id: found.access_key_id().to_owned(),
                secret_access_key: found.secret_access_key().to_owned(),
                session_token: found.session_token().map(str::to_owned),
            },
            region: config.region().map(ToString::to_string),
        })),
        Err(error) => missing(target, environment, &error),
    }
}

/// Where there is nothing to find, the resolver says so; where something is there and does not work, this does. What
/// stands behind the error is not shown: it may quote what a credential process printed.
#[cfg(feature = "aws-config")]
fn missing(
    target: &TargetArgs,
    environment: Environment,
    error: &aws_credential_types::provider::error::CredentialsError,
) -> Result<Environment, CliError> {
    use aws_credential_types::provider::error::CredentialsError;
    let of = target.aws_profile.as_deref().map_or_else(String::new, |name| format!(" of the profile `{name}`"));
    let reason = match error {
        CredentialsError::CredentialsNotLoaded(_) => return Ok(environment),
        CredentialsError::ProviderTimedOut(_) => "their provider did not answer in time",
        CredentialsError::InvalidConfiguration(_) => "their configuration is not valid",
        CredentialsError::ProviderError(_) => "their provider refused",
        _ => "their provider failed",
    };
    Err(CliError::usage(format!(
        "the AWS credentials{of} cannot be had: {reason}; does `aws sts get-caller-identity` work?"
    )))
}
