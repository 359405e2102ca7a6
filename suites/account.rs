//! What the program does on a target that is not on this machine. The targets of these tests are, and are treated as if
//! they were not; addresses of others (TEST-NET-1, which nobody has) are only named, never called.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "account/credentials.rs"]
mod credentials;
#[path = "account/issuers.rs"]
mod issuers;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use ivs_conformance::plan::{Filter, Suites};
use ivs_conformance::run::settings::{Locality, Settings};
use ivs_conformance::run::{self, CaseOutcome, Outcome, rate_limit};
use ivs_conformance::spec::Contract;
use ivs_conformance::{plan, spec};

use common::http::{call, world};
use common::poison::{Weak, Weakness};
use common::{Scratch, Target, assert_exit, program};

const ELSEWHERE: &str = "http://192.0.2.1:9";

fn elsewhere(arguments: &[&str]) -> Output {
    let mut command = program();
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "secret-of-the-test");
    command.stdin(Stdio::null()).args(arguments).output().unwrap()
}

#[test]
fn a_target_elsewhere_needs_consent() {
    for command in [vec!["run"], vec!["run", "--profile", "quick"]] {
        let output = elsewhere(&[command, vec!["--endpoint", ELSEWHERE]].concat());
        assert_exit(&output, 2);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("--plan") && said.contains("--yes") && said.contains(ELSEWHERE), "{said}");
    }
}

#[test]
fn a_plan_says_what_a_run_takes_and_sends_nothing() {
    let output =
        elsewhere(&["run", "--plan", "--endpoint", ELSEWHERE, "--only", "GetChannel.*", "--only", "PutMetadata.*"]);
    assert_exit(&output, 0);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    for part in [
        "plan for http://192.0.2.1:9 in us-east-1",
        "requests, about ",
        "resources made and deleted again",
        "channel, at most ",
        "(an account has room for 5000)",
        "longest: ",
        "stay untested",
        "the channel could not be brought into the state live: the target has no path that starts a broadcast",
        "ivs-conformance-",
        "nothing was sent to the target",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
}

/// Runs the program on a terminal of its own, where someone answers its question; none where there is no `script`.
fn on_a_terminal(arguments: &[&str], answer: &str) -> Option<(Option<i32>, String)> {
    let line = format!("{} {}", env!("CARGO_BIN_EXE_ivs-conformance"), arguments.join(" "));
    let mut command = std::process::Command::new("script");
    command.current_dir(std::env::temp_dir()).args(["-qec", &line, "/dev/null"]).env_remove("CI");
    command.env("IVS_CONFORMANCE_STATE_DIR", common::STATE);
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "secret-of-the-test");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut terminal = command.spawn().ok()?;
    let (mut keyboard, mut screen) = (terminal.stdin.take().unwrap(), terminal.stdout.take().unwrap());
    let (mut shown, mut piece, mut is_asked) = (Vec::new(), [0; 4096], false);
    while let Ok(length @ 1..) = screen.read(&mut piece) {
        shown.extend_from_slice(&piece[..length]);
        if !is_asked && String::from_utf8_lossy(&shown).contains("[y/N]") {
            is_asked = true;
            writeln!(keyboard, "{answer}").unwrap();
        }
    }
    let code = terminal.wait().unwrap().code();
    assert!(is_asked, "{}", String::from_utf8_lossy(&shown));
    Some((code, String::from_utf8_lossy(&shown).into_owned()))
}

#[test]
fn on_a_terminal_the_plan_is_shown_and_a_word_decides() {
    let target = Target::with(&[]);
    // This machine under an address that does not say so.
    let endpoint = target.endpoint.replace("127.0.0.1", "0.0.0.0");
    let scratch = Scratch::new();
    let journal = scratch.file("run.journal");
    let run = ["run", "--endpoint", &endpoint, "--region", "us-east-1", "--only", "GetChannel.*", "--profile", "quick"];
    let arguments = [&run[..], &["--skip", "scenario/*", "--quotas=false", "--journal", &journal]].concat();
    let Some((code, shown)) = on_a_terminal(&arguments, "n") else {
        eprintln!("there is no `script` here that makes a terminal");
        return;
    };
    assert!(shown.contains("plan for ") && shown.contains("nothing was sent, as you did not agree"), "{shown}");
    assert_eq!((code, Path::new(&journal).exists()), (Some(2), false));
    let (code, shown) = on_a_terminal(&arguments, "y").unwrap();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("conforms to ivs") && Path::new(&journal).exists(), "{shown}");
}

