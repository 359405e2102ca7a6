#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

fn response(body: Value) -> Response {
    Response { answer: Answer::Success, status: Some(200), body: Some(body), exceeds: false }
}

fn compared(operation: &str, renaming: &mut Renaming, a: Value, b: Value) -> Vec<(Kind, String)> {
    let contract = crate::spec::builtin().unwrap();
    let suites = Suites::builtin().unwrap();
    let comparer = Comparer::new(&contract, &suites);
    let given = BTreeSet::from(["mine", "other"]);
    let operation = contract.operation(operation).unwrap();
    let found = comparer.differences(operation, renaming, &Past::default(), &given, &response(a), &response(b));
    found.into_iter().map(|found| (found.kind, found.path)).collect()
}

fn arn(id: &str) -> String {
    format!("arn:aws:ivs:us-east-1:123456789012:channel/{id}")
}

#[test]
fn made_up_values_times_and_what_is_optional_are_no_difference() {
    let a = json!({"channel": {"arn": arn("a"), "name": "mine", "playbackUrl": "https://a.example/x", "srt":
        {"endpoint": "a.example"}, "tags": {}}});
    let b = json!({"channel": {"arn": arn("b"), "name": "mine", "playbackUrl": "https://b.example/y", "srt":
        {"endpoint": "b.example"}, "preset": "", "multitrackInputConfiguration": {"enabled": false}, "extra": 1}});
    assert_eq!(compared("GetChannel", &mut Renaming::default(), a, b), []);
    let time = |start: &str| json!({"stream": {"channelArn": arn("a"), "startTime": start, "viewerCount": 1}});
    let other = json!({"stream": {"channelArn": arn("b"), "startTime": "2025-01-01T00:00:00Z", "viewerCount": -1}});
    assert_eq!(compared("GetStream", &mut Renaming::default(), time("2024-01-01T00:00:00.5Z"), other), []);
}

#[test]
fn values_that_were_given_and_words_of_the_contract_are_compared() {
    let channel = |mut members: Value| {
        members["arn"] = Value::from(arn("same"));
        json!({"channel": members})
    };
    let path = |name: &str| format!("channel.{name}");
    for (kind, name, a, b) in [
        (Kind::Value, "name", json!({"name": "mine"}), json!({"name": "other"})),
        (Kind::Value, "name", json!({"name": "mine"}), json!({"name": "made up"})),
        (Kind::Presence, "name", json!({"name": "mine"}), json!({"name": ""})),
        (Kind::Value, "latencyMode", json!({"latencyMode": "LOW"}), json!({"latencyMode": "NORMAL"})),
        (Kind::Value, "authorized", json!({"authorized": true}), json!({"authorized": false})),
        (Kind::Presence, "tags.value", json!({"tags": {"mine": ""}}), json!({"tags": {}})),
    ] {
        let found = compared("GetChannel", &mut Renaming::default(), channel(a), channel(b));
        let expected =
            if name == "tags.value" { vec![(kind, "channel.tags".to_owned())] } else { vec![(kind, path(name))] };
        assert!(found == expected || found == [(kind, path(name))], "{name}: {found:?}");
    }
}

#[test]
fn a_name_that_is_used_again_is_a_difference() {
    let mut renaming = Renaming::default();
    let channel = |id: &str| json!({"channel": {"arn": arn(id)}});
    assert_eq!(compared("GetChannel", &mut renaming, channel("a1"), channel("b1")), []);
    assert_eq!(
        compared("GetChannel", &mut renaming, channel("a2"), channel("b1")),
        [(Kind::Identity, "channel.arn".to_owned())]
    );
}

#[test]
fn lists_are_compared_without_order_and_without_what_others_made() {
    let mut renaming = Renaming::default();
    for (a, b) in [("a1", "b1"), ("a2", "b2")] {
        renaming.relate(&arn(a), &arn(b));
    }
    let item = |id: &str, name: &str| json!({"arn": arn(id), "name": name});
    let list = |items: Vec<Value>| json!({"channels": items});
    let a = list(vec![item("a1", "mine"), item("foreign", "x"), item("a2", "other")]);
    let b = list(vec![item("b2", "other"), item("b1", "mine")]);
    assert_eq!(compared("ListChannels", &mut renaming, a.clone(), b), []);
    let twice = list(vec![item("b2", "other"), item("b1", "mine"), item("b1", "mine")]);
    assert_eq!(compared("ListChannels", &mut renaming, a.clone(), twice), [(Kind::Items, "channels".to_owned())]);
    let changed = list(vec![item("b2", "mine"), item("b1", "mine")]);
    assert_eq!(compared("ListChannels", &mut renaming, a, changed), [(Kind::Value, "channels.member.name".to_owned())]);
}

