//! The library interface in another crate's hands: the example's `contract.rs` is run as its author would run it, and
//! this program reads what it says.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::type_complexity)]

#[path = "../examples/axum-emulator/contract.rs"]
mod contract;

use std::path::PathBuf;
use std::process::{Command, ExitCode, Output};

use ivs_conformance::trials::Suite;

/// Set in the processes that are the example.
const IS_EXAMPLE: &str = "IVS_CONFORMANCE_RUN_EXAMPLE";
/// Set to a baseline file in the processes that are the example with a baseline.
const BASELINE: &str = "IVS_CONFORMANCE_RUN_BASELINE";

/// Set in the processes that expect an operation to be missing, for a reason.
const REASON: &str = "IVS_CONFORMANCE_RUN_REASON";

type Test = fn() -> Result<(), libtest_mimic::Failed>;

fn main() -> ExitCode {
    if std::env::var_os(IS_EXAMPLE).is_some() {
        return contract::main();
    }
    if let Some(baseline) = std::env::var_os(BASELINE) {
        return Suite::new().endpoint("").implemented_only().only("CreateChannel.input.*").baseline(baseline).main();
    }
    if let Ok(reason) = std::env::var(REASON) {
        return Suite::new().endpoint("").without_because("PutMetadata", reason).only("PutMetadata.valid/*").main();
    }
    let tests: [(&str, Test); 14] = [
        ("every_case_is_listed", every_case_is_listed),
        ("tests_pass_fail_and_are_ignored", tests_pass_fail_and_are_ignored),
        ("one_test_runs_alone", one_test_runs_alone),
        ("a_filter_that_fits_nothing_runs_nothing", a_filter_that_fits_nothing_runs_nothing),
        ("nextest_sees_no_pass_where_nothing_was_decided", nextest_sees_no_pass_where_nothing_was_decided),
        ("nextest_is_not_told_to_run_what_cannot_be_decided", nextest_is_not_told_to_run_what_cannot_be_decided),
        ("a_baseline_makes_known_divergences_pass_by", a_baseline_makes_known_divergences_pass_by),
        ("a_damaged_baseline_fails_with_its_line", a_damaged_baseline_fails_with_its_line),
        ("a_report_holds_all_tests_that_ran", a_report_holds_all_tests_that_ran),
        ("a_deadline_fails_what_is_not_done", a_deadline_fails_what_is_not_done),
        ("an_expected_absence_says_its_reason", an_expected_absence_says_its_reason),
        ("an_operation_that_does_not_exist_fails", an_operation_that_does_not_exist_fails),
        ("a_target_that_is_not_there_fails", a_target_that_is_not_there_fails),
        ("a_server_that_is_not_the_api_fails", a_server_that_is_not_the_api_fails),
    ];
    let trials = tests.map(|(name, test)| libtest_mimic::Trial::test(name, test)).into();
    libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials).exit_code()
}

