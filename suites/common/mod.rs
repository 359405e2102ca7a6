//! What the command-line tests share: the program, an imperfect target, and reports that are checked as they are read.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod embedded;
pub mod http;
pub mod markdown;
pub mod message;
pub mod poison;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::Validator;
use regex::{Captures, Regex};
use serde_json::{Map, Value};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A directory of its own for a test, removed at its end.
pub struct Scratch(PathBuf);

impl Scratch {
    /// An empty directory.
    pub fn new() -> Scratch {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ivs-conformance-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The reference server with deliberate deviations, as a process of its own.
pub struct Target {
    server: Child,
    /// Its base URL.
    pub endpoint: String,
}

impl Target {
    /// Starts it.
    pub fn with(faults: &[&str]) -> Target {
        let arguments: Vec<&str> = faults.iter().flat_map(|fault| ["--fault", fault]).collect();
        Target::told(&arguments, &[])
    }

    /// Starts it with arguments and variables of its own. Plain clients of tests do not sign, so it does not verify unless
    /// it is told to.
    pub fn told(arguments: &[&str], variables: &[(&str, &str)]) -> Target {
        let mut command = program();
        let auth: &[&str] = if arguments.contains(&"--auth") { &[] } else { &["--auth", "none"] };
        command.arg("serve").args(auth).args(arguments).envs(variables.iter().copied()).stderr(Stdio::null());
        let mut server = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let endpoint = line.trim().strip_prefix("listening on ").expect(&line).to_owned();
        Target { server, endpoint }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Where the runs of tests are kept: never in the user's home.
pub const STATE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/state");

/// The program, away from any configuration. `IVS_CONFORMANCE_PROGRAM` names another build of it.
pub fn program() -> Command {
    let built = std::env::var_os("IVS_CONFORMANCE_PROGRAM");
    let mut command = Command::new(built.unwrap_or_else(|| env!("CARGO_BIN_EXE_ivs-conformance").into()));
    command.current_dir(std::env::temp_dir()).env("NO_COLOR", "1");
    command.env("IVS_CONFORMANCE_STATE_DIR", STATE);
    for name in ["ENDPOINT", "BROADCAST", "HISTORY", "RECORD", "PROGRAM"].map(|name| format!("IVS_CONFORMANCE_{name}"))
    {
        command.env_remove(name);
    }
    command.env_remove("AWS_REGION");
    command
}

/// Runs the program to its end.
pub fn conformance(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

/// Its exit code, with all that it said if it is another one.
#[track_caller]
pub fn assert_exit(output: &Output, code: i32) {
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert_eq!(output.status.code(), Some(code), "{}\n{}", said[0], said[1]);
}

/// Reads a JSON report, which must be as its schema says.
#[track_caller]
pub fn report(path: &str) -> Value {
    validated(path, "report.schema.json")
}

/// Reads a SARIF report, which must be as the schema of SARIF 2.1.0 says.
#[track_caller]
pub fn sarif(path: &str) -> Value {
    validated(path, "sarif-2.1.0.schema.json")
}

#[track_caller]
fn validated(path: &str, schema: &str) -> Value {
    let report: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = validators.entry(schema.to_owned()).or_insert_with(|| validator_of(schema)).clone();
    drop(validators);
    let errors: Vec<String> =
        validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{path}: {errors:#?}");
    report
}

/// Compiled once in a test program: a debug build takes long for it, and some tests read dozens of reports.
static VALIDATORS: Mutex<BTreeMap<String, Arc<Validator>>> = Mutex::new(BTreeMap::new());

fn validator_of(schema: &str) -> Arc<Validator> {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs").join(schema);
    // In that of SARIF the pattern of languages has a bracket too much for Unicode regular expressions.
    let schema = std::fs::read_to_string(schema).unwrap().replace("{2}]?$", "{2}$");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    Arc::new(jsonschema::options().should_validate_formats(true).build(&schema).unwrap())
}

/// Ids of the findings of a report.
pub fn finding_ids(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
}

/// A report without what differs between a run and its shards, joined: times, and numbers of requests and of tries.
fn lasting(report: &Value) -> Value {
    let without = |of: &mut Value, members: &[&str]| {
        let object = of.as_object_mut().unwrap();
        members.iter().for_each(|name| drop(object.remove(*name)));
    };
    let mut report = report.clone();
    without(&mut report, &["started_at", "duration_seconds"]);
    without(&mut report["summary"], &["requests", "requests_by_purpose", "requests_per_second"]);
    for clause in report["clauses"].as_array_mut().unwrap() {
        without(clause, &["requests", "observations", "operations"]);
    }
    for case in report["cases"].as_array_mut().unwrap() {
        without(case, &["requests", "decided", "seconds"]);
    }
    for finding in report["findings"].as_array_mut().unwrap() {
        finding["seen"] = Value::from(finding["seen"]["times"] == finding["seen"]["of"]);
        // What was made for it depends on what was there already.
        without(finding, &["occurrences", "setup"]);
        without(&mut finding["response"], &["headers"]);
    }
    if let Some(notes) = report.get_mut("notes").and_then(Value::as_array_mut) {
        notes.retain(|note| !OF_TIMING.iter().any(|words| note.as_str().unwrap().contains(words)));
        if notes.is_empty() {
            without(&mut report, &["notes"]);
        }
    }
    report
}

/// Notes on what came about because requests were under way at once.
const OF_TIMING: [&str; 3] = [
    "The target closed ",
    "showed only while other cases of the run changed what is listed",
    // What another run made is told by its marks, if the list shows any.
    "not selected: ListChannels.output.channels.member.",
];

/// Words that a run or a target make up: names, ARNs, host names.
static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("ivs-conformance-[0-9a-f]{16}-[0-9]+|[0-9A-Za-z]{8,}").unwrap());

/// A text with one word in the place of every word that was made up.
fn without_ids(text: &str) -> String {
    // An id of a resource may have letters only.
    let is_made_up = |word: &str| word.len() == 12 || word.contains(|c: char| c.is_ascii_digit());
    WORD.replace_all(text, |found: &Captures<'_>| match is_made_up(&found[0]) {
        true => "(id)".to_owned(),
        false => found[0].to_owned(),
    })
    .into_owned()
}

/// Asserts that two reports say the same but for what differs between a run and its shards, joined: times, numbers of
/// requests and of tries, and words that the run or the target make up.
#[track_caller]
pub fn assert_same(merged: &Value, single: &Value) {
    let mut differences = Vec::new();
    compare(&lasting(merged), &lasting(single), "", &mut differences);
    assert!(differences.is_empty(), "merged and single differ:\n{}", differences.join("\n"));
}

/// Where two documents differ.
fn compare(left: &Value, right: &Value, at: &str, differences: &mut Vec<String>) {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            for name in left.keys().chain(right.keys().filter(|name| !left.contains_key(*name))) {
                let of = |object: &Map<String, Value>| object.get(name).cloned().unwrap_or_else(|| "(absent)".into());
                compare(&of(left), &of(right), &format!("{at}/{name}"), differences);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let pairs = left.iter().zip(right).enumerate();
            pairs.for_each(|(index, (left, right))| compare(left, right, &format!("{at}/{index}"), differences));
        }
        (Value::String(left), Value::String(right)) if without_ids(left) == without_ids(right) => {}
        _ if left == right => {}
        _ => differences.push(format!("{at}: {left} | {right}")),
    }
}
