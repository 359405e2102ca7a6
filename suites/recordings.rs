//! Verdicts from recorded traffic: a recorded run is judged as the run was, corrupted recordings are caught, recordings of
//! every form are read, and nothing is found where nothing is wrong. `.ci/run` makes the long recording longer:
//! `IVS_CONFORMANCE_RECORDING_MEGABYTES=100`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod boto3;
mod files;
mod order;
mod published;

use std::process::Output;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::common::{Scratch, Target, assert_exit, conformance, finding_ids, report};

/// Operations that the recorded runs are kept to, so that they are quick.
const OPERATIONS: [&str; 3] = ["CreateChannel", "GetStreamKey", "ListStreamKeys"];
/// Kinds of findings that a single exchange can show.
const OF_EXCHANGES: [&str; 4] = ["malformed_response", "wrong_status", "wrong_error_code", "accepted_invalid"];

/// Records a run of a few operations; its exit code, report and recording.
fn record(scratch: &Scratch, target: &[&str]) -> (i32, Value, Value) {
    record_of(scratch, &OPERATIONS, target)
}

/// Records a run of some operations, or of all if none is named.
fn record_of(scratch: &Scratch, operations: &[&str], target: &[&str]) -> (i32, Value, Value) {
    let (har, json) = (scratch.file("run.har"), scratch.file("run.json"));
    let to = format!("json={json}");
    let mut arguments = vec!["run", "--profile", "quick", "--record", &har, "--report", &to];
    arguments.extend(operations.iter().flat_map(|operation| ["--operation", operation]));
    arguments.extend(target);
    let output = conformance(&arguments);
    let recording = serde_json::from_str(&std::fs::read_to_string(&har).unwrap()).unwrap();
    (output.status.code().unwrap(), report(&json), recording)
}

/// A recorded run against the embedded reference server.
static GOOD: LazyLock<(Value, Value)> = LazyLock::new(|| {
    let (code, report, recording) = record(&Scratch::new(), &[]);
    assert_eq!(code, 0);
    (report, recording)
});

fn judge(text: &[u8], arguments: &[&str]) -> (Output, Value) {
    let scratch = Scratch::new();
    let file = scratch.file("recording");
    std::fs::write(&file, text).unwrap();
    let json = scratch.file("judged.json");
    let to = format!("json={json}");
    let output = conformance(&[&["judge", &file, "--report", &to], arguments].concat());
    (output, report(&json))
}

fn judge_entries(entries: &[Value]) -> (Output, Value) {
    judge(json!({"log": {"version": "1.2", "entries": entries}}).to_string().as_bytes(), &[])
}

fn entries(recording: &Value) -> &[Value] {
    recording["log"]["entries"].as_array().unwrap()
}

/// The first recorded success of an operation.
fn success(operation: &str) -> Value {
    let is_it = |entry: &&Value| {
        let url = entry["request"]["url"].as_str().unwrap();
        url.ends_with(&format!("/{operation}")) && entry["response"]["status"] == 200
    };
    entries(&GOOD.1).iter().find(is_it).unwrap_or_else(|| panic!("{operation} never succeeded")).clone()
}

fn verdict<'r>(report: &'r Value, clause: &str) -> &'r str {
    let clauses = report["clauses"].as_array().unwrap();
    clauses.iter().find(|known| known["id"] == clause).unwrap()["verdict"].as_str().unwrap()
}

fn says(output: &Output, what: &str) {
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert!(said.contains(what), "{said}");
}

/// The body of a recorded response, changed.
fn with_body(mut entry: Value, change: impl Fn(&mut Value)) -> Value {
    let content = &mut entry["response"]["content"];
    let mut body: Value = serde_json::from_str(content["text"].as_str().unwrap()).unwrap();
    change(&mut body);
    content["text"] = Value::from(body.to_string());
    entry
}

#[test]
fn a_recorded_run_of_a_conforming_target_shows_no_divergence_and_much_of_the_contract() {
    let (run, recording) = &*GOOD;
    let (output, judged) = judge(recording.to_string().as_bytes(), &[]);
    assert_exit(&output, 0);
    assert_eq!(judged["findings"], json!([]));
    assert_eq!(judged["target"]["endpoint"], run["target"]["endpoint"]);
    let upheld = judged["summary"]["clauses"]["upheld"].as_u64().unwrap();
    assert!(upheld > 150, "{upheld}");
    for clause in [
        "CreateChannel.input.name.length.max",
        "CreateChannel.error.ValidationException",
        "CreateChannel.output.channel.arn.pattern",
        "GetStreamKey.error.ResourceNotFoundException",
        "ListStreamKeys.status",
    ] {
        assert_eq!(verdict(&judged, clause), "upheld", "{clause}");
    }
    // Nothing is upheld that the run, which saw the same exchanges and more, did not uphold.
    for clause in judged["clauses"].as_array().unwrap().iter().filter(|clause| clause["verdict"] == "upheld") {
        let id = clause["id"].as_str().unwrap();
        let is_of_run = run["clauses"].as_array().unwrap().iter().any(|known| known["id"] == id);
        assert!(!is_of_run || verdict(run, id) == "upheld", "{id}");
    }
    let untested = judged["clauses"].as_array().unwrap().iter().filter(|clause| clause["verdict"] == "untested");
    for clause in untested {
        assert!(clause["reason"].as_str().unwrap().starts_with("the recording does not show it: "), "{clause}");
    }
}

