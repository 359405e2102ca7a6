//! `judge`: judges recorded traffic; sends nothing.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::args::{JudgeArgs, PlanArgs, RunArgs};
use super::config;
use super::environment::Environment;
use super::error::CliError;
use super::exit::Exit;
use super::output::{self, Sinks, print_error};
use super::resolve::BaselineUse;
use super::run::{judge_by, read_baseline};
use super::{repository, stages};
use crate::clock;
use crate::recording::{self, ReadError};
use crate::report::Record;
use crate::report::record::{Gate, Selection};
use crate::report::text::visible;
use crate::run::settings::{Settings, Shard};
use crate::traffic::{self, Auditor};

/// Bytes that are read at once.
const CHUNK: usize = 256 << 10;
/// The name that stands for standard input.
const STDIN: &str = "-";
/// Stands where a recording names no origin. Source: RFC 2606, section 2.
const NO_ORIGIN: &str = "http://unknown.invalid";

/// A recording that is open.
struct Source {
    name: String,
    reader: Box<dyn BufRead>,
}

/// Judges recordings.
pub fn judge(args: JudgeArgs, environment: &Environment) -> Result<Exit, CliError> {
    let config_file = args.selection.config.clone();
    let plan_args = PlanArgs { selection: args.selection, ..PlanArgs::default() };
    let run = RunArgs { plan: plan_args, verdict: args.verdict, console: args.console, ..RunArgs::default() };
    let (run, config) = config::read(run, environment)?;
    let expected_absent = config.expected_absent();
    let RunArgs { plan: PlanArgs { mut selection, .. }, verdict, console, .. } = config.clone().under(run);
    output::choose_colours(console.color);
    let loaded = stages::load(selection.spec.as_deref())?;
    config.check_operations(&loaded.contract.operation_names()).map_err(|damaged| CliError::File(damaged.into()))?;
    stages::select_operations(&mut selection.only, &selection.operation, &loaded.contract)?;
    let contract = &loaded.contract;
    let plan = stages::plan(contract, &loaded.suites, &selection.only, &selection.skip, Shard::default())?;
    let plan = traffic::plan(contract, plan);
    let baseline_use = if verdict.update_baseline { BaselineUse::Update } else { BaselineUse::Compare };
    let baseline = verdict.baseline.as_deref().map(|path| read_baseline(path, baseline_use, contract)).transpose()?;
    let mut auditor = Auditor::new(contract, &plan, args.endpoint.as_deref()).map_err(CliError::usage)?;
    let sources = args.files.iter().map(|path| open(path)).collect::<Result<Vec<_>, _>>()?;
    let mut sinks = Sinks::open(&verdict.report)?;

    let (started, started_at) = (clock::instant(), clock::now());
    let broken = sources.into_iter().find_map(|source| read(source, &mut auditor));
    let mut audit = auditor.finish(broken.clone());
    audit.outcome.started_at = Some(started_at);
    audit.outcome.elapsed = started.elapsed();
    let mut settings = Settings::for_loopback(audit.origin.unwrap_or_else(|| NO_ORIGIN.to_owned()));
    settings.credentials = None;
    settings.region = audit.region.unwrap_or_default();
    let mut record = Record::from_outcome(contract, &plan, &settings, audit.outcome);
    record.gate = Gate {
        strict: verdict.strict.unwrap_or(false),
        implemented_only: verdict.implemented.unwrap_or(false),
        expected_absent,
    };
    record.selection = Selection { only: selection.only, skip: selection.skip };
    if let (Some(path), Some(baseline)) = (&verdict.baseline, baseline) {
        // What tested nothing knows of no divergence.
        let baseline_use = if record.is_tested() { baseline_use } else { BaselineUse::Compare };
        judge_by(&mut record, path, baseline, baseline_use)?;
    }
    sinks.write(&record, &repository::user_files(verdict.baseline.as_deref(), config_file.as_deref()))?;
    output::show(&record, &sinks, &console);
    match broken {
        Some(problem) => {
            print_error(&format!("error: {}; the report has what stands before it\n", visible(&problem)));
            Ok(Exit::Usage)
        }
        None => Ok(record.verdict().into()),
    }
}

fn open(path: &Path) -> Result<Source, CliError> {
    let reader: Box<dyn Read> = match path.to_str() {
        Some(STDIN) => Box::new(std::io::stdin()),
        _ => {
            let is_folder = path.is_dir();
            let file = File::open(path).map_err(|error| CliError::io("read the recording", path, &error))?;
            if is_folder {
                return Err(CliError::usage(format!("{} is a directory: name its files", path.display())));
            }
            Box::new(file)
        }
    };
    Ok(Source { name: name(path), reader: Box::new(BufReader::with_capacity(CHUNK, reader)) })
}

fn name(path: &Path) -> String {
    if path.to_str() == Some(STDIN) { "standard input".to_owned() } else { path.display().to_string() }
}

/// Judges one recording. Why it could not be read to its end; `None` if it was.
fn read(source: Source, auditor: &mut Auditor<'_>) -> Option<String> {
    let name = source.name;
    match recording::read(source.reader, &mut |recorded| auditor.hear(&recorded)) {
        Ok(()) => None,
        Err(ReadError::Io(error)) => Some(format!("cannot read {name}: {error}")),
        Err(ReadError::Broken { line, column: 0, problem }) => Some(format!("{name}:{line}: {problem}")),
        Err(ReadError::Broken { line, column, problem }) => Some(format!("{name}:{line}:{column}: {problem}")),
    }
}
