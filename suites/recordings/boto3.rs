//! The script for boto3 in `docs/recording` records what `judge` reads.

use std::process::Command;

use super::judge;
use crate::common::{Scratch, Target};

/// Records what a client of boto3 exchanges with a target.
fn recorded(target: &Target) -> Vec<u8> {
    let python = std::env::var("IVS_CONFORMANCE_BOTO3").expect("IVS_CONFORMANCE_BOTO3 names a python that has boto3");
    let (scratch, root) = (Scratch::new(), env!("CARGO_MANIFEST_DIR"));
    let file = scratch.file("traffic.ndjson");
    let script = format!("{root}/suites/recordings/use_boto3.py");
    let scripts = format!("{root}/docs/recording");
    let output = Command::new(python).args([&script, &target.endpoint, &scripts, &file]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read(&file).unwrap()
}

#[test]
#[ignore = "needs a python with boto3 in IVS_CONFORMANCE_BOTO3"]
fn what_boto3_exchanges_is_recorded_and_judged() {
    let text = recorded(&Target::with(&[]));
    assert!(!String::from_utf8_lossy(&text).to_lowercase().contains("\"authorization\""));
    let (output, report) = judge(&text, &[]);
    super::assert_exit(&output, 0);
    assert_eq!(report["summary"]["requests"], 9, "{:#}", report["summary"]);
    assert!(report["summary"]["clauses"]["upheld"].as_u64().unwrap() > 100, "{:#}", report["summary"]);

    let text = recorded(&Target::with(&["corrupt:GetChannel.output.channel.type"]));
    let (output, report) = judge(&text, &[]);
    super::assert_exit(&output, 1);
    assert_eq!(super::verdict(&report, "GetChannel.output.channel.type.enum"), "violated");
}
