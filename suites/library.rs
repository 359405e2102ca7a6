//! The library interface in another crate's hands: the example's `contract.rs` is run as its author would run it, and
//! this program reads what it says.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::type_complexity)]

#[path = "../examples/axum-emulator/contract.rs"]
mod contract;

use std::process::{Command, ExitCode, Output};

/// Set in the processes that are the example.
const IS_EXAMPLE: &str = "IVS_CONFORMANCE_RUN_EXAMPLE";

type Test = fn() -> Result<(), libtest_mimic::Failed>;

fn main() -> ExitCode {
    if std::env::var_os(IS_EXAMPLE).is_some() {
        return contract::main();
    }
    let tests: [(&str, Test); 6] = [
        ("every_case_is_listed", every_case_is_listed),
        ("tests_pass_fail_and_are_ignored", tests_pass_fail_and_are_ignored),
        ("one_test_runs_alone", one_test_runs_alone),
        ("a_filter_that_fits_nothing_runs_nothing", a_filter_that_fits_nothing_runs_nothing),
        ("nextest_sees_no_pass_where_nothing_was_decided", nextest_sees_no_pass_where_nothing_was_decided),
        ("a_target_that_is_not_there_fails", a_target_that_is_not_there_fails),
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
    assert!(listed.lines().any(|line| line == "PutMetadata.valid/minimal: test"), "{listed}");
    assert!(!listed.lines().any(|line| line.starts_with("GetChannel.")), "{listed}");
    let undecided = example(&["--exact", "PutMetadata.valid/random"], &nextest);
    assert_eq!(undecided.status.code(), Some(101));
    assert!(text(&undecided).contains("PutMetadata is not implemented"), "{}", text(&undecided));
    Ok(())
}

fn a_target_that_is_not_there_fails() -> Result<(), libtest_mimic::Failed> {
    let output = example(&["GetChannel.valid"], &[("IVS_CONFORMANCE_ENDPOINT", "http://127.0.0.1:9")]);
    assert_eq!(output.status.code(), Some(101));
    assert!(String::from_utf8_lossy(&output.stderr).contains("http://127.0.0.1:9 cannot be reached"));
    Ok(())
}
