//! The gate as a build server uses it: baselines, shards, replay and reports, by the command line.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod shards;

use crate::common::{self, Scratch, Target, assert_exit, conformance, finding_ids, report, sarif};
use serde_json::{Value, json};

const NAME: &str = "ignore:CreateChannel.input.name.length.max";
const NAME_FINDING: &str = "CreateChannel.input.name.length.max:accepted_invalid";
const OTHERS: [&str; 4] = [
    "ignore:CreateChannel.input.latencyMode.enum",
    "ignore:CreateChannel.input.type.enum",
    "ignore:CreateChannel.input.preset.enum",
    "ignore:CreateChannel.input.name.pattern",
];
const ONLY: &str = "CreateChannel.*";

/// Runs `CreateChannel`'s cases against a target with faults; the exit code is asserted, the report is given back.
#[track_caller]
fn run(faults: &[&str], exit: i32, more: &[&str]) -> Value {
    let target = Target::with(faults);
    let scratch = Scratch::new();
    let json = scratch.file("report.json");
    let to = format!("json={json}");
    let mut arguments = vec!["run", "--endpoint", &target.endpoint, "--only", ONLY, "--report", &to];
    arguments.extend(more);
    assert_exit(&conformance(&arguments), exit);
    report(&json)
}

/// A baseline that has the divergences of a target with faults.
#[track_caller]
fn baseline(scratch: &Scratch, faults: &[&str]) -> String {
    let file = scratch.file("known.toml");
    run(faults, 0, &["--baseline", &file, "--update-baseline"]);
    file
}

#[test]
fn a_clean_target_passes_and_a_hole_is_one_finding() {
    assert_eq!(run(&[], 0, &[])["findings"], json!([]));
    assert_eq!(finding_ids(&run(&[NAME], 1, &[])), [NAME_FINDING]);
}

#[test]
fn what_is_known_passes_and_four_new_holes_beside_it_are_four_new_findings() {
    let scratch = Scratch::new();
    let known = baseline(&scratch, &[NAME]);
    let same = run(&[NAME], 0, &["--baseline", &known]);
    assert_eq!(same["summary"]["findings"], json!({"total": 1, "new": 0, "known": 1, "fixed": 0}));
    let faults: Vec<&str> = std::iter::once(NAME).chain(OTHERS).collect();
    let more = run(&faults, 1, &["--baseline", &known]);
    assert_eq!(more["summary"]["findings"], json!({"total": 5, "new": 4, "known": 1, "fixed": 0}));
}

#[test]
fn what_is_fixed_fails_until_the_baseline_is_tightened_and_reasons_survive() {
    let scratch = Scratch::new();
    let known = baseline(&scratch, &[NAME, OTHERS[0]]);
    let text = std::fs::read_to_string(&known).unwrap();
    let id = format!("id = \"{NAME_FINDING}\"\n");
    assert!(text.contains(&id), "{text}");
    std::fs::write(&known, text.replace(&id, &format!("{id}reason = \"JIRA-1: next month\"\n"))).unwrap();
    let fixed = run(&[NAME], 1, &["--baseline", &known]);
    assert_eq!(fixed["summary"]["findings"]["fixed"], 1);
    run(&[NAME], 0, &["--baseline", &known, "--update-baseline"]);
    let tightened = std::fs::read_to_string(&known).unwrap();
    assert!(tightened.contains("reason = \"JIRA-1: next month\""), "{tightened}");
    assert!(!tightened.contains("latencyMode"), "{tightened}");
    run(&[NAME], 0, &["--baseline", &known]);
}

#[test]
fn an_entry_whose_day_has_passed_fails() {
    let scratch = Scratch::new();
    let known = baseline(&scratch, &[NAME]);
    let text = std::fs::read_to_string(&known).unwrap();
    std::fs::write(&known, format!("{text}expires = \"2020-01-01\"\n")).unwrap();
    run(&[NAME], 1, &["--baseline", &known]);
    std::fs::write(&known, format!("{text}expires = \"2999-01-01\"\n")).unwrap();
    run(&[NAME], 0, &["--baseline", &known]);
}

#[test]
fn a_damaged_baseline_is_refused_with_its_line_before_anything_is_sent() {
    let scratch = Scratch::new();
    let known = scratch.file("known.toml");
    std::fs::write(&known, "\n[[known]]\nid = \"a\"\nclause = \"b\"\nkind = \"no such kind\"\n").unwrap();
    // Nobody listens there: had anything been sent, the exit code would be 3.
    let output = conformance(&["run", "--endpoint", "http://127.0.0.1:9", "--baseline", &known]);
    assert_exit(&output, 2);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("known.toml:5") && said.contains("no such kind"), "{said}");
}

