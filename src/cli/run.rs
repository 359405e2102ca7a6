//! `run`: everything that can be wrong before a request is sent is found first; then the stages; then the reports.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::args::RunArgs;
use super::config;
use super::consent::{self, Asked, Decision};
use super::environment::Environment;
use super::error::CliError;
use super::exit::Exit;
use super::history::{History, Keeping};
use super::output::{self, Sinks, print_error};
use super::progress::Progress;
use super::resolve::{self, BaselineUse, Consent, Resolved, TargetChoice};
use super::{aws, embedded, repository, signals, stages};
use crate::judge::finding::FindingKind;
use crate::plan::Plan;
use crate::record::FindingKey;
use crate::report::Record;
use crate::report::baseline::{self, Baseline};
use crate::report::outcome::finding_id;
use crate::report::record::Gate;
use crate::report::text::count;
use crate::run::Recorder;
use crate::run::settings::{FailFast, JournalMode, Settings};
use crate::spec::Contract;

/// Checks a target.
pub async fn run(args: RunArgs, environment: &Environment) -> Result<Exit, CliError> {
    let (args, config) = config::read(args, environment)?;
    let config_file = args.plan.selection.config.clone();
    let target = config.clone().under(args.clone()).target;
    let environment = &aws::look_up(&target, environment).await?;
    let mut resolved = resolve::run(args, config.clone(), environment)?;
    output::choose_colours(resolved.console.color);
    let loaded = stages::load(resolved.spec.as_deref())?;
    stages::name_endpoint(&mut resolved.settings, &loaded.contract)?;
    if resolved.target == TargetChoice::Embedded {
        stages::expect_reference(&loaded.contract, stages::NAME_THE_TARGET)?;
    }
    config.check_operations(&loaded.contract.operation_names()).map_err(|damaged| CliError::File(damaged.into()))?;
    stages::select_operations(&mut resolved.settings.only, &resolved.operations, &loaded.contract)?;
    resolved.selection.only.clone_from(&resolved.settings.only);
    let settings = &resolved.settings;
    let plan = stages::plan(&loaded.contract, &loaded.suites, &settings.only, &settings.skip, settings.shard)?;
    let baseline =
        resolved.baseline.as_deref().map(|path| read_baseline(path, resolved.baseline_use, &loaded.contract));
    let baseline = baseline.transpose()?;
    if resolved.plan_only || resolved.consent == Consent::Needed {
        stages::expect_reference(&loaded.contract, "leave --plan out, and agree with --yes")?;
    }
    if resolved.fail_fast {
        resolved.settings.fail_fast = Some(fail_fast(&loaded.contract, baseline.as_ref(), &resolved.gate));
    }
    let settings = &resolved.settings;
    let asked = Asked { plan_only: resolved.plan_only, consent: resolved.consent };
    if consent::ask(&loaded.contract, &plan, settings, asked, environment).await? == Decision::Stop {
        return Ok(Exit::Success);
    }
    let mut sinks = Sinks::open(&resolved.reports)?;
    resolved.settings.recorder = recorder(&resolved, &loaded.contract)?;
    say_where_the_journal_is(&resolved.settings);

    let mut record = execute(&loaded.contract, &plan, &mut resolved, environment).await?;
    let judged = match (&resolved.baseline, baseline) {
        (Some(path), Some(baseline)) => judge_by(&mut record, path, baseline, resolved.baseline_use),
        _ => Ok(()),
    };
    // First of all, so that what was measured stays if a file cannot be written.
    if resolved.keeping == Keeping::On {
        keep(&record, &resolved, environment);
    }
    judged?;
    let files = repository::user_files(resolved.baseline.as_deref(), config_file.as_deref());
    sinks.write(&record, &files)?;
    output::show(&record, &sinks, &resolved.console);
    end_recording(&resolved)?;
    Ok(record.verdict().into())
}

/// What ends a run that is to end at the first new cause: findings that the baseline does not have, and that count.
fn fail_fast(contract: &Arc<Contract>, baseline: Option<&Baseline>, gate: &Gate) -> FailFast {
    let known = baseline.into_iter().flat_map(|baseline| &baseline.known);
    let known: HashSet<String> = known.map(|entry| entry.id.clone()).collect();
    let (contract, gate) = (Arc::clone(contract), gate.clone());
    FailFast::new(gate.strict, move |key: &FindingKey| {
        let is_accepted = key.kind == FindingKind::NotImplemented && gate.accepts_absence(&key.operation);
        let id = || finding_id(&contract, key.clause, &key.operation, key.detail.as_deref(), key.kind);
        !is_accepted && !known.contains(&id())
    })
}

