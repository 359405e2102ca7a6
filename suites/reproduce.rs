//! The scripts of reports reproduce what the reports show: each is run with `sh` on a server that has the same faults and
//! has seen nothing before, so that it must make everything it needs. What other cases of the run left behind, a script
//! cannot know; a finding that needs it would fail here.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Scratch, Target, program, report};
use regex::Regex;
use serde_json::Value;

/// Credentials that are neither well known nor in any script.
const CREDENTIALS: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "AKIDREPRODUCE1234567"), ("AWS_SECRET_ACCESS_KEY", "reproduce/secret+of-this-test-only")];
/// Faults of several kinds that do not hide each other.
const FAULTS: [&str; 21] = [
    "ignore:CreateChannel.input.name.length.max",
    "ignore:ListChannels.input.maxResults.range.max",
    "ignore:CreateStreamKey.input.channelArn.pattern",
    "refuse:CreateChannel.input.containerFormat=FRAGMENTED_MP4",
    "crash:ListChannels.input.nextToken=present",
    "crash:ListTagsForResource.input.resourceArn=present",
    "status:BatchGetChannel=201",
    "status:GetStreamKey=201",
    "content-type:ListStreamKeys=text/html",
    "body:DeleteStreamKey={\"ok\":true}",
    "error-code:BatchStartViewerSessionRevocation.ValidationException=BadRequest",
    "error-status:GetStream.ChannelNotBroadcasting=418",
    "error-body:GetChannel=oops",
    "epoch:GetStream.output.stream.startTime",
    "drop:GetStream.output.stream.channelArn",
    "forget:CreateChannel.authorized",
    "batch:BatchGetStreamKey=drop-errors",
    "ignore:CreateChannel.input.tags.length.max",
    "status:UpdateChannel=201",
    "content-type:StopStream=text/html",
    "default:UpdateChannel.authorized=true",
];
/// What shows them.
const ONLY: [&str; 9] = [
    "*Channel.*",
    "StopStream.*",
    "ListChannels.*",
    "*StreamKey*",
    "GetStream.*",
    "ListTagsForResource.*",
    "BatchStartViewerSessionRevocation.*",
    "rule.batch*",
    "rule.update*",
];
/// Most scripts that one test runs.
const MOST_SCRIPTS: usize = 45;
/// Scripts that one test runs at least.
const FEWEST_SCRIPTS: usize = 25;
/// How long the scripts of one test may take on a machine that has nothing else to do, and on one that has.
const TIME: Duration = Duration::from_secs(120);

/// Fails with what is missing if this machine cannot run the scripts.
fn need_curl() {
    let help = Command::new("curl").args(["--help", "all"]).output();
    let help = help.unwrap_or_else(|error| panic!("this test needs curl in the PATH: {error}"));
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(help.contains("--aws-sigv4"), "this test needs a curl with --aws-sigv4, which it has since 7.75");
}

/// The region that a run signs for; a target that is not signed for is in the default one.
fn region(auth: &str) -> &'static str {
    if auth == "sigv4" { "eu-west-1" } else { "us-east-1" }
}

fn target(auth: &str) -> Target {
    let faults = FAULTS.iter().flat_map(|fault| ["--fault", fault]);
    let arguments: Vec<&str> = ["--auth", auth].into_iter().chain(faults).collect();
    Target::told(&arguments, &CREDENTIALS)
}

/// The report of a run that meets the faults.
fn faulty_report(auth: &str) -> Value {
    let scratch = Scratch::new();
    let file = scratch.file("report.json");
    let target = target(auth);
    let mut run = program();
    run.args(["run", "--endpoint", &target.endpoint, "--auth", auth, "--broadcast", "/_reference/broadcast"]);
    run.args(["--region", region(auth), "--profile", "quick", "--quiet", "--report", &format!("json={file}")]);
    run.args(ONLY.iter().flat_map(|glob| ["--only", glob]));
    let output = run.envs(CREDENTIALS).env_remove("AWS_SESSION_TOKEN").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    report(&file)
}

/// What a script printed last: status, content type and body.
struct Printed {
    status: u64,
    content_type: Option<String>,
    body: Value,
    errors: String,
}

fn run_script(script: &str, endpoint: &str) -> Printed {
    let mut sh = Command::new("sh");
    sh.args(["-c", script, "script", endpoint]).stdin(Stdio::null()).envs(CREDENTIALS);
    for name in ["AWS_SESSION_TOKEN", "KEEP", "http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] {
        sh.env_remove(name);
    }
    let output = sh.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split_whitespace().nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let body = match body.trim_end() {
        "" => Value::Null,
        body => serde_json::from_str(body).unwrap_or_else(|_| Value::from(body)),
    };
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let content_type = lines.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let content_type = content_type.map(|(_, value)| value.to_owned());
    Printed { status, content_type, body, errors: String::from_utf8_lossy(&output.stderr).into_owned() }
}