#[test]
fn names_that_both_targets_make_up_alike_are_no_strangers() {
    let mut renaming = Renaming::default();
    let created = json!({"channel": {"arn": arn("alike"), "name": "mine"}});
    assert_eq!(compared("CreateChannel", &mut renaming, created.clone(), created), []);
    let item = json!({"arn": arn("alike"), "name": "mine"});
    let (shown, lost) = (json!({"channels": [item]}), json!({"channels": []}));
    assert!(!compared("ListChannels", &mut renaming, shown.clone(), lost.clone()).is_empty(), "B lost it");
    assert!(!compared("ListChannels", &mut renaming, lost, shown).is_empty(), "A lost it");
    let renamed = json!({"channel": {"arn": arn("another"), "name": "mine"}});
    let before = json!({"channel": {"arn": arn("alike"), "name": "mine"}});
    let path = "channel.arn".to_owned();
    assert_eq!(compared("GetChannel", &mut renaming, before, renamed), [(Kind::Identity, path)]);
}

#[test]
fn errors_are_compared_by_status_and_code() {
    let contract = crate::spec::builtin().unwrap();
    let suites = Suites::builtin().unwrap();
    let comparer = Comparer::new(&contract, &suites);
    let refused = |status, code: &str, message: &str| Response {
        answer: Answer::Error { status, code: Some(code.to_owned()) },
        status: Some(status),
        body: Some(json!({"message": message})),
        exceeds: false,
    };
    let operation = contract.operation("GetChannel").unwrap();
    let compare = |a: &Response, b: &Response| {
        let given = BTreeSet::new();
        comparer.differences(operation, &mut Renaming::default(), &Past::default(), &given, a, b).len()
    };
    let not_found = refused(404, "ResourceNotFoundException", "a");
    assert_eq!(compare(&not_found, &refused(404, "ResourceNotFoundException", "b")), 0);
    assert_eq!(compare(&not_found, &refused(400, "ValidationException", "a")), 1);
    assert_eq!(compare(&not_found, &response(json!({}))), 1);
}

#[test]
fn items_that_nothing_is_known_of_are_matched_by_what_they_say_and_null_says_nothing() {
    let id = |id: &str| format!("st-{id:0>23}");
    let (begun, over) = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z");
    let a = json!({"streamSessions": [
        {"streamId": id("a2"), "startTime": begun}, {"streamId": id("a1"), "startTime": begun, "endTime": over}]});
    let b = json!({"streamSessions": [
        {"streamId": id("b1"), "startTime": begun, "endTime": over},
        {"streamId": id("b2"), "startTime": begun, "endTime": null}]});
    let mut renaming = Renaming::default();
    assert_eq!(compared("ListStreamSessions", &mut renaming, a, b), []);
    let stream = |text: String| json!({"stream": {"streamId": text}});
    assert_eq!(compared("GetStream", &mut renaming, stream(id("a2")), stream(id("b2"))), []);
}

#[test]
fn a_member_that_other_outputs_show_of_the_resource_is_compared_and_any_other_member_is_not() {
    let arn = "arn:aws:ivs:us-east-1:123456789012:playback-key/abcdABCD1234";
    let shown = |extra: Value| {
        let mut item = json!({"arn": arn, "name": "a"});
        if let (Value::Object(item), Value::Object(extra)) = (&mut item, extra) {
            item.extend(extra);
        }
        json!({"keyPairs": [item]})
    };
    let compare = |b: Value| {
        let mut renaming = Renaming::default();
        renaming.relate(arn, arn);
        compared("ListPlaybackKeyPairs", &mut renaming, shown(json!({})), b)
    };
    let found = compare(shown(json!({"fingerprint": "ab:cd"})));
    assert_eq!(found, [(Kind::Presence, "keyPairs.member.fingerprint".to_owned())]);
    assert_eq!(compare(shown(json!({"fingerprint": null}))), []);
    assert_eq!(compare(shown(json!({"somethingElse": "ab:cd"}))), []);
}
