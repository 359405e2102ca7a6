//! What a recording shows in order: hand-written exchanges of one client, whole, corrupted, out of order and incomplete.

use serde_json::{Value, json};

use super::{GOOD, entries, judge, judge_entries, says, verdict, with_body};
use crate::common::{assert_exit, finding_ids};

const ARN: &str = "arn:aws:ivs:us-east-1:123456789012:channel/abcdEFGH1234";
const KEY: &str = "arn:aws:ivs:us-east-1:123456789012:stream-key/ijklMNOP5678";
const LOCAL: &str = "http://127.0.0.1:4566";
const SERVICE: &str = "https://ivs.us-east-1.amazonaws.com";

fn channel(name: &str, tags: &Value) -> Value {
    json!({
        "arn": ARN, "authorized": false, "containerFormat": "TS", "insecureIngest": false, "latencyMode": "LOW",
        "ingestEndpoint": "a1b2c3d4e5f6.global-contribute.live-video.net", "name": name, "preset": "", "tags": tags,
        "playbackRestrictionPolicyArn": "", "recordingConfigurationArn": "", "type": "BASIC",
        "playbackUrl": "https://a1b2c3d4e5f6.us-east-1.playback.live-video.net/api/video/v1/us-east-1.123456789012.channel.abcdEFGH1234.m3u8",
    })
}

fn summary(name: &str, tags: &Value) -> Value {
    let mut summary = channel(name, tags);
    for member in ["containerFormat", "ingestEndpoint", "playbackUrl"] {
        summary.as_object_mut().unwrap().remove(member);
    }
    summary
}

/// An exchange of one client, `at` seconds after the first.
fn line(host: &str, at: u64, path: &str, input: Value, status: u16, output: Value) -> Value {
    let mut line = json!({
        "method": "POST", "url": format!("{host}{path}"), "request_headers": {"content-type": "application/json"},
        "request_body": input, "status": status, "response_headers": {"content-type": "application/json"},
        "response_body": output, "started_at": format!("2026-03-01T10:{:02}:{:02}Z", at / 60, at % 60),
        "duration_ms": 20, "region": "us-east-1",
    });
    if path.starts_with("/tags") {
        line["method"] = json!(if input_is_empty(&line) { "GET" } else { "POST" });
        if line["method"] == "GET" {
            line.as_object_mut().unwrap().remove("request_body");
        }
    }
    line
}

fn input_is_empty(line: &Value) -> bool {
    line["request_body"] == json!({})
}

/// The life of a channel, as a service that conforms shows it; 90 seconds between two exchanges.
fn life(host: &str) -> Vec<Value> {
    let (first, more) = (json!({"k": "v"}), json!({"k": "v", "l": "w"}));
    let tags = format!("/tags/{}", ARN.replace(':', "%3A").replace('/', "%2F"));
    let key = json!({"arn": KEY, "channelArn": ARN, "tags": {}, "value": "sk_us-east-1_ijklMNOP5678_abcdefgh"});
    let at = |number: u64| number * 90;
    let not_found = json!({"__type": "ResourceNotFoundException", "exceptionMessage": "gone"});
    vec![
        line(
            host,
            at(0),
            "/CreateChannel",
            json!({"name": "one", "type": "BASIC", "tags": {"k": "v"}}),
            200,
            json!({"channel": channel("one", &first), "streamKey": key}),
        ),
        line(host, at(1), "/GetChannel", json!({"arn": ARN}), 200, json!({"channel": channel("one", &first)})),
        line(host, at(2), "/GetStreamKey", json!({"arn": KEY}), 200, json!({"streamKey": key})),
        line(host, at(3), "/ListChannels", json!({}), 200, json!({"channels": [summary("one", &first)]})),
        line(
            host,
            at(4),
            "/UpdateChannel",
            json!({"arn": ARN, "name": "two"}),
            200,
            json!({"channel": channel("two", &first)}),
        ),
        line(host, at(5), "/GetChannel", json!({"arn": ARN}), 200, json!({"channel": channel("two", &first)})),
        line(host, at(6), &tags, json!({"tags": {"l": "w"}}), 200, json!({})),
        line(host, at(7), &tags, json!({}), 200, json!({"tags": more})),
        line(
            host,
            at(8),
            "/BatchGetChannel",
            json!({"arns": [ARN]}),
            200,
            json!({"channels": [channel("two", &more)], "errors": []}),
        ),
        line(host, at(9), "/ListChannels", json!({}), 200, json!({"channels": [summary("two", &more)]})),
        line(host, at(10), "/DeleteChannel", json!({"arn": ARN}), 204, json!("")),
        line(host, at(11), "/GetChannel", json!({"arn": ARN}), 404, not_found.clone()),
        line(host, at(12), "/GetStreamKey", json!({"arn": KEY}), 404, not_found),
        line(host, at(13), "/ListChannels", json!({}), 200, json!({"channels": []})),
    ]
}

fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn judged(lines: &[Value], code: i32) -> Value {
    let (output, report) = judge(text(lines).as_bytes(), &[]);
    assert_exit(&output, code);
    report
}

#[test]
fn not_found_may_be_about_another_resource_that_the_request_names() {
    let absent = ARN.replace("channel/", "recording-configuration/");
    let refused = |input: Value| {
        let not_found = json!({"__type": "ResourceNotFoundException", "exceptionMessage": "gone"});
        let mut lines = life(LOCAL)[..2].to_vec();
        lines.push(line(LOCAL, 400, "/UpdateChannel", input, 404, not_found));
        lines
    };
    let report = judged(&refused(json!({"arn": ARN, "recordingConfigurationArn": absent})), 0);
    assert_eq!(report["findings"], json!([]));
    let report = judged(&refused(json!({"arn": ARN, "name": "two"})), 1);
    assert_eq!(finding_ids(&report), ["UpdateChannel.status:rejected_valid"]);
}

#[test]
fn a_name_that_is_broken_is_not_merely_absent() {
    let not_found = || json!({"__type": "ResourceNotFoundException", "exceptionMessage": "gone"});
    let refused = |input: Value| {
        judged(&[life(LOCAL), vec![line(LOCAL, 4_000, "/GetChannel", input, 404, not_found())]].concat(), 1)
    };
    for (input, clause) in
        [(json!({"arn": "x"}), "pattern"), (json!({"arn": ""}), "length.min"), (json!({}), "required")]
    {
        let report = refused(input);
        assert_eq!(finding_ids(&report), [format!("GetChannel.input.arn.{clause}:wrong_error_code")]);
    }
    // Which of two reasons to refuse a request a target names first is open.
    let input = json!({"arn": ARN, "name": "n".repeat(129)});
    let report =
        judged(&[life(LOCAL), vec![line(LOCAL, 4_000, "/UpdateChannel", input, 404, not_found())]].concat(), 0);
    assert_eq!(report["findings"], json!([]));
}

#[test]
fn what_was_wrongly_accepted_is_found_once_wherever_it_shows() {
    let long = "n".repeat(129);
    let other = ARN.replace("abcdEFGH1234", "otherOTHER12");
    let named = |arn: &str, name: &str| {
        let mut summary = summary(name, &json!({}));
        summary["arn"] = json!(arn);
        summary
    };
    let mut made = channel(&long, &json!({}));
    made["tags"] = json!({});
    let key = json!({"arn": KEY, "channelArn": ARN, "tags": {}, "value": "sk_us-east-1_ijklMNOP5678_abcdefgh"});
    let create =
        line(LOCAL, 0, "/CreateChannel", json!({"name": long}), 200, json!({"channel": made, "streamKey": key}));
    let get = line(LOCAL, 90, "/GetChannel", json!({"arn": ARN}), 200, json!({"channel": made}));
    let list = |items: &[Value]| line(LOCAL, 1, "/ListChannels", json!({}), 200, json!({"channels": items}));
    let found = |lines: &[Value]| finding_ids(&judged(lines, 1));
    let accepted = "CreateChannel.input.name.length.max:accepted_invalid".to_owned();
    let shown = list(&[named(ARN, &long), named(&other, "short")]);
    // Requests overlap: the list may stand before the request that made what it shows.
    assert_eq!(found(&[create.clone(), get.clone(), shown.clone()]), [accepted.as_str()]);
    assert_eq!(found(&[shown, create.clone(), get]), [accepted.as_str()]);
    // What another resource shows is a fault of the list.
    let of_list = "ListChannels.output.channels.member.name.length.max:malformed_response";
    let shown = list(&[named(ARN, &long), named(&other, &long)]);
    assert_eq!(found(&[create, shown.clone()]), [accepted.as_str(), of_list]);
    assert_eq!(found(&[shown]), [of_list]);
}

/// Changes one value of the response of one line.
fn changed(lines: &[Value], number: usize, place: &str, value: Value) -> Vec<Value> {
    let mut lines = lines.to_vec();
    *lines[number]["response_body"].pointer_mut(place).unwrap() = value;
    lines
}

#[test]
fn a_life_in_order_shows_nothing_and_upholds_what_it_puts_to_the_test() {
    for host in [LOCAL, SERVICE] {
        let report = judged(&life(host), 0);
        assert_eq!(report["findings"], json!([]), "{host}");
        for rule in [
            "rule.get-returns-what-create-answered",
            "rule.lists-show-what-was-created",
            "rule.tags-of-create-appear-everywhere",
            "rule.update-channel-keeps-omitted-members",
            "rule.batch-get-equals-single-gets",
            "rule.deleted-channel-is-gone",
            "rule.delete-channel-deletes-its-stream-key",
        ] {
            assert_eq!(verdict(&report, rule), "upheld", "{rule}");
        }
    }
}

