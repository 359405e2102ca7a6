//! The tests that docs/other-languages.md shows, run as they stand there against a conforming and a faulty server. Each
//! needs its language's tools, which `.ci/run` installs or does without.

#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::{Command, Output};

use crate::common::markdown::fenced;
use crate::common::{self, Scratch};

/// Keeps each run short; it is read where the tests are run.
const CONFIG: &str = "only = [\"DeleteChannel.status\", \"GetChannel.status\"]\n";
const PROGRAM: &str = env!("CARGO_BIN_EXE_ivs-conformance");

/// The first block below a heading.
fn block(heading: &str) -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/other-languages.md");
    let page = std::fs::read_to_string(page).unwrap();
    fenced(&page).into_iter().find(|block| block.heading == heading).expect(heading).text
}

/// Runs a command in a folder with the test, against an emulator with these flags.
fn run(file: &str, code: &str, flags: &str, command: &[&str]) -> Output {
    let scratch = Scratch::new();
    std::fs::write(scratch.file(file), code).unwrap();
    std::fs::write(scratch.file("ivs-conformance.toml"), CONFIG).unwrap();
    std::os::unix::fs::symlink(PROGRAM, scratch.file("ivs-conformance")).unwrap();
    let path = format!("{}:{}", scratch.file(""), std::env::var("PATH").unwrap());
    let emulator = format!("{PROGRAM} serve {flags} --listen").replace("  ", " ");
    let (program, arguments) = command.split_first().unwrap();
    let mut command = Command::new(program);
    command.args(arguments).current_dir(scratch.file("")).env("PATH", path).env("MY_EMULATOR", emulator);
    command.env_remove("IVS_CONFORMANCE_ENDPOINT").env("IVS_CONFORMANCE_STATE_DIR", common::STATE);
    command.env("NO_COLOR", "1").output().unwrap()
}

fn passes_and_fails(heading: &str, file: &str, command: &[&str]) {
    let code = block(heading);
    let conforming = run(file, &code, "", command);
    assert!(conforming.status.success(), "{conforming:?}");
    let faulty = run(file, &code, "--fault status:DeleteChannel=200", command);
    let said = [faulty.stdout, faulty.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(!faulty.status.success() && said.contains("DeleteChannel"), "{said}");
}

#[test]
#[ignore = "needs pytest: IVS_CONFORMANCE_PYTHON names a Python that has it"]
fn pytest() {
    let python = std::env::var("IVS_CONFORMANCE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    passes_and_fails("pytest", "test_conformance.py", &[&python, "-m", "pytest", "-q"]);
}

#[test]
#[ignore = "needs Node.js 20 or later"]
fn node_test() {
    passes_and_fails("node:test", "conformance.test.mjs", &["node", "--test"]);
}

#[test]
#[ignore = "needs Go"]
fn go_testing() {
    passes_and_fails("Go", "conformance_test.go", &["go", "test", "conformance_test.go"]);
}

#[test]
#[ignore = "needs a JDK, and IVS_CONFORMANCE_JUNIT, the path of junit-platform-console-standalone"]
fn junit_5() {
    let jar = std::env::var("IVS_CONFORMANCE_JUNIT").expect("IVS_CONFORMANCE_JUNIT names the jar");
    let line = format!(
        "javac -cp {jar} -d classes ConformanceTest.java && java -jar {jar} execute --class-path classes \
         --select-class ConformanceTest --details none"
    );
    passes_and_fails("JUnit 5", "ConformanceTest.java", &["sh", "-c", &line]);
}
