use serde_json::{Value, json};

use super::client::Client;

/// A faulty server runs the same stages as the plain one: where its fault does not show, it responds the same.
#[test]
fn a_fault_that_does_not_show_changes_nothing() {
    let responses = |client: &Client| {
        let mut responses = Vec::new();
        let mut note = |answer: super::client::Answer| {
            let code = answer.header("x-amzn-errortype").to_owned();
            responses.push((answer.status, code, answer.header("content-type").to_owned(), answer.body.clone()));
            answer.json()
        };
        let created = note(client.call("CreateChannel", json!({"name": "a", "tags": {"B": "1"}})));
        let arn = created["channel"]["arn"].clone();
        let path = format!("/tags/{}", arn.as_str().unwrap_or_default().replace('/', "%2F"));
        let list = note(client.call("ListChannels", json!({"maxResults": 1})));
        for (operation, input) in [
            ("CreateChannel", json!({"name": "a b"})),
            ("CreateChannel", json!({"type": "BASIC", "preset": "HIGHER_BANDWIDTH_DELIVERY"})),
            ("CreateStreamKey", json!({"channelArn": arn})),
            ("ListChannels", json!({"maxResults": 1, "nextToken": list["nextToken"]})),
            ("ListChannels", json!({"filterByName": "a"})),
            ("GetStream", json!({"channelArn": arn})),
            ("GetStreamSession", json!({"channelArn": arn})),
            ("BatchGetChannel", json!({"arns": [arn, "arn:aws:ivs:us-east-1:123456789012:channel/none"]})),
            ("UpdateChannel", json!({"arn": arn, "authorized": true})),
            ("CreatePlaybackRestrictionPolicy", json!({"allowedCountries": ["XX"]})),
            ("ImportPlaybackKeyPair", json!({"publicKeyMaterial": "none"})),
            ("Nowhere", json!({})),
            ("DeleteChannel", json!({"arn": arn})),
            ("GetChannel", json!({"arn": arn})),
        ] {
            note(client.call(operation, input));
        }
        note(client.send("GET", &path, "", ""));
        note(client.send("GET", "/GetChannel", "", ""));
        note(client.send("POST", "/CreateChannel", "content-type: text/plain\r\n", "{}"));
        note(client.send("POST", "/CreateChannel", "content-type: application/json\r\n", "{"));
        responses
    };
    let plain = responses(&Client::new());
    for fault in
        ["status:StopStream=201", "tags:lose", "state:orphan-keys@reborn", "stale:GetStreamKey.output.streamKey.value"]
    {
        assert_eq!(responses(&Client::faulty(&[fault])), plain, "{fault}");
    }
}

#[test]
fn a_waived_constraint_lets_exactly_its_breach_pass() {
    let client = Client::faulty(&["ignore:CreateChannel.input.name.length.max"]);
    let long = "n".repeat(129);
    let created = client.ok("CreateChannel", json!({"name": long}));
    assert_eq!(created["channel"]["name"], long);
    let code = "ValidationException";
    client.fails("CreateChannel", json!({"name": "a b"}), 400, code);
    client.fails("UpdateChannel", json!({"arn": "x"}), 400, code);
}

#[test]
fn a_waived_rule_is_not_checked() {
    let client = Client::faulty(&["ignore:rule.one-stream-key-per-channel"]);
    let arn = client.channel(json!({}));
    client.ok("CreateStreamKey", json!({"channelArn": arn}));
}

#[test]
fn legal_values_are_turned_down() {
    let client =
        Client::faulty(&["refuse:CreateChannel.input.name=size-128", "crash:CreateChannel.input.tags.value=astral"]);
    client.ok("CreateChannel", json!({"name": "n".repeat(127)}));
    let code = "ValidationException";
    client.fails("CreateChannel", json!({"name": "n".repeat(128)}), 400, code);
    let tags = json!({"tags": {"k": "\u{10400}"}});
    client.fails("CreateChannel", tags, 500, "InternalServerException");
}

