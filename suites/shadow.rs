//! Responses that no test asserts anything about are compared with what is known of the target's state.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ivs_conformance::plan::{self, Filter, Plan, Suites};
use ivs_conformance::run::settings::Settings;
use ivs_conformance::run::{CaseOutcome, Outcome};
use ivs_conformance::spec::{self, Contract};
use ivs_conformance::wire::Request;

use crate::common::embedded;

/// Scenarios that make calls and assert nothing of what is shown.
const SCENARIOS: &str = r#"
[[scenario]]
name = "broadcasts"
summary = "A channel is live twice, and updated in between."
needs = ["broadcast"]
steps = [
  { call = "CreateChannel", input = { name = "before" }, save = { channel = "channel.arn" } },
  { broadcast = { resource = "${channel}", state = "live" } },
  { call = "GetStream", input = { channelArn = "${channel}" }, eventually = true },
  { call = "StopStream", input = { channelArn = "${channel}" }, rule = "rule.stop-stream-ends-the-broadcast" },
  { call = "GetStream", input = { channelArn = "${channel}" }, expect = "ChannelNotBroadcasting", eventually = true },
  { call = "UpdateChannel", input = { arn = "${channel}", name = "after" } },
  { call = "GetStreamSession", input = { channelArn = "${channel}" } },
  { walk = "ListStreams" },
  { broadcast = { resource = "${channel}", state = "live" } },
  { call = "GetStream", input = { channelArn = "${channel}" }, eventually = true },
  { walk = "ListStreamSessions", input = { channelArn = "${channel}" } },
  { call = "GetStreamSession", input = { channelArn = "${channel}" } },
  { walk = "ListStreams" },
]

[[scenario]]
name = "batches"
summary = "A batch is asked for what exists and for what does not."
steps = [
  { call = "CreateChannel", input = {}, save = { one = "channel.arn" } },
  { call = "CreateChannel", input = {}, save = { two = "channel.arn" } },
  { call = "BatchGetChannel", input = { arns = ["${one}", "${absent:channel}", "${two}"] },
    rule = "rule.batch-get-reports-errors-per-arn" },
]

[[scenario]]
name = "overlaps"
summary = "Updates and tags of one channel at once, and a read."
steps = [
  { call = "CreateChannel", input = { name = "before", tags = { kept = "1" } }, save = { channel = "channel.arn" } },
  { call = "UpdateChannel", input = { arn = "${channel}", name = "${unique}-${index}" }, times = 4, concurrent = true,
    beside = [
      { call = "TagResource", input = { resourceArn = "${channel}", tags = { "key-${index}" = "v-${index}" } }, times = 3 },
    ] },
  { call = "GetChannel", input = { arn = "${channel}" }, rule = "rule.update-keeps-tags" },
]
"#;

/// Faults, the scenario that shows each, and the clauses that findings name.
const FAULTS: [(&str, &str, &[&str]); 11] = [
    ("stream:live-snapshot", "broadcasts", &["rule.session-keeps-the-channel-of-its-start"]),
    ("stream:listed-after-end", "broadcasts", &["rule.stop-stream-ends-the-broadcast"]),
    ("stream:not-listed", "broadcasts", &["rule.live-streams-are-listed"]),
    ("stream:no-end-time", "broadcasts", &["rule.end-time-is-absent-while-live"]),
    ("stream:oldest-session", "broadcasts", &["rule.session-without-stream-id-is-the-latest"]),
    ("stream:same-stream-id", "broadcasts", &["rule.sessions-list-current-and-previous"]),
    ("batch:BatchGetChannel=drop-errors", "batches", &["rule.batch-get-reports-errors-per-arn"]),
    ("batch:BatchGetChannel=drop-last", "batches", &["rule.batch-get-equals-single-gets"]),
    ("batch:BatchGetChannel=wrong-arn", "batches", &["rule.batch-get-reports-errors-per-arn"]),
    ("lose-update:UpdateChannel.name@concurrent", "overlaps", &["rule.update-channel-changes-what-is-given"]),
    ("tags:lose@concurrent", "overlaps", &["rule.every-resource-type-is-taggable"]),
];