/// Runs part of the plan in process, as in an account.
fn run_in_account(only: &[&str], settings: Settings) -> (Contract, Outcome) {
    let contract = spec::builtin().unwrap();
    let only = only.iter().map(|glob| (*glob).to_owned()).collect();
    let plan = plan::plan(&contract, &Suites::builtin().unwrap(), &Filter { only, ..Filter::default() }).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let never = std::future::pending();
    let shared = Arc::new(contract);
    let outcome = runtime.block_on(run::run(&shared, &plan, &settings, &|_| {}, never)).unwrap();
    drop(runtime);
    (spec::builtin().unwrap(), outcome)
}

fn in_account(target: &Target, scratch: &Scratch) -> Settings {
    Settings {
        paced: false,
        patience: Duration::from_secs(3),
        ..Settings::for_account(&target.endpoint, PathBuf::from(scratch.file("run.journal")))
    }
}

#[test]
fn in_an_account_that_others_use_everything_conforms_and_nothing_is_left() {
    let (target, scratch) = (Target::with(&[]), Scratch::new());
    for number in 0..150 {
        call(&target.endpoint, "CreateChannel", &serde_json::json!({"name": format!("of-others-{number}")}));
    }
    let others = world(&target.endpoint);
    // While the run goes on, others come and go.
    let endpoint = target.endpoint.clone();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let busy = std::thread::spawn(move || {
        while let Err(std::sync::mpsc::TryRecvError::Empty) = stopped.try_recv() {
            let made = call(&endpoint, "CreateChannel", &serde_json::json!({"name": "comes-and-goes"}));
            std::thread::sleep(Duration::from_millis(5));
            call(&endpoint, "DeleteChannel", &serde_json::json!({"arn": made["channel"]["arn"]}));
        }
    });
    let only = [
        "scenario/channel-*",
        "scenario/*list*",
        "scenario/region-*",
        "ListChannels.*",
        "scenario/tag*",
        "scenario/*filter*",
    ];
    let (_, outcome) = run_in_account(&only, in_account(&target, &scratch));
    stop.send(()).unwrap();
    busy.join().unwrap();
    let findings: Vec<String> = outcome.findings.values().map(|found| format!("{:?}", found.violation)).collect();
    assert!(findings.is_empty(), "{findings:#?}");
    assert!(
        outcome.cases.iter().filter(|case| case.verdict == CaseOutcome::Passed).count() > 60,
        "{}",
        outcome.cases.len()
    );
    assert_eq!(world(&target.endpoint), others);
    let journal = std::fs::read_to_string(scratch.file("run.journal")).unwrap();
    assert!(journal.ends_with("{\"event\":\"ended\"}\n"), "{}", outcome.notes.join("\n"));
}

