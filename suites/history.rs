//! Runs are kept, and their reports can be used after the run: by a word, and in other formats.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::common::{Scratch, Target, assert_exit, finding_ids, program, report};

const FAULT: &str = "status:DeleteChannel=200";
const FINDING: &str = "DeleteChannel.status:wrong_status";
/// A short run.
const RUN: [&str; 3] = ["run", "--only", "DeleteChannel.status"];

/// The program with a state directory of its own.
fn with_state(scratch: &Scratch) -> Command {
    let mut command = program();
    command.current_dir(scratch.file("")).env("IVS_CONFORMANCE_STATE_DIR", scratch.file("state"));
    command
}

fn run(scratch: &Scratch, arguments: &[&str]) -> Output {
    with_state(scratch).args(arguments).output().unwrap()
}

fn check(scratch: &Scratch, more: &[&str]) -> Output {
    run(scratch, &[&RUN[..], more].concat())
}

/// The kept reports below a directory, oldest first.
fn kept(state: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(Path::new(state).join("runs")) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_kept_run_is_the_report_of_the_run_and_is_used_by_a_word() {
    let target = Target::with(&[FAULT]);
    let scratch = Scratch::new();
    let json = scratch.file("report.json");
    let checked = check(&scratch, &["--endpoint", &target.endpoint, "--report", &format!("json={json}")]);
    assert_exit(&checked, 1);
    let files = kept(&scratch.file("state"));
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(std::fs::read_to_string(&files[0]).unwrap(), std::fs::read_to_string(&json).unwrap());

    let explained = run(&scratch, &["explain", FINDING, "--from", "latest"]);
    assert_exit(&explained, 0);
    assert!(out(&explained).contains("Success has status 200."), "{}", out(&explained));
    let named = format!("against {}", target.endpoint);
    assert!(complaint(&explained).starts_with("latest is the run of ") && complaint(&explained).contains(&named));
    let replayed = run(&scratch, &["replay", "latest"]);
    assert_exit(&replayed, 1);
    assert!(out(&replayed).contains("1 of 1 finding still diverges"), "{}", out(&replayed));
    let merged = scratch.file("merged.json");
    assert_exit(&run(&scratch, &["merge", "latest", "--report", &format!("json={merged}")]), 1);
    assert_eq!(finding_ids(&report(&merged)), [FINDING]);
    let shown = run(&scratch, &["report", "latest"]);
    assert_exit(&shown, 1);
    assert!(out(&shown).contains(&target.endpoint) && out(&shown).contains(FINDING), "{}", out(&shown));
    assert_eq!(kept(&scratch.file("state")), files, "only `run` is kept");

    assert_exit(&check(&scratch, &[]), 0);
    assert_exit(&run(&scratch, &["report", "latest"]), 0);
    assert_exit(&run(&scratch, &["report", "latest~1"]), 1);
    let missing = run(&scratch, &["report", "latest~2"]);
    assert_exit(&missing, 2);
    assert!(complaint(&missing).contains("only 2 runs are kept"), "{}", complaint(&missing));
}

#[test]
fn without_a_kept_run_the_word_is_an_error_that_says_what_to_do() {
    let scratch = Scratch::new();
    for arguments in [
        &["replay", "latest"][..],
        &["explain", FINDING, "--from", "latest"],
        &["merge", "latest"],
        &["report", "latest"],
        &["diff", "latest~1", "latest"],
    ] {
        let output = run(&scratch, arguments);
        assert_exit(&output, 2);
        let said = complaint(&output);
        assert!(said.contains("no run is kept in") && said.contains("use `ivs-conformance run` first"), "{said}");
    }
    assert!(kept(&scratch.file("state")).is_empty());
    // A file of that name is named by its path.
    std::fs::write(scratch.file("latest"), "{}").unwrap();
    assert!(complaint(&run(&scratch, &["report", "./latest"])).contains("./latest:1"));
}

#[test]
fn the_twenty_first_run_removes_the_first() {
    let scratch = Scratch::new();
    let state = scratch.file("state");
    assert_exit(&check(&scratch, &[]), 0);
    let whole = kept(&state).remove(0);
    for day in 1..=19 {
        let name = format!("202001{day:02}T000000.000000Z-aaaaaa.json");
        std::fs::copy(&whole, whole.with_file_name(name)).unwrap();
    }
    let before = kept(&state);
    assert_eq!(before.len(), 20);
    assert_exit(&check(&scratch, &[]), 0);
    let after = kept(&state);
    assert_eq!(after.len(), 20);
    assert_eq!(after[..19], before[1..]);
    assert_exit(&run(&scratch, &["report", "latest~19"]), 0);
}

#[test]
fn concurrent_runs_are_all_kept_and_whole() {
    let scratch = Scratch::new();
    let start = |_| with_state(&scratch).args(RUN).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let runs: Vec<_> = (0..5).map(start).collect();
    for mut run in runs {
        assert_eq!(run.wait().unwrap().code(), Some(0));
    }
    let files = kept(&scratch.file("state"));
    assert_eq!(files.len(), 5, "{files:?}");
    for file in files {
        report(file.to_str().unwrap());
    }
}

#[test]
#[cfg(unix)]
fn a_kept_run_is_private_to_the_user() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    assert_exit(&check(&scratch, &[]), 0);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = kept(&scratch.file("state")).remove(0);
    assert_eq!(mode(&file), 0o600);
    for directory in [file.parent().unwrap(), Path::new(&scratch.file("state"))] {
        assert_eq!(mode(directory), 0o700, "{}", directory.display());
    }
}

