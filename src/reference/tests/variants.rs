use serde_json::{Value, json};

use super::super::{Config, Variant};
use super::client::Client;

fn varied(variants: &[Variant]) -> Client {
    Client::with(Config { variants: variants.to_vec(), ..Config::default() })
}

#[test]
fn documents_vary() {
    let client = varied(&[
        Variant::NullForAbsent,
        Variant::ExtraMembers,
        Variant::UuidIds,
        Variant::KeyTagged,
        Variant::NoMultitrackObject,
    ]);
    let created = client.ok("CreateChannel", json!({"tags": {"a": "b"}}));
    let channel = &created["channel"];
    assert_eq!(channel.get("multitrackInputConfiguration"), Some(&Value::Null));
    assert!(channel["extraMember"].is_object());
    assert_eq!(created["streamKey"]["tags"], json!({"a": "b"}));
    assert_eq!(channel["arn"].as_str().unwrap().rsplit('/').next().unwrap().len(), 36);
    let listed = client.ok("ListChannels", json!({}));
    assert_eq!(listed.get("nextToken"), Some(&Value::Null));
}

#[test]
fn lists_vary() {
    let client = varied(&[Variant::ReverseOrder, Variant::LongTokens]);
    let arns: Vec<String> = (0..3).map(|_| client.channel(json!({}))).collect();
    let first = client.ok("ListChannels", json!({"maxResults": 2}));
    assert!(first["nextToken"].as_str().unwrap().len() > 900);
    let pages = client.pages("ListChannels", &json!({"maxResults": 2}), "channels");
    let listed = pages.concat();
    let listed: Vec<&str> = listed.iter().map(|c| c["arn"].as_str().unwrap()).collect();
    assert_eq!(listed, [&arns[2], &arns[1], &arns[0]]);
}

#[test]
fn errors_vary() {
    let members = |variant| {
        let answer = varied(&[variant]).call("GetChannel", json!({}));
        let names = answer.json().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        (names, answer.json(), answer)
    };
    assert_eq!(members(Variant::MessageOnly).0, ["message"]);
    assert_eq!(members(Variant::ExceptionMessageOnly).0, ["exceptionMessage"]);
    let (_, document, answer) = members(Variant::CodeInBodyOnly);
    assert_eq!(answer.error(), (400, ""));
    assert_eq!(document["__type"], "com.amazonaws.ivs#ValidationException");
    let client = varied(&[Variant::SerializationException]);
    client.fails("GetChannel", json!({"arn": 1}), 400, "SerializationException");
}

#[test]
fn transport_varies() {
    let client = varied(&[
        Variant::LongErrorType,
        Variant::GatewayErrors,
        Variant::ContentTypeCharset,
        Variant::EmptyTokenOnLast,
        Variant::OmitEmpty,
    ]);
    let answer = client.call("GetChannel", json!({}));
    let code = answer.header("x-amzn-errortype");
    assert!(code.contains("#ValidationException:http"), "{code}");
    let unknown = client.call("NoSuchThing", json!({}));
    assert_eq!(unknown.status, 403);
    let arn = client.channel(json!({}));
    let listed = client.call("ListChannels", json!({}));
    assert_eq!(listed.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(listed.json()["nextToken"], "");
    assert_eq!(listed.json()["channels"][0].get("tags"), None);
    let tags = client.send("GET", &format!("/tags/{arn}"), "", "");
    assert_eq!(tags.json(), json!({"tags": {}}));
}

#[test]
fn details_vary() {
    let client = varied(&[
        Variant::ActiveAtOnce,
        Variant::FractionalTimestamps,
        Variant::AcceptPresetOnStandard,
        Variant::EmptyObjectOnEmpty200,
    ]);
    let input = json!({"destinationConfiguration": {"s3": {"bucketName": "bucket"}}});
    let created = client.ok("CreateRecordingConfiguration", input);
    assert_eq!(created["recordingConfiguration"]["state"], "ACTIVE");
    let created = client.ok("CreateChannel", json!({"preset": "HIGHER_BANDWIDTH_DELIVERY"}));
    let channel = &created["channel"];
    assert_eq!(channel["preset"], "");
    assert_eq!(channel["multitrackInputConfiguration"]["enabled"], false);
    let arn = channel["arn"].as_str().unwrap();
    client.broadcast(arn, "live");
    let stream = client.ok("GetStream", json!({"channelArn": arn}));
    let time = stream["stream"]["startTime"].as_str().unwrap();
    assert_eq!((time.len(), &time[19..20]), (24, "."));
    assert_eq!(client.call("StopStream", json!({"channelArn": arn})).body, "{}");
}
