//! The program: maps the outcome of the command line to an exit code.

use std::process::ExitCode;

use ivs_conformance::cli::{self, environment::Environment};

fn main() -> ExitCode {
    cli::start(std::env::args_os(), &Environment::current()).into()
}
