//! A run that dies at any moment leaves nothing behind once its journal is cleaned, and never touches what is not its own.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::http::{call, world};
use crate::common::poison::{Weak, Weakness};
use crate::common::{Scratch, Target, assert_exit, conformance, program};

/// Moments at which the runs of one test are killed.
const KILLS: u64 = 4;

/// What others have in the account: some of it looks much like what a run makes.
fn settle_others(endpoint: &str) {
    let like_ours =
        json!({"name": "ivs-conformance-0123456789abcdef-1", "tags": {"ivs-conformance-run": "0123456789abcdef"}});
    call(endpoint, "CreateChannel", &json!({"name": "production", "tags": {"team": "video"}}));
    call(endpoint, "CreateChannel", &like_ours);
    call(endpoint, "CreateChannel", &json!({"name": "ivs-conformance-", "tags": {"ivs-conformance-run": ""}}));
    call(endpoint, "CreatePlaybackRestrictionPolicy", &like_ours);
    let bucket = json!({"destinationConfiguration": {"s3": {"bucketName": "recordings-of-others"}}});
    call(endpoint, "CreateRecordingConfiguration", &bucket);
}

/// What someone makes who imitates a run, after it began.
fn imitate(endpoint: &str, run: &str) {
    call(endpoint, "CreateChannel", &json!({"name": format!("ivs-conformance-{run}-999999")}));
    call(endpoint, "CreateChannel", &json!({"tags": {"ivs-conformance-run": format!("{run}0")}}));
    call(endpoint, "CreatePlaybackRestrictionPolicy", &json!({"tags": {"IVS-conformance-run": run}}));
}

/// A fixed sequence of numbers, for moments.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