#[test]
fn a_whole_recorded_run_of_a_conforming_target_shows_no_divergence() {
    let scratch = Scratch::new();
    let (code, _, recording) = record_of(&scratch, &[], &[]);
    assert_eq!(code, 0);
    let (output, judged) = judge(recording.to_string().as_bytes(), &[]);
    assert_exit(&output, 0);
    assert_eq!(judged["findings"], json!([]));
    assert_eq!(judged["summary"]["operations"]["implemented"], judged["summary"]["operations"]["total"]);
}

#[test]
fn judge_names_what_the_run_found_in_single_exchanges() {
    const DEFECTS: [&[&str]; 5] = [
        &["status:CreateChannel=202", "error-code:GetStreamKey.ResourceNotFoundException=BadRequest"],
        &["ignore:CreateChannel.input.name.length.max", "content-type:ListStreamKeys=text/html"],
        &["corrupt:CreateChannel.output.channel.arn", "error-body:GetStreamKey=oops"],
        &["drop:CreateChannel.output.streamKey", "ignore:ListStreamKeys.input.maxResults.range.max"],
        &["epoch:CreateChannel.output.channel.name", "error-status:GetStreamKey.ValidationException=418"],
    ];
    // Side by side: a run waits before it says that something is wrong.
    std::thread::scope(|scope| {
        for faults in DEFECTS {
            scope.spawn(move || judge_names_what_a_run_found(faults));
        }
    });
}

