use super::super::api::Api;
use super::super::inputs::members;
use super::super::operation::Operation as Op;
use super::*;
use serde_json::{Value, json};

fn broken(operation: Op, body: Value) -> Vec<String> {
    let body = body.as_object().cloned().unwrap_or_default();
    let violations = check(members(operation, Api::NEWEST), &body).into_iter();
    violations.map(|v| format!("{}.{}", v.path, v.constraint.name())).collect()
}

#[test]
fn what_is_right_passes() {
    let body = json!({
        "name": "n".repeat(128), "authorized": true, "preset": "", "latencyMode": null,
        "tags": {"k": "", "x".repeat(128): "v".repeat(256)}, "unknown": [1],
    });
    assert!(broken(Op::CreateChannel, body).is_empty());
    assert!(broken(Op::ListChannels, json!({"maxResults": 100, "nextToken": ""})).is_empty());
}

#[test]
fn each_breach_is_named_by_its_path() {
    let cases = [
        (Op::GetChannel, json!({}), "arn.required"),
        (Op::GetChannel, json!({"arn": null}), "arn.required"),
        (Op::CreateChannel, json!({"name": 1}), "name.type"),
        (Op::CreateChannel, json!({"name": "a b"}), "name.pattern"),
        (Op::CreateChannel, json!({"name": "n".repeat(129)}), "name.length.max"),
        (Op::CreateChannel, json!({"tags": {"": "v"}}), "tags.key.length.min"),
        (Op::CreateChannel, json!({"tags": {"k": null}}), "tags.value.type"),
        (Op::CreateChannel, json!({"tags": []}), "tags.type"),
        (Op::CreateChannel, json!({"type": "standard"}), "type.enum"),
        (Op::BatchGetChannel, json!({"arns": []}), "arns.length.min"),
        (Op::BatchGetChannel, json!({"arns": [null]}), "arns.member.type"),
        (Op::ListChannels, json!({"maxResults": 0}), "maxResults.range.min"),
        (Op::ListChannels, json!({"maxResults": 101}), "maxResults.range.max"),
        (Op::ListChannels, json!({"maxResults": 1.5}), "maxResults.type"),
        (Op::ListChannels, json!({"maxResults": "1"}), "maxResults.type"),
        (
            Op::ListStreamKeys,
            json!({"channelArn": "arn:aws:ivs:r:1:channel/a", "maxResults": 51}),
            "maxResults.range.max",
        ),
        (
            Op::CreateRecordingConfiguration,
            json!({"destinationConfiguration": {"s3": {}}}),
            "destinationConfiguration.s3.bucketName.required",
        ),
    ];
    for (operation, body, expected) in cases {
        assert_eq!(broken(operation, body), [expected], "{operation:?}");
    }
}

#[test]
fn length_counts_code_points() {
    let value = |count| json!({"tags": {"k": "\u{1F600}".repeat(count)}});
    assert!(broken(Op::CreateChannel, value(256)).is_empty());
    assert_eq!(broken(Op::CreateChannel, value(257)), ["tags.value.length.max"]);
}

#[test]
fn times_are_iso_8601_strings() {
    let arn = "arn:aws:ivs:r:1:channel/a";
    let value = |time: Value| json!({"channelArn": arn, "durationSeconds": 30, "targetStartAt": time});
    assert!(broken(Op::InsertAdBreak, value(json!("2026-11-26T17:00:00.5Z"))).is_empty());
    for wrong in [json!(1_700_000_000), json!("tomorrow"), json!("2026-13-01T00:00:00Z")] {
        assert_eq!(broken(Op::InsertAdBreak, value(wrong)), ["targetStartAt.type"]);
    }
}
