//! The embedded reference server as the target of a run.

use super::identities;
use crate::reference::{self, Api, Auth, Config, Server, StartError};
use crate::run::settings::Settings;
use crate::spec::Contract;

/// Starts the reference server for a run with these settings, and points them at it: it checks signatures against the
/// very credentials that the run signs with.
///
/// # Errors
/// When the server cannot be started.
pub async fn start(settings: &mut Settings) -> Result<Server, StartError> {
    start_api(Api::Document, settings).await
}

/// The same for the API that a contract is about.
///
/// # Errors
/// When the server cannot be started.
pub async fn start_for(contract: &Contract, settings: &mut Settings) -> Result<Server, StartError> {
    start_api(api(contract), settings).await
}

async fn start_api(api: Api, settings: &mut Settings) -> Result<Server, StartError> {
    let server = reference::start(Config { api, ..prepare(settings) }).await?;
    settings.endpoint = format!("http://{}", server.address());
    Ok(server)
}

/// The API that a contract is about: one that has all of its operations.
pub fn api(contract: &Contract) -> Api {
    Api::of_operations(contract.operations.iter().map(|operation| operation.name.as_str()))
}

/// The set-up of a reference server for runs with these settings, which are told of the callers that it knows.
pub fn prepare(settings: &mut Settings) -> Config {
    let config = Config {
        region: settings.region.clone(),
        auth: auth(settings),
        identities: identities::known_to_server(),
        ..Config::default()
    };
    identities::tell(settings);
    config
}

fn auth(settings: &Settings) -> Auth {
    match &settings.credentials {
        None => Auth::None,
        Some(credentials) => Auth::SigV4 {
            access_key_id: credentials.access_key_id.clone(),
            secret_access_key: credentials.secret_access_key.clone(),
            session_token: credentials.session_token.clone(),
        },
    }
}