fn example(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    command.args(arguments).env(IS_EXAMPLE, "1").env_remove("IVS_CONFORMANCE_ENDPOINT").env_remove("NEXTEST");
    command.envs(variables.iter().copied()).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What libtest says of one test.
fn result(page: &str, name: &str) -> String {
    let is_it = |line: &&str| line.split_whitespace().nth(1) == Some(name);
    let line = page.lines().filter(|line| line.starts_with("test ")).find(is_it);
    line.and_then(|line| line.split(" ... ").nth(1)).unwrap_or_else(|| panic!("{name} in {page}")).to_owned()
}

fn every_case_is_listed() -> Result<(), libtest_mimic::Failed> {
    let output = example(&["--list", "--format", "terse"], &[]);
    let page = text(&output);
    let names: std::collections::BTreeSet<&str> = page.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    assert_eq!(output.status.code(), Some(0));
    assert!(names.len() > 1000, "{}", names.len());
    assert_eq!(names.len(), page.lines().count(), "names are unique");
    assert!(names.contains("PutMetadata.valid/minimal"));
    Ok(())
}

fn tests_pass_fail_and_are_ignored() -> Result<(), libtest_mimic::Failed> {
    let output = example(&["Channel.", "--skip", "scenario", "--skip", "auth", "--skip", "protocol"], &[]);
    let page = text(&output);
    assert_eq!(output.status.code(), Some(101), "{page}");
    for passes in ["CreateChannel.valid/minimal", "GetChannel.valid/minimal", "DeleteChannel.valid/minimal"] {
        assert_eq!(result(&page, passes), "ok", "{page}");
    }
    assert_eq!(result(&page, "GetChannel.error.ResourceNotFoundException/unknown-arn"), "ok");
    assert_eq!(result(&page, "CreateChannel.input.name.length.max/refuses"), "FAILED");
    assert!(page.contains("CreateChannel.input.name.length.max:accepted_invalid"), "{page}");
    assert!(page.contains("curl -i -X POST"));
    assert!(result(&page, "UpdateChannel.valid/minimal").starts_with("ignored"), "{page}");
    Ok(())
}

fn one_test_runs_alone() -> Result<(), libtest_mimic::Failed> {
    let output = example(&["--exact", "GetChannel.valid/minimal", "--nocapture"], &[("NEXTEST", "1")]);
    let page = text(&output);
    assert_eq!(output.status.code(), Some(0), "{page}");
    assert!(page.contains("1 passed; 0 failed; 0 ignored"), "{page}");
    Ok(())
}

fn a_filter_that_fits_nothing_runs_nothing() -> Result<(), libtest_mimic::Failed> {
    let output = example(&["no-such-case"], &[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output).contains("0 passed; 0 failed"));
    let ignored = example(&["--ignored"], &[]);
    assert!(text(&ignored).contains("0 passed; 0 failed"));
    Ok(())
}

fn nextest_sees_no_pass_where_nothing_was_decided() -> Result<(), libtest_mimic::Failed> {
    let nextest = [("NEXTEST", "1")];
    let listed = text(&example(&["--list", "--format", "terse", "--ignored"], &nextest));
    let is_ignored = |name: &str| listed.lines().any(|line| line == format!("{name}: test"));
    assert!(is_ignored("PutMetadata.valid/minimal") && is_ignored("scenario/tags-of-create-channel"), "{listed}");
    assert!(!is_ignored("GetChannel.valid/minimal") && !is_ignored("CreateChannel.input.name.length.max/refuses"));
    let undecided = example(&["--exact", "PutMetadata.valid/random"], &nextest);
    assert_eq!(undecided.status.code(), Some(101));
    assert!(text(&undecided).contains("PutMetadata is not implemented"), "{}", text(&undecided));
    Ok(())
}

/// Of what nextest runs, every test passes or fails for what the target did.
fn nextest_is_not_told_to_run_what_cannot_be_decided() -> Result<(), libtest_mimic::Failed> {
    let nextest = [("NEXTEST", "1")];
    let list = |more: &[&str]| text(&example(&[&["--list", "--format", "terse"], more].concat(), &nextest));
    let (all, ignored) = (list(&[]), list(&["--ignored"]));
    let ignored: std::collections::BTreeSet<&str> = ignored.lines().collect();
    let run = all.lines().filter(|line| !ignored.contains(line)).count();
    assert!(run > 100 && ignored.len() > 1000, "{run} of {}", all.lines().count());
    // One process for all of them says the same as one for each, and is over sooner.
    let mut arguments = Vec::new();
    let skipped: Vec<&str> = ignored.iter().filter_map(|line| line.strip_suffix(": test")).collect();
    skipped.iter().for_each(|name| arguments.extend(["--skip", name]));
    arguments.push("--exact");
    let page = text(&example(&arguments, &nextest));
    let undecided: Vec<&str> = page.lines().filter(|line| line.starts_with("could not decide")).collect();
    assert_eq!(undecided, Vec::<&str>::new(), "{page}");
    assert!(page.contains(&format!("{} filtered out", ignored.len())), "{page}");
    Ok(())
}

/// The example's emulator in this process; its base URL.
fn emulator() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, contract::app::router()).await.unwrap();
        });
    });
    endpoint
}

fn scratch_file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("ivs-conformance-library-{}-{name}", std::process::id()))
}

