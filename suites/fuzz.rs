//! Arbitrary bytes for the judge and every parser, and hostile texts for every report. `fuzz/` feeds the same functions
//! for longer.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod reports;
mod targets;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Seeds that reach far into each format. `fuzz/run` begins with the same files.
const SEEDS: [&str; 11] = [
    ANSWERS,
    include_str!("scenarios/batch.toml"),
    include_str!("scenarios/probes-auth.toml"),
    include_str!("fuzz/report.json"),
    include_str!("fuzz/config.toml"),
    include_str!("fuzz/baseline.toml"),
    include_str!("fuzz/contract.json"),
    include_str!("fuzz/contract.rules.toml"),
    JOURNAL,
    include_str!("fuzz/recording.har"),
    include_str!("fuzz/recording.ndjson"),
];

/// Answers with everything that HTTP allows one after another.
const ANSWERS: &str = include_str!("fuzz/answers.http");

/// A journal with a line of every kind.
const JOURNAL: &str = include_str!("fuzz/run.journal");

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
fn whatever_comes_over_a_socket_is_an_answer_or_a_failure() {
    hold("answer", 1_000);
}

#[test]
fn the_judge_holds() {
    hold("judge", 2_000);
}

#[test]
fn models_hold() {
    hold("model", 100);
}

#[test]
fn rules_hold() {
    hold("rules", 100);
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
fn recordings_hold() {
    hold("recording", 1_000);
}

#[test]
fn error_headers_hold() {
    hold("error_header", 2_000);
}

#[test]
fn rendering_holds() {
    hold("rendering", 30);
}

/// A seed that is not understood reaches nowhere.
#[test]
fn seeds_are_understood() {
    let (config, baseline) = (include_str!("fuzz/config.toml"), include_str!("fuzz/baseline.toml"));
    assert!(ivs_conformance::cli::config::Config::parse("config.toml".as_ref(), config).is_ok());
    assert!(ivs_conformance::report::baseline::Baseline::parse("baseline.toml".as_ref(), baseline).is_ok());
    assert!(ivs_conformance::run::ledger::journal::parse("run.journal".as_ref(), JOURNAL.as_bytes()).is_ok());
    assert!(serde_json::from_str::<ivs_conformance::report::Record>(include_str!("fuzz/report.json")).is_ok());
    for recording in [include_str!("fuzz/recording.har"), include_str!("fuzz/recording.ndjson")] {
        let mut number = 0;
        ivs_conformance::recording::read(recording.as_bytes(), &mut |_| number += 1).unwrap();
        assert_eq!(number, 2);
    }
    let rules = Some(("contract.rules.toml", include_str!("fuzz/contract.rules.toml")));
    let contract = ivs_conformance::spec::load("contract.json", include_str!("fuzz/contract.json"), rules).unwrap();
    assert_eq!(contract.operations.len(), 3);
    let answer = targets::answers::exchange("POST", ANSWERS.as_bytes());
    assert_eq!(answer.response().unwrap().body, "{\"channel\": {\"name\": \"a\"}}");
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
    // Reports say 0 where no response arrived.
    targets::answer(b"HTTP/1.1 000 OK\r\n\r\n");
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
