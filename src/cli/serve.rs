//! `serve`: the reference server alone.

use super::args::{AuthMode, ServeArgs};
use super::environment::Environment;
use super::error::CliError;
use super::exit::Exit;
use super::output::print;
use super::resolve::DEFAULT_REGION;
use super::signals;
use crate::reference::{self, Auth, Config};
use crate::report::text::count;

/// Serves until the process is asked to end.
pub async fn serve(args: ServeArgs, environment: &Environment) -> Result<Exit, CliError> {
    let region = environment.get("AWS_REGION").or_else(|| environment.get("AWS_DEFAULT_REGION"));
    let config = Config {
        listen: args.listen,
        auth: auth(args.auth, environment)?,
        region: region.unwrap_or(DEFAULT_REGION).to_owned(),
        faults: parsed(&args.fault)?,
        variants: parsed(&args.variant)?,
        ..Config::default()
    };
    // Listening to signals starts before anyone can know that the server is there.
    let interrupted = tokio::spawn(signals::interrupted());
    let server = reference::start(config).await.map_err(|error| CliError::usage(cause_chain(&error)))?;
    print(&format!("listening on http://{}\n", server.address()));
    // A task that is gone can wait for nothing more: that is a reason to stop as well.
    let _ = interrupted.await;
    print(&format!("served {}\n", count(server.requests(), "request")));
    server.stop().await;
    Ok(Exit::Success)
}

fn auth(mode: AuthMode, environment: &Environment) -> Result<Auth, CliError> {
    match mode {
        AuthMode::None => Ok(Auth::None),
        AuthMode::SigV4 => {
            let get = |name: &str| environment.get(name).map(str::to_owned);
            match (get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY")) {
                (Some(access_key_id), Some(secret_access_key)) => {
                    Ok(Auth::SigV4 { access_key_id, secret_access_key, session_token: get("AWS_SESSION_TOKEN") })
                }
                _ => Err(CliError::usage(
                    "--auth sigv4 verifies against a key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                )),
            }
        }
    }
}

fn parsed<T: std::str::FromStr>(ids: &[String]) -> Result<Vec<T>, CliError>
where
    T::Err: std::fmt::Display,
{
    let parse = |id: &String| id.parse().map_err(|error: T::Err| CliError::usage(error.to_string()));
    ids.iter().map(parse).collect()
}

fn cause_chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        None => error.to_string(),
        Some(source) => format!("{error}: {}", cause_chain(source)),
    }
}