#[test]
fn a_run_that_cannot_be_kept_does_not_fail() {
    let scratch = Scratch::new();
    std::fs::write(scratch.file("state"), "a file where a directory should be").unwrap();
    let silent = check(&scratch, &[]);
    assert_exit(&silent, 0);
    assert_eq!(complaint(&silent), "");
    let verbose = check(&scratch, &["--verbose"]);
    assert_exit(&verbose, 0);
    let said = complaint(&verbose);
    assert!(
        said.starts_with("note: the run was not kept: cannot write into ") && said.contains("state/runs"),
        "{said}"
    );
    let word = run(&scratch, &["report", "latest"]);
    assert_exit(&word, 2);
    assert!(complaint(&word).contains("cannot read"), "{}", complaint(&word));
}

#[test]
#[cfg(unix)]
fn a_read_only_home_does_not_fail_a_run() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let home = scratch.file("home");
    std::fs::create_dir(&home).unwrap();
    let set = |mode| std::fs::set_permissions(&home, PermissionsExt::from_mode(mode)).unwrap();
    set(0o555);
    let is_read_only = std::fs::write(Path::new(&home).join("probe"), "").is_err();
    let mut command = program();
    command.env_remove("IVS_CONFORMANCE_STATE_DIR").env_remove("XDG_STATE_HOME").env("HOME", &home);
    let output = command.args(RUN).arg("-v").output().unwrap();
    set(0o755);
    assert_exit(&output, 0);
    // Nothing is read-only for root.
    let word = if is_read_only { "note: the run was not kept: " } else { "note: kept as " };
    assert!(complaint(&output).contains(word), "{}", complaint(&output));
}

#[test]
fn keeping_can_be_turned_off() {
    let scratch = Scratch::new();
    let number = || kept(&scratch.file("state")).len();
    let with_variable = |value: &str, more: &[&str]| {
        with_state(&scratch).env("IVS_CONFORMANCE_HISTORY", value).args(RUN).args(more).output().unwrap()
    };
    assert_exit(&check(&scratch, &["--history=false"]), 0);
    assert_exit(&with_variable("false", &[]), 0);
    std::fs::write(scratch.file("ivs-conformance.toml"), "history = false\n").unwrap();
    assert_exit(&check(&scratch, &[]), 0);
    assert_eq!(number(), 0);
    // The variable wins over the file, the flag over the variable.
    assert_exit(&with_variable("true", &[]), 0);
    assert_eq!(number(), 1);
    assert_exit(&with_variable("true", &["--history=false"]), 0);
    assert_eq!(number(), 1);
    assert_exit(&with_variable("false", &["--history"]), 0);
    assert_eq!(number(), 2);
    let refused = with_variable("maybe", &[]);
    assert_exit(&refused, 2);
    assert!(complaint(&refused).contains("IVS_CONFORMANCE_HISTORY=maybe"), "{}", complaint(&refused));
}

#[test]
#[cfg(target_os = "linux")]
fn runs_are_kept_where_the_platform_says() {
    let scratch = Scratch::new();
    let start = |xdg: &str| {
        let mut command = program();
        command.env_remove("IVS_CONFORMANCE_STATE_DIR").env("HOME", scratch.file("home")).env("XDG_STATE_HOME", xdg);
        assert_exit(&command.args(RUN).output().unwrap(), 0);
    };
    start(&scratch.file("xdg"));
    assert_eq!(kept(&scratch.file("xdg/ivs-conformance")).len(), 1);
    assert!(!Path::new(&scratch.file("home")).exists());
    // The specification has relative paths ignored.
    for unusable in ["", "relative"] {
        start(unusable);
    }
    assert_eq!(kept(&scratch.file("home/.local/state/ivs-conformance")).len(), 2);
}

