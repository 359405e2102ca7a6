//! The reference server in this process, and whole runs.

use std::sync::Arc;

use ivs_conformance::cli::args::TargetArgs;
use ivs_conformance::cli::environment::Environment;
use ivs_conformance::cli::{embedded, resolve};
use ivs_conformance::plan::Plan;
use ivs_conformance::reference::{self, Config, Server};
use ivs_conformance::run::Outcome;
use ivs_conformance::run::settings::Settings;
use ivs_conformance::spec::Contract;

/// A server with these faults, and the settings of a run against it.
pub async fn start(faults: &[&str]) -> (Server, Settings) {
    let mut settings = resolve::target(&TargetArgs::default(), &Environment::default()).unwrap();
    let config = embedded::prepare(&mut settings);
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let server = reference::start(Config { faults, ..config }).await.unwrap();
    let endpoint = format!("http://{}", server.address());
    (server, Settings { endpoint, ..settings })
}

/// What a run that nothing interrupts shows.
pub async fn run(contract: &Arc<Contract>, plan: &Plan, settings: &Settings) -> Outcome {
    ivs_conformance::run::run(contract, plan, settings, &|_| {}, std::future::pending()).await.unwrap()
}
