//! `selftest`: one fault after another in the reference server, and which of them were detected.

mod whole;

use std::fmt::Write;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget};

use super::args::{ListFormat, SelftestArgs, TargetArgs};
use super::environment::Environment;
use super::error::CliError;
use super::exit::Exit;
use super::output::{ReportTarget, print};
use super::stages::Loaded;
use super::{embedded, resolve, stages};
use crate::reference::Config;
use crate::report::Format;
use crate::report::text::{count, grouped, visible};
use crate::run::settings::{FailFast, Settings, Shrinking};
use crate::selftest::{self, Detection, Options, Seeding, SelftestError, Summary, Trial, WholeTrial};

/// Tries the faults.
pub fn selftest(args: &SelftestArgs, environment: &Environment) -> Result<Exit, CliError> {
    if [args.jobs, args.sample, args.pairs].contains(&Some(0)) {
        return Err(CliError::usage("--jobs, --sample and --pairs of 0 would try nothing: use 1 or more"));
    }
    let Loaded { contract, suites } = stages::load(args.spec.as_deref())?;
    stages::expect_reference(&contract, "`selftest` can try no other service")?;
    let embedded = resolve::target(&TargetArgs::default(), environment)?;
    let seed = args.seed.unwrap_or(embedded.seed);
    let profile = args.profile.unwrap_or_default();
    let mut settings = Settings { seed, profile, jobs: 1, shrinking: Shrinking::Off, ..embedded };
    if args.fail_fast {
        settings.fail_fast = Some(FailFast::new(true, |_| true));
    }
    let config = Config { api: embedded::api(&contract), ..embedded::prepare(&mut settings) };
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let options = Options {
        only: args.only.clone(),
        suites,
        sample: args.sample,
        // Most of a trial is waiting: for a pace, for a state, for what should come eventually.
        jobs: args.jobs.unwrap_or(cores.saturating_mul(12)),
        settings,
        config,
    };
    let seeding = match (args.whole, args.pairs) {
        (_, Some(pairs)) => Some(Seeding::Pairs(pairs)),
        (true, None) => Some(Seeding::Single),
        (false, None) => None,
    };
    let report = open(args.report.as_ref())?;
    let (exit, text, document) = match seeding {
        None => {
            let survived = |trial: &Trial| (!trial.is_killed()).then(|| format!("survived: {}", visible(&trial.fault)));
            let tried = |observe: &mut dyn FnMut(&Trial, usize)| selftest::run(&contract, &options, observe);
            let summary = watched(environment, survived, tried)?;
            (exit(&summary), text(&summary), serde_json::to_string_pretty(&summary))
        }
        Some(seeding) => {
            let missed = |trial: &WholeTrial| {
                (!trial.missed.is_empty()).then(|| format!("missed: {}", visible(&trial.missed.join(", "))))
            };
            let tried = |observe: &mut dyn FnMut(&WholeTrial, usize)| {
                selftest::run_whole(&contract, &options, seeding, observe)
            };
            let summary = watched(environment, missed, tried)?;
            (whole::exit(&summary), whole::text(&summary), serde_json::to_string_pretty(&summary))
        }
    };
    let document = document.unwrap_or_default() + "\n";
    if let Some((path, mut file)) = report {
        let written = file.write_all(document.as_bytes());
        written.map_err(|error| CliError::io("write the report", path, &error))?;
    }
    let wants_document = args.report.as_ref().is_some_and(|report| report.file.is_none());
    match args.format {
        ListFormat::Text if !wants_document => print(&text),
        _ => print(&document),
    }
    Ok(exit)
}

/// Opens the file of a report before anything is tried.
fn open(report: Option<&ReportTarget>) -> Result<Option<(&Path, File)>, CliError> {
    let Some(report) = report else { return Ok(None) };
    if report.format != Format::Json {
        return Err(CliError::usage(format!("selftest has no {} report: write json=FILE", report.format)));
    }
    let Some(path) = report.file.as_deref() else { return Ok(None) };
    let file = File::create(path).map_err(|error| CliError::io("write the report", path, &error))?;
    Ok(Some((path, file)))
}

/// A fault that could not be tried neither survived nor was detected.
fn exit(summary: &Summary) -> Exit {
    let is_broken = |trial: &&Trial| matches!(trial.detection, Detection::Broken { .. });
    match summary.survivors().find(is_broken) {
        Some(_) => Exit::CouldNotTest,
        None if summary.killed == summary.faults => Exit::Success,
        None => Exit::Divergences,
    }
}

/// Tries faults with a progress bar; `worth_telling` is what to say at once of a trial.
fn watched<Trial, Summary>(
    environment: &Environment,
    worth_telling: impl Fn(&Trial) -> Option<String>,
    tried: impl FnOnce(&mut dyn FnMut(&Trial, usize)) -> Result<Summary, SelftestError>,
) -> Result<Summary, CliError> {
    use std::io::IsTerminal;
    let is_watched = std::io::stderr().is_terminal() && !environment.is_ci();
    let draw = if is_watched { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, draw);
    let mut observe = |trial: &Trial, all: usize| {
        bar.set_length(all as u64);
        bar.inc(1);
        if let Some(line) = worth_telling(trial) {
            bar.println(line);
        }
    };
    let summary = tried(&mut observe);
    bar.finish_and_clear();
    summary.map_err(|error| match error {
        SelftestError::Setup(_) => CliError::CouldNotTest(error.to_string()),
        _ => CliError::usage(error.to_string()),
    })
}

fn text(summary: &Summary) -> String {
    let mut page = String::new();
    for trial in summary.survivors() {
        let _ = writeln!(page, "survived  {}", visible(&trial.fault));
        let _ = writeln!(page, "  breaks  {}", shortened(&trial.clauses));
        match &trial.detection {
            Detection::Survived { blamed } if blamed.is_empty() => page.push_str("  blamed  nothing\n"),
            Detection::Survived { blamed } => {
                let _ = writeln!(page, "  blamed  {}", shortened(blamed));
            }
            Detection::Broken { reason } => {
                let _ = writeln!(page, "  could not be tried: {}", visible(reason));
            }
            Detection::Killed { .. } => {}
        }
    }
    let _ = writeln!(
        page,
        "{} of {} detected by a clause that they break ({:.1} %), half of them within {}, in {:.1} s",
        grouped(summary.killed as u64),
        count(summary.faults as u64, "fault"),
        summary.kill_rate(),
        count(summary.median_requests, "request"),
        summary.seconds,
    );
    page
}

/// The first few of a list.
fn shortened(ids: &[String]) -> String {
    const SHOWN: usize = 6;
    let more = if ids.len() > SHOWN { format!(" and {} more", ids.len() - SHOWN) } else { String::new() };
    format!("{}{more}", ids.iter().take(SHOWN).map(|id| visible(id).into_owned()).collect::<Vec<_>>().join(", "))
}
