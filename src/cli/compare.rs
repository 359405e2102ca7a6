//! `compare`: the same requests to two targets, and where they respond differently.

mod page;

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::Arc;

use super::args::{CompareArgs, EffortArgs, PlanArgs, RunArgs, SelectionArgs, TargetArgs, VerdictArgs};
use super::endpoint::Endpoint;
use super::environment::Environment;
use super::error::CliError;
use super::exit::Exit;
use super::output::{self, ReportTarget, print, print_error};
use super::progress::Progress;
use super::run::interrupt;
use super::{config, embedded, resolve, stages, values};
use crate::compare::{self, CompareError, Comparison};
use crate::report::Format;
use crate::run::settings::{Settings, Shard};

/// A report that is open before anything is sent.
struct Sink {
    format: Format,
    to: Option<(String, File)>,
}

/// Compares two targets.
pub async fn compare(args: CompareArgs, environment: &Environment) -> Result<Exit, CliError> {
    let (shared, left_out) = shared(&args, environment)?;
    let RunArgs { target, plan: PlanArgs { mut selection, .. }, effort, verdict, console, .. } = shared;
    output::choose_colours(console.color);
    for format in left_out {
        print_error(&format!("a comparison has no {format} report: none is written\n"));
    }
    let loaded = stages::load(selection.spec.as_deref())?;
    stages::select_operations(&mut selection.only, &selection.operation, &loaded.contract)?;
    let plan = stages::plan(&loaded.contract, &loaded.suites, &selection.only, &selection.skip, Shard::default())?;
    let (mut a, mut b) = settings(&args, &target, &effort, environment)?;
    let is_embedded = (target.endpoint.is_none(), args.against.is_none());
    if is_embedded.0 || is_embedded.1 {
        stages::expect_reference(&loaded.contract, "name both targets with --endpoint and --against")?;
    }
    let mut sinks = verdict.report.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let started = |error| CliError::CouldNotTest(format!("the reference server did not start: {error}"));
    let server_a = if is_embedded.0 { Some(embedded::start(&mut a).await.map_err(started)?) } else { None };
    let server_b = if is_embedded.1 { Some(embedded::start(&mut b).await.map_err(started)?) } else { None };
    let progress = Progress::new(environment);
    let observe = |step: compare::Progress| progress.compared(&step);
    let sides = (&a, &b);
    let compared = compare::compare(&loaded.contract, &Arc::new(plan), sides, &observe, interrupt(&progress)).await;
    progress.finish();
    for server in [server_a, server_b].into_iter().flatten() {
        server.stop().await;
    }
    let mut comparison = compared.map_err(explained)?;
    comparison.a.embedded = is_embedded.0;
    comparison.b.embedded = is_embedded.1;
    for sink in &mut sinks {
        write(sink, &comparison)?;
    }
    let is_on_stdout = sinks.iter().any(|sink| sink.to.is_none());
    let view = page::View {
        is_quiet: console.quiet == Some(true),
        is_verbose: console.verbose == Some(true),
        width: output::width(),
        files: sinks.iter().filter_map(|sink| Some((sink.format, sink.to.as_ref()?.0.clone()))).collect(),
    };
    let page = page::terminal(&comparison, &view);
    if is_on_stdout {
        print_error(&page)
    } else {
        print(&page)
    }
    Ok(exit(&comparison))
}

/// How the program ends.
fn exit(comparison: &Comparison) -> Exit {
    match comparison {
        _ if comparison.stopped_early.is_some() || !comparison.is_tested() => Exit::CouldNotTest,
        _ if comparison.summary.differences > 0 => Exit::Divergences,
        _ => Exit::Success,
    }
}

fn explained(error: CompareError) -> CliError {
    match error {
        CompareError::Generate(error) => CliError::usage(error.to_string()),
        error => CliError::CouldNotTest(error.to_string()),
    }
}