#[test]
fn one_value_that_is_changed_in_a_later_response_is_found() {
    for host in [LOCAL, SERVICE] {
        let good = life(host);
        for (number, place, value, rule) in [
            (1, "/channel/name", json!("other"), "rule.get-returns-what-create-answered"),
            (1, "/channel/tags/k", json!("w"), "rule.tags-of-create-appear-everywhere"),
            (1, "/channel/latencyMode", json!("NORMAL"), "rule.get-returns-what-create-answered"),
            (2, "/streamKey/value", json!("sk_us-east-1_other"), "rule.get-returns-what-create-answered"),
            (3, "/channels/0/type", json!("STANDARD"), "rule.lists-show-what-was-created"),
            (3, "/channels", json!([]), "rule.lists-show-what-was-created"),
            (4, "/channel/authorized", json!(true), "rule.update-channel-keeps-omitted-members"),
            (5, "/channel/name", json!("one"), "rule.update-channel-changes-what-is-given"),
            (5, "/channel/insecureIngest", json!(true), "rule.update-channel-keeps-omitted-members"),
            (7, "/tags", json!({"l": "w"}), "rule.tagging-keeps-other-tags"),
            (7, "/tags", json!({"k": "v"}), "rule.every-resource-type-is-taggable"),
            (8, "/channels/0/name", json!("one"), "rule.batch-get-equals-single-gets"),
            (9, "/channels/0/tags", json!({}), "rule.tags-of-create-appear-everywhere"),
            (13, "/channels", json!([summary("two", &json!({}))]), "rule.deleted-channel-is-gone"),
        ] {
            let (_, report) = judge(text(&changed(&good, number, place, value)).as_bytes(), &[]);
            let found = finding_ids(&report);
            assert!(found.iter().any(|id| id.starts_with(rule)), "{host} {number} {place}: {found:?}");
            let steps = report["findings"][0]["setup"].as_array().unwrap();
            assert!(steps[0]["path"] == "/CreateChannel", "{steps:?}");
            assert!(report["notes"].to_string().contains("on several exchanges"), "{}", report["notes"]);
        }
        let mut lost = good.clone();
        (lost[1]["status"], lost[1]["response_body"]) = (json!(404), json!({"__type": "ResourceNotFoundException"}));
        assert_eq!(finding_ids(&judged(&lost, 1)), ["GetChannel.status:rejected_valid"], "{host}");
        let mut kept = good.clone();
        (kept[11]["status"], kept[11]["response_body"]) = (json!(200), good[5]["response_body"].clone());
        let found = finding_ids(&judged(&kept, 1));
        assert!(found[0].starts_with("rule.deleted-channel-is-gone"), "{found:?}");
    }
}

#[test]
fn what_the_recording_does_not_show_is_not_known() {
    let good = life(LOCAL);
    let stale = || changed(&good, 5, "/channel/name", json!("one"));
    // The read began before the update was over, or it stands before it in the file and ended later.
    let mut overlapping = stale();
    overlapping[5]["started_at"] = json!("2026-03-01T10:06:00.01Z");
    assert_eq!(judged(&overlapping, 0)["findings"], json!([]));
    overlapping.swap(4, 5);
    assert_eq!(judged(&overlapping, 0)["findings"], json!([]));
    // The update has no response, or a failure, or a request that is not in the recording.
    for change in [
        |line: &mut Value| drop(line.as_object_mut().unwrap().remove("status")),
        |line: &mut Value| (line["status"], line["response_body"]) = (json!(503), json!({})),
        |line: &mut Value| line["request_body"]["name"] = json!("***"),
    ] {
        let mut lines = changed(&good, 5, "/channel/name", json!("three"));
        change(&mut lines[4]);
        lines.truncate(6);
        assert_eq!(judged(&lines, 0)["findings"], json!([]));
    }
    // What was made before the recording began.
    let mut later = changed(&good, 5, "/channel/name", json!("three"));
    later.remove(0);
    later.truncate(5);
    assert_eq!(judged(&later, 0)["findings"], json!([]));
    // An empty list of another region, and one of a region that is not known.
    for region in [json!("eu-west-1"), Value::Null] {
        let mut elsewhere = changed(&good, 3, "/channels", json!([]));
        elsewhere[3]["region"] = region.clone();
        elsewhere[11]["region"] = region;
        assert_eq!(judged(&elsewhere, 0)["findings"], json!([]));
    }
    // Two targets may give the same id.
    let mut two = changed(&good, 1, "/channel/name", json!("other"));
    two[1]["url"] = json!("http://127.0.0.1:9999/GetChannel");
    assert_eq!(judged(&two, 0)["findings"], json!([]));
}

