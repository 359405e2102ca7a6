//! A panic of the program itself: it loses one case and nothing else, and whoever asked is told. Here, as of the modules
//! that may name the reference server this one sees all that run cases.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::plan::{Filter, Plan, Suites};
use crate::reference;
use crate::run::{self, CaseOutcome, Outcome, Prepared, Settings};
use crate::selftest::{self, Detection, Options};
use crate::spec::{self, Contract};

fn plan(contract: &Contract, only: &str) -> Plan {
    let filter = Filter { only: vec![only.to_owned()], ..Filter::default() };
    crate::plan::plan(contract, &Suites::builtin().unwrap(), &filter).unwrap()
}

/// Runs the cases of `GetChannel` against a server that gives it a wrong status; the case with that position panics.
async fn run_with_panic_in(position: Option<usize>) -> (Plan, Outcome, usize) {
    let contract = Arc::new(spec::builtin().unwrap());
    let plan = plan(&contract, "GetChannel.*");
    let faults = vec!["status:GetChannel=201".parse().unwrap()];
    let server = reference::start(reference::Config { faults, ..Default::default() }).await.unwrap();
    let panics_in = position.map(|position| plan.cases[position].id.clone());
    let endpoint = format!("http://{}", server.address());
    let settings = Settings { panics_in, jobs: 3, ..Settings::for_loopback(endpoint) };
    let events = AtomicUsize::new(0);
    let observe = |event| {
        if matches!(event, run::Event::CaseFinished { .. }) {
            events.fetch_add(1, Ordering::Relaxed);
        }
    };
    let outcome = run::run(&contract, &plan, &settings, &observe, pending()).await.unwrap();
    server.stop().await;
    (plan, outcome, events.into_inner())
}

#[tokio::test]
async fn a_panic_loses_one_case_and_nothing_else_and_the_run_says_so() {
    let (plan, sound, _) = run_with_panic_in(None).await;
    assert_eq!((sound.stopped_early, sound.internal_errors), (None, Vec::new()));
    let last = plan.cases.len() - 1;
    let (plan, outcome, events) = run_with_panic_in(Some(last)).await;
    let all: Vec<usize> = (0..plan.cases.len()).collect();
    assert_eq!(outcome.cases.iter().map(|result| result.case).collect::<Vec<_>>(), all);
    assert_eq!(events, all.len());
    let id = &plan.cases[last].id;
    let is_named = |text: &str| text.contains(id) && text.contains("told to panic");
    assert!(matches!(&outcome.cases[last].verdict, CaseOutcome::Inconclusive { reason } if is_named(reason)));
    let stopped = outcome.stopped_early.unwrap();
    assert!(stopped.starts_with("internal error: ") && is_named(&stopped), "{stopped}");
    assert_eq!(outcome.internal_errors.len(), 1, "{:?}", outcome.internal_errors);
    let of_status = |outcome: &std::collections::BTreeMap<run::FindingKey, run::Found>| {
        outcome.keys().filter(|key| key.operation == "GetChannel").cloned().collect::<Vec<_>>()
    };
    assert!(!sound.findings.is_empty());
    assert_eq!(of_status(&outcome.findings), of_status(&sound.findings), "what was found is kept");
}

#[test]
fn a_panic_fails_its_own_trial_and_the_next_one_is_run() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let contract = Arc::new(spec::builtin().unwrap());
    let plan = plan(&contract, "GetChannel.*");
    let server = runtime.block_on(reference::start(reference::Config::default())).unwrap();
    let endpoint = format!("http://{}", server.address());
    let settings = Settings { panics_in: Some(plan.cases[0].id.clone()), ..Settings::for_loopback(endpoint) };
    let prepared = runtime.block_on(Prepared::new(&contract, &plan, &settings)).unwrap();
    let (sender, executor) = prepared.executor(1);
    let outcome = sender.run(0).unwrap().unwrap();
    assert!(outcome.internal_errors[0].contains("told to panic"), "{:?}", outcome.internal_errors);
    let next = sender.run(1).unwrap().unwrap();
    assert_eq!((next.internal_errors, &next.cases[0].verdict), (Vec::new(), &CaseOutcome::Passed));
    drop(sender);
    executor.finish();
    runtime.block_on(server.stop());
}

#[test]
fn a_fault_whose_check_panics_neither_survived_nor_was_detected() {
    let contract = Arc::new(spec::builtin().unwrap());
    let fault = "status:StopStream=204";
    let clause = contract.clauses.find("StopStream.status").unwrap();
    let decides = plan(&contract, "StopStream.status");
    let decides = decides.cases.iter().filter(|case| case.clauses.contains(&clause));
    let ids: Vec<String> = decides.map(|case| case.id.clone()).collect();
    assert!(!ids.is_empty());
    let settings = Settings { panics_in: Some(ids[0].clone()), jobs: 1, ..Settings::for_loopback("") };
    let options = Options {
        only: vec![fault.to_owned()],
        suites: Suites::builtin().unwrap(),
        sample: None,
        jobs: 1,
        settings,
        config: reference::Config::default(),
    };
    let summary = selftest::run(&contract, &options, &mut |_, _| {}).unwrap();
    let detections: Vec<&Detection> = summary.survivors().map(|trial| &trial.detection).collect();
    assert!(
        matches!(detections[..], [Detection::Broken { reason }] if reason.contains("told to panic")),
        "{detections:?}"
    );
}
