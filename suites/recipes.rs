//! Every recipe of the README and the guides is run as it stands: here, or by the test that is named here.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::markdown::fenced;
use crate::common::{Scratch, Target, assert_exit, program};
use serde_json::{Value, json};

const FAULT: &str = "status:DeleteChannel=200";
const FINDING: &str = "DeleteChannel.status:wrong_status";
/// What the runs of recipes are about: enough to see the fault.
const ONLY: &str = "DeleteChannel.status";

/// Who runs a recipe.
enum By {
    /// This test, against a server with [`FAULT`]: the exit codes of its commands, one by one.
    ThisTest(&'static [i32]),
    /// Another test: its file and name.
    Test(&'static str),
    /// `.ci/run`, by a line of it.
    Gate(&'static str),
    /// It is not run; the reason.
    NotRun(&'static str),
}

/// The recipes by page and beginning of their first line, in the order of the pages.
const RECIPES: &[(&str, &str, By)] = &[
    ("README.md", "cargo run --release -- run", By::Test("recipes.rs::the_first_command_says_what_the_readme_shows")),
    ("README.md", "cargo test", By::Gate("tested cargo test\n")),
    ("README.md", "ivs-conformance run --endpoint", By::ThisTest(&[1])),
    ("README.md", "ivs-conformance run --endpoint \"$URL\" --baseline", By::ThisTest(&[0, 0])),
    ("docs/account.md", "ivs-conformance run", By::Test("account.rs::a_plan_says_what_a_run_takes_and_sends_nothing")),
    (
        "docs/account.md",
        "ivs-conformance clean",
        By::Test("kill.rs::without_its_journal_what_carries_the_tag_is_found"),
    ),
    (
        "docs/account.md",
        "ivs-conformance run",
        By::Gate("tested cargo test --quiet --test integration -- --ignored broadcast::\n"),
    ),
    ("docs/compare.md", "ivs-conformance compare", {
        By::Test("compare.rs::the_program_ends_with_0_where_targets_agree_and_with_1_where_they_do_not")
    }),
    ("docs/configuration.md", "ivs-conformance completions", By::ThisTest(&[0, 0, 0, 0, 0])),
    ("docs/continuous-integration.md", "ivs-conformance run", By::ThisTest(&[1])),
    ("docs/continuous-integration.md", "ivs-conformance run", By::ThisTest(&[0, 0])),
    ("docs/continuous-integration.md", "./start-my-emulator", By::ThisTest(&[0, 0])),
    ("docs/contract-drift.md", "ivs-conformance spec diff", {
        By::Test("spec_diff.rs::equal_contracts_end_with_0_different_ones_with_1_and_bad_ones_with_2")
    }),
    ("docs/contract-drift.md", "python3 -m pip download", {
        By::NotRun(
            "it downloads; `suites/spec_diff.rs::the_weekly_job_fails_on_drift_and_on_nothing_else` runs the job around it",
        )
    }),
    (
        "docs/promises.md",
        "cargo install",
        By::NotRun("fuzzing needs a nightly compiler; `suites/fuzz.rs` runs what is fuzzed"),
    ),
    ("docs/recordings.md", "ivs-conformance judge", By::ThisTest(&[1, 1, 1])),
    (
        "docs/recordings.md",
        "ivs-conformance run",
        By::Test("recordings.rs::judge_names_what_the_run_found_in_single_exchanges"),
    ),
    ("docs/rust.md", "cargo test --test contract", By::Gate("cargo nextest run --test contract --partition hash:1/40")),
    ("docs/verdicts.md", "jq -r", By::Test("reproduce.rs::scripts_of_an_unsigned_run_reproduce_its_findings")),
    ("docs/verdicts.md", "ivs-conformance report latest", By::ThisTest(&[1, 1, 0, 1, 0])),
];

/// A block of commands on a page.
struct Recipe {
    page: String,
    commands: Vec<String>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<String> {
    let guides = std::fs::read_dir(root().join("docs")).unwrap();
    let names = guides.map(|entry| format!("docs/{}", entry.unwrap().file_name().to_string_lossy()));
    let mut pages: Vec<String> =
        names.filter(|name| Path::new(name).extension().is_some_and(|end| end == "md")).collect();
    pages.push("README.md".to_owned());
    pages.sort();
    pages
}

/// The commands of a block: in a `console` those after a prompt, in an `sh` all lines; a quote or a backslash at the end
/// goes on in the next line.
fn commands(block: &str, is_console: bool) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    for line in block.lines() {
        let goes_on = |command: &String| command.ends_with('\\') || command.matches('\'').count() % 2 == 1;
        match commands.last_mut().filter(|command| goes_on(command)) {
            Some(command) => *command = format!("{command}\n{line}"),
            None if is_console => commands.extend(line.strip_prefix("$ ").map(str::to_owned)),
            None => commands.push(line.to_owned()),
        }
    }
    commands
}

fn recipes() -> Vec<Recipe> {
    let mut found = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(root().join(&page)).unwrap();
        for block in fenced(&text).iter().filter(|block| ["sh", "console"].contains(&block.language.as_str())) {
            let commands = commands(&block.text, block.language == "console");
            found.push(Recipe { page: page.clone(), commands });
        }
    }
    found
}

#[test]
fn every_recipe_is_run_by_a_test() {
    let gate = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    let mut known = RECIPES.iter();
    for recipe in recipes() {
        let first = &recipe.commands[0];
        let Some((page, start, by)) = known.next() else { panic!("{}: who runs `{first}`?", recipe.page) };
        assert!(recipe.page == *page && first.starts_with(start), "{page}: `{start}` is `{first}` of {}", recipe.page);
        match by {
            By::ThisTest(exits) => assert_eq!(recipe.commands.len(), exits.len(), "{page}: {start}"),
            By::Test(name) => {
                let (file, test) = name.split_once("::").unwrap();
                let source = std::fs::read_to_string(root().join("suites").join(file)).expect(file);
                assert!(source.contains(&format!("fn {test}()")), "{name} is no test");
            }
            By::Gate(line) => assert!(gate.contains(line), "{page}: .ci/run has no `{line}`"),
            By::NotRun(reason) => assert!(!reason.is_empty()),
        }
    }
    assert!(known.next().is_none(), "a recipe is gone from the pages");
}

/// A machine for the recipes of one page: targets, a home, and the program on the path.
struct Machine {
    scratch: Scratch,
    faulty: Target,
}

impl Machine {
    fn new() -> Machine {
        let machine = Machine { scratch: Scratch::new(), faulty: Target::with(&[FAULT]) };
        for directory in ["bin", ".local/share/bash-completion/completions", ".zfunc", ".config/fish/completions"] {
            std::fs::create_dir_all(machine.scratch.file(directory)).unwrap();
        }
        std::os::unix::fs::symlink(program().get_program(), machine.scratch.file("bin/ivs-conformance")).unwrap();
        machine.file("start-my-emulator", "#!/bin/sh\n");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(machine.scratch.file("start-my-emulator"), mode).unwrap();
        machine.record();
        machine
    }

    fn file(&self, name: &str, text: &str) {
        std::fs::write(self.scratch.file(name), text).unwrap();
    }

    /// Two runs, so that there are a latest one and one before it, and what they recorded in every form.
    fn record(&self) {
        for _ in 0..2 {
            assert_exit(&self.run("ivs-conformance run --endpoint \"$URL\" --record traffic.har"), 1);
        }
        let har: Value =
            serde_json::from_str(&std::fs::read_to_string(self.scratch.file("traffic.har")).unwrap()).unwrap();
        let lines: Vec<String> = har["log"]["entries"].as_array().unwrap().iter().map(line).collect();
        assert!(lines.len() > 2, "{lines:?}");
        let (monday, tuesday) = lines.split_at(lines.len() / 2);
        self.file("monday.ndjson", &monday.join("\n"));
        self.file("tuesday.ndjson", &tuesday.join("\n"));
    }

    /// Runs a command of a page; the addresses and names that stand for the reader's are replaced.
    fn run(&self, command: &str) -> Output {
        let mut command = command.replace("FINDING_ID", FINDING);
        for address in ["http://127.0.0.1:5000", "http://127.0.0.1:4566"] {
            command = command.replace(address, &self.faulty.endpoint);
        }
        // The pages themselves are shown by `suites/packaging.rs`, where there is a `man`.
        let command = command.replace("| man -l -", "| grep -q NAME");
        let path = format!("{}:{}", self.scratch.file("bin"), std::env::var("PATH").unwrap());
        let home = self.scratch.file("");
        let mut shell = Command::new("bash");
        shell.args(["-o", "pipefail", "-c", &command]).current_dir(&home).env("HOME", &home).env("PATH", path);
        shell.env("NO_COLOR", "1").env("URL", &self.faulty.endpoint).env("IVS_CONFORMANCE_ONLY", ONLY);
        shell.env("IVS_CONFORMANCE_STATE_DIR", self.scratch.file("state")).env_remove("IVS_CONFORMANCE_ENDPOINT");
        shell.output().unwrap()
    }
}

/// An entry of a recording as a line of the other form.
fn line(entry: &Value) -> String {
    let headers = |side: &str| -> Value {
        let all = entry[side]["headers"].as_array().unwrap().iter();
        all.map(|header| (header["name"].as_str().unwrap().to_owned(), json!([header["value"]]))).collect()
    };
    json!({
        "method": entry["request"]["method"], "url": entry["request"]["url"], "status": entry["response"]["status"],
        "request_headers": headers("request"), "request_body": entry["request"]["postData"]["text"],
        "response_headers": headers("response"), "response_body": entry["response"]["content"]["text"],
    })
    .to_string()
}

#[test]
fn recipes_end_as_the_pages_say() {
    for page in pages() {
        let of_page: Vec<(Recipe, &[i32])> = recipes()
            .into_iter()
            .zip(RECIPES)
            .filter(|(recipe, _)| recipe.page == page)
            .filter_map(|(recipe, (_, _, by))| match by {
                By::ThisTest(exits) => Some((recipe, *exits)),
                _ => None,
            })
            .collect();
        if of_page.is_empty() {
            continue;
        }
        let machine = Machine::new();
        for (recipe, exits) in of_page {
            for (command, exit) in recipe.commands.iter().zip(exits) {
                let output = machine.run(command);
                let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
                assert_eq!(output.status.code(), Some(*exit), "{page}: {command}\n{}", said.concat());
            }
        }
    }
}

#[test]
fn the_first_command_says_what_the_readme_shows() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (_, shown) = readme.split_once("$ cargo run --release -- run\n").unwrap();
    let shown: Vec<&str> = shown.lines().take(2).collect();
    let output = program().args(["run", "--history=false"]).output().unwrap();
    assert_exit(&output, 0);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let said: Vec<&str> = said.lines().take(2).collect();
    assert_eq!(said, shown);
}