fn a_baseline_makes_known_divergences_pass_by() -> Result<(), libtest_mimic::Failed> {
    const CASE: &str = "CreateChannel.input.name.length.max/refuses";
    let endpoint = emulator();
    let file = scratch_file("known.toml");
    let _ = std::fs::remove_file(&file);
    let known = file.to_str().unwrap();
    let update = Command::new(env!("CARGO_BIN_EXE_ivs-conformance"))
        .args(["run", "--endpoint", &endpoint, "--implemented", "--only", "CreateChannel.input.*"])
        .args(["--baseline", known, "--update-baseline"])
        .env("IVS_CONFORMANCE_STATE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/state"))
        .current_dir(std::env::temp_dir())
        .output()
        .unwrap();
    assert_eq!(update.status.code(), Some(0), "{}", String::from_utf8_lossy(&update.stderr));
    let written = std::fs::read_to_string(&file).unwrap();
    let suite = |more: &[&str], baseline: &str, host: &[(&str, &str)]| {
        std::fs::write(&file, baseline).unwrap();
        let program = std::env::current_exe().unwrap();
        let mut command = Command::new(program);
        command.args(more).env(BASELINE, known).env("IVS_CONFORMANCE_ENDPOINT", &endpoint).env_remove("NEXTEST");
        command.envs(host.iter().copied()).output().unwrap()
    };

    let all = suite(&[], &written, &[]);
    assert_eq!(all.status.code(), Some(0), "{}", text(&all));
    assert_eq!(
        result(&text(&all), CASE),
        "ignored (known divergence CreateChannel.input.name.length.max:accepted_invalid)"
    );
    let alone = suite(&["--exact", CASE], &written, &[("NEXTEST", "1")]);
    assert_eq!(alone.status.code(), Some(0), "{}", text(&alone));
    assert!(text(&alone).contains("known divergence CreateChannel.input.name.length.max:accepted_invalid"));

    let entry = written.split("\n\n").find(|entry| entry.contains(CASE)).unwrap();
    let new = suite(&["--exact", CASE], &written.replace(entry, ""), &[]);
    assert_eq!(new.status.code(), Some(101), "{}", text(&new));
    assert!(text(&new).contains("CreateChannel.input.name.length.max:accepted_invalid\n  expected"), "{}", text(&new));

    let expired = format!("{entry}\nexpires = \"2020-01-01\"");
    let expired = suite(&["--exact", CASE], &written.replace(entry, &expired), &[]);
    assert_eq!(expired.status.code(), Some(101), "{}", text(&expired));
    assert!(text(&expired).contains("expired: CreateChannel.input.name.length.max:accepted_invalid"));

    let gone = "[[known]]\nid = \"CreateChannel.input.latencyMode.enum:rejected_valid\"\noperation = \"CreateChannel\"\n\
                clause = \"CreateChannel.input.latencyMode.enum\"\nkind = \"rejected_valid\"\n\
                case = \"CreateChannel.input.latencyMode.enum/accepts\"\n";
    let case = "CreateChannel.input.latencyMode.enum/accepts";
    let fixed = suite(&["--exact", case], &format!("{written}\n{gone}"), &[]);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(fixed.status.code(), Some(101), "{}", text(&fixed));
    assert!(text(&fixed).contains("fixed: CreateChannel.input.latencyMode.enum"), "{}", text(&fixed));
    Ok(())
}

fn a_damaged_baseline_fails_with_its_line() -> Result<(), libtest_mimic::Failed> {
    let file = scratch_file("damaged.toml");
    std::fs::write(&file, "\n[[known]]\nid = 7\n").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("--exact").arg("CreateChannel.input.name.length.max/refuses").env(BASELINE, &file);
    let output = command.env("IVS_CONFORMANCE_ENDPOINT", "http://127.0.0.1:9").output().unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(output.status.code(), Some(101));
    assert!(String::from_utf8_lossy(&output.stderr).contains("damaged.toml:3"), "{output:?}");
    Ok(())
}

