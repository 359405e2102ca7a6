//! A conforming server behind an unreliable or inventive proxy: no clause is blamed for what the proxy does, and an
//! unreliable target is told as such, once.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod proxy;

use std::sync::Arc;
use std::time::Duration;

use ivs_conformance::plan::{self, Filter, Suites};
use ivs_conformance::report::record::ClauseVerdict;
use ivs_conformance::report::{Record, Verdict};
use ivs_conformance::run::settings::{Profile, Settings};
use ivs_conformance::spec;
use proxy::{Noise, Proxy};

use crate::common::embedded;

/// How long is waited for what may lag.
const PATIENCE: Duration = Duration::from_secs(2);

/// The record of a whole run through a proxy, and how often the proxy failed.
async fn run_through(noise: Noise, faults: &[&str]) -> (Record, u64) {
    run_as(Profile::Standard, noise, faults).await
}

async fn run_as(profile: Profile, noise: Noise, faults: &[&str]) -> (Record, u64) {
    run_selected(Filter::default(), profile, noise, faults).await
}

async fn run_selected(filter: Filter, profile: Profile, noise: Noise, faults: &[&str]) -> (Record, u64) {
    let contract = Arc::new(spec::builtin().unwrap());
    let plan = plan::plan(&contract, &Suites::builtin().unwrap(), &filter).unwrap();
    let (server, settings) = embedded::start(faults).await;
    let proxy = Proxy::start(server.address(), noise).await;
    // What a proxy did to a list does not go by waiting; what a cache did does.
    let patience = if noise.caches.is_zero() { PATIENCE } else { settings.patience };
    let settings = Settings { endpoint: proxy.endpoint.clone(), profile, patience, ..settings };
    let outcome = embedded::run(&contract, &plan, &settings).await;
    assert_eq!(outcome.cases.len(), plan.cases.len(), "every case was run");
    (Record::from_outcome(&contract, &plan, &settings, outcome), proxy.failures())
}

fn violated(record: &Record) -> Vec<&str> {
    let violated = record.clauses.iter().filter(|clause| clause.verdict == ClauseVerdict::Violated);
    violated.map(|clause| clause.id.as_str()).collect()
}

fn titles(record: &Record) -> Vec<&str> {
    record.causes.iter().map(|cause| cause.title.as_str()).collect()
}

fn lines(record: &Record) -> Vec<String> {
    let line = |finding: &ivs_conformance::report::record::FindingRecord| {
        format!("{} {:?}: {} ({})", finding.id, finding.seen, finding.observed, finding.case)
    };
    record.findings.iter().map(line).collect()
}