#[test]
fn members_are_lost_reset_and_defaulted() {
    let client = Client::faulty(&[
        "lose-update:UpdateChannel.name",
        "reset-update:UpdateChannel.latencyMode=LOW",
        "default:CreateChannel.type=BASIC",
        "forget:CreateChannel.authorized",
    ]);
    let input = json!({"latencyMode": "NORMAL", "authorized": true});
    let created = client.ok("CreateChannel", input)["channel"].clone();
    assert_eq!((&created["type"], &created["authorized"]), (&json!("BASIC"), &json!(false)));
    let updated = client.ok("UpdateChannel", json!({"arn": created["arn"], "name": "new"}));
    assert_eq!(updated["channel"]["name"], "new");
    assert_eq!(updated["channel"]["latencyMode"], "LOW");
    let got = client.ok("GetChannel", json!({"arn": created["arn"]}));
    assert_eq!(got["channel"]["name"], "");
}

#[test]
fn answers_are_changed() {
    let client = Client::faulty(&[
        "status:ListChannels=201",
        "content-type:ListChannels=text/html",
        "error-status:GetChannel.ValidationException=422",
        "error-code:ResourceNotFoundException=Gone",
        "no-error-type:GetStreamKey",
        "drop:CreateChannel.output.streamKey.value",
        "epoch:GetStream.output.stream.startTime",
        "body:StopStream=junk",
    ]);
    let listed = client.call("ListChannels", json!({}));
    assert_eq!((listed.status, listed.header("content-type")), (201, "text/html"));
    client.fails("GetChannel", json!({}), 422, "ValidationException");
    let created = client.ok("CreateChannel", json!({}));
    assert_eq!(created["streamKey"]["value"], Value::Null);
    let arn = created["channel"]["arn"].as_str().unwrap();
    client.fails("GetChannel", json!({"arn": format!("{arn}x")}), 404, "Gone");
    client.fails("GetStreamKey", json!({}), 400, "");
    client.broadcast(arn, "live");
    let stream = client.ok("GetStream", json!({"channelArn": arn}));
    assert!(stream["stream"]["startTime"].is_number());
    assert_eq!(client.call("StopStream", json!({"channelArn": arn})).body, "junk");
}

#[test]
fn pages_go_wrong() {
    let pages = |fault: &str| {
        let client = Client::faulty(&[&format!("page:ListChannels={fault}")]);
        let arns: Vec<String> = (0..5).map(|_| client.channel(json!({}))).collect();
        let pages = client.pages("ListChannels", &json!({"maxResults": 2}), "channels");
        let place = |channel: &Value| arns.iter().position(|arn| channel["arn"] == *arn).unwrap();
        let pages = pages.iter().map(|page| page.iter().map(place).collect::<Vec<_>>());
        pages.collect::<Vec<_>>()
    };
    assert_eq!(pages("overlap")[..2], [vec![0, 1], vec![1, 2]]);
    assert_eq!(pages("skip"), [vec![0, 1], vec![3, 4]]);
    assert_eq!(pages("unbounded"), [vec![0, 1, 2, 3, 4]]);
    assert_eq!(pages("no-token"), [vec![0, 1]]);
    assert_eq!(pages("token-on-last").len(), 100);
    assert_eq!(pages("endless").len(), 100);
    assert_eq!(pages("reset").len(), 100);
}

#[test]
fn conditions_delay_a_fault() {
    let client = Client::faulty(&[
        "status:ListChannels=201@second",
        "status:ListStreams=201@after-update",
        "status:ListPlaybackKeyPairs=201@every-3rd",
        "status:ListRecordingConfigurations=201@once",
    ]);
    let statuses = |operation: &str, count: usize| {
        let calls = (0..count).map(|_| client.call(operation, json!({})).status);
        calls.collect::<Vec<_>>()
    };
    assert_eq!(statuses("ListChannels", 3), [200, 201, 201]);
    assert_eq!(statuses("ListPlaybackKeyPairs", 3), [200, 200, 201]);
    assert_eq!(statuses("ListRecordingConfigurations", 2), [201, 200]);
    assert_eq!(statuses("ListStreams", 1), [200]);
    let arn = client.channel(json!({}));
    client.ok("UpdateChannel", json!({"arn": arn}));
    assert_eq!(statuses("ListStreams", 1), [201]);
}

