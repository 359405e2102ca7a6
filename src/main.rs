//! The program: maps the outcome of the command line to an exit code.

use std::process::ExitCode;

use ivs_conformance::cli::{self, environment::Environment};
use mimalloc::MiMalloc;

/// Requests and responses are made of many small pieces: the system's allocator takes twice as long over them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::start(std::env::args_os(), &Environment::current()).into()
}