/// Whether two bodies show the same but for ids, names, times and what a report redacts. Lists of the run show what its
/// other cases made too: of them only counts whether there is anything.
fn are_alike(reported: &Value, printed: &Value, changing: &Regex) -> bool {
    match (reported, printed) {
        (Value::String(one), Value::String(other)) => {
            let is_cut = one.contains("[redacted") || one.ends_with(" bytes in all)");
            is_cut || changing.replace_all(one, "#") == changing.replace_all(other, "#")
        }
        (Value::Array(one), Value::Array(other)) => one.is_empty() == other.is_empty(),
        (Value::Object(one), Value::Object(other)) => {
            let names = one.keys().chain(other.keys()).filter(|name| *name != "nextToken");
            names.into_iter().all(|name| match (one.get(name), other.get(name)) {
                (Some(one), Some(other)) => are_alike(one, other, changing),
                _ => false,
            })
        }
        // What is redacted may be anything.
        (Value::String(one), _) => one.contains("[redacted"),
        (one, other) => one == other,
    }
}

/// Whether a script said nothing but what it deleted.
fn is_tidy(errors: &str) -> bool {
    errors.lines().all(|line| line.starts_with("deleted arn:"))
}

/// How many channels a target has that does not verify signatures.
fn channels(endpoint: &str) -> usize {
    let mut curl = Command::new("curl");
    curl.args(["-sS", "-X", "POST", "-H", "content-type: application/json", "--data-raw", "{}"]);
    let output = curl.arg(format!("{endpoint}/ListChannels")).output().unwrap();
    serde_json::from_slice::<Value>(&output.stdout).unwrap()["channels"].as_array().unwrap().len()
}

/// Runs the scripts of a report on a server that has seen nothing.
fn reproduce(auth: &str) {
    need_curl();
    let report = faulty_report(auth);
    let findings = report["findings"].as_array().unwrap();
    // Ids by what stands before them, as some have no digit; hosts, times and tokens by a digit in them.
    let changing =
        Regex::new(r"(?:st-|[a-z]/|channel\.)[A-Za-z0-9]{12,}|[A-Za-z0-9+/=_-]*[0-9][A-Za-z0-9+/=_.:-]{5,}").unwrap();
    let started = Instant::now();
    let target = target(auth);
    let (mut ran, mut of_several_steps, mut kinds, mut wrong) = (0, 0, std::collections::BTreeSet::new(), Vec::new());
    for finding in findings {
        let Some(script) = finding["reproduce"].as_str() else {
            let reason = finding["not_reproducible"].as_str();
            assert!(reason.is_some_and(|reason| reason.ends_with('.')), "{finding:#}");
            continue;
        };
        assert!(script.contains("curl -i "), "{script}");
        assert_eq!(script.contains("--aws-sigv4 \"aws:amz:eu-west-1:ivs\""), auth == "sigv4", "{script}");
        assert!(CREDENTIALS.iter().all(|(_, secret)| !script.contains(secret)), "{script}");
        if ran == MOST_SCRIPTS {
            break;
        }
        let printed = run_script(script, &target.endpoint);
        let response = &finding["response"];
        let printed_errors = printed.errors.clone();
        ran += 1;
        of_several_steps += usize::from(script.lines().any(|line| line.starts_with("call ")));
        kinds.insert(finding["kind"].as_str().unwrap());
        let is_same = response["status"].as_u64() == Some(printed.status)
            && response["headers"]["content-type"].as_str() == printed.content_type.as_deref();
        if !is_same || !are_alike(&response["body"], &printed.body, &changing) {
            let Printed { status, body, errors, .. } = printed;
            wrong.push(format!("{}: {response}\nthe script: {status} {body} {errors}\n", finding["id"]));
        }
        assert!(is_tidy(&printed_errors), "{}: {printed_errors}", finding["id"]);
        assert!(started.elapsed() < TIME, "{ran} scripts took {:?}", started.elapsed());
    }
    println!("{auth}: {} of {ran} scripts of {} findings reproduce", ran - wrong.len(), findings.len());
    if auth == "none" {
        assert_eq!(channels(&target.endpoint), 0, "scripts left channels behind");
    }
    assert!(wrong.is_empty(), "{} of {ran}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(ran >= FEWEST_SCRIPTS && of_several_steps >= 10, "{ran} scripts, {of_several_steps} of several steps");
    for kind in [
        "accepted_invalid",
        "rejected_valid",
        "wrong_status",
        "wrong_error_code",
        "malformed_response",
        "wrong_behaviour",
    ] {
        assert!(kinds.contains(kind), "no script for {kind}: {kinds:?}");
    }
}

#[test]
fn scripts_of_a_signed_run_reproduce_its_findings() {
    reproduce("sigv4");
}

#[test]
fn scripts_of_an_unsigned_run_reproduce_its_findings() {
    reproduce("none");
}
