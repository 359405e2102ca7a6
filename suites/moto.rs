//! Targets that we did not write: moto, which has 6 of the 35 operations and next to no validation, and winterbaume, which has
//! all of them and whose defects were read in its code before it was run.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/http.rs"]
mod http;

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// A page token of moto is refused once the channel it names is deleted: whether another request deletes it between two
/// pages is chance, and the case that walks them goes no further then.
const BROKEN_TOKEN: &str = "ListChannels.status:rejected_valid (documented)";

/// How often a run with several requests in flight is repeated. moto makes a new list of channels for each deletion, from
/// the one that it read before (`models.py`, `delete_channel`): what another request deletes or creates meanwhile comes back or
/// is lost, and a list shows what other cases made with values that moto should have refused. What of this is seen is chance;
/// a false alarm of ours would be seen each time. A channel that came back is there in later runs too, so each run begins with
/// an empty moto.
const ATTEMPTS: usize = 4;

/// What was found, one line per finding, without anything that differs from run to run.
fn normalised(report: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| format!("{} ({})", text(&finding["id"]), text(&finding["tier"])))
        .collect();
    lines.sort();
    lines.join("\n")
}

/// Makes moto forget every resource, by the request that it has for tests. It has no body, which moto would not read: its
/// server waits for the end of a body that is left over.
fn empty(endpoint: &str) {
    http::call(endpoint, "moto-api/reset", &Value::Null);
}

/// A run against a target.
fn checked(endpoint: &str, arguments: &[&str]) -> Value {
    reported(&[&["run", "--endpoint", endpoint], arguments].concat())
}

/// The report of a command that finds something.
fn reported(arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ivs-conformance"));
    command.args(arguments).args(["--report", "json=-"]);
    command.env("IVS_CONFORMANCE_STATE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/state"));
    let output = command.current_dir(env!("CARGO_TARGET_TMPDIR")).env("AWS_REGION", "us-east-1").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
#[ignore = "needs moto 5.2.5: set IVS_CONFORMANCE_MOTO_ENDPOINT to where it listens"]
fn moto_diverges_where_it_does_and_nowhere_else() {
    let endpoint = std::env::var("IVS_CONFORMANCE_MOTO_ENDPOINT").expect("the variable holds a URL");
    empty(&endpoint);
    let report = checked(&endpoint, &["--jobs", "1"]);
    let findings = report["findings"].as_array().unwrap();
    let of_kind = |kind: &str| findings.iter().filter(|finding| finding["kind"] == kind).count();
    assert_eq!(of_kind("not_implemented"), 29);
    assert_eq!(report["summary"]["operations"]["implemented"], 6);
    let clauses: BTreeSet<&str> = findings.iter().filter_map(|finding| finding["clause"].as_str()).collect();
    assert!(clauses.iter().filter(|clause| clause.contains(".input.")).count() > 90, "{clauses:?}");
    assert!(clauses.contains("DeleteChannel.status") && clauses.contains("CreateChannel.content_type"));
    insta::with_settings!({snapshot_path => "../snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("moto", normalised(&report));
    });
    let alone = normalised(&report);
    let known: BTreeSet<&str> = alone.lines().chain([BROKEN_TOKEN]).collect();
    let recording = concat!(env!("CARGO_TARGET_TMPDIR"), "/moto.har");
    let more = || -> BTreeSet<String> {
        empty(&endpoint);
        let parallel = checked(&endpoint, &["--record", recording]);
        let mut found = named_by_one_of_both(&parallel, &reported(&["judge", recording]));
        found.extend(normalised(&parallel).lines().filter(|line| !known.contains(line)).map(str::to_owned));
        found
    };
    let mut found_each_time = more();
    for _ in 1..ATTEMPTS {
        if !found_each_time.is_empty() {
            found_each_time = &found_each_time & &more();
        }
    }
    assert!(
        found_each_time.is_empty(),
        "with several requests in flight no more is found than with one: {found_each_time:#?}"
    );
}

/// `judge` names what the run found in single exchanges. Where they differ, but for the failures that the run names after the
/// case that provoked them.
fn named_by_one_of_both(run: &Value, judged: &Value) -> BTreeSet<String> {
    let ids = |report: &Value, is_meant: &dyn Fn(&Value) -> bool| -> BTreeSet<String> {
        let findings = report["findings"].as_array().unwrap().iter();
        let meant = findings.filter(|finding| is_meant(finding) && finding["seen"]["of"] == finding["seen"]["times"]);
        meant.map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
    };
    let clause = |finding: &Value| finding["clause"].as_str().unwrap().to_owned();
    // Others need signatures, bodies that are no JSON, or the state before the request.
    let is_single = |finding: &Value| {
        let clause = clause(finding);
        let is_of_state = ["rule.", "auth.", "protocol."].iter().any(|start| clause.starts_with(start));
        !is_of_state && !clause.contains(".error.") && finding["kind"] != "not_implemented"
    };
    let (of_run, of_judge) = (ids(run, &is_single), ids(judged, &|_| true));
    assert!(of_run.len() > 90, "{}", of_run.len());
    let is_other = |finding: &Value| finding["kind"] != "server_error" && is_single(finding);
    let mut more: BTreeSet<String> = &ids(judged, &is_other) - &ids(run, &|_| true);
    // Without a list moto fails, except while it has no channel that it would look for in it.
    more.remove("BatchGetChannel.input.arns.required:accepted_invalid");
    let missed = of_run.difference(&of_judge).map(|id| format!("judge misses {id}"));
    more.extend(missed);
    more
}

/// Ids of the findings that the page names in the last column of the rows of winterbaume's defects.
fn read_in_the_code() -> BTreeSet<&'static str> {
    let rows = include_str!("../docs/foreign-emulators.md").lines().filter(|line| line.starts_with("| W"));
    rows.filter_map(|row| row.rsplit('|').nth(1)?.split('`').nth(1)).collect()
}

#[test]
#[ignore = "needs winterbaume-server 0.2.8: set IVS_CONFORMANCE_WINTERBAUME_ENDPOINT to where it listens"]
fn defects_that_were_read_in_the_code_of_winterbaume_are_found() {
    let endpoint = std::env::var("IVS_CONFORMANCE_WINTERBAUME_ENDPOINT").expect("the variable holds a URL");
    let expected = read_in_the_code();
    assert!(expected.len() > 100, "the page names {} findings", expected.len());
    let report = checked(&endpoint, &[]);
    let findings = report["findings"].as_array().unwrap();
    let found: BTreeSet<&str> = findings.iter().filter_map(|finding| finding["id"].as_str()).collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
