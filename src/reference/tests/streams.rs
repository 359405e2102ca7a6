use serde_json::{Value, json};

use super::client::Client;

#[test]
fn idle_and_missing_channels_are_told_apart() {
    let client = Client::new();
    let arn = client.channel(json!({}));
    let missing = format!("{arn}x");
    for operation in ["GetStream", "StopStream"] {
        let idle = json!({"channelArn": arn});
        client.fails(operation, idle, 404, "ChannelNotBroadcasting");
        let missing = json!({"channelArn": missing});
        client.fails(operation, missing, 404, "ResourceNotFoundException");
    }
    let session = json!({"channelArn": arn});
    client.fails("GetStreamSession", session, 404, "ResourceNotFoundException");
    let answer = client.send("POST", "/_reference/broadcast", "", r#"{"channelArn":"x"}"#);
    assert_eq!(answer.status, 404);
}

#[test]
fn a_broadcast_is_seen_everywhere_and_ends() {
    let client = Client::new();
    let arn = client.channel(json!({"name": "before"}));
    let id = client.broadcast(&arn, "live");
    assert_eq!(id.len(), 26);
    let by_channel = json!({"channelArn": arn});
    let stream = client.ok("GetStream", by_channel.clone())["stream"].clone();
    assert_eq!((&stream["streamId"], &stream["state"]), (&json!(id), &json!("LIVE")));
    let mut summary = stream;
    summary.as_object_mut().unwrap().remove("playbackUrl");
    assert_eq!(client.ok("ListStreams", json!({}))["streams"], json!([summary]));
    let starving = json!({"filterBy": {"health": "STARVING"}});
    assert_eq!(client.ok("ListStreams", starving)["streams"], json!([]));
    client.fails("UpdateChannel", json!({"arn": arn, "name": "x"}), 409, "ConflictException");
    client.fails("DeleteChannel", json!({"arn": arn}), 409, "ConflictException");
    let session = client.ok("GetStreamSession", by_channel.clone());
    assert_eq!(session["streamSession"]["endTime"], Value::Null);
    assert_eq!(client.call("StopStream", by_channel.clone()).status, 200);
    client.fails("GetStream", by_channel.clone(), 404, "ChannelNotBroadcasting");
    client.ok("UpdateChannel", json!({"arn": arn, "name": "after"}));
    let input = json!({"channelArn": arn, "streamId": id});
    let session = client.ok("GetStreamSession", input)["streamSession"].clone();
    assert_eq!(session["channel"]["name"], "before");
    assert!(session["endTime"].is_string());
    assert_eq!(session["truncatedEvents"][0]["name"], "Session Ended");
    let second = client.broadcast(&arn, "live");
    client.broadcast(&arn, "offline");
    let sessions = client.pages("ListStreamSessions", &by_channel, "streamSessions");
    let ids: Vec<&Value> = sessions[0].iter().map(|session| &session["streamId"]).collect();
    assert_eq!(ids, [&json!(second), &json!(id)]);
    let one = json!({"channelArn": arn, "maxResults": 1});
    let pages = client.pages("ListStreamSessions", &one, "streamSessions");
    assert_eq!(pages.concat(), sessions[0]);
}

#[test]
fn multitrack_has_more_tracks_and_event_codes() {
    let client = Client::new();
    let arn = client.channel(json!({
        "containerFormat": "FRAGMENTED_MP4",
        "multitrackInputConfiguration":
            {"enabled": true, "policy": "REQUIRE", "maximumResolution": "FULL_HD"},
    }));
    client.broadcast(&arn, "live");
    let session = client.ok("GetStreamSession", json!({"channelArn": arn}));
    let session = &session["streamSession"];
    let tracks = session["ingestConfigurations"]["videoConfigurations"].as_array().unwrap();
    assert_eq!(tracks.len(), 3);
    assert_eq!(session["ingestConfiguration"]["video"]["track"], "Track0");
    let events = session["truncatedEvents"].as_array().unwrap();
    assert!(events.iter().any(|event| event["code"] == "MultitrackInputRequired"));
}

#[test]
fn metadata_has_a_size_and_a_rate() {
    let client = Client::new();
    let arn = client.channel(json!({}));
    let put = |size: usize| {
        let input = json!({"channelArn": arn, "metadata": "m".repeat(size)});
        let answer = client.call("PutMetadata", input);
        (answer.status, answer.header("x-amzn-errortype").to_owned())
    };
    assert_eq!(put(1), (404, "ChannelNotBroadcasting".to_owned()));
    client.broadcast(&arn, "live");
    assert_eq!(put(1025), (400, "ValidationException".to_owned()));
    assert_eq!(put(0), (400, "ValidationException".to_owned()));
    for _ in 0..5 {
        assert_eq!(put(1024).0, 204);
    }
    // Room for a call comes back every fifth of a second, which a busy machine may take for one of them.
    let throttled = (429, "ThrottlingException".to_owned());
    assert!((0..20).any(|_| put(1) == throttled));
}