#[test]
fn replay_says_what_still_diverges() {
    let faulty = Target::with(&[NAME, OTHERS[0]]);
    let scratch = Scratch::new();
    let json = scratch.file("report.json");
    let to = format!("json={json}");
    assert_exit(&conformance(&["run", "--endpoint", &faulty.endpoint, "--only", ONLY, "--report", &to]), 1);
    assert_eq!(finding_ids(&report(&json)).len(), 2);

    let still = conformance(&["replay", &json]);
    assert_exit(&still, 1);
    assert!(String::from_utf8_lossy(&still.stdout).contains("2 of 2 findings still diverge"));

    let half = Target::with(&[OTHERS[0]]);
    let one = conformance(&["replay", &json, "--endpoint", &half.endpoint]);
    assert_exit(&one, 1);
    let said = String::from_utf8_lossy(&one.stdout).into_owned();
    assert!(said.contains(&format!("✓ {NAME_FINDING}")), "{said}");
    assert!(said.contains("1 of 2 findings still diverges"), "{said}");
    assert_exit(&conformance(&["replay", &json, NAME_FINDING, "--endpoint", &half.endpoint]), 0);

    let unknown = conformance(&["replay", &json, "CreateChannel.input.name.length.max:accepted_invalit"]);
    assert_exit(&unknown, 2);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains(NAME_FINDING));
    drop(faulty);
    assert_exit(&conformance(&["replay", &json]), 3);
}

#[test]
fn every_format_is_written_by_one_run_and_sarif_points_to_no_file_that_the_user_lacks() {
    let target = Target::with(&[NAME]);
    let scratch = Scratch::new();
    let files: Vec<(&str, String)> = ["json", "junit", "html", "markdown", "sarif", "badge"]
        .map(|format| (format, scratch.file(&format!("report.{format}"))))
        .into();
    let targets: Vec<String> = files.iter().map(|(format, file)| format!("{format}={file}")).collect();
    let mut arguments = vec!["run", "--endpoint", &target.endpoint, "--only", ONLY];
    for target in &targets {
        arguments.extend(["--report", target]);
    }
    assert_exit(&conformance(&arguments), 1);
    report(&files[0].1);
    let read = |index: usize| std::fs::read_to_string(&files[index].1).unwrap();
    assert!(read(1).contains("<testsuites") && read(1).contains("CreateChannel.input.name.length.max/refuses"));
    assert!(read(2).starts_with("<!doctype html>") || read(2).starts_with("<!DOCTYPE html>"));
    assert!(read(3).contains("CreateChannel.input.name.length.max"));
    let sarif = sarif(&files[4].1);
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"].as_str().map(|rule| rule.starts_with("CreateChannel")), Some(true), "{result}");
    assert!(result["locations"][0].get("physicalLocation").is_none(), "{result}");
    let badge: Value = serde_json::from_str(&read(5)).unwrap();
    assert_eq!((&badge["schemaVersion"], &badge["color"]), (&1.into(), &"red".into()), "{badge}");
}

#[test]
fn a_report_that_cannot_be_written_stops_the_run_before_it_begins() {
    // Nobody listens there: had anything been sent, the exit code would be 3.
    let output = conformance(&["run", "--endpoint", "http://127.0.0.1:9", "--report", "json=/nowhere/report.json"]);
    assert_exit(&output, 2);
}

const STREAMS_ARE_MISSING: &str = "status:ListStreams=501";

