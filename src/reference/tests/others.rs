use serde_json::{Value, json};

use super::client::Client;

/// `openssl ec -pubout` of a P-384 key, and the MD5 of its DER.
const KEY: &str = "-----BEGIN PUBLIC KEY-----\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAELlw4KOEAipbsLGFERcEI/hwU8CYIXg3T\nTZ3+4HxFJXya/IIIih7v47o0lH9lNZ8Z12FcyjXYOzmI8mUgtTX4SAI2fl984OPC\nXp6KjjL2IBaohSh2KK6XCAsS8jkpcS9h\n-----END PUBLIC KEY-----";
const FINGERPRINT: &str = "ab:9a:e0:71:c4:54:0f:92:5c:4d:8d:72:63:4e:9b:b3";

#[test]
fn recording_configurations_have_defaults_and_are_protected() {
    let client = Client::new();
    let input = json!({"destinationConfiguration": {"s3": {"bucketName": "bucket"}}});
    let created = client.ok("CreateRecordingConfiguration", input)["recordingConfiguration"].clone();
    assert_eq!(created["state"], "CREATING");
    assert_eq!(created["recordingReconnectWindowSeconds"], 0);
    assert_eq!(created["renditionConfiguration"]["renditionSelection"], "ALL");
    let thumbnails = json!({"recordingMode": "INTERVAL", "storage": ["SEQUENTIAL"], "targetIntervalSeconds": 60});
    assert_eq!(created["thumbnailConfiguration"], thumbnails);
    let by_arn = json!({"arn": created["arn"]});
    let got = client.ok("GetRecordingConfiguration", by_arn.clone());
    assert_eq!(got["recordingConfiguration"]["state"], "ACTIVE");
    let channel = client.channel(json!({"recordingConfigurationArn": created["arn"]}));
    client.fails("DeleteRecordingConfiguration", by_arn.clone(), 409, "ConflictException");
    let filter = json!({"filterByRecordingConfigurationArn": created["arn"]});
    assert_eq!(client.ok("ListChannels", filter)["channels"][0]["arn"], channel);
    client.ok("UpdateChannel", json!({"arn": channel, "recordingConfigurationArn": ""}));
    assert_eq!(client.call("DeleteRecordingConfiguration", by_arn).status, 204);
    let gone = json!({"arn": channel, "recordingConfigurationArn": created["arn"]});
    client.fails("UpdateChannel", gone, 404, "ResourceNotFoundException");
}

#[test]
fn recording_configurations_have_rules() {
    let client = Client::new();
    let refused = |input: Value| {
        client.fails("CreateRecordingConfiguration", input, 400, "ValidationException");
    };
    refused(json!({}));
    refused(json!({"destinationConfiguration": {}}));
    let destination = json!({"s3": {"bucketName": "bucket"}});
    let custom = |renditions: Value| {
        json!({
            "destinationConfiguration": destination,
            "renditionConfiguration": {"renditionSelection": "CUSTOM", "renditions": renditions},
        })
    };
    refused(custom(Value::Null));
    refused(custom(json!([])));
    client.ok("CreateRecordingConfiguration", custom(json!(["HD"])));
}

#[test]
fn policies_are_patched_and_protected() {
    let client = Client::new();
    let create = |input: Value| client.ok("CreatePlaybackRestrictionPolicy", input);
    let created = create(json!({"allowedCountries": ["US", "DE"]}));
    let policy = &created["playbackRestrictionPolicy"];
    assert_eq!(policy["allowedOrigins"], json!([]));
    assert_eq!(policy["enableStrictOriginEnforcement"], false);
    create(json!({}));
    let listed = client.ok("ListPlaybackRestrictionPolicies", json!({}));
    assert_eq!(listed["playbackRestrictionPolicies"].as_array().unwrap().len(), 1);
    let origins = json!(["https://example.com", "null"]);
    let update = json!({"arn": policy["arn"], "allowedOrigins": origins});
    let updated = client.ok("UpdatePlaybackRestrictionPolicy", update);
    let mut expected = policy.clone();
    expected["allowedOrigins"] = origins;
    assert_eq!(updated["playbackRestrictionPolicy"], expected);
    client.channel(json!({"playbackRestrictionPolicyArn": policy["arn"]}));
    let by_arn = json!({"arn": policy["arn"]});
    client.fails("DeletePlaybackRestrictionPolicy", by_arn, 409, "ConflictException");
    for wrong in [json!({"allowedCountries": ["us"]}), json!({"allowedOrigins": ["a b"]})] {
        let code = "ValidationException";
        client.fails("CreatePlaybackRestrictionPolicy", wrong, 400, code);
    }
}