#[test]
fn protocol_goes_wrong() {
    let client = Client::faulty(&["ignore:rule.path-case", "ignore:rule.method"]);
    let status = |method: &str, path: &str| client.send(method, path, "", "").status;
    assert_eq!(status("POST", "/listchannels"), 200);
    assert_eq!(status("GET", "/ListChannels"), 200);
    assert_eq!(status("POST", "/nothing"), 404);
}

#[test]
fn filters_sizes_and_sessions_go_wrong() {
    let client = Client::faulty(&[
        "state:prefix-filter",
        "state:metadata-characters",
        "stream:end-before-start",
        "refuse:CreateChannel.input.name=longest",
    ]);
    let arn = client.channel(json!({"name": "abc"}));
    let listed = client.ok("ListChannels", json!({"filterByName": "ab"}));
    assert_eq!(listed["channels"][0]["arn"], arn);
    client.broadcast(&arn, "live");
    let metadata = json!({"channelArn": arn, "metadata": "ä".repeat(1000)});
    client.ok("PutMetadata", metadata);
    client.broadcast(&arn, "offline");
    let session = client.ok("GetStreamSession", json!({"channelArn": arn}));
    assert_eq!(session["streamSession"]["endTime"], "2000-01-01T00:00:00Z");
    let longest = json!({"name": "n".repeat(128)});
    client.fails("CreateChannel", longest, 400, "ValidationException");
}

#[test]
fn behaviour_goes_wrong() {
    let client = Client::faulty(&[
        "keep-deleted:DeleteChannel",
        "leak:ListStreamKeys",
        "cross:UpdateChannel",
        "batch:BatchGetChannel=drop-errors",
        "tags:replace",
        "stream:not-stopped",
        "state:region-leak",
    ]);
    let first = client.channel(json!({}));
    let second = client.channel(json!({"tags": {"a": "b"}}));
    client.ok("DeleteChannel", json!({"arn": second}));
    client.ok("UpdateChannel", json!({"arn": second, "name": "both"}));
    assert_eq!(client.ok("GetChannel", json!({"arn": first}))["channel"]["name"], "both");
    let keys = client.ok("ListStreamKeys", json!({"channelArn": first}));
    assert!(keys["streamKeys"][0]["value"].is_string());
    let batch = client.ok("BatchGetChannel", json!({"arns": [format!("{first}x")]}));
    assert_eq!(batch, json!({"channels": []}));
    client.broadcast(&first, "live");
    client.ok("StopStream", json!({"channelArn": first}));
    client.ok("GetStream", json!({"channelArn": first}));
}

#[test]
fn ids_names_and_members_go_wrong() {
    let client = Client::faulty(&[
        "state:reuse-ids",
        "state:unique-channel-names",
        "ignore:rule.member-case",
        "set:GetChannel.output.channel.srt.port=9000",
        "body:DeleteChannel=gone",
    ]);
    let arn = client.channel(json!({"name": "abc"}));
    client.fails("CreateChannel", json!({"name": "abc"}), 409, "ConflictException");
    assert_eq!(client.ok("GetChannel", json!({"ARN": arn}))["channel"]["srt"]["port"], 9000);
    let deleted = client.call("DeleteChannel", json!({"arn": arn}));
    assert_eq!((deleted.status, deleted.body.as_str()), (200, "gone"));
    assert_eq!(client.channel(json!({"name": "abc"})), arn);
}

#[test]
fn what_lies_below_the_operations_goes_wrong() {
    let client = Client::faulty(&["protocol:accept-unknown-path", "protocol:upper-hex-only"]);
    let status = |method: &str, path: &str| client.send(method, path, "", "").status;
    assert_eq!(status("POST", "/nothing"), 200);
    let arn = client.channel(json!({}));
    let upper = arn.replace(':', "%3A").replace('/', "%2F");
    assert_eq!(status("GET", &format!("/tags/{upper}")), 200);
    assert_eq!(status("GET", &format!("/tags/{}", upper.replace("%3A", "%3a"))), 400);
}