/// A run under load, with a journal.
fn start(endpoint: &str, journal: &str) -> Child {
    let arguments = ["run", "--endpoint", endpoint, "--jobs", "8", "--journal", journal];
    let broadcast = ["--broadcast", "/_reference/broadcast"];
    let mut command = program();
    command.args(arguments).args(broadcast).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Lines of a journal with an event; none before there is a journal.
fn events(journal: &str, event: &str) -> usize {
    let text = std::fs::read_to_string(journal).unwrap_or_default();
    text.lines().filter(|line| line.contains(&format!("\"event\":\"{event}\""))).count()
}

#[track_caller]
fn await_events(run: &mut Child, journal: &str, event: &str, least: usize) {
    let began = Instant::now();
    while events(journal, event) < least {
        assert!(began.elapsed() < Duration::from_secs(120), "the run does not get as far as {least} times {event}");
        assert!(run.try_wait().unwrap().is_none(), "the run is over before {least} times {event}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn run_id(journal: &str) -> String {
    let text = std::fs::read_to_string(journal).unwrap();
    let first: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    first["run"].as_str().unwrap().to_owned()
}

/// What is there beyond what should be, and what is missing or changed.
fn difference(expected: &BTreeMap<String, Value>, found: &BTreeMap<String, Value>) -> Vec<String> {
    let more = found.iter().filter(|(arn, shown)| expected.get(*arn) != Some(*shown));
    let less = expected.keys().filter(|arn| !found.contains_key(*arn));
    more.map(|(arn, shown)| format!("+ {arn} {shown}")).chain(less.map(|arn| format!("- {arn}"))).collect()
}

#[track_caller]
fn assert_world(endpoint: &str, expected: &BTreeMap<String, Value>, when: &str) {
    let difference = difference(expected, &world(endpoint));
    assert!(difference.is_empty(), "{when}:\n{}", difference.join("\n"));
}

#[test]
fn what_a_killed_run_leaves_is_cleaned_and_all_else_stays() {
    kill_and_clean(20_200_714);
}

#[test]
fn what_runs_leave_that_are_killed_at_other_moments_is_cleaned_too() {
    kill_and_clean(20_200_715);
}

/// Kills runs at moments that a seed draws, and cleans after each.
fn kill_and_clean(seed: u64) {
    let target = Target::with(&[]);
    let scratch = Scratch::new();
    settle_others(&target.endpoint);
    let mut state = seed;
    let mut left_behind = 0;
    for kill in 0..KILLS {
        let journal = scratch.file(&format!("{kill}.journal"));
        let mut run = start(&target.endpoint, &journal);
        await_events(&mut run, &journal, "intent", 1 + (random(&mut state) % 900) as usize);
        run.kill().unwrap();
        run.wait().unwrap();
        imitate(&target.endpoint, &run_id(&journal));
        std::thread::sleep(Duration::from_millis(50));
        let before = world(&target.endpoint);

        let cleaned = conformance(&["clean", &journal]);
        assert_complete(&cleaned);
        let after = world(&target.endpoint);
        left_behind += before.len() - after.len();
        let own = own_of(&journal);
        let kept: BTreeMap<String, Value> =
            before.into_iter().filter(|(arn, _)| !own.contains(arn.split(' ').next().unwrap())).collect();
        let difference = difference(&kept, &after);
        let said = String::from_utf8_lossy(&cleaned.stdout).into_owned();
        assert!(difference.is_empty(), "kill {kill}:\n{}\n{said}", difference.join("\n"));
        assert_nothing_of(&after, &run_id(&journal), &format!("kill {kill}: {said}"));

        let again = conformance(&["clean", &journal]);
        assert_complete(&again);
        assert!(!String::from_utf8_lossy(&again.stdout).contains("deleted  "), "{again:?}");
        assert_world(&target.endpoint, &after, &format!("cleaned again after kill {kill}"));
    }
    assert!(left_behind > 0, "no run was killed while it had something");
}

/// Everything was deleted; or it was, but for requests that break their body on purpose and so cannot carry a mark:
/// of such a one without a response nobody knows more than that it should have been refused.
#[track_caller]
fn assert_complete(cleaned: &std::process::Output) {
    let said = String::from_utf8_lossy(&cleaned.stdout).into_owned();
    match said.contains("unknown  ") {
        false => assert_exit(cleaned, 0),
        true => assert_exit(cleaned, 3),
    }
    assert!(!said.contains("kept     "), "{said}");
}

/// ARNs that a journal says its run made, and those that `clean` found for it.
fn own_of(journal: &str) -> std::collections::BTreeSet<String> {
    let text = std::fs::read_to_string(journal).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut own = std::collections::BTreeSet::new();
    for line in lines {
        for resource in line["resources"].as_array().into_iter().flatten() {
            own.insert(resource["arn"].as_str().unwrap().to_owned());
        }
        own.extend(line["arn"].as_str().map(str::to_owned));
    }
    own
}

/// Nothing carries the tag of a run, or a name of it but that of the imitator.
#[track_caller]
fn assert_nothing_of(world: &BTreeMap<String, Value>, run: &str, when: &str) {
    let imitated = format!("ivs-conformance-{run}-999999");
    let name = format!("ivs-conformance-{run}-");
    let tag = format!("\"ivs-conformance-run\":\"{run}\"");
    for (arn, shown) in world {
        let shown = shown.to_string().replace(&imitated, "");
        assert!(!shown.contains(&tag) && !shown.contains(&name), "{when}: {arn} {shown}");
    }
}

#[test]
fn without_its_journal_what_carries_the_tag_is_found() {
    let target = Target::with(&[]);
    let scratch = Scratch::new();
    settle_others(&target.endpoint);
    let journal = scratch.file("lost.journal");
    let mut run = start(&target.endpoint, &journal);
    await_events(&mut run, &journal, "created", 40);
    run.kill().unwrap();
    run.wait().unwrap();
    let id = run_id(&journal);
    imitate(&target.endpoint, &id);
    std::thread::sleep(Duration::from_millis(1000));
    let tag = format!("\"ivs-conformance-run\":\"{id}\"");
    let is_tagged = |shown: &Value| shown.to_string().contains(&tag);
    let before = world(&target.endpoint);
    assert!(before.values().any(is_tagged), "nothing was left to find");

    let clean = ["clean", "--run-id", &id, "--endpoint", &target.endpoint, "--broadcast", "/_reference/broadcast"];
    let cleaned = conformance(&clean);
    assert_exit(&cleaned, 0);
    let said = String::from_utf8_lossy(&cleaned.stdout).into_owned();
    assert!(said.contains("left     "), "the imitator's channel is named: {said}");
    let gone: Vec<String> = before.iter().filter(|(_, shown)| is_tagged(shown)).map(|(arn, _)| arn.clone()).collect();
    let expected: BTreeMap<String, Value> =
        before.into_iter().filter(|(arn, _)| !gone.iter().any(|gone| arn.split(' ').next() == Some(gone))).collect();
    assert_world(&target.endpoint, &expected, &said);
    let again = conformance(&clean);
    assert!(String::from_utf8_lossy(&again.stdout).contains("0 resources deleted"), "{again:?}");
}

#[test]
fn a_run_that_is_asked_to_stop_deletes_what_it_made() {
    for signal in ["INT", "TERM"] {
        let target = Target::with(&[]);
        let scratch = Scratch::new();
        settle_others(&target.endpoint);
        let others = world(&target.endpoint);
        let journal = scratch.file("run.journal");
        let mut run = start(&target.endpoint, &journal);
        await_events(&mut run, &journal, "created", 60);
        let asked = std::process::Command::new("kill").args([&format!("-{signal}"), &run.id().to_string()]).status();
        assert!(asked.unwrap().success());
        assert_eq!(run.wait().unwrap().code(), Some(3), "{signal}");
        assert_world(&target.endpoint, &others, signal);
        assert_eq!(events(&journal, "ended"), 1, "{signal}");
    }
}

#[test]
fn a_journal_is_never_written_over() {
    let target = Target::with(&[]);
    let scratch = Scratch::new();
    let journal = scratch.file("run.journal");
    let arguments = ["run", "--endpoint", &target.endpoint, "--only", "GetChannel.status", "--journal", &journal];
    assert_exit(&conformance(&arguments), 0);
    let written = std::fs::read_to_string(&journal).unwrap();
    assert!(Path::new(&journal).metadata().unwrap().len() > 0);
    assert_exit(&conformance(&arguments), 2);
    assert_eq!(std::fs::read_to_string(&journal).unwrap(), written);
}

#[test]
fn what_failed_requests_of_a_killed_run_made_is_cleaned() {
    let target = Target::with(&[]);
    let scratch = Scratch::new();
    settle_others(&target.endpoint);
    let others = world(&target.endpoint);
    let weak = Weak::in_front_of(&target.endpoint, Weakness::MakesInSpiteOfErrors);
    let journal = scratch.file("weak.journal");
    let mut command = program();
    command.args(["run", "--endpoint", &weak.endpoint, "--auth", "none", "--jobs", "2", "--journal", &journal]);
    command.args(["--only", "CreateChannel.input.name.type", "--only", "CreateChannel.input.tags.type"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut run = command.spawn().unwrap();
    await_events(&mut run, &journal, "failed", 4);
    run.kill().unwrap();
    run.wait().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert!(!weak.hidden().is_empty(), "nothing was left to find");
    let text = std::fs::read_to_string(&journal).unwrap();
    assert!(text.lines().next().unwrap().contains("\"signing\":\"none\""), "{text}");
    let cleaned = conformance(&["clean", &journal]);
    assert_complete(&cleaned);
    let said = String::from_utf8_lossy(&cleaned.stdout).into_owned();
    let after = world(&target.endpoint);
    assert!(others.iter().all(|(arn, shown)| after.get(arn) == Some(shown)), "{said}");
    assert_nothing_of(&after, &run_id(&journal), &said);
    // A number beyond every type makes the body of a request unreadable, and its marks too.
    let unknown = said.lines().filter(|line| line.starts_with("unknown  what CreateChannel (request ")).count();
    let stays = after.keys().filter(|arn| !others.contains_key(*arn) && !arn.ends_with(" keys")).count();
    assert!(stays <= unknown && weak.hidden().len() == stays, "{stays} channels stay: {said}");
}

#[test]
fn clean_says_how_a_request_failed_whose_products_it_cannot_find() {
    let target = Target::with(&[]);
    let scratch = Scratch::new();
    let weak = Weak::in_front_of(&target.endpoint, Weakness::BreaksLists);
    let journal = scratch.file("weak.journal");
    let arguments = ["run", "--endpoint", &weak.endpoint, "--journal", &journal];
    let run = conformance(&[&arguments[..], &["--only", "CreateChannel.input.name.type"]].concat());
    assert_exit(&run, 3);
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(said.contains("The target is damaged since CreateChannel.input.name.type/refuses"), "{said}");
    assert!(said.contains("left on the target: every channel whose ARN is not known"), "{said}");
    let cleaned = conformance(&["clean", &journal]);
    assert_exit(&cleaned, 3);
    let said = String::from_utf8_lossy(&cleaned.stdout).into_owned();
    let unknown: Vec<&str> = said.lines().filter(|line| line.starts_with("unknown  ")).collect();
    let list = "ListChannels failed: the target responded with status 500";
    assert_eq!(unknown.iter().filter(|line| line.contains(list)).count(), 1, "{said}");
    let request = "it was answered with status 500, and its request could carry neither tag nor name";
    assert!(unknown.iter().all(|line| line.contains(list) || line.contains(request)), "{said}");
}
