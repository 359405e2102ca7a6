//! A target that we did not write: moto, which has 6 of the 35 operations and next to no validation.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Command;

use serde_json::Value;

/// A list of all channels shows what other requests of the run made at that moment, and moto takes what it should refuse:
/// which members of a list are malformed is chance.
fn is_chance(id: &str) -> bool {
    id.starts_with("ListChannels.output.channels.member.")
        || id.starts_with("rule.preset-follows-the-channel-type@ListChannels")
}

/// What was found, one line per finding, without anything that differs from run to run.
fn normalised(report: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| !finding["id"].as_str().is_some_and(is_chance))
        .map(|finding| format!("{} ({})", text(&finding["id"]), text(&finding["tier"])))
        .collect();
    lines.sort();
    lines.join("\n")
}

#[test]
#[ignore = "needs moto 5.2.5: set IVS_CONFORMANCE_MOTO_ENDPOINT to where it listens"]
fn moto_diverges_where_it_does_and_nowhere_else() {
    let endpoint = std::env::var("IVS_CONFORMANCE_MOTO_ENDPOINT").expect("the variable holds a URL");
    let output = Command::new(env!("CARGO_BIN_EXE_ivs-conformance"))
        .args(["run", "--endpoint", &endpoint, "--report", "json=-"])
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env("AWS_REGION", "us-east-1")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let of_kind = |kind: &str| findings.iter().filter(|finding| finding["kind"] == kind).count();
    assert_eq!(of_kind("not_implemented"), 29);
    assert_eq!(report["summary"]["operations"]["implemented"], 6);
    let clauses: std::collections::BTreeSet<&str> =
        findings.iter().filter_map(|finding| finding["clause"].as_str()).collect();
    assert!(clauses.iter().filter(|clause| clause.contains(".input.")).count() > 90, "{clauses:?}");
    assert!(clauses.contains("DeleteChannel.status") && clauses.contains("CreateChannel.content_type"));
    insta::with_settings!({snapshot_path => "../snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("moto", normalised(&report));
    });
}