#[test]
fn what_is_not_implemented_on_purpose_does_not_fail_until_it_is_there() {
    let target = Target::with(&[STREAMS_ARE_MISSING]);
    let scratch = Scratch::new();
    let (json, config) = (scratch.file("report.json"), scratch.file("ivs-conformance.toml"));
    let to = format!("json={json}");
    let check = |endpoint: &str, more: &[&str]| {
        let mut arguments = vec!["run", "--endpoint", endpoint, "--report", &to];
        arguments.extend(["--only", "ListStreams.*", "--only", "GetChannel.*"]);
        arguments.extend(more);
        conformance(&arguments)
    };
    assert_exit(&check(&target.endpoint, &[]), 1);
    let seen = report(&json);
    assert_eq!(finding_ids(&seen), ["ListStreams.status:not_implemented"]);
    assert_eq!(seen["summary"]["operations"], json!({"total": 2, "implemented": 1}));

    let implemented = check(&target.endpoint, &["--implemented"]);
    assert_exit(&implemented, 0);
    let said = String::from_utf8_lossy(&implemented.stdout).into_owned();
    assert!(said.contains("attention: --implemented: 1 operation that the target does not have"), "{said}");

    let expectation = "[operations.ListStreams]\nexpect = \"not_implemented\"\nreason = \"no streams here\"\n";
    std::fs::write(&config, expectation).unwrap();
    let expected = check(&target.endpoint, &["--config", &config]);
    assert_exit(&expected, 0);
    assert!(String::from_utf8_lossy(&expected.stdout).contains("(no streams here)"));
    let whole = Target::with(&[]);
    let there = check(&whole.endpoint, &["--config", &config]);
    assert_exit(&there, 1);
    let said = String::from_utf8_lossy(&there.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("ListStreams responded though expected not to be implemented: drop the expectation"),
        "{said}"
    );
}

#[test]
fn flags_win_over_the_file_and_an_unknown_key_is_refused_with_its_line() {
    let target = Target::with(&[]);
    let scratch = Scratch::new();
    let (json, config) = (scratch.file("report.json"), scratch.file("my.toml"));
    let text = format!(
        "endpoint = \"{}\"\nseed = 9\nonly = [\"GetChannel.*\"]\nreport = [\"json={json}\"]\n",
        target.endpoint
    );
    std::fs::write(&config, &text).unwrap();
    assert_exit(&conformance(&["run", "--config", &config]), 0);
    assert_eq!(report(&json)["seed"], 9);
    assert_exit(&conformance(&["run", "--config", &config, "--seed", "11"]), 0);
    assert_eq!(report(&json)["seed"], 11);
    std::fs::write(&config, format!("{text}sede = 1\n")).unwrap();
    let refused = conformance(&["run", "--config", &config]);
    assert_exit(&refused, 2);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("my.toml:5") && said.contains("sede"), "{said}");
}

/// What a run shows on a terminal (of util-linux's `script`), with these variables set.
fn on_a_terminal(endpoint: &str, variables: &[(&str, &str)]) -> String {
    let program = env!("CARGO_BIN_EXE_ivs-conformance");
    let line = format!("{program} run --endpoint {endpoint} --only 'GetChannel.*'");
    let mut command = std::process::Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]).current_dir(std::env::temp_dir());
    command.env("IVS_CONFORMANCE_STATE_DIR", common::STATE);
    command.env_remove("NO_COLOR").env_remove("CI").env("TERM", "xterm-256color");
    let output = command.envs(variables.iter().copied()).output().unwrap();
    assert_exit(&output, 0);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
#[cfg(target_os = "linux")]
fn colours_and_progress_are_for_terminals_that_want_them() {
    const ESCAPE: char = '\u{1b}';
    let target = Target::with(&[]);
    let coloured = on_a_terminal(&target.endpoint, &[]);
    assert!(coloured.contains("\u{1b}[1m\u{1b}[32m✓") && coloured.contains(" cases  "), "{coloured:?}");
    let plain = on_a_terminal(&target.endpoint, &[("NO_COLOR", "1"), ("CI", "true")]);
    assert!(plain.contains("conforms to") && !plain.contains(ESCAPE) && !plain.contains(" cases  "), "{plain:?}");
    let in_ci = on_a_terminal(&target.endpoint, &[("CI", "true")]);
    assert!(in_ci.contains(ESCAPE) && !in_ci.contains(" cases  "), "{in_ci:?}");
    let mut piped = common::program();
    let piped = piped.env_remove("NO_COLOR").args(["run", "--endpoint", &target.endpoint, "--only", "GetChannel.*"]);
    let piped = piped.output().unwrap();
    assert!(!String::from_utf8_lossy(&piped.stdout).contains(ESCAPE));
    assert!(piped.stderr.is_empty(), "{}", String::from_utf8_lossy(&piped.stderr));
}

