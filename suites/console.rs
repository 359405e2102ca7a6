//! What `run` shows on the console, by the command line: as much as is asked for, in colours where they are wanted, and of
//! the operations that are named.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Output;

use crate::common::{Scratch, Target, assert_exit, program, report, sarif};

const FAULTS: [&str; 5] = [
    "ignore:CreateChannel.input.name.length.max",
    "ignore:CreateChannel.input.latencyMode.enum",
    "status:GetChannel=201",
    "content-type:ListChannels=text/html",
    "status:ListStreams=501",
];

/// Runs against the target, with more arguments, in a folder of its own.
fn run(target: &Target, scratch: &Scratch, more: &[&str]) -> Output {
    let mut command = program();
    command.current_dir(scratch.file("")).args(["run", "--profile", "quick", "--endpoint", &target.endpoint]);
    command.args(more).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_console_shows_as_much_as_is_asked_for() {
    let (target, scratch) = (Target::with(&FAULTS), Scratch::new());
    let some = ["--operation", "CreateChannel", "--operation", "GetChannel", "--only", "List*.*"];
    let brief = run(&target, &scratch, &[&some[..], &["--report", "json=report.json"]].concat());
    assert_exit(&brief, 1);
    let (brief, report) = (out(&brief), report(&scratch.file("report.json")));
    assert!(brief.lines().count() <= 60, "{brief}");
    for said in
        ["The 3 most telling of ", "-v shows them all", "missing operation: ListStreams", "wrote: json report.json"]
    {
        assert!(brief.contains(said), "no `{said}` in {brief}");
    }
    assert!(brief.contains("ivs-conformance replay report.json "), "{brief}");

    let verbose = out(&run(&target, &scratch, &[&some[..], &["-v"]].concat()));
    for cause in report["causes"].as_array().unwrap() {
        let is_missing = cause["id"].as_str().unwrap().ends_with(":not_implemented");
        assert!(is_missing || verbose.contains(cause["id"].as_str().unwrap()), "{cause} is not in {verbose}");
    }
    let quiet = run(&target, &scratch, &[&some[..], &["--quiet"]].concat());
    assert_exit(&quiet, 1);
    let quiet = out(&quiet);
    assert!(quiet.starts_with(&format!("✗ {} diverges: ", target.endpoint)), "{quiet}");
    assert!(quiet.contains(" causes, 1 missing operation"), "{quiet}");
    assert!(quiet.lines().count() <= 2, "{quiet}");
    assert_exit(&run(&target, &scratch, &["-q", "-v"]), 2);
}

#[test]
fn an_operation_keeps_its_clauses_and_cases() {
    let (target, scratch) = (Target::with(&FAULTS), Scratch::new());
    let of = |arguments: &[&str], file: &str| {
        let json = format!("json={file}");
        assert_exit(&run(&target, &scratch, &[arguments, &["--report", &json]].concat()), 1);
        report(&scratch.file(file))
    };
    let named = of(&["--operation", "GetChannel"], "named.json");
    let globbed = of(&["--only", "GetChannel.*"], "globbed.json");
    let ids = |report: &serde_json::Value, list: &str| -> Vec<String> {
        report[list].as_array().unwrap().iter().map(|entry| entry["id"].to_string()).collect()
    };
    for list in ["clauses", "cases", "findings"] {
        assert_eq!(ids(&named, list), ids(&globbed, list));
    }
    assert!(!ids(&named, "cases").is_empty() && named["selection"] == globbed["selection"]);

    let unknown = run(&target, &scratch, &["--operation", "GetChanel"]);
    assert_exit(&unknown, 2);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("GetChannel"), "{unknown:?}");
}

#[test]
fn colours_come_where_they_are_wanted() {
    let (target, scratch) = (Target::with(&FAULTS), Scratch::new());
    for (mode, has_colours) in [("always", true), ("never", false), ("auto", false)] {
        let shown = out(&run(&target, &scratch, &["--operation", "GetChannel", "--color", mode]));
        assert_eq!(shown.contains("\u{1b}["), has_colours, "{mode}");
    }
}

#[test]
fn sarif_points_to_the_entries_of_the_baseline() {
    let (target, scratch) = (Target::with(&FAULTS), Scratch::new());
    let known = ["--operation", "CreateChannel", "--baseline", "known.toml"];
    assert_exit(&run(&target, &scratch, &[&known[..], &["--update-baseline"]].concat()), 0);
    assert_exit(&run(&target, &scratch, &[&known[..], &["--report", "sarif=report.sarif"]].concat()), 0);
    let text = std::fs::read_to_string(scratch.file("known.toml")).unwrap();
    assert!(text.contains("\n# Cause: CreateChannel accepts `name` that is too long.\n\n[[known]]\n"), "{text}");
    let results = sarif(&scratch.file("report.sarif"))["runs"][0]["results"].clone();
    assert!(!results.as_array().unwrap().is_empty());
    for result in results.as_array().unwrap() {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "known.toml");
        let line = text.lines().nth(place["region"]["startLine"].as_u64().unwrap() as usize - 1).unwrap();
        let id = result["partialFingerprints"]["ivsConformanceFinding/v1"].as_str().unwrap();
        assert_eq!(line, format!("id = \"{id}\""));
    }
}
