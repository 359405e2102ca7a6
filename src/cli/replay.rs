//! `replay`: after a fix, does a finding still show? The cases that showed the findings are run again with the seed of
//! the report, so that they send the same requests on resources of their own.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::args::{AccountArgs, AuthMode, ReplayArgs, TargetArgs};
use super::consent::{self, Asked, Decision};
use super::environment::Environment;
use super::error::CliError;
use super::exit::Exit;
use super::output::print;
use super::suggest::did_you_mean;
use super::{aws, embedded, resolve, signals, stages};
use crate::plan::{Plan, Suites};
use crate::report::Record;
use crate::report::record::{CaseVerdict, FindingRecord};
use crate::report::redact::REDACTED;
use crate::report::text::{count, seconds, visible};
use crate::run::settings::{Settings, Shard, Shrinking};
use crate::spec::clause::ClauseIndex;
use crate::spec::{Bundle, Contract};

/// What became of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// The target still diverges; what was observed this time.
    Still(String),
    /// It does not show any more.
    Gone,
    /// Nothing can be said; the reason.
    Undecided(String),
}

/// Runs again what showed the findings of a report.
pub async fn replay(args: ReplayArgs, environment: &Environment) -> Result<Exit, CliError> {
    let report = args.report.read_and_name(environment)?;
    let findings = chosen(&report, &args.findings)?;
    if findings.is_empty() {
        print("the report has no findings\n");
        return Ok(Exit::Success);
    }
    let spec = args.spec.or_else(|| recorded_spec(&report));
    let stages::Loaded { contract, suites, .. } = stages::load(spec.as_deref())?;
    let plan = plan(&contract, &suites, &report, &findings)?;
    let mut settings = settings(args.target, &args.account, &report, environment).await?;
    stages::name_endpoint(&mut settings, &contract)?;
    if settings.endpoint.is_empty() {
        stages::expect_reference(&contract, stages::NAME_THE_TARGET)?;
    }
    let asked = Asked { plan_only: false, consent: resolve::consent(&settings, args.account.yes) };
    if consent::ask(&contract, &plan, &settings, asked, environment).await? == Decision::Stop {
        return Ok(Exit::Success);
    }
    let server = match settings.endpoint.is_empty() {
        false => None,
        true => Some(
            embedded::start_for(&contract, &mut settings)
                .await
                .map_err(|error| CliError::CouldNotTest(format!("the reference server did not start: {error}")))?,
        ),
    };
    let replayed = stages::run(&contract, &plan, &settings, &|_| {}, signals::interrupted()).await;
    if let Some(server) = server {
        server.stop().await;
    }
    let replayed = replayed?;
    let fates: Vec<(&FindingRecord, Fate)> =
        findings.iter().map(|finding| (*finding, fate(&replayed, finding))).collect();
    print(&page(&fates, &replayed));
    Ok(exit(&fates, &replayed))
}

/// The findings with the given ids; all without any.
fn chosen<'r>(report: &'r Record, ids: &[String]) -> Result<Vec<&'r FindingRecord>, CliError> {
    let find = |id: &String| {
        report.findings.iter().find(|finding| finding.id == *id).ok_or_else(|| {
            let question = did_you_mean(id, report.findings.iter().map(|finding| finding.id.as_str()));
            CliError::usage(format!("the report has no finding `{id}`{question}"))
        })
    };
    match ids {
        [] => Ok(report.findings.iter().collect()),
        ids => ids.iter().map(find).collect(),
    }
}

/// The cases that showed the findings.
fn plan(contract: &Contract, suites: &Suites, report: &Record, findings: &[&FindingRecord]) -> Result<Plan, CliError> {
    if contract.sha256 != report.contract.sha256 {
        return Err(CliError::usage(
            "the report was made with another contract: give its file with --spec, or run the check again",
        ));
    }
    let mut plan = stages::plan(contract, suites, &[], &[], Shard::default())?;
    let wanted: BTreeSet<&str> = findings.iter().map(|finding| finding.case.as_str()).collect();
    plan.cases.retain(|case| wanted.contains(case.id.as_str()));
    // Of the others it would only be said why they stay untested.
    let decided: BTreeSet<ClauseIndex> = plan.cases.iter().flat_map(|case| case.clauses.iter().copied()).collect();
    plan.clauses.retain(|clause| decided.contains(clause));
    let there: BTreeSet<&str> = plan.cases.iter().map(|case| case.id.as_str()).collect();
    match wanted.iter().find(|id| !there.contains(**id)) {
        None => Ok(plan),
        Some(id) => Err(CliError::usage(format!(
            "the report names the case `{id}`, which this version does not have: run the check again"
        ))),
    }
}