#[test]
fn a_run_that_ends_early_is_kept_too() {
    let scratch = Scratch::new();
    let arguments = ["run", "--deadline", "0.2"];
    assert_exit(&run(&scratch, &arguments), 3);
    assert_eq!(kept(&scratch.file("state")).len(), 1);
    let shown = run(&scratch, &["report", "latest"]);
    assert_exit(&shown, 3);
    assert!(out(&shown).contains("no verdict on the embedded reference server"), "{}", out(&shown));
    // A plan is no run.
    assert_exit(&run(&scratch, &["run", "--plan", "--only", "GetChannel.status"]), 0);
    assert_eq!(kept(&scratch.file("state")).len(), 1);
}

#[test]
fn what_was_measured_is_kept_if_a_report_cannot_be_written() {
    let scratch = Scratch::new();
    let failed = check(&scratch, &["--report", "json=/dev/full"]);
    if Path::new("/dev/full").exists() {
        assert_exit(&failed, 3);
        assert_eq!(kept(&scratch.file("state")).len(), 1);
    }
}

#[test]
fn a_saved_report_gives_the_formats_that_its_run_would_have_given() {
    const FORMATS: [&str; 6] = ["json", "junit", "html", "markdown", "sarif", "badge"];
    let target = Target::with(&[FAULT]);
    let scratch = Scratch::new();
    let targets = |name: &str| -> Vec<String> {
        FORMATS
            .iter()
            .map(|format| format!("--report={format}={}", scratch.file(&format!("{name}.{format}"))))
            .collect()
    };
    let mut command = with_state(&scratch);
    assert_exit(&command.args(RUN).args(["--endpoint", &target.endpoint]).args(targets("first")).output().unwrap(), 1);
    drop(target);
    let again = with_state(&scratch).args(["report", &scratch.file("first.json")]).args(targets("again")).output();
    let again = again.unwrap();
    assert_exit(&again, 1);
    assert_eq!(out(&again).lines().count(), 1, "the verdict alone: {}", out(&again));
    for format in FORMATS {
        let read = |name: &str| std::fs::read_to_string(scratch.file(&format!("{name}.{format}"))).unwrap();
        assert!(!read("first").is_empty());
        assert_eq!(read("again"), read("first"), "{format}");
    }
    let badge = run(&scratch, &["report", "latest", "--report", "badge=-"]);
    assert_exit(&badge, 1);
    let badge: serde_json::Value = serde_json::from_str(&out(&badge)).unwrap();
    assert_eq!((&badge["label"], &badge["color"]), (&"ivs conformance".into(), &"red".into()));
    assert_eq!(badge["message"], "0 % of selected clauses upheld");
}

#[test]
fn files_that_are_no_reports_are_refused_with_their_place() {
    let scratch = Scratch::new();
    let good = scratch.file("good.json");
    assert_exit(&check(&scratch, &["--report", &format!("json={good}")]), 0);
    let text = std::fs::read_to_string(&good).unwrap();
    let bad = |name: &str, text: &[u8]| {
        std::fs::write(scratch.file(name), text).unwrap();
        scratch.file(name)
    };
    for (file, word) in [
        (bad("empty.json", b""), "empty.json:1"),
        (bad("cut.json", &text.as_bytes()[..text.len() / 2]), "cut.json:"),
        (bad("other.json", b"{\n  \"schema\": 1\n}"), "other.json:2"),
        (
            bad("later.json", text.replace("report/1", "report/2").as_bytes()),
            "later.json has the form `ivs-conformance/report/2`",
        ),
        (bad("bytes.json", b"\xff\xfe"), "bytes.json"),
        (scratch.file("nowhere.json"), "nowhere.json"),
        (scratch.file(""), "cannot read the report"),
    ] {
        for arguments in [
            vec!["report", &file],
            vec!["diff", &good, &file],
            vec!["diff", &file, &good],
            vec!["merge", &file],
            vec!["replay", &file],
            vec!["explain", FINDING, "--from", &file],
        ] {
            let output = run(&scratch, &arguments);
            assert_exit(&output, 2);
            let said = complaint(&output);
            assert!(said.contains(word) && !said.contains("panicked"), "{arguments:?}: {said}");
        }
    }
    let latest = kept(&scratch.file("state")).pop().unwrap();
    std::fs::write(&latest, "{}").unwrap();
    let damaged = run(&scratch, &["report", "latest"]);
    assert_exit(&damaged, 2);
    assert!(complaint(&damaged).contains(latest.file_name().unwrap().to_str().unwrap()), "{}", complaint(&damaged));
}
