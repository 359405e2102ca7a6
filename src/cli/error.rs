//! Why a command could not do what was asked.

use std::path::Path;

use super::exit::Exit;
use crate::report::text::visible_block;

/// Why a command could not do what was asked.
#[derive(Debug)]
pub enum CliError {
    /// The arguments, or a file they name, make no sense; one sentence.
    Usage(String),
    /// A file is wrong, with the place; shown by miette.
    File(miette::Report),
    /// The target could not be tested; one sentence.
    CouldNotTest(String),
}

impl CliError {
    /// A sentence about the arguments.
    pub fn usage(sentence: impl Into<String>) -> Self {
        CliError::Usage(sentence.into())
    }

    /// A file that cannot be read or written.
    pub fn io(verb: &str, path: &Path, error: &std::io::Error) -> Self {
        CliError::Usage(format!("cannot {verb} {}: {error}", path.display()))
    }

    /// How the program ends.
    pub fn exit(&self) -> Exit {
        match self {
            CliError::Usage(_) | CliError::File(_) => Exit::Usage,
            CliError::CouldNotTest(_) => Exit::CouldNotTest,
        }
    }

    /// What to show on stderr.
    pub fn message(&self) -> String {
        match self {
            CliError::Usage(sentence) | CliError::CouldNotTest(sentence) => {
                format!("error: {}", visible_block(sentence))
            }
            CliError::File(report) => only_colours(&format!("{report:?}")),
        }
    }
}

/// The text with nothing left that steers a terminal but colours: the file that it quotes may be anybody's.
fn only_colours(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut shown = visible_block(parts.next().unwrap_or_default()).into_owned();
    for part in parts {
        let is_colour = |end: &usize| part[1..*end].chars().all(|c| c.is_ascii_digit() || c == ';');
        let end = part.find('m').filter(|end| part.starts_with('[') && is_colour(end)).map_or(0, |end| end + 1);
        let (colour, rest) = part.split_at(end);
        shown.push_str(if colour.is_empty() { "\\u{1b}" } else { "\u{1b}" });
        shown.push_str(colour);
        shown.push_str(&visible_block(rest));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::only_colours;

    #[test]
    fn a_quoted_file_cannot_steer_the_terminal() {
        let text = "\u{1b}[31merror\u{1b}[0m: a\u{1b}[2Jb\u{1b}]0;title\u{7}\u{9b}c\n";
        assert_eq!(only_colours(text), "\u{1b}[31merror\u{1b}[0m: a\\u{1b}[2Jb\\u{1b}]0;title\\u{7}\\u{9b}c\n");
        assert_eq!(only_colours("[1m plain"), "[1m plain");
    }
}
