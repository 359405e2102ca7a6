//! Files that hold recordings: every form of them, long ones, broken ones, and those that hold more than the target's.

use std::io::Write;
use std::process::Stdio;

use base64::Engine;
use serde_json::{Value, json};

use super::{judge, judge_entries, says, success, verdict};
use crate::common::{assert_exit, conformance, program};

#[test]
fn recordings_of_every_form_say_the_same() {
    let entry = success("CreateChannel");
    let (_, expected) = judge_entries(std::slice::from_ref(&entry));
    let upheld = |report: &Value| -> Vec<String> {
        let clauses = report["clauses"].as_array().unwrap().iter();
        let upheld = clauses.filter(|clause| clause["verdict"] == "upheld");
        upheld.map(|clause| clause["id"].as_str().unwrap().to_owned()).collect()
    };
    assert!(upheld(&expected).len() > 20);
    let text = entry["response"]["content"]["text"].as_str().unwrap().to_owned();
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let mut base64 = entry.clone();
    base64["response"]["content"]["text"] = json!(encode(text.as_bytes()));
    base64["response"]["content"]["encoding"] = json!("base64");
    let mut packed = entry.clone();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    packed["response"]["content"] = json!({"size": 1, "text": encode(&gzip.finish().unwrap()), "encoding": "base64"});
    packed["response"]["headers"].as_array_mut().unwrap().push(json!({"name": "Content-Encoding", "value": "gzip"}));
    let mut decoded = entry.clone();
    decoded["response"]["headers"].as_array_mut().unwrap().push(json!({"name": "content-encoding", "value": "br"}));
    for variant in [base64, packed, decoded] {
        let (output, judged) = judge_entries(&[variant]);
        assert_exit(&output, 0);
        assert_eq!(upheld(&judged), upheld(&expected));
    }
    let body: Value = serde_json::from_str(&text).unwrap();
    let sent: Value = serde_json::from_str(entry["request"]["postData"]["text"].as_str().unwrap()).unwrap();
    let line = json!({
        "method": "POST", "url": entry["request"]["url"], "request_headers": {"Content-Type": "application/json"},
        "request_body": sent, "status": 200, "response_headers": {"Content-Type": ["application/json"]},
        "response_body": body,
    });
    let (output, judged) = judge(format!("{line}\n\n{line}\n").as_bytes(), &[]);
    assert_exit(&output, 0);
    assert_eq!(upheld(&judged), upheld(&expected));
    assert_eq!(judged["summary"]["requests"], 2);
}

#[test]
fn what_is_of_others_is_passed_over_and_counted() {
    let own = success("CreateChannel");
    let other = |url: &str| {
        let mut entry = own.clone();
        entry["request"]["url"] = json!(url);
        entry["response"]["status"] = json!(599);
        entry
    };
    let all = [
        other("https://me:password@medialive.us-east-1.amazonaws.com/CreateChannel"),
        other("https://example.com/page"),
        own.clone(),
    ];
    let (output, judged) = judge_entries(&all);
    assert_exit(&output, 0);
    assert_eq!(judged["summary"]["requests"], 1);
    let notes = judged["notes"].to_string();
    assert!(notes.contains("Passed over 1 entry of other hosts or services."), "{notes}");
    assert!(notes.contains("Passed over 1 entry with a method and path that the contract does not have."), "{notes}");
    assert!(!judged.to_string().contains("password"));
    // Nothing of the contract is left.
    for (entries, arguments) in [(&all[..2], &[][..]), (&all[..], &["--endpoint", "https://elsewhere.example"])] {
        let text = json!({"log": {"entries": entries}}).to_string();
        let (output, _) = judge(text.as_bytes(), arguments);
        assert_exit(&output, 3);
        says(&output, "nothing was tested");
    }
}

#[test]
fn a_broken_file_is_named_with_its_place_and_what_stands_before_it_is_kept() {
    let entry = success("CreateChannel");
    let text = format!("{{\"log\": {{\"entries\": [\n{entry},\n{entry}]}}}}");
    let cut = &text[..text.len() - 200];
    let (output, judged) = judge(cut.as_bytes(), &[]);
    assert_exit(&output, 2);
    says(&output, "recording:3:");
    assert_eq!(judged["summary"]["requests"], 1);
    assert_eq!(verdict(&judged, "CreateChannel.status"), "upheld");
    let lines =
        "{\"method\":\"POST\",\"path\":\"/CreateChannel\",\"status\":200,\"response_body\":{}}\n{\"method\": 5}\n";
    let (output, judged) = judge(lines.as_bytes(), &[]);
    assert_exit(&output, 2);
    says(&output, "recording:2:");
    assert_eq!(judged["summary"]["requests"], 1);
    let nowhere = conformance(&["judge", "/nowhere/at/all.har"]);
    assert_exit(&nowhere, 2);
    says(&nowhere, "/nowhere/at/all.har");
}

/// How long the long recording is, in megabytes. What keeps all of it shows at 40 already.
fn megabytes() -> usize {
    let number = std::env::var("IVS_CONFORMANCE_RECORDING_MEGABYTES");
    number.map_or(40, |text| text.parse().expect("IVS_CONFORMANCE_RECORDING_MEGABYTES is a number"))
}

#[test]
#[cfg(target_os = "linux")]
fn a_long_recording_is_judged_in_little_memory() {
    let megabytes = megabytes();
    let mut child = program();
    child.args(["judge", "-", "--quiet"]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = child.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let peak = || -> u64 {
        let text = std::fs::read_to_string(&status).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
    };
    let entry = success("CreateChannel");
    let mut page = entry.clone();
    page["request"]["url"] = json!("https://example.com/page");
    page["response"]["content"]["text"] = json!("x".repeat(1 << 20));
    write!(pipe, "{{\"log\": {{\"entries\": [{entry}").unwrap();
    let mut early = 0;
    for megabyte in 0..megabytes {
        write!(pipe, ",\n{page},\n{entry}").unwrap();
        if megabyte == 5 {
            early = peak();
        }
    }
    pipe.flush().unwrap();
    let late = peak();
    write!(pipe, "]}}}}").unwrap();
    drop(pipe);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(late < early + 20, "{early} MiB after 5 of {megabytes}, {late} MiB in the end");
}
