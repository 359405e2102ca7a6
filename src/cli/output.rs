//! Where reports go, and the console.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use super::args::{ColorMode, ConsoleArgs};
use super::error::CliError;
use crate::report::sarif::UserFiles;
pub use crate::report::target::ReportTarget;
use crate::report::terminal::{self, Detail, View};
use crate::report::{Format, Record, json};

/// Columns of a page that no terminal limits.
const DEFAULT_WIDTH: usize = 100;

/// Reports whose files are open before anything is sent.
#[derive(Debug)]
pub struct Sinks(Vec<Sink>);

#[derive(Debug)]
struct Sink {
    format: Format,
    to: Option<(PathBuf, File)>,
}

impl Sinks {
    /// Opens every file; what cannot be written fails here.
    pub fn open(targets: &[ReportTarget]) -> Result<Sinks, CliError> {
        for (position, target) in targets.iter().enumerate() {
            if targets[..position].iter().any(|earlier| earlier.file == target.file) {
                let name = target.file.as_ref().map_or("stdout".into(), |file| file.display().to_string());
                return Err(CliError::usage(format!("two reports would go to {name}")));
            }
        }
        targets.iter().map(open).collect::<Result<_, _>>().map(Sinks)
    }

    /// Whether a report goes to stdout, so that the terminal report must not.
    pub fn use_stdout(&self) -> bool {
        self.0.iter().any(|sink| sink.to.is_none())
    }

    /// The reports that go to files.
    fn files(&self) -> Vec<(Format, String)> {
        let file = |sink: &Sink| Some((sink.format, sink.to.as_ref()?.0.display().to_string()));
        self.0.iter().filter_map(file).collect()
    }

    /// Writes every report.
    pub fn write(&mut self, record: &Record, files: &UserFiles) -> Result<(), CliError> {
        for sink in &mut self.0 {
            // The JSON of many findings is long: it is written piece by piece.
            let text = match sink.format {
                Format::Json => None,
                format => {
                    Some(format.render(record, files).map_err(|error| CliError::CouldNotTest(error.to_string()))?)
                }
            };
            let write = |to: &mut dyn Write| match &text {
                None => json::write(record, to),
                Some(text) => to.write_all(text.as_bytes()),
            };
            match &mut sink.to {
                None => write_or_leave(&mut anstream::stdout().lock(), write),
                Some((path, file)) => replace(file, write)
                    .map_err(|error| CliError::CouldNotTest(format!("cannot write {}: {error}", path.display())))?,
            }
        }
        Ok(())
    }
}

/// Writes saved reports. Which baseline and configuration their runs had, they do not say.
pub fn write_all(record: &Record, targets: &[ReportTarget]) -> Result<Sinks, CliError> {
    let mut sinks = Sinks::open(targets)?;
    sinks.write(record, &UserFiles::default())?;
    Ok(sinks)
}

fn open(target: &ReportTarget) -> Result<Sink, CliError> {
    let to = match &target.file {
        None => None,
        Some(path) => {
            let file = OpenOptions::new().create(true).write(true).truncate(false).open(path);
            let file = file.map_err(|error| CliError::io("write the report", path, &error))?;
            Some((path.clone(), file))
        }
    };
    Ok(Sink { format: target.format, to })
}

/// The old content stays until the new one is there; what is no regular file cannot be cut.
fn replace(file: &mut File, write: impl Fn(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    let mut file = BufWriter::new(file);
    write(&mut file)?;
    file.flush()
}

/// Prints to stdout; a reader that has gone away is no error.
pub fn print(text: &str) {
    write_or_leave(&mut anstream::stdout().lock(), |to| to.write_all(text.as_bytes()));
}

/// Prints to stderr.
pub fn print_error(text: &str) {
    write_or_leave(&mut anstream::stderr().lock(), |to| to.write_all(text.as_bytes()));
}

fn write_or_leave(stream: &mut impl Write, write: impl Fn(&mut dyn Write) -> io::Result<()>) {
    let mut stream = BufWriter::new(stream);
    // Nobody is left to be told when the console itself is gone.
    let _ = write(&mut stream).and_then(|()| stream.flush());
}

/// Shows the terminal report, on stderr if stdout carries another report.
pub fn show(record: &Record, sinks: &Sinks, console: &ConsoleArgs) {
    let detail = match (console.quiet, console.verbose) {
        (Some(true), _) => Detail::Verdict,
        (_, Some(true)) => Detail::Full,
        _ => Detail::Brief,
    };
    let page = terminal::render(record, &View { width: width(), detail, files: sinks.files() });
    if sinks.use_stdout() { print_error(&page) } else { print(&page) }
}

/// Decides once whether the console has colours.
pub fn choose_colours(mode: Option<ColorMode>) {
    match mode {
        None | Some(ColorMode::Auto) => {}
        Some(ColorMode::Always) => anstream::ColorChoice::Always.write_global(),
        Some(ColorMode::Never) => anstream::ColorChoice::Never.write_global(),
    }
}

/// Columns of the terminal.
pub fn width() -> usize {
    terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_names_format_and_file() {
        let target: ReportTarget = "junit=a=b.xml".parse().unwrap();
        assert_eq!(target.file, Some(PathBuf::from("a=b.xml")));
        assert_eq!("json=-".parse::<ReportTarget>().unwrap().file, None);
        for bad in ["json", "json=", "pdf=x", "=x"] {
            assert!(bad.parse::<ReportTarget>().is_err(), "{bad}");
        }
    }

    #[test]
    fn one_file_takes_one_report() {
        let targets: Vec<ReportTarget> = ["json=-", "sarif=-"].iter().map(|text| text.parse().unwrap()).collect();
        assert!(Sinks::open(&targets).is_err());
    }

    #[test]
    fn a_file_that_cannot_be_written_fails_at_once() {
        let target = "json=/nowhere/at/all.json".parse().unwrap();
        let error = Sinks::open(&[target]).unwrap_err();
        assert_eq!(error.exit(), super::super::exit::Exit::Usage);
        assert!(error.message().contains("/nowhere/at/all.json"));
    }
}
