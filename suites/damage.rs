//! Targets whose responses have a wrong form, and targets that a request damages: a run neither waits for what cannot get
//! better, nor repeats what was done, nor leaves anything behind without a word.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use ivs_conformance::cli::args::TargetArgs;
use ivs_conformance::cli::environment::Environment;
use ivs_conformance::cli::{embedded, resolve};
use ivs_conformance::plan::{self, Filter, Suites};
use ivs_conformance::reference::{self, Config};
use ivs_conformance::report::Record;
use ivs_conformance::run::settings::Settings;
use ivs_conformance::spec;

/// The record of a run of some cases against the reference server with faults.
async fn run_with(faults: &[&str], only: &[&str]) -> Record {
    let contract = Arc::new(spec::builtin().unwrap());
    let only = only.iter().map(|glob| (*glob).to_owned()).collect();
    let plan = plan::plan(&contract, &Suites::builtin().unwrap(), &Filter { only, ..Filter::default() }).unwrap();
    let mut settings = resolve::target(&TargetArgs::default(), &Environment::default()).unwrap();
    let config = embedded::prepare(&mut settings);
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let server = reference::start(Config { faults, ..config }).await.unwrap();
    let settings = Settings { endpoint: format!("http://{}", server.address()), ..settings };
    let never = std::future::pending();
    let outcome = ivs_conformance::run::run(&contract, &plan, &settings, &|_| {}, never).await.unwrap();
    server.stop().await;
    assert!(!plan.cases.is_empty() && outcome.cases.len() == plan.cases.len(), "every case was run");
    Record::from_outcome(&contract, &plan, &settings, outcome)
}

fn lines(record: &Record) -> Vec<String> {
    let line = |finding: &ivs_conformance::report::record::FindingRecord| {
        format!("{} {:?}: {}", finding.clause, finding.kind, finding.observed)
    };
    record.findings.iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_succeeds_with_a_wrong_status_is_not_repeated() {
    let only = ["scenario/*released*", "DeleteRecordingConfiguration.status"];
    let record = run_with(&["status:DeleteRecordingConfiguration=200"], &only).await;
    let clauses: Vec<&str> = record.findings.iter().map(|finding| finding.clause.as_str()).collect();
    assert_eq!(clauses, ["DeleteRecordingConfiguration.status"], "{:#?}", lines(&record));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_content_type_is_not_waited_for() {
    let only = ["scenario/*stream*", "scenario/*live*", "*.content_type"];
    let clean = run_with(&[], &only).await;
    assert!(clean.findings.is_empty() && clean.summary.requests > 500, "{:?}", clean.summary);
    let damaged = run_with(&["content-type:*=text/html"], &only).await;
    let is_form = |clause: &str| clause.ends_with(".content_type");
    assert!(damaged.findings.len() > 3, "{:#?}", lines(&damaged));
    assert!(damaged.findings.iter().all(|finding| is_form(&finding.clause)), "{:#?}", lines(&damaged));
    // Every finding is shown again, which takes requests of its own.
    let requests = (clean.summary.requests, damaged.summary.requests);
    assert!(requests.1 < requests.0 * 2, "{requests:?}");
    assert!(damaged.duration_seconds < 9.0, "one wait takes 10 s, and this took {} s", damaged.duration_seconds);
}
