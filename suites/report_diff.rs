//! `diff` as a user meets it: runs against targets with different faults, its exit codes, and its JSON document.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};

use crate::common::{Scratch, Target, assert_exit, conformance};

const SCHEMA: &str = include_str!("../specs/report-diff.schema.json");
const ONLY: [&str; 2] = ["--only", "{CreateChannel,GetChannel,DeleteChannel}.status"];
const CREATE: &str = "CreateChannel.status";

/// The report of a run against a target with faults.
fn checked(scratch: &Scratch, name: &str, faults: &[&str], more: &[&str]) -> String {
    let target = Target::with(faults);
    let file = scratch.file(name);
    let to = format!("json={file}");
    let arguments = ["run", "--endpoint", &target.endpoint, "--auth", "none", "--profile", "quick", "--report", &to];
    let output = conformance(&[&arguments, &ONLY[..], more].concat());
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    file
}

fn text(old: &str, new: &str, code: i32) -> String {
    let output = conformance(&["diff", old, new]);
    assert_exit(&output, code);
    String::from_utf8(output.stdout).unwrap()
}

fn document(old: &str, new: &str, code: i32) -> Value {
    let output = conformance(&["diff", old, new, "--format", "json"]);
    assert_exit(&output, code);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let validator = jsonschema::draft202012::new(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    document
}

/// Ids of the findings with a fate.
fn with_fate<'d>(document: &'d Value, change: &str) -> Vec<&'d str> {
    let findings = document["findings"].as_array().unwrap().iter();
    findings.filter(|finding| finding["change"] == change).map(|finding| finding["id"].as_str().unwrap()).collect()
}

#[test]
fn two_runs_against_one_target_are_the_same() {
    let scratch = Scratch::new();
    let faults = ["status:DeleteChannel=200", "status:GetChannel=202"];
    let (first, second) = (checked(&scratch, "1.json", &faults, &[]), checked(&scratch, "2.json", &faults, &[]));
    let page = text(&first, &second, 0);
    assert!(page.ends_with("the reports say the same\n") && page.contains("clauses upheld: "), "{page}");
    let document = document(&first, &second, 0);
    assert_eq!(document["summary"], json!({"new": 0, "gone": 0, "undecided": 0, "changed": 0, "clauses": 0}));
    assert_eq!(document["old"]["verdict"], "diverges");
}

#[test]
fn what_is_new_gone_and_changed_is_told_by_cause() {
    let scratch = Scratch::new();
    let old = checked(&scratch, "old.json", &["status:DeleteChannel=200", "status:GetChannel=202"], &[]);
    let new = checked(&scratch, "new.json", &["status:DeleteChannel=201", "status:CreateChannel=202"], &[]);
    let document = document(&old, &new, 1);
    assert_eq!(with_fate(&document, "new"), ["CreateChannel.status:wrong_status"]);
    assert_eq!(with_fate(&document, "gone"), ["GetChannel.status:wrong_status"]);
    assert_eq!(with_fate(&document, "changed"), ["DeleteChannel.status:wrong_status"]);
    assert!(with_fate(&document, "undecided").is_empty(), "{document:#}");
    let moves: Vec<Value> =
        document["clauses"].as_array().unwrap().iter().map(|c| json!([c["id"], c["before"], c["after"]])).collect();
    assert!(moves.contains(&json!([CREATE, "upheld", "violated"])), "{moves:?}");
    assert!(moves.contains(&json!(["GetChannel.status", "violated", "upheld"])), "{moves:?}");
    let causes = document["causes"].as_array().unwrap();
    let presence = |id: &str| &causes.iter().find(|cause| cause["id"] == id).expect(id)["present_in"];
    assert_eq!(presence("GetChannel.status:wrong_status"), "old");
    assert_eq!(presence("DeleteChannel.status:wrong_status"), "both");

    let page = text(&old, &new, 1);
    for part in [
        "new: 1 finding from 1 cause\n",
        "    + CreateChannel.status:wrong_status\n",
        "    - GetChannel.status:wrong_status\n",
        "        before  Success has status 200.\n        after   Success has status 201.\n",
        "  upheld → violated ",
        "the reports differ: 3 findings: 1 new, 1 gone, 0 not ruled out, 1 changed; 2 clauses with another verdict\n",
    ] {
        assert!(page.contains(part), "{part:?} is not in {page}");
    }
    let back = text(&new, &old, 1);
    assert!(back.contains("    + GetChannel.status:wrong_status\n"), "{back}");
}

