//! `spec diff` as a user meets it: its exit codes, its JSON document, and what a change touches.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use serde_json::Value;

use crate::common;
use crate::common::markdown::fenced;

const MODEL: &str = include_str!("../specs/ivs-2020-07-14.json");
const RULES: &str = include_str!("../specs/ivs-2020-07-14.rules.toml");
const SCHEMA: &str = include_str!("../specs/spec-diff.schema.json");
const BOTOCORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/suites/botocore/service-2.json");

/// The built-in contract as a bundle with longer channel names and without an operation.
fn bundle(scratch: &common::Scratch) -> String {
    let directory = scratch.file("bundle");
    std::fs::create_dir_all(&directory).unwrap();
    let mut model: Value = serde_json::from_str(MODEL).unwrap();
    let name = &mut model["shapes"]["com.amazonaws.ivs#ChannelName"]["traits"]["smithy.api#length"]["max"];
    assert_eq!(*name, 128);
    *name = Value::from(64);
    std::fs::write(Path::new(&directory).join("service.json"), model.to_string()).unwrap();
    std::fs::write(Path::new(&directory).join("service.rules.toml"), RULES).unwrap();
    directory
}

fn diff(arguments: &[&str], code: i32) -> String {
    let output = common::conformance(&[&["spec", "diff"], arguments].concat());
    common::assert_exit(&output, code);
    String::from_utf8(output.stdout).unwrap()
}

