//! Targets whose responses have a wrong form, and targets that a request damages: a run neither waits for what cannot get
//! better, nor repeats what was done, nor leaves anything behind without a word.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::common::embedded;
use crate::common::http;
use crate::common::poison::{Weak, Weakness};
use ivs_conformance::cli::args::TargetArgs;
use ivs_conformance::cli::environment::Environment;
use ivs_conformance::cli::resolve;
use ivs_conformance::plan::{self, Filter, Suites};
use ivs_conformance::reference::{self, Config};
use ivs_conformance::report::{Record, Verdict, terminal};
use ivs_conformance::run::settings::Settings;
use ivs_conformance::spec;

/// The record of a run of some cases against the reference server with faults.
async fn run_with(faults: &[&str], only: &[&str]) -> Record {
    let (server, settings) = embedded::start(faults).await;
    let record = run_on(settings, only).await;
    server.stop().await;
    record
}

/// The record of a run of some cases, and what is left on a reference server behind a weakness.
async fn run_through(weakness: Weakness, only: &[&str]) -> (Record, Weak, BTreeSet<String>) {
    let server = reference::start(Config::default()).await.unwrap();
    let behind = format!("http://{}", server.address());
    let weak = Weak::in_front_of(&behind, weakness);
    let settings = resolve::target(&TargetArgs::default(), &Environment::default()).unwrap();
    let record = run_on(Settings { endpoint: weak.endpoint.clone(), ..settings }, only).await;
    let world = tokio::task::spawn_blocking(move || http::world(&behind)).await.unwrap();
    server.stop().await;
    let arns = world.into_keys().filter(|key| !key.ends_with(" keys")).collect();
    (record, weak, arns)
}

async fn run_on(settings: Settings, only: &[&str]) -> Record {
    let contract = Arc::new(spec::builtin().unwrap());
    let only = only.iter().map(|glob| (*glob).to_owned()).collect();
    let plan = plan::plan(&contract, &Suites::builtin().unwrap(), &Filter { only, ..Filter::default() }).unwrap();
    let outcome = embedded::run(&contract, &plan, &settings).await;
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

/// Cases that send everything that damages a channel, and cases of lists that would notice.
const DAMAGING: [&str; 5] =
    ["CreateChannel.*", "ListChannels.*", "scenario/channel-*", "protocol.malformed-json*", "rule.*channel*"];

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_requests_made_is_found_and_deleted() {
    let (record, weak, world) = run_through(Weakness::MakesInSpiteOfErrors, &DAMAGING).await;
    assert!(weak.made() > 20, "failed requests made {} channels", weak.made());
    assert_eq!((world, record.left.as_slice()), (BTreeSet::new(), [].as_slice()), "{:#?}", record.notes);
    let note = record.notes.iter().find(|note| note.contains("although their response is an error"));
    assert!(note.is_some_and(|note| note.contains(&format!(": {}, ", weak.made()))), "{:#?}", record.notes);
    assert_eq!(record.verdict(), Verdict::Diverges);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_a_request_damages_is_told_and_what_stays_is_named() {
    let (record, weak, world) = run_through(Weakness::BreaksLists, &DAMAGING).await;
    assert_eq!(world, weak.hidden(), "everything else is deleted");
    assert!(!world.is_empty());
    let note = record.notes.iter().find(|note| note.starts_with("The target is damaged since ")).expect("a note");
    assert!(note.contains("since CreateChannel.") || note.contains("since protocol."), "{note}");
    assert!(
        note.contains("ListChannels answered before and fails now (the target responded with status 500)"),
        "{note}"
    );
    // Lists were judged before anything damaged them.
    let of_lists = record.findings.iter().filter(|finding| finding.operation == "ListChannels");
    assert_eq!(of_lists.count(), 0, "{:#?}", lines(&record));
    let [left] = record.left.as_slice() else { panic!("{:#?}", record.left) };
    assert_eq!(left.kind, "channel");
    let named = format!("what {} failed CreateChannel requests of ", weak.made());
    assert!(left.resource.starts_with(&named) && left.reason.contains("status 500"), "{} {left:?}", weak.made());
    assert_eq!(record.verdict(), Verdict::CouldNotTest);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_deleted_is_tried_again_at_the_end() {
    let only = ["CreateChannel.input.recordingConfigurationArn.*", "GetChannel.*", "scenario/*released*"];
    let (record, _, world) = run_through(Weakness::FailsToDeleteOnce, &only).await;
    assert_eq!((world, record.left.as_slice()), (BTreeSet::new(), [].as_slice()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_is_named_with_its_arn() {
    let (record, _, world) = run_through(Weakness::NeverDeletes, &["GetChannel.*", "CreateChannel.status*"]).await;
    let left: BTreeSet<String> = record.left.iter().map(|left| left.resource.clone()).collect();
    let channels = left.iter().filter(|arn| arn.contains(":channel/")).count();
    assert!(channels > 0 && left == world, "{left:#?} {world:#?}");
    assert!(record.left.iter().any(|left| left.reason == "its deletion was answered with status 500"));
    assert_eq!(record.verdict(), Verdict::CouldNotTest);
    let page = terminal::render(&record, &terminal::View::full(100)).replace("\n  ", " ");
    assert!(left.iter().all(|arn| page.contains(arn)), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_fails_is_not_waited_for() {
    let (record, _, _) = run_through(Weakness::NeverLists, &["ListChannels.*", "scenario/channel-*"]).await;
    let failing = record.findings.iter().filter(|finding| finding.operation == "ListChannels").count();
    assert!(failing > 0, "{:#?}", lines(&record));
    assert!(record.duration_seconds < 9.0, "one wait takes 10 s, and this took {} s", record.duration_seconds);
}
