#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;
use crate::record::FindingKind;
use crate::record::Secrets;
use crate::record::Violation;
use crate::record::{Origin, Seen, Trail};
use crate::wire::{FailureKind, Request, sample};

fn step(operation: &str, body: &str, response: &str) -> TrailStep {
    TrailStep {
        operation: operation.into(),
        request: Request {
            method: "POST".into(),
            target: format!("/{operation}").into(),
            headers: vec![
                ("accept".into(), "application/json".into()),
                ("content-type".into(), "application/json".into()),
            ],
            body: body.to_owned().into(),
        },
        response: response.to_owned().into(),
        manner: Manner::AsRun,
        origin: Origin::Own,
    }
}

/// The script for a finding that these steps show.
fn script_of(steps: Vec<TrailStep>, observed: &str) -> Result<String, Unfaithful> {
    let contract = crate::spec::builtin().unwrap();
    let resources = Resources::of(&contract);
    let run = crate::report::sample::run_description();
    let redactor = Redactor::new(&contract, Secrets::default());
    let mut before = steps;
    let telling = before.pop().unwrap();
    let exchange = sample::exchange(telling.request.clone(), sample::failure(FailureKind::Closed));
    let operation = contract.operation("GetChannel").unwrap();
    let violation = Violation {
        clause: operation.status_clause,
        operation: operation.name.clone(),
        detail: None,
        kind: FindingKind::WrongStatus,
        expected: String::new(),
        observed: observed.to_owned(),
        tier: None,
    };
    let found = Found {
        violation,
        exchange,
        body_length: 0,
        setup: Vec::new(),
        trail: Trail { before, telling },
        case: 0,
        also_in: Default::default(),
        occurrences: 1,
        seen: Seen::ONCE,
        witness: None,
    };
    let (contract, resources, run, redactor) = (&contract, &resources, &run, &redactor);
    script(&Subject { contract, resources, run, redactor, id: "id", expected: "", observed }, &found)
}

#[test]
fn what_a_response_gave_is_taken_out_of_it_and_deleted() {
    let channel = "arn:aws:ivs:us-east-1:123456789012:channel/abcdefghijkl";
    let made = json!({"channel": {"arn": channel, "name": "chosen-by-us-1"}}).to_string();
    let steps = vec![
        step("CreateChannel", r#"{"name":"chosen-by-us-1"}"#, &made),
        step("GetChannel", &json!({"arn": channel}).to_string(), "{}"),
    ];
    let script = script_of(steps, "").unwrap();
    assert!(!script.contains(channel), "{script}");
    for line in [
        r#"call POST "/CreateChannel" '{"name":"chosen-by-us-1"}'"#,
        "channel_arn=$(arn channel 1)",
        r#"  remove "$channel_arn" POST "/DeleteChannel" '{"arn":"'"$channel_arn"'"}'"#,
        r#"  --data-raw '{"arn":"'"$channel_arn"'"}' \"#,
        r#"  "$ENDPOINT/GetChannel""#,
    ] {
        assert!(script.lines().any(|one| one == line), "{line}\n{script}");
    }
    assert!(script.ends_with("\"$ENDPOINT/GetChannel\"\n") && makes_something_first(&script));
}

#[test]
fn tokens_are_members_and_the_shell_reads_them_as_the_report_did() {
    let steps = vec![
        step("ListChannels", "{}", "{\"channels\": [], \"nextToken\" : \"dG9rZW4x+/==\"}"),
        step("ListChannels", r#"{"nextToken":"dG9rZW4x+/=="}"#, "{}"),
    ];
    let script = script_of(steps, "").unwrap();
    assert!(script.contains("next_token=$(member nextToken 1)"), "{script}");
    assert!(script.contains(r#"'{"nextToken":"'"$next_token"'"}'"#), "{script}");
}

#[test]
fn nothing_of_a_hostile_target_becomes_a_command() {
    let hostile = "a12345678'; rm -rf ~; $(id) `id` \"";
    let steps = vec![
        step("ListChannels", "{}", &json!({"nextToken": hostile}).to_string()),
        step("ListChannels", &json!({"nextToken": hostile}).to_string(), "{}"),
    ];
    let script = script_of(steps, "line\nrm -rf ~ # \u{202e}").unwrap();
    assert!(script.contains(r"a12345678'\''; rm -rf ~; $(id) `id` "), "{script}");
    assert!(script.lines().all(|line| !line.starts_with("rm ")), "{script}");
    assert!(!script.contains('\u{202e}'));
}

#[test]
fn secrets_have_stand_ins_of_their_length() {
    let body = json!({"channelArn": "x", "metadata": "tell-nobody é"}).to_string();
    let script = script_of(vec![step("PutMetadata", &body, "")], "").unwrap();
    assert!(
        !script.contains("tell-nobody") && script.contains("SECRET_METADATA=${SECRET_METADATA:-'xxxxxxxxxxxxé'}\n"),
        "{script}"
    );
    assert!(script.contains(r#""metadata":"'"$SECRET_METADATA"'"}'"#), "{script}");
}

#[test]
fn what_curl_cannot_do_has_no_script() {
    let concurrent = TrailStep { manner: Manner::Concurrent, ..step("GetChannel", "{}", "") };
    assert!(script_of(vec![concurrent], "").is_err_and(|Unfaithful(reason)| reason.contains("same time")));
    let long = step("GetChannel", &"x".repeat(LONGEST_FOR_TESTS), "");
    assert!(script_of(vec![long], "").is_err());
    let binary = step("GetChannel", "a\0b", "");
    assert!(script_of(vec![binary], "").is_err());
}

/// More than a command line takes.
const LONGEST_FOR_TESTS: usize = 200_000;
