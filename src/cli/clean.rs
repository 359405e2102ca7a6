//! `clean`: waits for its stage.

use super::args::CleanArgs;
use super::environment::Environment;
use super::error::CliError;
use super::exit::Exit;

/// Not yet there.
pub async fn clean(_args: CleanArgs, _environment: &Environment) -> Result<Exit, CliError> {
    Err(CliError::usage("`clean` is not there yet"))
}
