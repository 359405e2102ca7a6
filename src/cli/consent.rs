//! Consent to a run: on a target that is not on this machine, resources are made and deleted only if the user agrees.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use super::dry_run::dry_run;
use super::environment::Environment;
use super::error::CliError;
use super::output::{print, print_error};
use super::resolve::Consent;
use crate::plan::Plan;
use crate::run::settings::Settings;
use crate::spec::Contract;

/// Prints the plan of a run if it is asked for, and asks for consent if that is needed. Returns whether the run goes on.
///
/// # Errors
/// The program has no terminal to ask on, the user refuses, or the plan cannot be made.
pub async fn ask(
    contract: &Arc<Contract>,
    plan: &Plan,
    settings: &Settings,
    asked: Asked,
    environment: &Environment,
) -> Result<Decision, CliError> {
    match asked {
        Asked { plan_only: true, .. } => {
            print(&dry_run(contract, plan, settings, environment).await?);
            Ok(Decision::Stop)
        }
        Asked { consent: Consent::Given, .. } => Ok(Decision::Go),
        Asked { consent: Consent::Needed, .. } => {
            if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
                return Err(CliError::usage(format!(
                    "{} is not on this machine, where a run makes and deletes resources: --plan shows what it would \
                     do, --yes does it",
                    settings.endpoint
                )));
            }
            print_error(&dry_run(contract, plan, settings, environment).await?);
            read_consent()
        }
    }
}

/// What is asked before a run.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Print the plan and stop.
    pub plan_only: bool,
    /// Whether the user must agree first.
    pub consent: Consent,
}

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It does.
    Go,
    /// It does not, as the user wanted.
    Stop,
}

fn read_consent() -> Result<Decision, CliError> {
    print_error("Go on? [y/N] ");
    // A console that is gone answers nothing, which is a no.
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let _ = std::io::stdin().read_line(&mut answer);
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(Decision::Go),
        _ => Err(CliError::usage("nothing was sent, as you did not agree")),
    }
}