fn document(arguments: &[&str], code: i32) -> Value {
    let document: Value = serde_json::from_str(&diff(&[arguments, &["--format", "json"]].concat(), code)).unwrap();
    let validator = jsonschema::draft202012::new(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    document
}

#[test]
fn equal_contracts_end_with_0_different_ones_with_1_and_bad_ones_with_2() {
    assert!(diff(&["builtin", "built-in"], 0).contains("nothing changes"));
    assert_eq!(document(&["builtin", "builtin"], 0)["summary"]["total"], 0);
    assert!(diff(&["builtin", BOTOCORE], 1).contains("was removed"));
    diff(&["builtin", "no-such-file"], 2);
    let unknown = String::from_utf8(common::conformance(&["spec", "check", "ivs-2026-12"]).stderr).unwrap();
    assert!(unknown.contains("no built-in contract of that name") && unknown.contains("ivs-2026-11"), "{unknown}");
    let scratch = common::Scratch::new();
    let bad = scratch.file("bad.toml");
    std::fs::write(&bad, "known = 1").unwrap();
    diff(&["builtin", BOTOCORE, "--baseline", &bad], 2);
}

#[test]
fn a_change_of_a_bundle_names_rules_and_baseline_entries() {
    let scratch = common::Scratch::new();
    let bundle = bundle(&scratch);
    let baseline = scratch.file("known.toml");
    let entry = |clause: &str| {
        format!(
            "[[known]]\nid = \"{clause}:accepted_invalid\"\nclause = \"{clause}\"\noperation = \"CreateChannel\"\n\
             kind = \"accepted_invalid\"\ncase = \"{clause}/refuses\"\n"
        )
    };
    let (touched, other) = ("CreateChannel.input.name.length.max", "CreateChannel.input.authorized.type");
    std::fs::write(&baseline, entry(other) + &entry(touched)).unwrap();
    let document = document(&["builtin", &bundle, "--baseline", &baseline], 1);
    assert_eq!(document["rules_compared"], true);
    let changes = document["changes"].as_array().unwrap();
    let of = |id: &str| changes.iter().find(|change| change["id"] == id).unwrap_or_else(|| panic!("{changes:#?}"));
    let input = of(touched);
    assert_eq!(
        (&input["change"], &input["caller"], &input["implementer"]),
        (&"tightened".into(), &"breaking".into(), &"breaking".into())
    );
    assert_eq!(input["clauses"], serde_json::json!([touched]));
    assert_eq!(input["baseline"], serde_json::json!([format!("{touched}:accepted_invalid")]));
    let output = of("GetChannel.output.channel.name.length.max");
    assert_eq!((&output["change"], &output["caller"]), (&"tightened".into(), &"compatible".into()));
    assert!(changes.iter().all(|change| change["id"].as_str().unwrap().ends_with("length.max")), "{changes:#?}");
    let back = diff(&[&bundle, "builtin", "--baseline", &baseline], 1);
    assert!(back.contains("loosened  CreateChannel.input.name.length.max changed from 64 to 128"), "{back}");
    assert!(back.contains(&format!("baseline: {touched}:accepted_invalid")), "{back}");
}

#[test]
fn rules_that_speak_of_a_change_are_named() {
    let document = document(&["builtin", BOTOCORE], 1);
    assert_eq!(document["rules_compared"], false);
    let changes = document["changes"].as_array().unwrap();
    let removed = changes.iter().find(|change| change["id"] == "CreateChannel").unwrap();
    assert_eq!((&removed["change"], &removed["caller"]), (&"removed".into(), &"breaking".into()));
    let rules: Vec<&str> = removed["rules"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert!(rules.contains(&"CreateChannel.error.ServiceQuotaExceededException"), "{rules:?}");
    assert!(rules.iter().any(|id| id.starts_with("rule.")), "{rules:?}");
    assert!(removed["clauses"].as_array().unwrap().len() > 20);
    let added = changes.iter().find(|change| change["id"] == "MakeToy").unwrap();
    assert_eq!((&added["change"], &added["implementer"]), (&"added".into(), &"breaking".into()));
}

/// The last script of the page's workflow: the comparison.
fn job() -> String {
    let page = include_str!("../docs/contract-drift.md");
    let workflow = fenced(page).into_iter().find(|block| block.language == "yaml").unwrap();
    let workflow: Value = serde_yaml_ng::from_str(&workflow.text).unwrap();
    let steps = workflow["jobs"]["drift"]["steps"].as_array().unwrap();
    steps.last().unwrap()["run"].as_str().unwrap().to_owned()
}

#[test]
fn the_weekly_job_fails_on_drift_and_on_nothing_else() {
    let scratch = common::Scratch::new();
    let newest = scratch.file("newest/botocore/data/ivs/2020-07-14");
    let accepted = scratch.file("contracts/ivs");
    let model = std::fs::read_to_string(BOTOCORE).unwrap();
    for directory in [&newest, &accepted] {
        std::fs::create_dir_all(directory).unwrap();
        std::fs::write(Path::new(directory).join("service-2.json"), &model).unwrap();
    }
    let programs = Path::new(env!("CARGO_BIN_EXE_ivs-conformance")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let run = || {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-e", "-c", &job()]).current_dir(scratch.file("")).env("PATH", &path).output().unwrap()
    };
    common::assert_exit(&run(), 0);
    std::fs::write(Path::new(&newest).join("service-2.json"), model.replace("\"max\": 9", "\"max\": 8")).unwrap();
    let drifted = run();
    common::assert_exit(&drifted, 1);
    assert!(String::from_utf8_lossy(&drifted.stdout).contains("MakeToy.input.Name.length.max"));
}

/// Ids of what the model of November 2026 changes; rules, which are ours, are left out.
#[test]
fn the_two_built_in_contracts_differ_in_what_is_known_to_be_new() {
    let document = document(&["ivs-2020-07-14", "ivs-2026-11"], 1);
    let changes = document["changes"].as_array().unwrap();
    let text = |change: &Value, key: &str| change[key].as_str().unwrap().to_owned();
    let of_model = |id: &str| id.starts_with(|first: char| first.is_ascii_uppercase()) || id.starts_with("service.");
    let mut lines: Vec<String> = changes
        .iter()
        .filter(|change| of_model(&text(change, "id")))
        .map(|change| format!("{} {}: {}", text(change, "change"), text(change, "id"), text(change, "what")))
        .collect();
    lines.sort();
    assert!(lines.iter().all(|line| !line.starts_with("removed")), "{lines:#?}");
    insta::with_settings!({snapshot_path => "../snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("drift_2026_11", lines.join("\n"));
    });
}