#[test]
fn what_the_later_run_could_not_tell_is_not_gone() {
    let scratch = Scratch::new();
    let old = checked(&scratch, "old.json", &["status:GetChannel=202"], &[]);
    // Without a channel nothing is known of the status.
    let new = checked(&scratch, "new.json", &["status:CreateChannel=500"], &[]);
    let document = document(&old, &new, 1);
    assert_eq!(with_fate(&document, "undecided"), ["GetChannel.status:wrong_status"]);
    let lost =
        document["findings"].as_array().unwrap().iter().find(|finding| finding["change"] == "undecided").unwrap();
    assert!(lost["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{lost}");
    let page = text(&old, &new, 1);
    assert!(page.contains("not seen again, but not ruled out") && page.contains("because "), "{page}");
}

#[test]
fn a_clause_that_is_violated_in_another_way_is_not_taken_for_repaired() {
    let scratch = Scratch::new();
    let old = checked(&scratch, "old.json", &["status:GetChannel=202"], &[]);
    let new = checked(&scratch, "new.json", &["status:GetChannel=500"], &[]);
    let document = document(&old, &new, 1);
    assert_eq!(with_fate(&document, "gone"), ["GetChannel.status:wrong_status"]);
    assert_eq!(with_fate(&document, "new"), ["GetChannel.status:server_error"]);
    let page = text(&old, &new, 1);
    assert!(page.contains("GetChannel.status:wrong_status (the clause is still violated, in another way)"), "{page}");
}

#[test]
fn runs_of_parts_are_compared_by_what_both_have() {
    let scratch = Scratch::new();
    let faults = ["status:DeleteChannel=200"];
    let whole = checked(&scratch, "whole.json", &faults, &[]);
    let part = checked(&scratch, "part.json", &faults, &["--skip", "DeleteChannel.*", "--seed", "1"]);
    let page = text(&whole, &part, 0);
    assert!(
        page.contains(" in the old report alone, 0 in the new one alone") && page.contains("seed or profile differ")
    );
    let elsewhere = scratch.file("elsewhere.json");
    let nothing =
        ["run", "--only", "GetChannel.content_type", "--profile", "quick", "--report", &format!("json={elsewhere}")]
            .map(str::to_owned);
    let nothing: Vec<&str> = nothing.iter().map(String::as_str).collect();
    assert_exit(&conformance(&nothing), 0);
    let refused = conformance(&["diff", &whole, &elsewhere]);
    assert_exit(&refused, 2);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no clause in common"), "{refused:?}");
}

#[test]
fn contracts_of_one_service_are_compared_and_those_of_two_are_not() {
    let scratch = Scratch::new();
    let old = checked(&scratch, "old.json", &["status:DeleteChannel=200"], &[]);
    let with = |member: &str, value: &str| {
        let mut report: Value = serde_json::from_str(&std::fs::read_to_string(&old).unwrap()).unwrap();
        report["contract"][member] = value.into();
        let file = scratch.file(&format!("{member}.json"));
        std::fs::write(&file, report.to_string()).unwrap();
        file
    };
    let page = text(&old, &with("sha256", &"0".repeat(64)), 0);
    assert!(page.contains("the contracts differ; `spec diff` compares them"), "{page}");
    let refused = conformance(&["diff", &old, &with("service", "ivschat")]);
    assert_exit(&refused, 2);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("`ivs`") && said.contains("`ivschat`"), "{said}");
}
