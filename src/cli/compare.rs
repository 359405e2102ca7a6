//! `compare`: the same requests to two targets, and where they respond differently.

mod page;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::Arc;

use super::args::{CompareArgs, TargetArgs};
use super::endpoint::Endpoint;
use super::environment::Environment;
use super::error::CliError;
use super::exit::Exit;
use super::output::{self, ReportTarget, print, print_error};
use super::progress::Progress;
use super::run::interrupt;
use super::{embedded, resolve, stages, values};
use crate::compare::{self, CompareError, Comparison};
use crate::report::Format;
use crate::run::settings::{Settings, Shard};
use crate::run::span::Span;

/// A report that is open before anything is sent.
struct Sink {
    format: Format,
    to: Option<(String, File)>,
}

/// Compares two targets.
pub async fn compare(args: CompareArgs, environment: &Environment) -> Result<Exit, CliError> {
    output::choose_colours(args.console.color);
    let loaded = stages::load(args.spec.as_deref())?;
    let plan = stages::plan(&loaded.contract, &loaded.suites, &args.only, &args.skip, Shard::default())?;
    let (mut a, mut b) = settings(&args, environment)?;
    let is_embedded = (args.endpoint.is_none(), args.against.is_none());
    if is_embedded.0 || is_embedded.1 {
        stages::expect_reference(&loaded.contract, "name both targets with --endpoint and --against")?;
    }
    let mut sinks = args.report.iter().map(open).collect::<Result<Vec<_>, _>>()?;
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
        is_quiet: args.console.quiet == Some(true),
        is_verbose: args.console.verbose == Some(true),
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

/// The settings of both targets.
fn settings(args: &CompareArgs, environment: &Environment) -> Result<(Settings, Settings), CliError> {
    let first = TargetArgs {
        endpoint: args.endpoint.clone(),
        auth: args.auth,
        region: args.region.clone(),
        broadcast: args.broadcast.clone(),
        wait: args.wait,
        ..TargetArgs::default()
    };
    let second = TargetArgs {
        endpoint: args.against.clone(),
        auth: args.against_auth.or(args.auth),
        region: args.against_region.clone().or_else(|| args.region.clone()),
        broadcast: args.against_broadcast.clone(),
        wait: args.wait,
        ..TargetArgs::default()
    };
    let (mut a, mut b) = (one(&first, "--endpoint", environment)?, one(&second, "--against", environment)?);
    for settings in [&mut a, &mut b] {
        settings.jobs = 1;
        settings.seed = args.seed.unwrap_or(settings.seed);
        settings.profile = args.profile.unwrap_or(settings.profile);
        settings.deadline = args.deadline.map(|Span(limit)| limit);
        settings.request_timeout = args.request_timeout.map_or(settings.request_timeout, |Span(limit)| limit);
        values::time_limit("deadline", args.deadline)?;
        values::time_limit("request-timeout", args.request_timeout)?;
    }
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

fn open(target: &ReportTarget) -> Result<Sink, CliError> {
    if !matches!(target.format, Format::Json | Format::Markdown) {
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
