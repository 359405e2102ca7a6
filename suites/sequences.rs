//! Random sequences find what no single request and no written scenario shows, and show it by a short sequence.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ops::RangeInclusive;
use std::sync::Arc;

use ivs_conformance::plan::{self, Filter, Suites};
use ivs_conformance::report::Record;
use ivs_conformance::report::record::FindingRecord;
use ivs_conformance::run::settings::{Profile, Settings};
use ivs_conformance::spec;

use crate::common::embedded;

/// Faults of the reference server that show only after other operations came before, the sequences that find each, the
/// clause that it breaks, and how many requests the shown sequence has at most. The first two show in scenarios as well, whose
/// responses are compared with the state that the run knows; the last one is looked for with a second seed too.
const FAULTS: [(&str, &str, &str, usize); 3] = [
    // Create, tag, update, list tags, get.
    ("state:tagged-policy-is-frozen", "policies", "rule.update-policy-changes-what-is-given", 5),
    // Create, update (perhaps with a recording configuration, which is made and read), tag, list tags, get.
    ("state:tagging-undoes-updates", "channels", "rule.get-returns-what-create-answered", 7),
    // Create with tags, or create and tag; untag, update.
    ("state:untagged-returns-with-update", "channels", "rule.update-keeps-tags", 4),
];

async fn findings(faults: &[&str], filter: &Filter, profile: Profile, seed: u64) -> Vec<FindingRecord> {
    let contract = Arc::new(spec::builtin().unwrap());
    let plan = plan::plan(&contract, &Suites::builtin().unwrap(), filter).unwrap();
    let (server, settings) = embedded::start(faults).await;
    let settings = Settings { profile, seed, ..settings };
    let outcome = embedded::run(&contract, &plan, &settings).await;
    server.stop().await;
    Record::from_outcome(&contract, &plan, &settings, outcome).findings
}

#[tokio::test]
async fn no_other_case_finds_the_last() {
    let filter = Filter { skip: vec!["sequence/*".to_owned()], ..Filter::default() };
    let [.., (last, ..)] = FAULTS;
    let found = findings(&[last], &filter, Profile::Standard, 1).await;
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn sequences_find_each_and_show_it_shortly() {
    std::thread::scope(|scope| {
        for (index, (fault, sequence, clause, most)) in FAULTS.into_iter().enumerate() {
            let seeds = if index + 1 == FAULTS.len() { 1..=2 } else { 1..=1 };
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(is_found_and_shown_shortly(fault, sequence, clause, most, seeds));
            });
        }
    });
}

async fn is_found_and_shown_shortly(
    fault: &str,
    sequence: &str,
    clause: &str,
    most: usize,
    seeds: RangeInclusive<u64>,
) {
    let case = format!("sequence/{sequence}");
    let filter = Filter { only: vec![case.clone()], ..Filter::default() };
    let mut ids = Vec::new();
    for seed in seeds {
        let found = findings(&[fault], &filter, Profile::Deep, seed).await;
        let finding = found.iter().find(|finding| finding.clause == clause);
        let finding = finding.unwrap_or_else(|| panic!("{fault} with seed {seed}: {found:#?}"));
        let requests: Vec<String> = finding
            .setup
            .iter()
            .map(|request| format!("{} {} {}", request.method, request.path, request.body))
            .collect();
        assert!(finding.setup.len() < most, "{fault} with seed {seed}: {requests:#?}");
        assert_eq!(finding.case, case);
        ids.push(found.iter().map(|finding| finding.id.clone()).collect::<Vec<_>>());
    }
    assert!(
        ids.iter().all(|one| *one == ids[0]),
        "the ids of the findings of {fault} do not depend on the seed: {ids:?}"
    );
    assert_eq!(ids[0].len(), 1, "{fault} is one finding: {ids:?}");
}
