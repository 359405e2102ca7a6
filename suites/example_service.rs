//! The service of `examples/parcels` is checked by its own contract: it conforms, and its faults are found by name.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../examples/parcels/server.rs"]
mod server;

use std::path::Path;
use std::sync::Arc;

use crate::common::{Scratch, assert_exit, assert_same, conformance, report};
use ivs_conformance::plan::{self, Filter, Suites};
use ivs_conformance::report::{Record, json};
use ivs_conformance::run::settings::{Settings, Shard};
use ivs_conformance::spec::{self, Contract, Files};
use serde_json::Value;
use server::Fault;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/parcels/contract");

/// Starts the service; it runs as long as its runtime.
fn serve(fault: Option<Fault>) -> (Runtime, String) {
    let runtime = Runtime::new().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(async move { axum::serve(listener, server::router(fault)).await });
    (runtime, endpoint)
}

/// The report of a run against the service, which must end with this exit code.
fn run(fault: Option<&str>, exit: i32) -> Value {
    let (_runtime, endpoint) = serve(fault.map(|name| Fault::named(name).unwrap()));
    let scratch = Scratch::new();
    let file = scratch.file("report.json");
    let output =
        conformance(&["run", "--spec", CONTRACT, "--endpoint", &endpoint, "--report", &format!("json={file}")]);
    assert_exit(&output, exit);
    report(&file)
}

fn texts<'r>(list: &'r Value, member: &str) -> Vec<&'r str> {
    list.as_array().unwrap().iter().map(|entry| entry[member].as_str().unwrap()).collect()
}

#[test]
fn the_service_conforms_and_every_clause_is_decided() {
    let report = run(None, 0);
    let clauses = report["clauses"].as_array().unwrap();
    let undecided: Vec<&Value> = clauses.iter().filter(|clause| clause["verdict"] != "upheld").collect();
    assert!(undecided.is_empty(), "{undecided:#?}");
    let ids = texts(&report["clauses"], "id");
    for clause in [
        // A label of the path, a member of the query, a rule, a default, and what a scenario shows.
        "TrackParcel.input.trackingCode.pattern",
        "TrackParcel.input.detail.enum",
        "TrackParcel.input.steps.range.max",
        "rule.letters-are-light",
        "rule.default-service",
        "rule.cancelled-parcel-is-gone",
        "rule.tracking-shows-what-was-registered",
    ] {
        assert!(ids.contains(&clause), "{clause}: {ids:?}");
    }
}

#[test]
fn a_finding_is_explained_with_the_contract_that_it_is_about() {
    let output = conformance(&["explain", "--spec", CONTRACT, "rule.letters-are-light"]);
    assert_exit(&output, 0);
    assert!(String::from_utf8_lossy(&output.stdout).contains("at most 500 grams"));
}

#[test]
fn each_fault_of_the_service_is_found_by_name_and_nothing_else() {
    for (fault, finding) in [
        ("heavy-letters", "rule.letters-are-light@RegisterParcel:accepted_invalid"),
        ("long-recipients", "RegisterParcel.input.recipient.length.max:accepted_invalid"),
        ("cancels-nothing", "rule.cancelled-parcel-is-gone@TrackParcel:accepted_invalid"),
        ("register-status", "RegisterParcel.status:wrong_status"),
        ("no-history", "TrackParcel.output.history.required:malformed_response"),
        ("forgets-fragile", "rule.tracking-shows-what-was-registered@TrackParcel#parcel.fragile:wrong_behaviour"),
    ] {
        let report = run(Some(fault), 1);
        assert_eq!(texts(&report["findings"], "id"), [finding], "{fault}");
    }
    assert_eq!(Fault::named("no such fault"), None);
}

/// The report of a shard of a run, in a file.
async fn shard(bench: &Bench, shard: Shard, file: &str) {
    let filter = Filter { shard_index: shard.index, shard_count: shard.count, ..Filter::default() };
    let plan = plan::plan(&bench.contract, &bench.suites, &filter).unwrap();
    let settings = Settings { shard, ..bench.settings.clone() };
    let never = std::future::pending();
    let outcome = ivs_conformance::run::run(&bench.contract, &plan, &settings, &|_| {}, never).await.unwrap();
    let record = Record::from_outcome(&bench.contract, &plan, &settings, outcome);
    std::fs::write(file, json::render(&record).unwrap()).unwrap();
}

/// What all shards have in common. Each would be a process of its own, which takes longer.
struct Bench {
    contract: Arc<Contract>,
    suites: Suites,
    settings: Settings,
}

impl Bench {
    fn new(endpoint: &str) -> Bench {
        let files = Files::read(Path::new(CONTRACT)).unwrap();
        let mut suites = Suites::builtin().unwrap();
        files.suites.iter().for_each(|file| suites.extend(Suites::parse(&file.path, &file.text).unwrap()));
        let contract = Arc::new(spec::load_files(&files).unwrap());
        Bench { contract, suites, settings: Settings::for_loopback(endpoint) }
    }
}

#[test]
fn sixty_four_merged_shards_are_the_report_of_a_single_run() {
    for fault in ["no-history", "heavy-letters"] {
        let scratch = Scratch::new();
        let (runtime, endpoint) = serve(Fault::named(fault));
        let bench = Bench::new(&endpoint);
        let single = scratch.file("single.json");
        runtime.block_on(shard(&bench, Shard::default(), &single));
        let files: Vec<String> = (1..=64).map(|index| scratch.file(&format!("{index}.json"))).collect();
        for (index, file) in (1..).zip(&files) {
            runtime.block_on(shard(&bench, Shard { index, count: 64 }, file));
        }
        let merged = scratch.file("merged.json");
        let to = format!("json={merged}");
        let mut arguments = vec!["merge", "--report", &to];
        arguments.extend(files.iter().rev().map(String::as_str));
        assert_exit(&conformance(&arguments), 1);
        let (merged, single) = (report(&merged), report(&single));
        assert!(single["findings"].as_array().is_some_and(|findings| !findings.is_empty()), "{fault}");
        assert_same(&merged, &single);
    }
}
