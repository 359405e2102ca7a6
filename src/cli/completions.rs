//! Completion scripts, made from the arguments themselves.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::exit::Exit;
use super::output::print;

/// Name of the program.
const PROGRAM: &str = "ivs-conformance";

/// Prints the completion script of a shell.
pub fn completions(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), PROGRAM, &mut script);
    let script = String::from_utf8_lossy(&script);
    print(&match shell {
        Shell::Bash => one_spelling(&script),
        _ => script.into_owned(),
    });
    Exit::Success
}

/// The script for bash with one spelling of the program's name. clap_complete 4.6 writes the hyphen in it in two ways, so
/// that nothing is completed after a command: <https://github.com/clap-rs/clap/issues/6421>.
fn one_spelling(script: &str) -> String {
    script.replace(&PROGRAM.replace('-', "__subcmd__"), &PROGRAM.replace('-', "__"))
}