#[test]
fn what_an_account_does_not_allow_is_untested_with_that_reason() {
    let (target, scratch) = (Target::with(&[]), Scratch::new());
    let only = ["scenario/key-pair-pages-of-3", "rule.metadata-rate-per-channel"];
    let settings = in_account(&target, &scratch);
    let broadcast = ivs_conformance::run::settings::Broadcast::ControlPath("/_reference/broadcast".to_owned());
    let (_, outcome) = run_in_account(&only, Settings { broadcast, ..settings });
    let reasons: Vec<&str> = outcome
        .cases
        .iter()
        .filter_map(|case| match &case.verdict {
            CaseOutcome::Inconclusive { reason } => Some(reason.as_str()),
            _ => None,
        })
        .collect();
    assert!(reasons.iter().any(|reason| reason.contains("an account has room for 3")), "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.contains("--throttling")), "{reasons:?}");
}

#[test]
fn requests_keep_to_the_quotas() {
    let (target, scratch) = (Target::with(&[]), Scratch::new());
    let settings = Settings { paced: true, jobs: 4, ..in_account(&target, &scratch) };
    let (contract, outcome) = run_in_account(&["GetPlaybackKeyPair.input.arn.*"], settings);
    let sent = |name: &str| outcome.requests_by_operation.iter().find(|(known, _)| known == name).unwrap().1;
    let requests = sent("GetPlaybackKeyPair");
    let rate = rate_limit::allowed(&contract, "GetPlaybackKeyPair").unwrap();
    assert!(rate < 3.0, "the quota is 3 a second");
    assert!(requests > 3, "{requests}");
    let least = Duration::from_secs_f64((requests - 1) as f64 / rate);
    assert!(outcome.elapsed >= least, "{requests} requests in {:?}, which takes {least:?}", outcome.elapsed);
}

#[test]
fn settings_for_this_machine_do_not_reach_further() {
    let contract = Arc::new(spec::builtin().unwrap());
    let plan = plan::plan(&contract, &Suites::builtin().unwrap(), &Filter::default()).unwrap();
    let settings = Settings::for_loopback(ELSEWHERE);
    assert_eq!(settings.locality, Locality::Loopback);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let refused = runtime.block_on(run::run(&contract, &plan, &settings, &|_| {}, std::future::pending()));
    assert!(matches!(refused, Err(run::RunError::NotLocal { .. })), "{refused:?}");
}

/// Cases of creating requests that a weak target fails on and whose products it keeps all the same.
const DAMAGING: [&str; 4] = [
    "CreateChannel.input.tags*",
    "CreateChannel.input.name.type*",
    "CreateChannel.status*",
    "protocol.malformed-json*",
];

/// Channels of a world, each as its Get shows it.
fn channels(world: &std::collections::BTreeMap<String, serde_json::Value>) -> Vec<(&str, &serde_json::Value)> {
    let is_channel = |(arn, _): &(&String, &serde_json::Value)| arn.contains(":channel/") && !arn.ends_with(" keys");
    world.iter().filter(is_channel).map(|(arn, shown)| (arn.as_str(), shown)).collect()
}

#[test]
fn what_failed_requests_made_in_an_account_is_found_by_its_mark_or_named() {
    let (target, scratch) = (Target::with(&[]), Scratch::new());
    call(&target.endpoint, "CreateChannel", &serde_json::json!({"name": "of-others"}));
    let others = world(&target.endpoint);
    let weak = Weak::in_front_of(&target.endpoint, Weakness::MakesInSpiteOfErrors);
    let settings = Settings { endpoint: weak.endpoint.clone(), ..in_account(&target, &scratch) };
    let (_, outcome) = run_in_account(&DAMAGING, settings);
    assert!(weak.made() > 10, "failed requests made {} channels", weak.made());
    let after = world(&target.endpoint);
    assert!(others.iter().all(|(arn, shown)| after.get(arn) == Some(shown)), "what others have stays");
    let stays: Vec<_> = channels(&after).into_iter().filter(|(arn, _)| !others.contains_key(*arn)).collect();
    // What was made of malformed JSON carries no mark.
    for (arn, shown) in &stays {
        assert!(!shown.to_string().contains("ivs-conformance"), "{arn}: {shown}");
    }
    assert!((stays.len() as u64) < weak.made() && !stays.is_empty(), "{stays:?}");
    let named = outcome.left.iter().filter(|left| left.what.starts_with("what CreateChannel (request "));
    assert!(named.count() >= stays.len(), "{:#?}", outcome.left);
    assert!(outcome.left.iter().all(|left| left.reason.contains("status 500")), "{:#?}", outcome.left);
}

#[test]
fn in_an_account_whose_lists_a_request_breaks_the_run_ends_and_names_what_it_cannot_find() {
    let (target, scratch) = (Target::with(&[]), Scratch::new());
    let weak = Weak::in_front_of(&target.endpoint, Weakness::BreaksLists);
    let settings = Settings { endpoint: weak.endpoint.clone(), ..in_account(&target, &scratch) };
    let (_, outcome) = run_in_account(&DAMAGING, settings);
    assert!(outcome.notes.iter().any(|note| note.contains("damaged since")), "{:#?}", outcome.notes);
    let named = |left: &&ivs_conformance::run::Left| left.reason.contains("ListChannels failed");
    assert_eq!(outcome.left.iter().filter(named).count(), 1, "each reason is given once: {:#?}", outcome.left);
    let after = world(&target.endpoint);
    let stays: std::collections::BTreeSet<String> = channels(&after).iter().map(|(arn, _)| (*arn).to_owned()).collect();
    assert_eq!(stays, weak.hidden(), "everything whose ARN is known is deleted");
}
