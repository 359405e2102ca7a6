//! Manual pages, one for each command: the arguments as clap knows them, and what `manual/sections.toml` says of
//! variables, files and exit codes.

use std::path::Path;

use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};
use serde::Deserialize;

use super::args::{Cli, ManArgs};
use super::error::CliError;
use super::exit::Exit;
use super::output::print;
use super::suggest::did_you_mean;

/// Name in `commands` that stands for every command.
const EVERY: &str = "*";

/// What the pages say besides the arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sections {
    variables: Vec<Entry>,
    files: Vec<Entry>,
    exits: Vec<Code>,
}

/// A variable or a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    text: String,
    commands: Vec<String>,
}

/// An exit code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    code: u8,
    text: String,
    commands: Vec<String>,
}

/// A page of the manual.
struct Page {
    /// The words after the program's name: `spec diff`; empty for the program itself.
    command: String,
    /// The page's file: `ivs-conformance-spec-diff.1`.
    file: String,
    /// The page in roff.
    roff: Vec<u8>,
}

/// Prints the page of a command, or writes all pages into a directory.
///
/// # Errors
/// There is no such command, or the directory cannot be written.
pub fn man(args: &ManArgs) -> Result<Exit, CliError> {
    let pages = pages().map_err(|error| CliError::usage(format!("cannot make the manual pages: {error}")))?;
    if let Some(directory) = &args.directory {
        write_all(&pages, directory)?;
        return Ok(Exit::Success);
    }
    let wanted = args.command.join(" ");
    let Some(page) = pages.iter().find(|page| page.command == wanted) else {
        let question = did_you_mean(&wanted, pages.iter().map(|page| page.command.as_str()));
        return Err(CliError::usage(format!("there is no command `{wanted}`{question}")));
    };
    print(&String::from_utf8_lossy(&page.roff));
    Ok(Exit::Success)
}

fn write_all(pages: &[Page], directory: &Path) -> Result<(), CliError> {
    std::fs::create_dir_all(directory).map_err(|error| CliError::io("create the directory", directory, &error))?;
    for page in pages {
        let path = directory.join(&page.file);
        std::fs::write(&path, &page.roff).map_err(|error| CliError::io("write the page", &path, &error))?;
    }
    print(&format!("wrote {} pages into {}\n", pages.len(), directory.display()));
    Ok(())
}

fn pages() -> Result<Vec<Page>, Box<dyn std::error::Error>> {
    let sections: Sections = toml::from_str(include_str!("manual/sections.toml"))?;
    let mut program = Cli::command();
    program.build();
    let mut pages = Vec::new();
    add(&program, String::new(), &sections, &mut pages)?;
    Ok(pages)
}

/// Adds the page of a command and those of the commands below it.
fn add(command: &clap::Command, words: String, sections: &Sections, pages: &mut Vec<Page>) -> std::io::Result<()> {
    let man = Man::new(command.clone());
    pages.push(Page { file: man.get_filename(), roff: page(&man, command, &words, sections)?, command: words.clone() });
    for below in command.get_subcommands() {
        add(below, format!("{words} {}", below.get_name()).trim_start().to_owned(), sections, pages)?;
    }
    Ok(())
}

fn page(man: &Man, command: &clap::Command, words: &str, sections: &Sections) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    // The page of the program has everything.
    let is_about = |commands: &[String]| words.is_empty() || commands.iter().any(|name| name == words || name == EVERY);
    let entry = |entry: &Entry| (entry.name.clone(), entry.text.clone());
    let of =
        |entries: &[Entry]| entries.iter().filter(|entry| is_about(&entry.commands)).map(entry).collect::<Vec<_>>();
    let code = |code: &Code| match words.is_empty() && !code.commands.iter().any(|name| name == EVERY) {
        true => (code.code.to_string(), format!("{} ({})", code.text, code.commands.join(", "))),
        false => (code.code.to_string(), code.text.clone()),
    };
    let mut codes: Vec<_> = sections.exits.iter().filter(|code| is_about(&code.commands)).map(code).collect();
    codes.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (title, list) in
        [("ENVIRONMENT", of(&sections.variables)), ("FILES", of(&sections.files)), ("EXIT STATUS", codes)]
    {
        section(title, list).to_writer(&mut page)?;
    }
    see_also(words).to_writer(&mut page)?;
    Ok(page)
}

/// A section with a list of terms and what they mean; nothing if the list is empty.
fn section(title: &str, list: Vec<(String, String)>) -> Roff {
    let mut roff = Roff::new();
    if !list.is_empty() {
        roff.control("SH", [title]);
    }
    for (term, text) in list {
        roff.control("TP", []);
        roff.text([bold(term)]);
        roff.text([roman(text)]);
    }
    roff
}

fn see_also(words: &str) -> Roff {
    let mut roff = Roff::new();
    if let Some(above) = (!words.is_empty()).then(|| words.rsplit_once(' ').map_or("", |(above, _)| above)) {
        let name = format!("ivs-conformance {above}").trim_end().replace(' ', "-");
        roff.control("SH", ["SEE ALSO"]);
        roff.text([bold(name), Inline::Roman("(1)".to_owned())]);
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(page: &Page) -> String {
        String::from_utf8(page.roff.clone()).unwrap().replace(r"\-", "-")
    }

    #[test]
    fn every_command_has_a_page_with_its_flags_and_exit_codes() {
        let pages = pages().unwrap();
        for page in &pages {
            let text = text(page);
            for section in [".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH ENVIRONMENT", ".SH \"EXIT STATUS\""] {
                assert!(text.contains(section), "{section} of {}: {text}", page.file);
            }
            let (_, exits) = text.split_once(".SH \"EXIT STATUS\"").unwrap();
            assert!(exits.contains("fB0fR") || exits.contains(r"\fB0\fR"), "exit code 0 of {}: {exits}", page.file);
        }
        let of = |command: &str| text(pages.iter().find(|page| page.command == command).unwrap());
        for (command, words) in [
            ("run", "--update-baseline --request-timeout --journal IVS_CONFORMANCE_ AWS_PROFILE ivs-conformance.toml"),
            ("serve", "--fault AWS_ACCESS_KEY_ID"),
            ("spec diff", "--baseline ivs-conformance-spec(1) service-2.json"),
            ("", "ivs-conformance-selftest(1)"),
        ] {
            let page = of(command).replace(r"\fR", "");
            for word in words.split(' ') {
                assert!(page.contains(word), "{word} of `{command}`: {page}");
            }
        }
        assert!(!of("list").contains("AWS_PROFILE"), "what a command does not read is not on its page");
    }

    #[test]
    fn sections_name_commands_that_exist() {
        let sections: Sections = toml::from_str(include_str!("manual/sections.toml")).unwrap();
        let known: Vec<String> = pages().unwrap().into_iter().map(|page| page.command).collect();
        let entries = sections.variables.iter().chain(&sections.files).map(|entry| &entry.commands);
        for name in entries.chain(sections.exits.iter().map(|code| &code.commands)).flatten() {
            assert!(name == EVERY || known.contains(name), "there is no command `{name}`");
        }
    }
}
