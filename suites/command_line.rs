//! The program as a user meets it: arguments in, text and an exit code out.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/specs/ivs-2020-07-14.json");
const REPORT_SCHEMA: &str = include_str!("../specs/report.schema.json");

/// The program in an empty directory, with nothing of AWS in its environment.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ivs-conformance"));
    command.args(arguments).current_dir(scratch("empty")).stdin(Stdio::null());
    for (name, _) in
        std::env::vars().filter(|(name, _)| name.starts_with("AWS_") || name.starts_with("IVS_CONFORMANCE_"))
    {
        command.env_remove(name);
    }
    command.env("HOME", scratch("empty")).env("IVS_CONFORMANCE_STATE_DIR", scratch("state")).env("NO_COLOR", "1");
    command
}

/// Runs the program to its end.
fn run(arguments: &[&str]) -> Finished {
    let started = Instant::now();
    let output = program(arguments).output().unwrap();
    Finished { output, elapsed: started.elapsed() }
}

struct Finished {
    output: Output,
    elapsed: Duration,
}

impl Finished {
    fn out(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    fn err(&self) -> String {
        String::from_utf8(self.output.stderr.clone()).unwrap()
    }

    /// Asserts the exit code and that nothing panicked.
    #[track_caller]
    fn exits(self, code: i32) -> Self {
        assert_eq!(self.output.status.code(), Some(code), "stdout: {}\nstderr: {}", self.out(), self.err());
        assert!(!self.err().contains("panicked"), "{}", self.err());
        self
    }

    /// Asserts that the complaint on stderr says something.
    #[track_caller]
    fn complains_of(self, text: &str) -> Self {
        assert!(self.err().contains(text), "{text:?} is not in: {}", self.err());
        self
    }
}

fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command-line").join(name);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn file(name: &str, content: &str) -> String {
    let path = scratch("files").join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[track_caller]
fn assert_valid_report(report: &Value) {
    let schema: Value = serde_json::from_str(REPORT_SCHEMA).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let problems: Vec<String> =
        validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn the_reference_conforms_and_the_report_fits_its_schema() {
    let report = scratch("files").join("conforming.json");
    let target = format!("json={}", report.display());
    let finished = run(&["run", "--profile", "quick", "--report", &target]).exits(0);
    assert!(finished.out().contains("conforms"), "{}", finished.out());
    let report: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    assert_valid_report(&report);
    let summary = &report["summary"];
    assert_eq!(summary["operations"], serde_json::json!({"total": 35, "implemented": 35}));
    assert_eq!((&summary["clauses"]["violated"], &summary["findings"]["total"]), (&0.into(), &0.into()));
    // The quick profile leaves out what takes many requests.
    assert!(summary["clauses"]["upheld"].as_u64().unwrap() > 1_400, "{summary}");
    assert!(finished.output.stderr.is_empty(), "no progress bar where no terminal is: {}", finished.err());
}

#[test]
fn a_report_on_stdout_is_alone_there() {
    let finished = run(&["run", "--only", "GetChannel.status", "--report", "json=-"]).exits(0);
    let report: Value = serde_json::from_str(&finished.out()).unwrap();
    assert_valid_report(&report);
    assert_eq!(report["summary"]["clauses"]["total"], 1);
}

#[test]
fn a_target_that_diverges_exits_1() {
    let server = Serving::start(&["--fault", "status:DeleteChannel=200"]);
    let finished = run(&["run", "--endpoint", &server.url, "--only", "DeleteChannel.status", "--report", "json=-"]);
    let report: Value = serde_json::from_str(&finished.exits(1).out()).unwrap();
    assert_valid_report(&report);
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        (&findings[0]["clause"], &findings[0]["kind"]),
        (&"DeleteChannel.status".into(), &"wrong_status".into())
    );
}

#[test]
fn an_unreachable_target_exits_3_within_a_second() {
    let attempt =
        || run(&["run", "--endpoint", "http://127.0.0.1:1"]).exits(3).complains_of("http://127.0.0.1:1").elapsed;
    // Of several, because the machine may be busy with other tests.
    let fastest = std::iter::repeat_with(attempt).take(5).min().unwrap();
    assert!(fastest < Duration::from_secs(1), "{fastest:?}");
}

#[test]
fn a_deadline_exits_3_and_says_so() {
    let finished = run(&["run", "--deadline", "0.2", "--report", "json=-"]);
    let report: Value = serde_json::from_str(&finished.exits(3).out()).unwrap();
    assert_valid_report(&report);
    assert!(report["stopped_early"].as_str().unwrap().contains("deadline"), "{}", report["stopped_early"]);
}

#[test]
fn a_target_that_is_still_starting_is_waited_for() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let arguments = ["run", "--endpoint", &endpoint, "--only", "DeleteChannel.status", "--wait", "60s"];
    let waiting = program(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let mut server =
        program(&["serve", "--listen", &format!("127.0.0.1:{port}")]).stdout(Stdio::null()).spawn().unwrap();
    let output = waiting.wait_with_output().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    Finished { output, elapsed: Duration::ZERO }.exits(0);
    run(&["run", "--endpoint", &endpoint, "--wait", "0.3"]).exits(3).complains_of(&endpoint);
    run(&["run", "--wait", "soon"]).exits(2).complains_of("30s, 5m");
}

#[test]
fn the_environment_names_the_target_too() {
    let server = Serving::start(&["--fault", "status:DeleteChannel=200"]);
    let named = |endpoint: &str| {
        let mut command = program(&["run", "--only", "DeleteChannel.status"]);
        let output = command.env("IVS_CONFORMANCE_ENDPOINT", endpoint).output().unwrap();
        Finished { output, elapsed: Duration::ZERO }
    };
    named(&server.url).exits(1);
    named("").exits(0);
}

#[test]
fn bad_usage_exits_2() {
    run(&["run", "--no-such-flag"]).exits(2).complains_of("--no-such-flag");
    run(&["run", "--seed", "many"]).exits(2).complains_of("many");
    run(&["run", "--report", "yaml=x"]).exits(2).complains_of("yaml");
    run(&["run", "--shard", "3/2"]).exits(2).complains_of("3/2");
    run(&["run", "--only", "NoSuchThing*"]).exits(2).complains_of("NoSuchThing*");
    run(&["list", "--skip", "a{b"]).exits(2).complains_of("a{b");
    run(&["run", "--endpoint", "not a url"]).exits(2).complains_of("not a url");
    run(&["explain", "GetChanel.status"]).exits(2).complains_of("GetChannel.status");
    run(&["serve", "--fault", "no-such-fault"]).exits(2).complains_of("no-such-fault");
}

#[test]
fn damaged_files_exit_2_with_the_place() {
    let spec = file("damaged.json", "{\n  \"smithy\": \"2.0\",\n  \"shapes\": {,}\n}\n");
    run(&["run", "--spec", &spec]).exits(2).complains_of("damaged.json:3:");
    run(&["spec", "check", &spec]).exits(2).complains_of("damaged.json:3:");
    run(&["spec", "check", "/nowhere/at-all.json"]).exits(2).complains_of("/nowhere/at-all.json");
    let config = file("damaged.toml", "seed = 1\nprofil = \"quick\"\n");
    run(&["run", "--config", &config]).exits(2).complains_of("damaged.toml:2:");
    let baseline = file("damaged-baseline.toml", "this is no baseline");
    run(&["run", "--baseline", &baseline]).exits(2).complains_of("damaged-baseline.toml");
    run(&["merge", &spec]).exits(2).complains_of("damaged.json");
}

#[test]
fn list_names_every_clause_with_its_cases_or_a_reason() {
    let finished = run(&["list", "--format", "json"]).exits(0);
    let list: Value = serde_json::from_str(&finished.out()).unwrap();
    let clauses = list["clauses"].as_array().unwrap();
    assert!(clauses.len() > 1_600, "{}", clauses.len());
    for clause in clauses {
        let has_cases = clause["cases"].as_array().is_some_and(|cases| !cases.is_empty());
        assert!(has_cases || clause["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{clause}");
    }
    let filtered = run(&["list", "--only", "GetChannel.status"]).exits(0);
    assert!(filtered.out().contains("GetChannel.valid/minimal"), "{}", filtered.out());
}

#[test]
fn spec_checks_and_exports() {
    let checked = run(&["spec", "check", CONTRACT]).exits(0);
    assert!(checked.out().contains("35 operations"), "{}", checked.out());
    let openapi = run(&["spec", "export", "--format", "openapi"]).exits(0);
    let openapi: Value = serde_json::from_str(&openapi.out()).unwrap();
    assert!(openapi["paths"].as_object().unwrap().contains_key("/CreateChannel"));
    let schema = run(&["spec", "export", "--format", "json-schema"]).exits(0);
    let schema: Value = serde_json::from_str(&schema.out()).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    let same = run(&["spec", "diff", CONTRACT, CONTRACT]).exits(0);
    assert!(!same.out().contains("+ "), "{}", same.out());
}

#[test]
fn help_version_and_manual_print_on_stdout() {
    assert!(run(&["--help"]).exits(0).out().contains("Exit codes"));
    assert!(run(&["--version"]).exits(0).out().contains(env!("CARGO_PKG_VERSION")));
    assert!(run(&["man"]).exits(0).out().contains(".TH"));
    assert!(run(&["completions", "bash"]).exits(0).out().contains("complete -F"));
    assert!(run(&["explain", "DeleteChannel.status"]).exits(0).out().contains("204"));
}

/// `serve` in a process of its own; ended when dropped.
struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    fn start(arguments: &[&str]) -> Serving {
        let mut command = program(&["serve"]);
        let mut child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Serving { child, url }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[cfg(unix)]
fn serve_says_where_and_stops_on_signals() {
    for signal in ["INT", "TERM"] {
        let mut server = Serving::start(&["--auth", "none"]);
        let port = server.url.strip_prefix("http://127.0.0.1:").unwrap().parse::<u16>().unwrap();
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let request = "POST /ListChannels HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\
                       content-type: application/json\r\n\r\n{}";
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let id = server.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
        let started = Instant::now();
        assert_eq!(server.child.wait().unwrap().code(), Some(0), "SIG{signal}");
        assert!(started.elapsed() < Duration::from_secs(4));
        let mut complaint = String::new();
        server.child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        let command = format!("check it with: ivs-conformance run --endpoint {} --broadcast", server.url);
        assert!(complaint.starts_with(&command) && complaint.ends_with(" --auth none\n"), "{complaint}");
    }
}

#[test]
#[cfg(unix)]
fn an_interrupted_run_exits_3_with_its_report() {
    let report = scratch("files").join("interrupted.json");
    let _ = std::fs::remove_file(&report);
    let target = format!("json={}", report.display());
    let child = program(&["run", "--profile", "deep", "--report", &target])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(3));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let started = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let report: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    assert_valid_report(&report);
    assert!(report["stopped_early"].as_str().unwrap().contains("interrupted"), "{}", report["stopped_early"]);
}

/// Answers every connection with bytes that are no HTTP.
fn garbage() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let _ = stream.set_read_timeout(Some(Duration::from_millis(50)));
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"\x00\xff\xfeSSH-2.0-garbage\r\n\r\n");
        }
    });
    format!("http://{address}")
}

#[test]
fn garbage_is_not_http_and_no_crash() {
    let url = garbage();
    let finished = run(&["run", "--endpoint", &url, "--only", "*.status", "--profile", "quick"]);
    finished.exits(3).complains_of("does not speak HTTP");
}
