//! What a run will take, before anything is sent to its target: the same cases are run against the embedded reference
//! server, and what they needed there is counted.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use super::embedded;
use super::environment::Environment;
use super::error::CliError;
use super::progress::Progress;
use super::resolve::REFERENCE_BROADCAST;
use super::signals;
use crate::plan::Plan;
use crate::record::Outcome;
use crate::report::Record as Report;
use crate::report::record::ClauseVerdict;
use crate::report::text::{count, visible};
use crate::run::rate_limit;
use crate::run::settings::{Broadcast, JournalMode, Locality, Settings};
use crate::spec::Contract;
use crate::spec::rules::{Limit, Scope};

/// Seconds that a request to another machine takes, where nothing is known of it.
const LATENCY: f64 = 0.12;
/// Most reasons that a plan names.
const MOST_REASONS: usize = 12;

/// Runs the cases against the embedded reference server as they would be run elsewhere, and says what they took.
pub(super) async fn dry_run(
    contract: &Arc<Contract>,
    plan: &Plan,
    settings: &Settings,
    environment: &Environment,
) -> Result<String, CliError> {
    let mut rehearsal = Settings {
        record: JournalMode::Memory,
        paced: false,
        rate: None,
        refreshing: None,
        broadcast: match settings.broadcast {
            Broadcast::Unavailable => Broadcast::Unavailable,
            Broadcast::ControlPath(_) | Broadcast::Command(_) => Broadcast::ControlPath(REFERENCE_BROADCAST.to_owned()),
        },
        ..settings.clone()
    };
    let failed = |error: String| CliError::CouldNotTest(format!("the plan cannot be made: {error}"));
    let server = embedded::start_for(contract, &mut rehearsal).await.map_err(|error| failed(error.to_string()))?;
    rehearsal.conditions.clone_from(&settings.conditions);
    rehearsal.temporary.clone_from(&settings.temporary);
    let progress = Progress::new(environment);
    let observe = |event| progress.observe(&event);
    let outcome = crate::run::run(contract, plan, &rehearsal, &observe, signals::interrupted()).await;
    progress.finish();
    server.stop().await;
    let outcome = outcome.map_err(|error| failed(error.to_string()))?;
    if let Some(reason) = &outcome.stopped_early {
        return Err(failed(reason.clone()));
    }
    let figures = Figures::of(contract, settings, &outcome);
    let report = Report::from_outcome(contract, plan, settings, outcome);
    Ok(page(contract, settings, &figures, &report))
}

/// What a run takes.
#[derive(Debug, Clone, PartialEq)]
struct Figures {
    requests: u64,
    /// Resources made, and most of them at a time, by type.
    resources: BTreeMap<String, (u64, u64)>,
    /// Seconds, if all operations take turns, and if each waits for itself.
    seconds: (f64, f64),
    /// The operation that takes longest, with its requests and its requests per second.
    slowest: Option<(String, u64, f64)>,
}

impl Figures {
    fn of(contract: &Contract, settings: &Settings, outcome: &Outcome) -> Figures {
        let latency = if settings.locality == Locality::Remote { LATENCY } else { 0.0 } / settings.jobs.max(1) as f64;
        let interval = |operation: &str| {
            let quota = rate_limit::allowed(contract, operation).filter(|_| settings.paced);
            quota.map_or(0.0, |rate| 1.0 / rate)
        };
        let spent = |least: &dyn Fn(f64) -> f64| -> Vec<f64> {
            let each = outcome.requests_by_operation.iter();
            each.map(|(operation, requests)| *requests as f64 * least(interval(operation))).collect()
        };
        let in_all = outcome.requests as f64;
        let by_rate = settings.rate.map_or(0.0, |rate| in_all / rate);
        let slowest_lane = spent(&|interval| interval).into_iter().fold(0.0, f64::max);
        let one_by_one: f64 = spent(&|interval: f64| interval.max(latency)).into_iter().sum();
        let slowest = outcome
            .requests_by_operation
            .iter()
            .filter_map(|(operation, requests)| {
                let rate = rate_limit::allowed(contract, operation).filter(|_| settings.paced)?;
                Some((operation.clone(), *requests, rate))
            })
            .max_by(|one, other| (one.1 as f64 / one.2).total_cmp(&(other.1 as f64 / other.2)));
        let most = |kind: &String| outcome.census.most.get(kind).copied().unwrap_or_default();
        Figures {
            requests: outcome.requests,
            resources: outcome.census.made.iter().map(|(kind, made)| (kind.clone(), (*made, most(kind)))).collect(),
            seconds: (slowest_lane.max(in_all * latency).max(by_rate), one_by_one.max(by_rate)),
            slowest,
        }
    }
}