/// Keeps the report of a run. A run does not fail if that fails.
fn keep(record: &Record, resolved: &Resolved, environment: &Environment) {
    let kept = History::of(environment).and_then(|history| history.keep(record));
    if resolved.console.verbose == Some(true) {
        print_error(&match kept {
            Ok(path) => format!("note: kept as {}; `latest` stands for it\n", path.display()),
            Err(error) => format!("note: {error}\n"),
        });
    }
}

/// What records the run, if it is to be recorded.
fn recorder(resolved: &Resolved, contract: &Contract) -> Result<Option<Recorder>, CliError> {
    let Some(path) = &resolved.record else { return Ok(None) };
    let failed = |error| CliError::io("write the recording", path, &error);
    if resolved.reports.iter().any(|report| report.file.as_ref() == Some(path)) {
        return Err(CliError::usage(format!("a report and the recording would both go to {}", path.display())));
    }
    let file = OpenOptions::new().create(true).write(true).truncate(true).open(path).map_err(failed)?;
    Recorder::new(file, contract, resolved.settings.secrets()).map(Some).map_err(failed)
}

/// A recording that is not complete is an error, after all else is done.
fn end_recording(resolved: &Resolved) -> Result<(), CliError> {
    let (Some(path), Some(recorder)) = (&resolved.record, &resolved.settings.recorder) else { return Ok(()) };
    match recorder.finish() {
        None => Ok(()),
        Some(reason) => {
            let path = path.display();
            Err(CliError::CouldNotTest(format!("the recording {path} is not complete: cannot write it: {reason}")))
        }
    }
}

/// Whoever kills the run must know what to clean.
fn say_where_the_journal_is(settings: &Settings) {
    if let JournalMode::Journal(path) = &settings.record {
        let path = path.display();
        print_error(&format!("journal: {path} (if the run is killed: ivs-conformance clean {path})\n"));
    }
}

/// Starts the embedded reference if it is the target, runs, and stops it.
async fn execute(
    contract: &Arc<Contract>,
    plan: &Plan,
    resolved: &mut Resolved,
    environment: &Environment,
) -> Result<Record, CliError> {
    let server = match resolved.target {
        TargetChoice::Given => None,
        TargetChoice::Embedded => Some(
            embedded::start_for(contract, &mut resolved.settings)
                .await
                .map_err(|error| CliError::CouldNotTest(format!("the reference server did not start: {error}")))?,
        ),
    };
    let progress = Progress::new(environment);
    let observe = |event| progress.observe(&event);
    let record = stages::run(contract, plan, &resolved.settings, &observe, interrupt(&progress)).await;
    progress.finish();
    if let Some(server) = server {
        server.stop().await;
    }
    let mut record = record?;
    record.target.embedded = resolved.target == TargetChoice::Embedded;
    record.contract.file = resolved.spec.as_ref().map(|path| path.display().to_string());
    record.gate = resolved.gate.clone();
    record.selection = resolved.selection.clone();
    Ok(record)
}

/// The first signal ends the run in good order, the second at once.
pub(super) async fn interrupt(progress: &Progress) -> String {
    let reason = signals::interrupted().await;
    progress.finish();
    print_error("stopping: what the run created is being deleted; once more stops at once\n");
    tokio::spawn(async {
        signals::interrupted().await;
        std::process::exit(Exit::CouldNotTest.code().into());
    });
    reason
}

pub(super) fn read_baseline(path: &Path, baseline_use: BaselineUse, contract: &Contract) -> Result<Baseline, CliError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Baseline::read(path, &text, contract).map_err(|damaged| CliError::File(damaged.into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && baseline_use == BaselineUse::Update => {
            // Whether it can be written is found out now, not after the run.
            write_baseline(path, &Baseline::default())?;
            Ok(Baseline::default())
        }
        Err(error) => Err(CliError::io("read the baseline", path, &error)),
    }
}

pub(super) fn judge_by(
    record: &mut Record,
    path: &Path,
    baseline: Baseline,
    baseline_use: BaselineUse,
) -> Result<(), CliError> {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    if baseline_use == BaselineUse::Compare || record.stopped_early.is_some() || record.ended_at_finding {
        baseline::apply(record, &baseline, today);
        return Ok(());
    }
    let updated = baseline.updated(record);
    write_baseline(path, &updated)?;
    baseline::apply(record, &updated, today);
    let entries = count(updated.known.len() as u64, "known divergence");
    print_error(&format!("wrote {} with {entries}\n", path.display()));
    Ok(())
}

fn write_baseline(path: &Path, baseline: &Baseline) -> Result<(), CliError> {
    std::fs::write(path, baseline.render()).map_err(|error| CliError::io("write the baseline", path, &error))
}