#[test]
fn a_change_may_take_a_while_to_show() {
    let good = life(SERVICE);
    let soon = |number: usize, after: usize| {
        let (minute, second) = (after * 90 / 60, after * 90 % 60 + 5);
        move |mut lines: Vec<Value>| {
            lines[number]["started_at"] = json!(format!("2026-03-01T10:{minute:02}:{second:02}Z"));
            lines
        }
    };
    for lines in [
        soon(5, 4)(changed(&good, 5, "/channel/name", json!("one"))),
        soon(7, 6)(changed(&good, 7, "/tags", json!({"k": "v"}))),
        soon(1, 0)(changed(&good, 3, "/channels", json!([])))[..2].to_vec(),
        soon(13, 10)(changed(&good, 13, "/channels", json!([summary("two", &json!({}))]))),
    ] {
        assert_eq!(judged(&lines, 0)["findings"], json!([]));
    }
    // What was never so is no lag.
    let lines = soon(5, 4)(changed(&good, 5, "/channel/name", json!("three")));
    assert_eq!(judged(&lines, 1)["findings"].as_array().unwrap().len(), 1);
}

#[test]
fn a_failure_of_the_server_is_found_unless_it_was_provoked() {
    let failed = |code: &str, operation: &str, input: Value| {
        let mut line = line(SERVICE, 0, operation, input, 500, json!({"message": "failed"}));
        if !code.is_empty() {
            line["response_headers"]["x-amzn-errortype"] = json!(code);
        }
        line
    };
    for (code, operation, input, tier) in [
        ("", "/CreateChannel", json!({"name": "a"}), "documented"),
        ("InternalServerException", "/CreateChannel", json!({"name": "a"}), "inferred"),
        ("InternalFailure", "/GetChannel", json!({"arn": ARN}), "inferred"),
        ("SomethingElse", "/GetChannel", json!({"arn": ARN}), "documented"),
    ] {
        let line = failed(code, operation, input);
        let report = judged(std::slice::from_ref(&line), i32::from(tier == "documented"));
        let finding = &report["findings"][0];
        assert_eq!((&finding["kind"], &finding["tier"]), (&json!("server_error"), &json!(tier)), "{code} {finding:#}");
        let mut provoked = line;
        provoked["provoked"] = json!(true);
        let (output, report) = judge(provoked.to_string().as_bytes(), &[]);
        assert!([0, 3].contains(&output.status.code().unwrap()));
        assert_eq!(report["findings"], json!([]), "{code}");
    }
    // One that the operation lists may come.
    let listed = failed("InternalServerException", &format!("/tags/{}", ARN.replace('/', "%2F")), json!({}));
    let (_, report) = judge(listed.to_string().as_bytes(), &[]);
    assert_eq!(report["findings"], json!([]));
    let mut entry = super::success("GetStreamKey");
    entry["response"]["status"] = json!(500);
    entry["response"]["content"]["text"] = json!("{}");
    let (output, _) = judge_entries(std::slice::from_ref(&entry));
    says(&output, "server_error");
    entry["comment"] = json!("provoked: the disk was full");
    let (_, report) = judge_entries(&[entry]);
    assert_eq!(report["findings"], json!([]));
}

#[test]
fn one_value_that_is_changed_in_a_recorded_run_is_found() {
    let all = entries(&GOOD.1);
    // A stream key that the recording shows being made, and that is read later.
    let made: Vec<&str> = all.iter().filter(|entry| entry["response"]["status"] == 200).filter_map(key_made).collect();
    let read = all.iter().position(|entry| {
        let is_read = entry["request"]["url"].as_str().unwrap().ends_with("/GetStreamKey");
        is_read
            && made.iter().any(|arn| entry["request"]["postData"]["text"].as_str().unwrap_or("").contains(arn))
            && entry["response"]["status"] == 200
    });
    let read = read.expect("a key is read");
    let mut changed = all.to_vec();
    changed[read] = with_body(changed[read].clone(), |body| {
        body["streamKey"]["channelArn"] = json!("arn:aws:ivs:us-east-1:123456789012:channel/Other1234567");
    });
    let (output, report) = judge_entries(&changed);
    assert_exit(&output, 1);
    let found = finding_ids(&report);
    assert!(found.iter().any(|id| id.starts_with("rule.get-returns-what-create-answered")), "{found:?}");
}

/// ARN of the stream key that an entry shows being made.
fn key_made(entry: &Value) -> Option<&'static str> {
    let url = entry["request"]["url"].as_str()?;
    if !(url.ends_with("/CreateChannel") || url.ends_with("/CreateStreamKey")) {
        return None;
    }
    let body: Value = serde_json::from_str(entry["response"]["content"]["text"].as_str()?).ok()?;
    Some(String::leak(body["streamKey"]["arn"].as_str()?.to_owned()))
}
