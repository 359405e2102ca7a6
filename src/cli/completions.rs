//! Completion scripts, made from the arguments themselves.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::exit::Exit;
use super::output::print;

/// Prints the completion script of a shell.
pub fn completions(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ivs-conformance", &mut script);
    print(&String::from_utf8_lossy(&script));
    Exit::Success
}
