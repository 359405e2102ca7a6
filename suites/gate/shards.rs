//! Shards of a run, joined by `merge`.

use std::io::Read;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::common::{Scratch, Target, assert_exit, assert_same, conformance, program, report};
use crate::gate::{NAME, OTHERS};

#[test]
fn merged_shards_equal_one_run() {
    let faults = [NAME, OTHERS[1], "status:GetChannel=201", "error-code:ResourceNotFoundException=Gone"];
    let target = Target::with(&faults);
    let scratch = Scratch::new();
    let check = |name: &str, more: &[&str]| {
        let file = scratch.file(name);
        let to = format!("json={file}");
        let mut arguments = vec!["run", "--endpoint", &target.endpoint, "--report", &to];
        for glob in ["CreateChannel.*", "GetChannel.*", "TagResource.*", "scenario/*tag*"] {
            arguments.extend(["--only", glob]);
        }
        arguments.extend(more);
        assert_exit(&conformance(&arguments), 1);
        file
    };
    let single = check("single.json", &[]);
    let shards: Vec<String> =
        (1..=3).map(|number| check(&format!("{number}.json"), &["--shard", &format!("{number}/3")])).collect();
    let merged = scratch.file("merged.json");
    let to = format!("json={merged}");
    // In any order.
    let output = conformance(&["merge", &shards[2], &shards[0], &shards[1], "--report", &to]);
    assert_exit(&output, 1);
    let (single, merged) = (report(&single), report(&merged));
    assert_same(&merged, &single);
    let parts: Vec<Value> = shards.iter().map(|shard| report(shard)).collect();
    let sizes: Vec<usize> = parts.iter().map(|part| part["cases"].as_array().unwrap().len()).collect();
    assert!(sizes.iter().all(|size| *size > 0), "{sizes:?}");
    assert_eq!(sizes.iter().sum::<usize>(), single["cases"].as_array().unwrap().len(), "{sizes:?}");
    assert_exit(&conformance(&["merge", &shards[0], &shards[1]]), 2);
}

/// Writes the reports of shards, each with a megabyte of the same findings; their files.
fn long_reports(scratch: &Scratch, shards: usize) -> Vec<String> {
    let target = Target::with(&[NAME]);
    let file = scratch.file("one.json");
    let to = format!("json={file}");
    assert_exit(&conformance(&["run", "--endpoint", &target.endpoint, "--only", "*.length.max", "--report", &to]), 1);
    let mut made = report(&file);
    let finding = made["findings"][0].clone();
    let with_number = |number: usize| {
        let mut finding = finding.clone();
        finding["id"] = json!(format!("CreateChannel.input.name.length.max#{number}:accepted_invalid"));
        finding["reproduce"] = json!("#".repeat(64 << 10));
        finding
    };
    made["findings"] = (0..16).map(with_number).collect();
    let mut write = |index: usize| {
        made["shard"] = json!(format!("{index}/{shards}"));
        let file = scratch.file(&format!("{index}.json"));
        std::fs::write(&file, made.to_string()).unwrap();
        file
    };
    (1..=shards).map(&mut write).collect()
}

/// Peak memory of a merge in MiB when it begins to write.
fn peak(files: &[String]) -> u64 {
    let mut merge = program();
    merge.arg("merge").args(files).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut merge = merge.spawn().unwrap();
    let mut report = merge.stdout.take().unwrap();
    // More than a pipe holds is to come, so it is still there.
    report.read_exact(&mut [0]).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", merge.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let mut rest = String::new();
    report.read_to_string(&mut rest).unwrap();
    assert_eq!(merge.wait().unwrap().code(), Some(1));
    assert!(rest.len() > 1 << 20, "{}", rest.len());
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
}

#[test]
#[cfg(target_os = "linux")]
fn what_many_shards_have_in_common_is_in_memory_once() {
    let [few, many] = [4, 20].map(|shards| {
        let scratch = Scratch::new();
        peak(&long_reports(&scratch, shards))
    });
    assert!(many < few + 8, "{few} MiB for 4 shards, {many} MiB for 20");
}
