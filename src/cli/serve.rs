//! `serve`: the reference server alone.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::args::{AuthMode, ServeArgs, ServedApi};
use super::environment::Environment;
use super::error::CliError;
use super::exit::Exit;
use super::output::{print, print_error};
use super::resolve::{DEFAULT_REGION, REFERENCE_BROADCAST};
use super::{signals, stages};
use crate::reference::{self, Api, Auth, Config, Variant};
use crate::report::text::{count, shell_word};
use crate::run::settings::{Credentials, Shard};
use crate::selftest::Catalogue;
use crate::spec::Bundle;

/// Serves until the process is asked to end.
pub async fn serve(args: ServeArgs, environment: &Environment) -> Result<Exit, CliError> {
    if args.list_faults {
        print(&faults()?);
        return Ok(Exit::Success);
    }
    let region = environment.get("AWS_REGION").or_else(|| environment.get("AWS_DEFAULT_REGION"));
    let config = Config {
        listen: args.listen,
        api: served(args.api),
        auth: auth(args.auth, environment),
        region: region.unwrap_or(DEFAULT_REGION).to_owned(),
        faults: parsed(&args.fault)?,
        variants: parsed(&args.variant)?,
        ..Config::default()
    };
    // Listening to signals starts before anyone can know that the server is there.
    let interrupted = tokio::spawn(signals::interrupted());
    let region = config.region.clone();
    let server = reference::start(config).await.map_err(|error| CliError::usage(cause_chain(&error)))?;
    print(&format!("listening on http://{}\n", server.address()));
    print_error(&advice(server.address(), &args, &region, environment));
    // A task that is gone can wait for nothing more: that is a reason to stop as well.
    let _ = interrupted.await;
    print(&format!("served {}\n", count(server.requests(), "request")));
    server.stop().await;
    Ok(Exit::Success)
}

/// Every fault with its family, and every variant with what it does.
fn faults() -> Result<String, CliError> {
    let stages::Loaded { contract, suites } = stages::load(None)?;
    let plan = stages::plan(&contract, &suites, &[], &[], Shard::default())?;
    let catalogue = Catalogue::of(&contract, &plan.cases).map_err(|error| CliError::usage(error.to_string()))?;
    let undetected = catalogue.undetected.iter().map(|(mutant, _)| mutant);
    let mut mutants: Vec<_> = catalogue.mutants.iter().chain(undetected).collect();
    mutants.sort_by(|a, b| (&a.family, &a.id).cmp(&(&b.family, &b.id)));
    let mut page = String::from("faults, for --fault\n");
    for family in mutants.chunk_by(|a, b| a.family == b.family) {
        let _ = writeln!(page, "\n  {}", family.first().map_or("", |mutant| &mutant.family));
        for mutant in family {
            let _ = writeln!(page, "    {}", mutant.id);
        }
    }
    page.push_str("\nvariants, for --variant\n\n");
    for variant in Variant::ALL {
        let _ = writeln!(page, "    {}: {}", variant.name(), variant.description());
    }
    Ok(page)
}

fn served(api: ServedApi) -> Api {
    match api {
        ServedApi::Document => Api::Document,
        ServedApi::November2026 => Api::November2026,
    }
}

/// The key in the environment, else the well-known one that runs sign with on loopback.
fn auth(mode: AuthMode, environment: &Environment) -> Auth {
    let credentials = match mode {
        AuthMode::None => return Auth::None,
        AuthMode::SigV4 => own_key(environment).unwrap_or_else(Credentials::for_tests),
    };
    Auth::SigV4 {
        access_key_id: credentials.access_key_id,
        secret_access_key: credentials.secret_access_key,
        session_token: credentials.session_token,
    }
}

fn own_key(environment: &Environment) -> Option<Credentials> {
    let get = |name: &str| environment.get(name).map(str::to_owned);
    Some(Credentials {
        access_key_id: get("AWS_ACCESS_KEY_ID")?,
        secret_access_key: get("AWS_SECRET_ACCESS_KEY")?,
        session_token: get("AWS_SESSION_TOKEN"),
    })
}

/// The command that checks this server.
fn advice(address: SocketAddr, args: &ServeArgs, region: &str, environment: &Environment) -> String {
    // A server that listens everywhere is best reached on this machine.
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let mut command = format!("ivs-conformance run --endpoint http://{}", SocketAddr::new(host, address.port()));
    command.push_str(&format!(" --broadcast {REFERENCE_BROADCAST}"));
    if args.api == ServedApi::November2026 {
        command.push_str(&format!(" --spec {}", Bundle::NOVEMBER_2026.name()));
    }
    if region != DEFAULT_REGION {
        command.push_str(&format!(" --region {}", shell_word(region)));
    }
    let key = match args.auth {
        AuthMode::None => {
            command.push_str(" --auth none");
            ""
        }
        AuthMode::SigV4 if own_key(environment).is_some() => " (with AWS_ACCESS_KEY_ID and so on set as they are here)",
        AuthMode::SigV4 => "",
    };
    format!("check it with: {command}{key}\n")
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