#[test]
fn a_baseline_names_clauses_and_operations_of_the_contract() {
    let scratch = Scratch::new();
    let entry = |clause: &str, operation: &str| {
        let file = scratch.file("wrong.toml");
        let text = format!(
            "[[known]]\nid = \"x\"\nclause = \"{clause}\"\noperation = \"{operation}\"\nkind = \"accepted_invalid\"\n"
        );
        std::fs::write(&file, text).unwrap();
        let output = conformance(&["run", "--only", "DeleteChannel.status", "--baseline", &file]);
        assert_exit(&output, 2);
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = entry("CreateChanel.status", "CreateChannel");
    assert!(said.contains("wrong.toml:3"), "{said}");
    assert!(said.contains("did you mean") && said.contains("CreateChannel.status"), "{said}");
    let said = entry("CreateChannel.status", "CreateChanel");
    assert!(said.contains("wrong.toml:4") && said.contains("CreateChannel`?"), "{said}");
}

#[test]
fn entries_outside_the_selection_are_left_alone() {
    let scratch = Scratch::new();
    let known = baseline(&scratch, &[NAME]);
    let target = Target::with(&[]);
    // The hole is closed, but this run does not look at it.
    for selection in [["--only", "DeleteChannel.status"], ["--skip", "CreateChannel.input.name.*"]] {
        let mut arguments = vec!["run", "--endpoint", &target.endpoint, "--profile", "quick", "--baseline", &known];
        arguments.extend([
            "--skip",
            "auth.*",
            "--skip",
            "rule.*",
            "--skip",
            "scenario/*",
            "--skip",
            "sequence/*",
            "--skip",
            "protocol.*",
        ]);
        arguments.extend(selection);
        assert_exit(&conformance(&arguments), 0);
    }
}

#[test]
fn findings_of_a_skipped_clause_do_not_count_and_are_not_shown() {
    let clause = "CreateChannel.input.name.length.max";
    let seen = run(&[NAME, OTHERS[0]], 1, &["--skip", clause]);
    assert_eq!(finding_ids(&seen), ["CreateChannel.input.latencyMode.enum:accepted_invalid"]);
    assert!(!seen["clauses"].to_string().contains(&format!("\"{clause}\"")));
    run(&[NAME], 0, &["--skip", clause]);
}

#[test]
fn a_skipped_clause_that_other_cases_see_violated_does_not_count() {
    let target = Target::with(&["status:CreateChannel=201"]);
    let scratch = Scratch::new();
    let json = scratch.file("report.json");
    let to = format!("json={json}");
    let run = |skip: &str, exit: i32| {
        let mut arguments = vec!["run", "--endpoint", &target.endpoint, "--only", "CreateChannel.valid/*"];
        arguments.extend(["--skip", skip, "--report", &to]);
        assert_exit(&conformance(&arguments), exit);
        report(&json)
    };
    assert_eq!(finding_ids(&run("DeleteChannel.*", 1)), ["CreateChannel.status:wrong_status"]);
    let skipped = run("CreateChannel.status", 0);
    assert_eq!(skipped["findings"], json!([]));
    assert!(skipped["notes"].to_string().contains("CreateChannel.status"), "{}", skipped["notes"]);
}

#[test]
fn a_run_that_fails_fast_ends_at_the_first_new_cause() {
    let seen = run(&[NAME], 1, &["--fail-fast"]);
    assert_eq!(finding_ids(&seen), [NAME_FINDING]);
    assert_eq!(seen["ended_at_finding"], true);
    let whole = run(&[NAME], 1, &[]);
    assert!(whole.get("ended_at_finding").is_none());
    let requests = |report: &Value| report["summary"]["requests"].as_u64().unwrap();
    assert!(requests(&seen) < requests(&whole), "{} of {}", requests(&seen), requests(&whole));
    let clauses = seen["clauses"].as_array().unwrap();
    assert_eq!(clauses.len(), whole["clauses"].as_array().unwrap().len());
    let is_unreached = |clause: &&Value| clause["reason"].as_str().is_some_and(|reason| reason.contains("--fail-fast"));
    let unreached: Vec<&Value> = clauses.iter().filter(is_unreached).collect();
    assert!(!unreached.is_empty() && unreached.iter().all(|clause| clause["verdict"] == "untested"));
}

#[test]
fn what_is_known_does_not_end_a_run_that_fails_fast() {
    let scratch = Scratch::new();
    let known = baseline(&scratch, &[NAME]);
    let seen = run(&[NAME], 0, &["--fail-fast", "--baseline", &known]);
    assert!(seen.get("ended_at_finding").is_none());
    let seen = run(&[NAME, OTHERS[0]], 1, &["--fail-fast", "--baseline", &known]);
    assert_eq!(seen["ended_at_finding"], true);
}
