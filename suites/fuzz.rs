//! Arbitrary bytes for the judge and every parser, and hostile texts for every report. `fuzz/` feeds the same functions
//! for longer.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "fuzz/reports.rs"]
mod reports;
#[path = "fuzz/targets.rs"]
mod targets;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Seeds that reach far into each format, as files that come with the program.
const SEEDS: [&str; 7] = [
    include_str!("scenarios/batch.toml"),
    include_str!("scenarios/probes-auth.toml"),
    include_str!("fuzz/report.json"),
    "endpoint = \"http://127.0.0.1:1\"\nseed = 1\nreport = [\"json=-\"]\n[operations.GetChannel]\nexpect = \"not_implemented\"\n",
    "[[known]]\nid = \"a:transport\"\nclause = \"a\"\nkind = \"transport\"\nexpires = 2027-01-31\nreason = \"x\"\n",
    r#"{"smithy": "2.0", "shapes": {"a.b#C": {"type": "structure", "members": {"d": {"target": "smithy.api#String"}}}}}"#,
    JOURNAL,
];

/// A journal with a line of every kind.
const JOURNAL: &str = r#"{"event":"run","schema":"ivs-conformance/journal/1","run":"0","endpoint":"http://127.0.0.1:1","region":"r","service":"s","contract":"c","tool":"t"}
{"event":"intent","number":0,"operation":"CreateChannel","tagged":true}
{"event":"created","number":0,"resources":[{"type":"channel","arn":"a"},{"type":"stream-key","arn":"b"}]}
{"event":"intent","number":1,"operation":"CreateChannel","region":"q","name":"n","tagged":false,"parents":["a"]}
{"event":"refused","number":1}
{"event":"deleted","arn":"a"}
{"event":"settled","number":1}
{"event":"ended"}
"#;

/// A seed with some stretches replaced by arbitrary bytes.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let seed = proptest::sample::select(SEEDS.to_vec());
    let wound = (any::<proptest::sample::Index>(), 0_usize..12, proptest::collection::vec(any::<u8>(), 0..12));
    (seed, proptest::collection::vec(wound, 1..4)).prop_map(|(seed, wounds)| {
        let mut bytes = seed.as_bytes().to_vec();
        for (place, length, piece) in wounds {
            let start = place.index(bytes.len().max(1)).min(bytes.len());
            let end = (start + length).min(bytes.len());
            bytes.splice(start..end, piece);
        }
        bytes
    })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![proptest::collection::vec(any::<u8>(), 0..300), any::<String>().prop_map(String::into_bytes), damaged()]
}

/// How many times as much is tried as usual: set by who has the time.
fn times() -> u32 {
    std::env::var("IVS_CONFORMANCE_FUZZ_TIMES").map_or(1, |times| times.parse().unwrap())
}

fn hold(name: &str, cases: u32) {
    let (_, target) = targets::ALL.into_iter().find(|(known, _)| *known == name).unwrap();
    let config = Config { cases: cases.saturating_mul(times()), failure_persistence: None, ..Config::default() };
    let tried = TestRunner::new(config).run(&bytes(), |bytes| {
        target(&bytes);
        Ok(())
    });
    tried.unwrap();
}

#[test]
fn the_judge_holds() {
    hold("judge", 2_000);
}

#[test]
fn models_hold() {
    hold("model", 12);
}

#[test]
fn rules_hold() {
    hold("rules", 12);
}

#[test]
fn suites_hold() {
    hold("suite", 400);
}

#[test]
fn configurations_hold() {
    hold("config", 400);
}

#[test]
fn baselines_hold() {
    hold("baseline", 400);
}

#[test]
fn reports_from_elsewhere_hold() {
    hold("report", 200);
}

#[test]
fn journals_hold() {
    targets::journal(JOURNAL.as_bytes());
    hold("journal", 2_000);
}

#[test]
fn error_headers_hold() {
    hold("error_header", 2_000);
}

#[test]
fn rendering_holds() {
    hold("rendering", 30);
}

/// What fuzzing found once.
#[test]
fn old_finds_stay_found() {
    let overflow = include_str!("fuzz/report.json").replace("\"requests\": 77", "\"requests\": 18446744073709551615");
    assert!(overflow.contains("18446744073709551615"));
    targets::report(overflow.as_bytes());
    targets::journal(JOURNAL.replace("\"number\":1,", "\"number\":18446744073709551615,").as_bytes());
    // The last line was torn in the middle of a character.
    let torn = [JOURNAL.as_bytes(), b"{\"event\":\"deleted\",\"arn\":\"\xc3"].concat();
    assert!(ivs_conformance::run::ledger::journal::parse(std::path::Path::new("torn"), &torn).is_ok());
    targets::report(include_str!("fuzz/report.json").replace("\"total\": 35", "\"total\": 0").as_bytes());
}

/// The fuzz crate has a target for every function here.
#[test]
fn every_target_is_fuzzed() {
    let manifest = include_str!("../fuzz/Cargo.toml");
    for (name, _) in targets::ALL {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        let file = format!("{}/fuzz/fuzz_targets/{name}.rs", env!("CARGO_MANIFEST_DIR"));
        assert!(std::fs::read_to_string(&file).unwrap().contains(&format!("targets::{name}(")), "{file}");
    }
}