#[test]
fn key_pairs_are_real_keys() {
    let client = Client::new();
    let input = json!({"publicKeyMaterial": KEY, "name": "k"});
    let created = client.ok("ImportPlaybackKeyPair", input.clone());
    let pair = &created["keyPair"];
    assert_eq!(pair["fingerprint"], FINGERPRINT);
    client.fails("ImportPlaybackKeyPair", input.clone(), 409, "ConflictException");
    let wrong = json!({"publicKeyMaterial": "not a key"});
    client.fails("ImportPlaybackKeyPair", wrong, 400, "ValidationException");
    let summary = json!({"arn": pair["arn"], "name": "k", "tags": {}});
    assert_eq!(client.ok("ListPlaybackKeyPairs", json!({})), json!({"keyPairs": [summary]}));
    let deleted = client.call("DeletePlaybackKeyPair", json!({"arn": pair["arn"]}));
    assert_eq!((deleted.status, deleted.body.as_str()), (200, ""));
    client.ok("ImportPlaybackKeyPair", input);
}

#[test]
fn tags_merge_overwrite_and_untag() {
    let client = Client::new();
    let arn = client.channel(json!({"tags": {"a": "1", "b": "2"}}));
    let path = format!("/tags/{}", arn.replace(':', "%3A").replace('/', "%2F"));
    let json = "content-type: application/json\r\n";
    let tags = || client.send("GET", &path, "", "").json()["tags"].clone();
    let tag = |tags: Value| client.send("POST", &path, json, &json!({"tags": tags}).to_string());
    let answer = tag(json!({"b": "3", "ä x": "+"}));
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(tags(), json!({"a": "1", "b": "3", "ä x": "+"}));
    assert_eq!(client.ok("GetChannel", json!({"arn": arn}))["channel"]["tags"], tags());
    let untag = |query: &str| client.send("DELETE", &format!("{path}{query}"), "", "").status;
    assert_eq!(untag("?tagKeys=%C3%A4+x&tagKeys=a&tagKeys=none"), 200);
    assert_eq!(tags(), json!({"b": "3"}));
    assert_eq!(untag(""), 400);
    assert_eq!(client.send("GET", &format!("/tags/{arn}"), "", "").status, 200);
    let many = |from: i32, to: i32| {
        let tags = (from..to).map(|index| (index.to_string(), json!("")));
        Value::Object(tags.collect())
    };
    assert_eq!(tag(many(0, 49)).status, 200);
    assert_eq!(tag(many(0, 50)).error(), (400, "ValidationException"));
    assert_eq!(tag(json!({"AWS:x": ""})).status, 400);
    assert_eq!(tag(json!({"a*b": ""})).status, 400);
    assert_eq!(tag(json!({})).status, 200);
    let unknown = client.send("GET", &format!("{path}x"), "", "");
    assert_eq!(unknown.error(), (404, "ResourceNotFoundException"));
}

#[test]
fn revocations_fail_one_by_one() {
    let client = Client::new();
    let arn = client.channel(json!({}));
    let other = format!("{arn}x");
    let input = json!({"viewerSessions": [
        {"channelArn": arn, "viewerId": "v"},
        {"channelArn": other, "viewerId": "w", "viewerSessionVersionsLessThanOrEqualTo": 1},
    ]});
    let errors = client.ok("BatchStartViewerSessionRevocation", input)["errors"].clone();
    assert_eq!(errors.as_array().unwrap().len(), 1);
    assert_eq!((&errors[0]["channelArn"], &errors[0]["viewerId"]), (&json!(other), &json!("w")));
    let one = |arn: &str| json!({"channelArn": arn, "viewerId": "v"});
    let answer = client.call("StartViewerSessionRevocation", one(&arn));
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    let missing = "ResourceNotFoundException";
    client.fails("StartViewerSessionRevocation", one(&other), 404, missing);
}