fn page(contract: &Contract, settings: &Settings, figures: &Figures, report: &Report) -> String {
    let mut page = String::new();
    let made: u64 = figures.resources.values().map(|(made, _)| made).sum();
    let place = match settings.endpoint.as_str() {
        "" => "the embedded reference server",
        endpoint => endpoint,
    };
    let _ =
        writeln!(page, "plan for {} in {}, profile {}", visible(place), visible(&settings.region), settings.profile);
    let _ = writeln!(page, "  {}, about {}", count(figures.requests, "request"), minutes(figures.seconds));
    if let Some((operation, requests, rate)) = &figures.slowest {
        let requests = count(*requests, "request");
        let _ = writeln!(page, "    longest: {} with {requests} at {rate:.1} a second", visible(operation));
    }
    charges(&mut page, contract, settings);
    let _ = writeln!(page, "  {} made and deleted again", count(made, "resource"));
    for (kind, (made, most)) in &figures.resources {
        let _ = writeln!(page, "    {made} {}, at most {most} at a time{}", visible(kind), limit(contract, kind));
    }
    if let JournalMode::Journal(path) = &settings.record {
        let _ = writeln!(page, "  all of it written down in {} before it is made", path.display());
    }
    untested(&mut page, report);
    let _ = writeln!(page, "  counted on the embedded reference server; nothing was sent to the target");
    page
}

/// What the run costs, as far as the contract says.
fn charges(page: &mut String, contract: &Contract, settings: &Settings) {
    let Some(charges) = contract.rules.charges.as_ref() else {
        let _ = writeln!(page, "  what it costs is not known: the contract does not say");
        return;
    };
    let broadcasts = charges.broadcasts.as_ref().filter(|_| settings.broadcast != Broadcast::Unavailable);
    let costs: Vec<&str> = std::iter::once(&charges.requests).chain(broadcasts).map(String::as_str).collect();
    let _ = writeln!(page, "  costs: {}", costs.join(" "));
}

fn minutes((least, most): (f64, f64)) -> String {
    match ((least / 60.0).ceil(), (most / 60.0).ceil()) {
        (_, most) if most <= 1.0 => "1 minute at most".to_owned(),
        (least, most) if least == most => format!("{most} minutes"),
        (least, most) => format!("{least} to {most} minutes"),
    }
}

/// The limit of an account on what an operation makes.
fn limit(contract: &Contract, kind: &str) -> String {
    let resources = crate::plan::resources::Resources::of(contract);
    let producer = resources.producer(kind).unwrap_or_default();
    let limits = &contract.rules.limits;
    // What comes along with another resource has no limit of its own.
    let is_limit = |limit: &&Limit| limit.operation == producer && limit.per == Scope::Account;
    let limit = limits.iter().find(is_limit).filter(|_| !resources.makes_more(producer, kind));
    limit.map_or_else(String::new, |limit| format!(" (an account has room for {})", limit.count))
}

fn untested(page: &mut String, report: &Report) {
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for clause in report.clauses.iter().filter(|clause| clause.verdict == ClauseVerdict::Untested) {
        *reasons.entry(clause.reason.as_deref().unwrap_or("no reason is known")).or_default() += 1;
    }
    let clauses = &report.summary.clauses;
    let tested = clauses.total - clauses.untested;
    let _ =
        writeln!(page, "  {tested} of {} tested, {} stay untested", count(clauses.total, "clause"), clauses.untested);
    let mut reasons: Vec<(&str, u64)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(reason, clauses)| (std::cmp::Reverse(*clauses), *reason));
    for (reason, clauses) in reasons.iter().take(MOST_REASONS) {
        let _ = writeln!(page, "    {clauses:>4}  {}", visible(reason));
    }
    let rest: u64 = reasons.iter().skip(MOST_REASONS).map(|(_, clauses)| clauses).sum();
    if rest > 0 {
        let _ = writeln!(page, "    {rest:>4}  for other reasons, which the report of the run names one by one");
    }
}