fn a_report_holds_all_tests_that_ran() -> Result<(), libtest_mimic::Failed> {
    let (json, junit) = (scratch_file("report.json"), scratch_file("junit.xml"));
    let filter = ["Channel.", "--skip", "scenario", "--skip", "auth", "--skip", "protocol"];
    let report = |format: &str, file: &PathBuf| format!("{format}={}", file.display());
    let output = example(&filter, &[("IVS_CONFORMANCE_REPORT", &report("json", &json))]);
    assert_eq!(output.status.code(), Some(101), "{}", text(&output));
    let record: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let schema: serde_json::Value = serde_json::from_str(include_str!("../specs/report.schema.json")).unwrap();
    jsonschema::validate(&schema, &record).unwrap();
    let page = text(&output);
    let ran = page.lines().filter(|line| line.starts_with("test ") && line.contains(" ... ")).count();
    assert_eq!(record["summary"]["cases"]["total"], ran, "{}", record["summary"]);
    let failed = page.lines().filter(|line| line.ends_with(" ... FAILED")).count();
    // A missing operation is accepted: its test is ignored, and the report counts it as in a run.
    let operations = &record["summary"]["operations"];
    let missing = operations["total"].as_u64().unwrap() - operations["implemented"].as_u64().unwrap();
    assert_eq!(record["summary"]["cases"]["failed"], failed as u64 + missing, "{}", record["summary"]);
    assert!(record["summary"]["requests"].as_u64().unwrap() > ran as u64 / 2);
    let findings = record["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["id"] == "CreateChannel.input.name.length.max:accepted_invalid"));
    let upheld = |id: &str| {
        record["clauses"].as_array().unwrap().iter().any(|clause| clause["id"] == id && clause["verdict"] == "upheld")
    };
    assert!(
        upheld("GetChannel.status") && upheld("GetChannel.error.ResourceNotFoundException"),
        "{}",
        record["summary"]
    );

    let again =
        example(&["--exact", "GetChannel.valid/minimal"], &[("IVS_CONFORMANCE_REPORT", &report("junit", &junit))]);
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    assert!(std::fs::read_to_string(&junit).unwrap().contains("GetChannel.valid/minimal"));
    [json, junit].iter().for_each(|file| std::fs::remove_file(file).unwrap());
    let nowhere = example(&["GetChannel.valid"], &[("IVS_CONFORMANCE_REPORT", "json=/nowhere/report.json")]);
    assert_eq!(nowhere.status.code(), Some(101));
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("/nowhere/report.json"), "{nowhere:?}");
    Ok(())
}

fn a_deadline_fails_what_is_not_done() -> Result<(), libtest_mimic::Failed> {
    let file = scratch_file("deadline.json");
    let report = format!("json={}", file.display());
    let variables = [("IVS_CONFORMANCE_DEADLINE", "0.001"), ("IVS_CONFORMANCE_REPORT", report.as_str())];
    let output = example(&["GetChannel.valid"], &variables);
    let page = text(&output);
    assert_eq!(output.status.code(), Some(101), "{page}");
    assert_eq!(result(&page, "GetChannel.valid/minimal"), "FAILED");
    assert!(page.contains("not run: the deadline of 0.001 s was reached"), "{page}");
    let record: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(record["stopped_early"], "the deadline of 0.001 s was reached");
    Ok(())
}

fn an_expected_absence_says_its_reason() -> Result<(), libtest_mimic::Failed> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(REASON, "no metadata here").env("IVS_CONFORMANCE_ENDPOINT", emulator()).env_remove("NEXTEST");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let said = result(&text(&output), "PutMetadata.valid/minimal");
    assert_eq!(said, "ignored (PutMetadata is not implemented: no metadata here)");
    Ok(())
}

fn an_operation_that_does_not_exist_fails() -> Result<(), libtest_mimic::Failed> {
    let output = example(&[], &[("IVS_CONFORMANCE_OPERATION", "GetChanel")]);
    assert_eq!(output.status.code(), Some(101), "{}", text(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `GetChannel`?"), "{output:?}");
    Ok(())
}

fn a_target_that_is_not_there_fails() -> Result<(), libtest_mimic::Failed> {
    let output = example(&["GetChannel.valid"], &[("IVS_CONFORMANCE_ENDPOINT", "http://127.0.0.1:9")]);
    assert_eq!(output.status.code(), Some(101));
    assert!(String::from_utf8_lossy(&output.stderr).contains("http://127.0.0.1:9 cannot be reached"));
    Ok(())
}

fn a_server_that_is_not_the_api_fails() -> Result<(), libtest_mimic::Failed> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = std::io::Read::read(&mut stream, &mut [0; 65536]);
            let page = b"HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\nconnection: close\r\n\r\nnone";
            let _ = std::io::Write::write_all(&mut stream, page);
        }
    });
    let output = example(&["GetChannel"], &[("IVS_CONFORMANCE_ENDPOINT", &url)]);
    assert_eq!(output.status.code(), Some(101), "{}", text(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("this is not the API"), "{output:?}");
    Ok(())
}