/// What flags, variables and the configuration file say of the settings that `run` has as well, and the formats that only
/// variables and the file ask for and a comparison does not have.
fn shared(args: &CompareArgs, environment: &Environment) -> Result<(RunArgs, BTreeSet<Format>), CliError> {
    let flags = RunArgs {
        target: TargetArgs {
            endpoint: args.endpoint.clone(),
            auth: args.auth,
            region: args.region.clone(),
            broadcast: args.broadcast.clone(),
            wait: args.wait,
            ..TargetArgs::default()
        },
        plan: PlanArgs {
            selection: SelectionArgs {
                spec: args.spec.clone(),
                only: args.only.clone(),
                skip: args.skip.clone(),
                operation: args.operation.clone(),
                config: args.config.clone(),
            },
            ..PlanArgs::default()
        },
        effort: EffortArgs {
            profile: args.profile,
            seed: args.seed,
            jobs: args.jobs,
            request_timeout: args.request_timeout,
            deadline: args.deadline,
            ..EffortArgs::default()
        },
        verdict: VerdictArgs { report: args.report.clone(), ..VerdictArgs::default() },
        console: args.console.clone(),
        ..RunArgs::default()
    };
    let (flags, config) = config::read(flags, environment)?;
    let mut all = config.under(flags);
    let mut left_out = BTreeSet::new();
    if args.report.is_empty() {
        // The same variables and file may serve a run, which has more formats.
        all.verdict.report.retain(|report| is_format(report.format) || !left_out.insert(report.format));
    }
    Ok((all, left_out))
}

/// The settings of both targets.
fn settings(
    args: &CompareArgs,
    target: &TargetArgs,
    effort: &EffortArgs,
    environment: &Environment,
) -> Result<(Settings, Settings), CliError> {
    let TargetArgs { endpoint, auth, region, broadcast, wait, .. } = target.clone();
    let second = TargetArgs {
        endpoint: args.against.clone(),
        auth: args.against_auth.or(auth),
        region: args.against_region.clone().or_else(|| region.clone()),
        broadcast: args.against_broadcast.clone(),
        wait,
        ..TargetArgs::default()
    };
    let first = TargetArgs { endpoint, auth, region, broadcast, wait, ..TargetArgs::default() };
    let (mut a, mut b) = (one(&first, "--endpoint", environment)?, one(&second, "--against", environment)?);
    let effort = EffortArgs { jobs: effort.jobs.or(Some(1)), cases: None, rate: None, ..effort.clone() };
    values::check(&RunArgs { effort: effort.clone(), ..RunArgs::default() })?;
    resolve::effort(&mut a, &effort);
    resolve::effort(&mut b, &effort);
    Ok((a, b))
}

fn one(args: &TargetArgs, flag: &str, environment: &Environment) -> Result<Settings, CliError> {
    let endpoint = args.endpoint.as_deref().map(Endpoint::parse).transpose();
    let endpoint = endpoint.map_err(|bad| CliError::usage(format!("{flag} {}", bad.problem)))?;
    if endpoint.is_some_and(|endpoint| !endpoint.is_loopback) {
        return Err(CliError::usage(format!(
            "{flag} is not on this machine: compare makes and deletes thousands of resources, so it goes to targets on this \
             machine only; for an account, record a run with `run --record` and judge it with `judge`"
        )));
    }
    resolve::target(args, environment)
}

/// Whether a comparison has a report of the format.
fn is_format(format: Format) -> bool {
    matches!(format, Format::Json | Format::Markdown)
}

fn open(target: &ReportTarget) -> Result<Sink, CliError> {
    if !is_format(target.format) {
        return Err(CliError::usage(format!(
            "a comparison has no {} report: write json=FILE or markdown=FILE",
            target.format
        )));
    }
    let to = match &target.file {
        None => None,
        Some(path) => {
            let file = OpenOptions::new().create(true).write(true).truncate(true).open(path);
            Some((path.display().to_string(), file.map_err(|error| CliError::io("write the report", path, &error))?))
        }
    };
    Ok(Sink { format: target.format, to })
}

fn write(sink: &mut Sink, comparison: &Comparison) -> Result<(), CliError> {
    let text = match sink.format {
        Format::Json => {
            let text = serde_json::to_string_pretty(comparison);
            text.map_err(|error| CliError::CouldNotTest(format!("the report cannot be written as JSON: {error}")))?
                + "\n"
        }
        _ => page::markdown(comparison),
    };
    match &mut sink.to {
        None => {
            print(&text);
            Ok(())
        }
        Some((name, file)) => file
            .write_all(text.as_bytes())
            .map_err(|error| CliError::CouldNotTest(format!("cannot write {name}: {error}"))),
    }
}