/// The contract's file that the report names, if it is still there.
fn recorded_spec(report: &Record) -> Option<PathBuf> {
    report.contract.file.as_ref().map(PathBuf::from).filter(|path| path.exists() || is_builtin(path))
}

/// Whether a contract is given by the name of a built-in one.
fn is_builtin(path: &Path) -> bool {
    path.to_str().is_some_and(|name| Bundle::named(name).is_some())
}

/// The settings of the report, but for what the flags say.
async fn settings(
    flags: TargetArgs,
    account: &AccountArgs,
    report: &Record,
    environment: &Environment,
) -> Result<Settings, CliError> {
    let endpoint = flags.endpoint.or_else(|| (!report.target.embedded).then(|| report.target.endpoint.clone()));
    let region = flags.region.or_else(|| Some(report.target.region.clone()).filter(|region| !region.is_empty()));
    let auth = flags.auth.or(match report.target.auth.as_deref() {
        Some("none") => Some(AuthMode::None),
        _ => None,
    });
    let is_chosen = flags.broadcast.is_some() || flags.broadcast_command.is_some() || report.target.embedded;
    let recorded = |text: &Option<String>| text.clone().filter(|_| !is_chosen);
    let broadcast = flags.broadcast.clone().or_else(|| recorded(&report.target.broadcast));
    let command = recorded(&report.target.broadcast_command).filter(|command| !command.contains(REDACTED));
    let broadcast_command = flags.broadcast_command.clone().or(command);
    let flags = TargetArgs { endpoint, region, auth, broadcast, broadcast_command, ..flags };
    let environment = aws::look_up(&flags, environment).await?;
    let mut settings = resolve::target(&flags, &environment)?;
    resolve::account(&mut settings, account);
    let profile = report.profile.parse().map_err(|problem: String| CliError::usage(problem))?;
    // What is found again need not be made smaller again.
    Ok(Settings { seed: report.seed, profile, shrinking: Shrinking::Off, ..settings })
}

fn fate(replayed: &Record, finding: &FindingRecord) -> Fate {
    if let Some(again) = replayed.findings.iter().find(|again| again.id == finding.id) {
        return Fate::Still(again.observed.clone());
    }
    let case = replayed.cases.iter().find(|case| case.id == finding.case);
    match (case, &replayed.stopped_early) {
        (Some(case), _) if case.verdict != CaseVerdict::Inconclusive => Fate::Gone,
        (Some(case), _) => Fate::Undecided(case.reason.clone().unwrap_or_default()),
        (None, Some(reason)) => Fate::Undecided(reason.clone()),
        (None, None) => Fate::Undecided("its case was not run".to_owned()),
    }
}

fn page(fates: &[(&FindingRecord, Fate)], replayed: &Record) -> String {
    let mut page = String::new();
    for (finding, fate) in fates {
        let id = visible(&finding.id);
        let _ = match fate {
            Fate::Still(observed) => writeln!(page, "✗ {id}\n    still diverges: {}", visible(observed)),
            Fate::Gone => writeln!(page, "✓ {id}\n    does not show any more"),
            Fate::Undecided(reason) => writeln!(page, "? {id}\n    could not decide: {}", visible(reason)),
        };
    }
    let number = |is: fn(&Fate) -> bool| fates.iter().filter(|(_, fate)| is(fate)).count();
    let still = number(|fate| matches!(fate, Fate::Still(_)));
    let undecided = number(|fate| matches!(fate, Fate::Undecided(_)));
    let requests = count(replayed.summary.requests, "request");
    let _ = writeln!(
        page,
        "\n{still} of {} still {} ({requests} in {})",
        count(fates.len() as u64, "finding"),
        if still == 1 { "diverges" } else { "diverge" },
        seconds(replayed.duration_seconds),
    );
    if undecided > 0 {
        let _ = writeln!(page, "{} could not be decided", count(undecided as u64, "finding"));
    }
    for warning in replayed.warnings() {
        let _ = writeln!(page, "attention: {}", visible(&warning));
    }
    page
}

fn exit(fates: &[(&FindingRecord, Fate)], replayed: &Record) -> Exit {
    let any = |is: fn(&Fate) -> bool| fates.iter().any(|(_, fate)| is(fate));
    if !replayed.left.is_empty() {
        Exit::CouldNotTest
    } else if any(|fate| matches!(fate, Fate::Still(_))) {
        Exit::Divergences
    } else if any(|fate| matches!(fate, Fate::Undecided(_))) {
        Exit::CouldNotTest
    } else {
        Exit::Success
    }
}
