//! Completion scripts and the manual page, made from the arguments themselves.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::error::CliError;
use super::exit::Exit;
use super::output::print;

/// Prints the completion script of a shell.
pub fn completions(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ivs-conformance", &mut script);
    print(&String::from_utf8_lossy(&script));
    Exit::Success
}

/// Prints the manual page of the program, with every command.
pub fn man() -> Result<Exit, CliError> {
    let page = manual().map_err(|error| CliError::usage(format!("cannot make the manual page: {error}")))?;
    print(&String::from_utf8_lossy(&page));
    Ok(Exit::Success)
}

fn manual() -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let mut command = Cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for subcommand in command.get_subcommands() {
        let name = subcommand.get_display_name().unwrap_or(subcommand.get_name()).replace('-', r"\-");
        page.extend_from_slice(format!(".SH {}\n", name.to_uppercase()).as_bytes());
        let section = clap_mangen::Man::new(subcommand.clone());
        section.render_description_section(&mut page)?;
        section.render_options_section(&mut page)?;
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_manual_names_every_command_and_flag() {
        let page = String::from_utf8(super::manual().unwrap()).unwrap();
        for word in ["selftest", "update\\-baseline", "request\\-timeout", "journal", "fault"] {
            assert!(page.to_lowercase().contains(word), "{word}");
        }
    }
}
