//! From the words of the command line to the exit code.

use std::ffi::OsString;

use clap::Parser;

use super::args::{Cli, Command};
use super::environment::Environment;
use super::error::CliError;
use super::exit::Exit;
use super::output::print_error;
use super::{
    clean, compare, completions, diff, explain, judge, list, manual, merge, replay, report, run, selftest, serve, spec,
};

/// Does what the command line asks for; every word on the console has been written when it returns.
pub fn start(words: impl IntoIterator<Item = OsString>, environment: &Environment) -> Exit {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Success };
            // A console that is gone is nobody's error.
            let _ = error.print();
            return exit;
        }
    };
    dispatch(cli.command, environment).unwrap_or_else(|error| {
        print_error(&format!("{}\n", error.message().trim_end()));
        error.exit()
    })
}

fn dispatch(command: Command, environment: &Environment) -> Result<Exit, CliError> {
    match command {
        Command::Run(args) => block_on(run::run(*args, environment)),
        Command::Serve(args) => block_on(serve::serve(args, environment)),
        Command::List(args) => list::list(args, environment),
        Command::Explain(args) => explain::explain(&args, environment),
        Command::Replay(args) => block_on(replay::replay(args, environment)),
        Command::Merge(args) => merge::merge(&args, environment),
        Command::Report(args) => report::report(&args, environment),
        Command::Diff(args) => diff::diff(&args, environment),
        Command::Judge(args) => judge::judge(*args, environment),
        Command::Compare(args) => block_on(compare::compare(*args, environment)),
        Command::Clean(args) => block_on(clean::clean(args, environment)),
        Command::Selftest(args) => selftest::selftest(&args, environment),
        Command::Spec { command } => spec::spec(command),
        Command::Completions { shell } => Ok(completions::completions(shell)),
        Command::Man(args) => manual::man(&args),
    }
}

fn block_on(work: impl Future<Output = Result<Exit, CliError>>) -> Result<Exit, CliError> {
    tokio::runtime::Runtime::new()
        .map_err(|error| CliError::CouldNotTest(format!("cannot start the runtime: {error}")))?
        .block_on(work)
}