fn judge_names_what_a_run_found(faults: &[&str]) {
    let target = match std::panic::catch_unwind(|| Target::with(faults)) {
        Ok(target) => target,
        Err(_) => panic!("the server does not know one of {faults:?}"),
    };
    let (code, run, recording) = record(&Scratch::new(), &["--endpoint", &target.endpoint, "--auth", "none"]);
    // 3: where ARNs are corrupted, the run cannot delete what it made.
    assert!([1, 3].contains(&code), "{faults:?}");
    let (output, judged) = judge(recording.to_string().as_bytes(), &[]);
    assert_exit(&output, 1);
    let found = finding_ids(&judged);
    let is_single = |finding: &&Value| {
        let id = finding["clause"].as_str().unwrap();
        let kind = finding["kind"].as_str().unwrap();
        OF_EXCHANGES.contains(&kind) && OPERATIONS.iter().any(|name| id.starts_with(&format!("{name}.")))
    };
    let of_run: Vec<&str> = run["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(is_single)
        .map(|finding| finding["id"].as_str().unwrap())
        .collect();
    assert!(!of_run.is_empty(), "{faults:?}: {:?}", finding_ids(&run));
    for id in &of_run {
        assert!(found.iter().any(|known| known == id), "{faults:?}: {id} is not among {found:?}");
    }
}

#[test]
fn what_is_changed_in_a_good_recording_is_found() {
    let channel = success("CreateChannel");
    let mut accepted = channel.clone();
    accepted["response"]["status"] = json!(201);
    let mut html = channel.clone();
    for header in html["response"]["headers"].as_array_mut().unwrap() {
        if header["name"] == "content-type" {
            header["value"] = json!("text/html");
        }
    }
    let mut invalid = channel.clone();
    invalid["request"]["postData"]["text"] = json!(json!({"type": "CINEMA"}).to_string());
    let mut unknown_error = channel.clone();
    unknown_error["response"]["status"] = json!(400);
    unknown_error["response"]["content"]["text"] = json!(r#"{"__type": "SomethingWentWrong"}"#);
    unknown_error["response"]["headers"] = json!([{"name": "content-type", "value": "application/json"}]);
    unknown_error["request"]["postData"]["text"] = json!(r#"{"name": "a"}"#);
    for (changed, id) in [
        (accepted, "CreateChannel.status:wrong_status"),
        (html, "CreateChannel.content_type:malformed_response"),
        (invalid, "CreateChannel.input.type.enum:accepted_invalid"),
        (unknown_error, "CreateChannel.status:rejected_valid"),
        (
            with_body(channel.clone(), |body| body["channel"]["arn"] = json!("no-arn")),
            "CreateChannel.output.channel.arn.pattern:malformed_response",
        ),
        (
            with_body(channel.clone(), |body| body["channel"]["authorized"] = json!("yes")),
            "CreateChannel.output.channel.authorized.type:malformed_response",
        ),
        (
            with_body(channel.clone(), |body| body["channel"]["latencyMode"] = json!("SLOW")),
            "CreateChannel.output.channel.latencyMode.enum:malformed_response",
        ),
    ] {
        let (output, judged) = judge_entries(&[changed]);
        assert_exit(&output, 1);
        assert!(finding_ids(&judged).iter().any(|known| known == id), "{id}: {:?}", finding_ids(&judged));
    }
}

#[test]
fn a_response_without_its_request_is_judged_alone() {
    let mut entry = success("CreateChannel");
    entry["request"].as_object_mut().unwrap().remove("postData");
    let (output, judged) = judge_entries(std::slice::from_ref(&entry));
    assert_exit(&output, 0);
    assert_eq!(verdict(&judged, "CreateChannel.output.channel.arn.pattern"), "upheld");
    let broken = with_body(entry.clone(), |body| body["channel"]["arn"] = json!(5));
    let (output, judged) = judge_entries(&[broken]);
    assert_exit(&output, 1);
    assert_eq!(finding_ids(&judged), ["CreateChannel.output.channel.arn.type:malformed_response"]);
    // Whatever was refused, and why, is not known.
    for (status, code) in [(400, "ValidationException"), (403, "PendingVerification"), (400, "NeverHeardOf")] {
        entry["response"]["status"] = json!(status);
        entry["response"]["content"]["text"] = json!(json!({"__type": code}).to_string());
        entry["response"]["headers"] = json!([]);
        let (_, judged) = judge_entries(&[entry.clone()]);
        assert_eq!(judged["findings"], json!([]), "{code}");
    }
}

#[test]
fn nothing_is_found_where_nothing_is_certain() {
    let entry = success("GetStreamKey");
    let answered = |status: u16, body: &str| {
        let mut entry = entry.clone();
        entry["response"] = json!({"status": status, "headers": [], "content": {"size": body.len(), "text": body}});
        entry
    };
    let mut aborted = answered(0, "");
    aborted["response"]["_error"] = json!("net::ERR_ABORTED");
    let mut without_content = entry.clone();
    without_content["response"]["content"] = json!({"size": 400, "mimeType": "application/json"});
    let mut taken_out = with_body(entry.clone(), |body| body["streamKey"]["arn"] = json!("arn:aws:ivs:us-east-1:***"));
    taken_out["request"]["postData"]["text"] = json!(r#"{"arn": "[redacted]"}"#);
    for doubtful in [
        answered(404, r#"{"__type": "ResourceNotFoundException"}"#),
        answered(429, "slow down"),
        answered(403, "<html>blocked</html>"),
        answered(502, "<html>bad gateway</html>"),
        answered(304, ""),
        answered(403, r#"{"__type": "InvalidSignatureException"}"#),
        answered(400, r#"{"__type": "ValidationException"}"#),
        aborted,
        without_content,
        taken_out,
    ] {
        let (output, judged) = judge_entries(std::slice::from_ref(&doubtful));
        assert_eq!(judged["findings"], json!([]), "{doubtful}");
        assert!([0, 3].contains(&output.status.code().unwrap()));
    }
}

#[test]
fn filters_and_baselines_work_as_in_a_run() {
    let scratch = Scratch::new();
    let (har, known) = (scratch.file("a.har"), scratch.file("known.toml"));
    let broken = with_body(success("CreateChannel"), |body| body["channel"]["latencyMode"] = json!("SLOW"));
    std::fs::write(&har, json!({"log": {"entries": [broken]}}).to_string()).unwrap();
    assert_exit(&conformance(&["judge", &har]), 1);
    assert_exit(&conformance(&["judge", &har, "--skip", "*.latencyMode.enum"]), 0);
    assert_exit(&conformance(&["judge", &har, "--baseline", &known, "--update-baseline"]), 0);
    assert_exit(&conformance(&["judge", &har, "--baseline", &known]), 0);
    std::fs::write(&har, json!({"log": {"entries": [success("CreateChannel")]}}).to_string()).unwrap();
    let fixed = conformance(&["judge", &har, "--baseline", &known]);
    assert_exit(&fixed, 1);
    says(&fixed, "1 known divergence fixed");
    // A recording that shows nothing of it does not say that it is fixed.
    std::fs::write(&har, json!({"log": {"entries": [success("ListStreamKeys")]}}).to_string()).unwrap();
    assert_exit(&conformance(&["judge", &har, "--baseline", &known]), 0);
}