/// What a run of a plan against the reference server with these faults shows.
async fn run(contract: &Arc<Contract>, plan: &Plan, faults: &[&str], patience: Duration) -> Outcome {
    let (server, settings) = embedded::start(faults).await;
    let settings = Settings { patience, ..settings };
    let outcome = embedded::run(contract, plan, &settings).await;
    server.stop().await;
    outcome
}

/// The clauses of a run's findings, each with the paths of the requests that lead to it. A report would keep those of the
/// scenario's own clauses alone.
async fn findings(faults: &[&str], scenario: &str) -> BTreeMap<String, Vec<String>> {
    let contract = Arc::new(spec::builtin().unwrap());
    let mut suites = Suites::builtin().unwrap();
    suites.extend(Suites::parse(Path::new("scenarios.toml"), SCENARIOS).unwrap());
    let filter = Filter { only: vec![format!("scenario/{scenario}")], ..Filter::default() };
    let plan = plan::plan(&contract, &suites, &filter).unwrap();
    // The reference server does not lag.
    let outcome = run(&contract, &plan, faults, Duration::from_millis(300)).await;
    for result in &outcome.cases {
        assert!(!matches!(result.verdict, CaseOutcome::Inconclusive { .. }), "{:?}", result.verdict);
    }
    let path = |request: &Request| request.target.to_string();
    let found = outcome.findings.values().map(|found| {
        let clause = contract.clauses.get(found.violation.clause).id.clone();
        (clause, found.setup.iter().map(path).collect())
    });
    found.collect()
}

#[tokio::test]
async fn the_reference_server_is_not_accused() {
    for scenario in ["broadcasts", "batches", "overlaps"] {
        let found = findings(&[], scenario).await;
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[tokio::test]
async fn what_no_assertion_looks_at_is_seen() {
    for (fault, scenario, clauses) in FAULTS {
        let found = findings(&[fault], scenario).await;
        assert!(clauses.iter().all(|clause| found.contains_key(*clause)), "{fault}: {found:#?}");
    }
}

/// A list that goes on showing the first resource that it showed and that was deleted since. What made and deleted it was
/// over long before: only what all workers deleted together tells.
#[tokio::test(flavor = "multi_thread")]
async fn what_any_case_deleted_is_not_listed_at_the_end() {
    let lists = [
        ("ListPlaybackKeyPairs", "PlaybackKeyPair", "deleted-key-pair"),
        ("ListRecordingConfigurations", "RecordingConfiguration", "deleted-recording-configuration"),
    ];
    for (list, noun, rule) in lists {
        let contract = Arc::new(spec::builtin().unwrap());
        let only = ["*{}*", "scenario/*deleted*", "scenario/*list*"].map(|glob| glob.replace("{}", noun));
        let filter = Filter { only: only.to_vec(), ..Filter::default() };
        let plan = plan::plan(&contract, &Suites::builtin().unwrap(), &filter).unwrap();
        let fault = format!("list:{list}=shows-deleted");
        let outcome = run(&contract, &plan, &[&fault], Duration::from_secs(1)).await;
        let reliable = outcome.findings.values().filter(|found| !found.is_intermittent());
        let clauses: Vec<&str> =
            reliable.map(|found| contract.clauses.get(found.violation.clause).id.as_str()).collect();
        assert_eq!(clauses, [format!("rule.{rule}-is-gone")], "{:?}", outcome.notes);
    }
}

#[tokio::test]
async fn a_lost_update_is_shown_by_the_calls_that_it_takes() {
    let found = findings(&["lose-update:UpdateChannel.name@concurrent"], "overlaps").await;
    let calls = &found["rule.update-channel-changes-what-is-given"];
    assert_eq!(*calls, ["/CreateChannel", "/UpdateChannel", "/UpdateChannel", "/UpdateChannel", "/UpdateChannel"]);
}