/// No clause is violated, and no finding counts.
#[track_caller]
fn assert_blames_nothing(record: &Record) {
    assert_eq!(violated(record), Vec::<&str>::new(), "{:#?}", lines(record));
    assert_eq!(record.counting().count(), 0, "{:#?}", lines(record));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proxy_may_change_is_not_a_divergence() {
    let noise = Noise { busy: 20, closes: 20, delays: 10, reshapes: 500, ..Noise::default() };
    let (record, failures) = run_through(noise, &[]).await;
    assert!(failures > 100, "the proxy was busy {failures} times");
    assert_blames_nothing(&record);
    assert!(record.summary.clauses.upheld > 1_500, "{:?}", record.summary);
}

#[tokio::test(flavor = "multi_thread")]
async fn random_errors_make_an_unreliable_target_and_blame_no_clause() {
    let (record, failures) = run_through(Noise { errors: 10, ..Noise::default() }, &[]).await;
    assert!(failures > 50, "the proxy failed {failures} times");
    assert_blames_nothing(&record);
    assert!(record.intermittent().count() > 10, "{:#?}", lines(&record));
    assert_eq!(titles(&record).len(), 1, "{:#?}", titles(&record));
    assert!(
        titles(&record)[0].ends_with(" operations fail with status 500 from time to time."),
        "{:#?}",
        titles(&record)
    );
    // What chance showed is not made smaller: a quiet run asks some 4,700 questions.
    assert!(record.summary.requests_by_purpose["check"] < 10_000, "{:?}", record.summary);
    // Pages of long lists are asked for again before a list counts as broken.
    assert!(!record.notes.iter().any(|note| note.contains("damaged")), "{:#?}", record.notes);
    // A creation that failed on its way back may stay; then it is named, and the run decides nothing.
    let expected = if record.left.is_empty() { Verdict::Diverges } else { Verdict::CouldNotTest };
    assert_eq!(record.verdict(), expected, "{:?}", record.stopped_early);
    let reasons = record.reasons_to_fail();
    assert!(reasons.len() == 1 && reasons[0].starts_with("the target is unreliable: "), "{reasons:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_defect_stands_out_of_random_errors() {
    let (record, _) = run_through(Noise { errors: 10, ..Noise::default() }, &["status:DeleteChannel=200"]).await;
    assert_eq!(violated(&record), ["DeleteChannel.status"], "{:#?}", lines(&record));
    assert_eq!(titles(&record).len(), 2, "{:#?} {:#?}", titles(&record), lines(&record));
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_connections_blame_no_clause() {
    let (record, failures) = run_through(Noise { drops: 20, ..Noise::default() }, &[]).await;
    assert!(failures > 100, "the proxy dropped {failures} connections");
    assert_blames_nothing(&record);
    assert!(titles(&record).len() < 2, "{:#?}", titles(&record));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_in_place_of_responses_make_an_unreliable_target_and_blame_no_clause() {
    let (record, failures) = run_through(Noise { pages: 10, ..Noise::default() }, &[]).await;
    assert!(failures > 50, "the proxy sent {failures} pages");
    assert_blames_nothing(&record);
    assert_eq!(titles(&record).len(), 1, "{:#?}", titles(&record));
    assert!(
        titles(&record)[0].ends_with(" operations get a page in place of JSON from time to time."),
        "{:#?}",
        titles(&record)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_requests_made_that_a_proxy_sent_twice_is_deleted() {
    let (record, failures) = run_through(Noise { doubles: 20, ..Noise::default() }, &[]).await;
    assert!(failures > 50, "the proxy sent {failures} requests twice");
    assert_eq!(record.left, [], "{:#?}", record.notes);
    assert_ne!(record.verdict(), Verdict::CouldNotTest, "{:?}", record.stopped_early);
    assert!(record.notes.iter().any(|note| note.contains("carried requests out twice")), "{:#?}", record.notes);
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_that_belong_to_other_requests_are_one_cause() {
    let (record, failures) = run_through(Noise { mixes: 10, ..Noise::default() }, &[]).await;
    assert!(failures > 50, "the proxy mixed up {failures} responses");
    let belongs_to_another = |title: &&str| title.ends_with(" responses that do not belong to them from time to time.");
    assert_eq!(titles(&record).into_iter().filter(belongs_to_another).count(), 1, "{:#?}", titles(&record));
    // A hundred requests of one case meet such a response every time: chance may still look like one or two defects.
    assert!(titles(&record).len() <= 3, "{:#?} {:#?}", titles(&record), lines(&record));
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_by_chance_are_one_cause_and_what_was_not_deleted_is_deleted() {
    let (record, failures) = run_through(Noise { refusals: 20, ..Noise::default() }, &[]).await;
    assert!(failures > 50, "the proxy refused {failures} requests");
    assert_eq!(record.left, [], "{:#?}", record.notes);
    assert_eq!(titles(&record).len(), 1, "{:#?} {:#?}", titles(&record), lines(&record));
    assert!(titles(&record)[0].ends_with(" operations are refused from time to time."), "{:#?}", titles(&record));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_firewall_refuses_is_one_cause_and_a_defect_behind_it_is_another() {
    let noise = Noise { blocks: Some(";"), ..Noise::default() };
    let (record, failures) = run_as(Profile::Quick, noise, &["status:DeleteChannel=200"]).await;
    assert!(failures > 20, "the proxy refused {failures} requests");
    let mut titles = titles(&record);
    titles.sort_unstable();
    assert_eq!(titles.len(), 2, "{titles:#?} {:#?}", lines(&record));
    assert!(
        titles[0].ends_with("refuse some requests, valid ones among them, with status 403 and without an error code.")
    );
    assert_eq!(titles[1], "DeleteChannel reports success with status 200 instead of the documented one.");
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_do_not_share_their_state_are_one_cause() {
    let (other, _) = embedded::start(&[]).await;
    let noise = Noise { other: Some(other.address()), ..Noise::default() };
    let (record, _) = run_as(Profile::Quick, noise, &[]).await;
    other.stop().await;
    let is_split = |title: &&str| title.ends_with("as if instances with a state of their own responded in turn.");
    assert_eq!(titles(&record).into_iter().filter(is_split).count(), 1, "{:#?} {:#?}", titles(&record), lines(&record));
    assert_eq!(titles(&record).len(), 1, "{:#?} {:#?}", titles(&record), lines(&record));
}

/// A whole run through a cache for reads, which looks at all of a request but its signature.
async fn run_through_a_cache(faults: &[&str]) -> Record {
    let filter = Filter { skip: vec!["auth.*".to_owned()], ..Filter::default() };
    let noise = Noise { caches: Duration::from_millis(200), ..Noise::default() };
    let (record, cached) = run_selected(filter, Profile::Quick, noise, faults).await;
    assert!(cached > 50, "{cached} reads were answered from the cache");
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_that_lag_are_not_divergences() {
    let record = run_through_a_cache(&[]).await;
    assert_eq!(lines(&record), Vec::<String>::new());
    assert_eq!(record.verdict(), Verdict::Conforms, "{:?}", record.stopped_early);
    assert!(record.notes.iter().any(|note| note.contains("showed a change only after a while")), "{:#?}", record.notes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_update_is_told_although_reads_lag() {
    let record = run_through_a_cache(&["lose-update:UpdateChannel.name"]).await;
    assert_eq!(titles(&record).len(), 1, "{:#?} {:#?}", titles(&record), lines(&record));
    assert!(titles(&record)[0].contains("An update "), "{:?}", titles(&record));
}
