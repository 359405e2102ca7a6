//! The search itself, with the code of the SDKs.

use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};

use crate::cli::args::TargetArgs;
use crate::cli::environment::{Environment, Found};
use crate::cli::error::CliError;
use crate::cli::resolve;
use crate::run::credentials::{CredentialsProvider, ExpiringCredentials, ProvidedCredentials, RefreshingCredentials};
use crate::run::settings::Credentials;

/// How long the first search may take: someone may have to look at a browser or a token meanwhile.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long replacing credentials may take.
const LITTLE_PATIENCE: Duration = Duration::from_secs(10);

/// Asks the chain of providers that every SDK asks: variables, profiles, web identities, containers, instances.
///
/// # Errors
/// There are credentials, and they cannot be had.
pub async fn search(target: &TargetArgs, environment: Environment) -> Result<Environment, CliError> {
    let ring = tls::Provider::Rustls(CryptoMode::Ring);
    let http = aws_smithy_http_client::Builder::new().tls_provider(ring).build_https();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone());
    // A region that is known needs no search of its own, which may ask an instance's metadata.
    let region = resolve::named_region(target, &environment)?.map(Region::new);
    if let Some(region) = &region {
        loader = loader.region(region.clone());
    }
    if let Some(profile) = &target.aws_profile {
        loader = loader.profile_name(profile);
        // A profile that is asked for wins over variables, which the default search would prefer.
        let provider = ProviderConfig::without_region().with_region(region).with_http_client(http);
        let provider = ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&provider).build();
        loader = loader.credentials_provider(SharedCredentialsProvider::new(provider));
    }
    let config = loader.load().await;
    let Some(provider) = config.credentials_provider() else { return Ok(environment) };
    let provider = Provider { chain: provider, runtime: tokio::runtime::Handle::current() };
    match provider.ask(PATIENCE).await {
        Ok(issued) => Ok(environment.with(Found {
            credentials: issued.credentials.clone(),
            refreshing: issued.expires.is_some().then(|| RefreshingCredentials::new(issued, provider)),
            region: config.region().map(ToString::to_string),
        })),
        Err(error) => missing(target, environment, &error),
    }
}

/// The SDKs' search, to be made again when what it found expires.
struct Provider {
    chain: SharedCredentialsProvider,
    /// The runtime of the whole program: connections to a provider must not end with one thread of a run.
    runtime: tokio::runtime::Handle,
}

impl Provider {
    async fn ask(&self, limit: Duration) -> Result<ExpiringCredentials, CredentialsError> {
        let late = |_| CredentialsError::provider_timed_out(limit);
        let found = tokio::time::timeout(limit, self.chain.provide_credentials()).await.map_err(late)??;
        let credentials = Credentials {
            access_key_id: found.access_key_id().to_owned(),
            secret_access_key: found.secret_access_key().to_owned(),
            session_token: found.session_token().map(str::to_owned),
        };
        Ok(ExpiringCredentials { credentials, expires: found.expiry() })
    }
}

impl CredentialsProvider for Provider {
    fn provide(&self) -> ProvidedCredentials<'_> {
        let provider = Provider { chain: self.chain.clone(), runtime: self.runtime.clone() };
        let asked = self.runtime.spawn(async move { provider.ask(LITTLE_PATIENCE).await });
        Box::pin(async move {
            match asked.await {
                Ok(answer) => answer.map_err(|error| reason(&error).unwrap_or("there are none any more").to_owned()),
                Err(_) => Err("the program is ending".to_owned()),
            }
        })
    }
}

/// Where there is nothing to find, the resolver says so; where something is there and does not work, this does.
fn missing(target: &TargetArgs, environment: Environment, error: &CredentialsError) -> Result<Environment, CliError> {
    let of = target.aws_profile.as_deref().map_or_else(String::new, |name| format!(" of the profile `{name}`"));
    match reason(error) {
        None => Ok(environment),
        Some(reason) => Err(CliError::usage(format!(
            "the AWS credentials{of} cannot be had: {reason}; does `aws sts get-caller-identity` work?"
        ))),
    }
}

/// Why a search failed; none if there was nothing to find. What stands behind the error is not shown: it may quote what
/// a credential process printed.
fn reason(error: &CredentialsError) -> Option<&'static str> {
    Some(match error {
        CredentialsError::CredentialsNotLoaded(_) => return None,
        CredentialsError::ProviderTimedOut(_) => "their provider did not respond in time",
        CredentialsError::InvalidConfiguration(_) => "their configuration is not valid",
        CredentialsError::ProviderError(_) => "their provider refused",
        _ => "their provider failed",
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use aws_credential_types::provider::future;

    use super::*;

    #[derive(Debug)]
    struct Silent;

    impl ProvideCredentials for Silent {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(std::future::pending())
        }
    }

    #[tokio::test]
    async fn a_provider_that_says_nothing_is_not_waited_for_for_ever() {
        let chain = SharedCredentialsProvider::new(Silent);
        let provider = Provider { chain, runtime: tokio::runtime::Handle::current() };
        let error = provider.ask(Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(reason(&error), Some("their provider did not respond in time"));
    }
}
