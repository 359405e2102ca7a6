//! A run whose streams a shell command sends: here it tells this test which key it was given, and the test makes that
//! channel live, as an ingest server would.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ingest;
mod recipe;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::http::{REGIONS, call_in, world};
use crate::common::{Scratch, Target, assert_exit, conformance, report};

/// What an operation answers; nothing if it fails, say because a channel was deleted meanwhile.
fn ask(endpoint: &str, operation: &str, input: &Value) -> Option<Value> {
    let (status, body) = call_in(REGIONS[0], endpoint, operation, input);
    (status == 200).then_some(body)
}

/// The channel that a stream key opens.
fn channel_of(endpoint: &str, key: &str) -> Option<String> {
    let channels = ask(endpoint, "ListChannels", &json!({"maxResults": 100}))?;
    channels["channels"].as_array()?.iter().find_map(|channel| {
        let keys = ask(endpoint, "ListStreamKeys", &json!({"channelArn": channel["arn"]}))?;
        let is_it = |summary: &Value| {
            let shown = ask(endpoint, "GetStreamKey", &json!({"arn": summary["arn"]}));
            shown.is_some_and(|shown| shown["streamKey"]["value"] == key)
        };
        keys["streamKeys"].as_array()?.iter().any(is_it).then(|| channel["arn"].as_str().map(str::to_owned))?
    })
}

/// Plays the ingest server until `is_over`: what the commands wrote into the folder becomes state of the target.
fn play_ingest(endpoint: &str, folder: &Path, is_over: &AtomicBool) -> usize {
    let mut live: Vec<(String, String)> = Vec::new();
    let mut known = BTreeSet::new();
    while !is_over.load(Ordering::SeqCst) {
        let files: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect();
        for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "live")) {
            let process = file.file_stem().unwrap().to_str().unwrap().to_owned();
            if known.insert(process.clone()) {
                let key = std::fs::read_to_string(file).unwrap();
                let channel = channel_of(endpoint, key.trim()).expect("the key of a channel");
                set(endpoint, &channel, "live");
                live.push((process, channel));
            }
        }
        live.retain(|(process, channel)| {
            let goes_on = !folder.join(format!("{process}.over")).exists();
            if !goes_on {
                set(endpoint, channel, "offline");
            }
            goes_on
        });
        std::thread::sleep(Duration::from_millis(20));
    }
    known.len()
}

fn set(endpoint: &str, channel: &str, state: &str) {
    // The channel may be gone by now.
    let _ = call_in(REGIONS[0], endpoint, "_reference/broadcast", &json!({"channelArn": channel, "state": state}));
}

#[test]
fn a_command_makes_channels_live_and_is_asked_to_end() {
    let (target, scratch) = (Target::with(&[]), Scratch::new());
    let report_file = scratch.file("report.json");
    let folder = scratch.file("streams");
    std::fs::create_dir(&folder).unwrap();
    let command = format!(
        "echo \"{{stream-key}}\" > {folder}/$$.new && mv {folder}/$$.new {folder}/$$.live; \
         read word; echo \"$word\" > {folder}/$$.over"
    );
    let is_over = AtomicBool::new(false);
    let (output, streams) = std::thread::scope(|scope| {
        let ingest = scope.spawn(|| play_ingest(&target.endpoint, Path::new(&folder), &is_over));
        let output = conformance(&[
            "run",
            "--endpoint",
            &target.endpoint,
            "--profile",
            "quick",
            "--jobs",
            "4",
            "--only",
            "GetStream.status",
            "--only",
            "StopStream.status",
            "--only",
            "GetStream.output.stream.state.*",
            "--broadcast-command",
            &command,
            &format!("--report=json={report_file}"),
        ]);
        is_over.store(true, Ordering::SeqCst);
        (output, ingest.join().unwrap())
    });
    assert_exit(&output, 0);
    let report = report(&report_file);
    for id in ["GetStream.status", "StopStream.status", "GetStream.output.stream.state.enum"] {
        let clause = report["clauses"].as_array().unwrap().iter().find(|clause| clause["id"] == id).unwrap();
        assert_eq!(clause["verdict"], "upheld", "{clause}");
    }
    assert!(streams > 0);
    for file in std::fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path()) {
        if file.extension().is_some_and(|end| end == "over") {
            assert_eq!(std::fs::read_to_string(&file).unwrap(), "q\n", "it was asked to end");
        } else {
            assert!(file.with_extension("over").exists(), "{} did not end", file.display());
        }
    }
    assert_eq!(world(&target.endpoint), Default::default(), "nothing is left");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &report.to_string();
    assert!(!said.contains("sk_us-east-1_"), "no stream key is shown");
}

#[test]
fn a_command_that_ends_before_anything_is_live_is_no_fault_of_the_target() {
    let (target, scratch) = (Target::with(&[]), Scratch::new());
    let file = scratch.file("report.json");
    let flags = ["--profile", "quick", "--only", "GetStream.status", "--broadcast-command", "sleep 0.4; exit 7"];
    let report_flag = format!("--report=json={file}");
    let output = conformance(&[&["run", "--endpoint", &target.endpoint, &report_flag], &flags[..]].concat());
    assert_exit(&output, 3);
    let report = report(&file);
    assert_eq!(report["findings"], json!([]));
    assert!(report.to_string().contains("ended by itself (exit status: 7)"), "{}", report["cases"]);
}
