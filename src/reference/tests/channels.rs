use serde_json::{Value, json};

use super::client::Client;

#[test]
fn defaults_are_the_documented_ones() {
    let client = Client::new();
    let created = client.ok("CreateChannel", json!({}));
    let channel = &created["channel"];
    for (member, value) in [
        ("authorized", json!(false)),
        ("containerFormat", json!("TS")),
        ("insecureIngest", json!(false)),
        ("latencyMode", json!("LOW")),
        ("name", json!("")),
        ("playbackRestrictionPolicyArn", json!("")),
        ("preset", json!("")),
        ("recordingConfigurationArn", json!("")),
        ("tags", json!({})),
        ("type", json!("STANDARD")),
        ("multitrackInputConfiguration", json!({"enabled": false, "maximumResolution": "FULL_HD", "policy": "ALLOW"})),
    ] {
        assert_eq!(channel[member], value, "{member}");
    }
    assert_eq!(created["streamKey"]["channelArn"], channel["arn"]);
    let got = client.ok("GetChannel", json!({"arn": channel["arn"]}));
    assert_eq!(got["channel"], *channel);
}

#[test]
fn update_changes_what_is_given_and_nothing_else() {
    let client = Client::new();
    let arn = client.channel(json!({"name": "a", "latencyMode": "NORMAL", "tags": {"k": "v"}}));
    let before = client.ok("GetChannel", json!({"arn": arn}))["channel"].clone();
    let after = client.ok("UpdateChannel", json!({"arn": arn, "authorized": true}));
    let mut expected = before;
    expected["authorized"] = json!(true);
    assert_eq!(after["channel"], expected);
    assert_eq!(client.ok("GetChannel", json!({"arn": arn}))["channel"], expected);
}

#[test]
fn presets_follow_the_type() {
    let client = Client::new();
    let advanced = client.ok("CreateChannel", json!({"type": "ADVANCED_HD"}));
    assert_eq!(advanced["channel"]["preset"], "HIGHER_BANDWIDTH_DELIVERY");
    let arn = advanced["channel"]["arn"].clone();
    let update = |input: Value| {
        let mut input = input;
        input["arn"] = arn.clone();
        client.ok("UpdateChannel", input)["channel"]["preset"].clone()
    };
    let constrained = "CONSTRAINED_BANDWIDTH_DELIVERY";
    assert_eq!(update(json!({"preset": constrained})), constrained);
    assert_eq!(update(json!({"type": "ADVANCED_SD"})), constrained);
    assert_eq!(update(json!({"type": "BASIC"})), "");
    assert_eq!(update(json!({"type": "ADVANCED_SD"})), "HIGHER_BANDWIDTH_DELIVERY");
    let refused = json!({"type": "BASIC", "preset": constrained});
    client.fails("CreateChannel", refused, 400, "ValidationException");
    client.ok("CreateChannel", json!({"type": "BASIC", "preset": ""}));
}

#[test]
fn multitrack_has_conditions() {
    let client = Client::new();
    let input = json!({
        "containerFormat": "FRAGMENTED_MP4",
        "multitrackInputConfiguration":
            {"enabled": true, "policy": "ALLOW", "maximumResolution": "HD"},
    });
    let arn = client.channel(input.clone());
    let refused = |operation, change: fn(&mut Value), input: &Value| {
        let mut input = input.clone();
        change(&mut input);
        client.fails(operation, input, 400, "ValidationException");
    };
    const CONFIGURATION: &str = "multitrackInputConfiguration";
    refused("CreateChannel", |i| i["containerFormat"] = json!("TS"), &input);
    refused("CreateChannel", |i| i["containerFormat"] = Value::Null, &input);
    refused("CreateChannel", |i| i["type"] = json!("BASIC"), &input);
    refused("CreateChannel", |i| i[CONFIGURATION]["policy"] = Value::Null, &input);
    refused("CreateChannel", |i| i[CONFIGURATION]["maximumResolution"] = Value::Null, &input);
    let update = json!({"arn": arn});
    refused("UpdateChannel", |i| i["type"] = json!("ADVANCED_SD"), &update);
    refused("UpdateChannel", |i| i["containerFormat"] = json!("TS"), &update);
    let off = json!({"arn": arn, "type": "BASIC", CONFIGURATION: {"enabled": false}});
    client.ok("UpdateChannel", off);
}

#[test]
fn a_deleted_channel_takes_its_stream_key_along() {
    let client = Client::new();
    let created = client.ok("CreateChannel", json!({}));
    let arn = &created["channel"]["arn"];
    let answer = client.call("DeleteChannel", json!({"arn": arn}));
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    let missing = "ResourceNotFoundException";
    client.fails("GetChannel", json!({"arn": arn}), 404, missing);
    client.fails("DeleteChannel", json!({"arn": arn}), 404, missing);
    let key = json!({"arn": created["streamKey"]["arn"]});
    client.fails("GetStreamKey", key, 404, missing);
    client.fails("ListStreamKeys", json!({"channelArn": arn}), 404, missing);
}

#[test]
fn a_stream_key_is_reset_by_deleting_and_creating() {
    let client = Client::new();
    let created = client.ok("CreateChannel", json!({}));
    let (arn, old) = (&created["channel"]["arn"], &created["streamKey"]);
    let input = json!({"channelArn": arn, "tags": {"a": "b"}});
    client.fails("CreateStreamKey", input.clone(), 402, "ServiceQuotaExceededException");
    assert_eq!(client.call("DeleteStreamKey", json!({"arn": old["arn"]})).status, 204);
    let new = client.ok("CreateStreamKey", input)["streamKey"].clone();
    assert_ne!(new["arn"], old["arn"]);
    assert_ne!(new["value"], old["value"]);
    let listed = client.ok("ListStreamKeys", json!({"channelArn": arn}));
    let summary = json!({"arn": new["arn"], "channelArn": arn, "tags": {"a": "b"}});
    assert_eq!(listed, json!({"streamKeys": [summary]}));
    let arns = json!({"arns": [new["arn"], old["arn"]]});
    let batch = client.ok("BatchGetStreamKey", arns);
    assert_eq!(batch["streamKeys"], json!([new]));
    assert_eq!(batch["errors"][0]["arn"], old["arn"]);
    assert_eq!(batch["errors"][0]["code"], "404");
}

#[test]
fn lists_are_filtered_and_paged() {
    let client = Client::new();
    for index in 0..7 {
        client.channel(json!({"name": if index % 2 == 0 { "even" } else { "odd" }}));
    }
    let pages = client.pages("ListChannels", &json!({"maxResults": 3}), "channels");
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
    let filter = json!({"filterByName": "even", "maxResults": 2});
    let pages = client.pages("ListChannels", &filter, "channels");
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
    assert!(pages.iter().flatten().all(|channel| channel["name"] == "even"));
    assert_eq!(client.pages("ListChannels", &json!({}), "channels")[0].len(), 7);
    let arn = "arn:aws:ivs:us-east-1:123456789012:recording-configuration/a";
    let both = json!({"filterByName": "even", "filterByRecordingConfigurationArn": arn});
    client.fails("ListChannels", both, 409, "ConflictException");
}

#[test]
fn pages_survive_creation_and_deletion() {
    let client = Client::new();
    let arns: Vec<String> = (0..6).map(|_| client.channel(json!({}))).collect();
    let first = client.ok("ListChannels", json!({"maxResults": 2}));
    client.ok("DeleteChannel", json!({"arn": arns[1]}));
    client.ok("DeleteChannel", json!({"arn": arns[2]}));
    let new = client.channel(json!({}));
    let rest = json!({"nextToken": first["nextToken"]});
    let rest = client.ok("ListChannels", rest);
    let rest: Vec<&Value> = rest["channels"].as_array().unwrap().iter().collect();
    let rest: Vec<&str> = rest.iter().map(|channel| channel["arn"].as_str().unwrap()).collect();
    assert_eq!(rest, [&arns[3], &arns[4], &arns[5], &new]);
}

#[test]
fn tokens_belong_to_their_list() {
    let client = Client::new();
    for _ in 0..2 {
        client.channel(json!({}));
        client.ok("CreatePlaybackRestrictionPolicy", json!({}));
    }
    let token = client.ok("ListChannels", json!({"maxResults": 1}))["nextToken"].clone();
    let refused = "ValidationException";
    client.fails("ListPlaybackRestrictionPolicies", json!({"nextToken": token}), 400, refused);
    client.fails("ListChannels", json!({"nextToken": "abc"}), 400, refused);
    client.fails("ListChannels", json!({"nextToken": "!"}), 400, refused);
}
