use serde_json::json;

use super::client::Client;

const JSON: &str = "content-type: application/json\r\n";

#[test]
fn bodies_must_be_json_objects() {
    let client = Client::new();
    for body in ["{", "[]", "7", "\"a\"", "null", "{\"arn\":1e400}", "{,}", "{\"a\":1,}", "{}x"] {
        let answer = client.send("POST", "/GetChannel", JSON, body);
        assert_eq!(answer.error(), (400, "ValidationException"), "{body}");
        assert!(answer.json()["message"].is_string());
    }
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let answer = client.send("POST", "/ListChannels", JSON, &format!("{{\"x\":{deep}}}"));
    assert_eq!(answer.status, 400);
}

#[test]
fn headers_are_checked() {
    let client = Client::new();
    let status = |headers: &str, body: &str| client.send("POST", "/ListChannels", headers, body).status;
    assert_eq!(status("", "{}"), 415);
    assert_eq!(status("content-type: text/plain\r\n", "{}"), 415);
    assert_eq!(status("content-type: application/json; charset=utf-8\r\n", "{}"), 200);
    assert_eq!(status("", ""), 200);
    let accept = |value: &str| status(&format!("{JSON}accept: {value}\r\n"), "{}");
    assert_eq!(accept("text/html"), 406);
    assert_eq!(accept("application/json;q=0"), 406);
    assert_eq!(accept("text/html, */*;q=0.1"), 200);
    assert_eq!(accept("application/json"), 200);
}

#[test]
fn paths_and_methods_are_checked() {
    let client = Client::new();
    let error = |method: &str, path: &str| {
        let answer = client.send(method, path, JSON, "");
        (answer.status, answer.header("x-amzn-errortype").to_owned())
    };
    let unknown = (404, "UnknownOperationException".to_owned());
    assert_eq!(error("POST", "/listchannels"), unknown);
    assert_eq!(error("POST", "/"), unknown);
    assert_eq!(error("POST", "/ListChannels/"), unknown);
    assert_eq!(error("GET", "/ListChannels").0, 405);
    assert_eq!(error("PUT", "/tags/x").0, 405);
}

#[test]
fn a_huge_body_is_refused() {
    let client = Client::new();
    let body = format!("{{\"x\":\"{}\"}}", "x".repeat(1 << 20));
    assert_eq!(client.send("POST", "/ListChannels", JSON, &body).status, 413);
}

#[test]
fn null_is_absence_and_unknown_members_are_ignored() {
    let client = Client::new();
    let input = json!({"name": null, "tags": null, "type": null, "other": {"deep": [1]}});
    assert_eq!(client.ok("CreateChannel", input)["channel"]["type"], "STANDARD");
    client.fails("GetChannel", json!({"arn": null}), 400, "ValidationException");
    client.fails("GetChannel", json!({"Arn": "x"}), 400, "ValidationException");
}

#[test]
fn answers_carry_a_request_id_and_a_content_type() {
    let client = Client::new();
    let answer = client.call("ListChannels", json!({}));
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-amzn-requestid").len(), 36);
    let arn = client.channel(json!({}));
    let empty = client.call("DeleteChannel", json!({"arn": arn}));
    assert_eq!(empty.header("content-type"), "");
}

#[test]
fn regions_do_not_see_each_other() {
    let mut client = Client::new();
    let here = client.channel(json!({}));
    assert!(here.starts_with("arn:aws:ivs:us-east-1:123456789012:channel/"));
    client.region = Some("eu-west-1");
    assert_eq!(client.ok("ListChannels", json!({})), json!({"channels": []}));
    let missing = "ResourceNotFoundException";
    client.fails("GetChannel", json!({"arn": here}), 404, missing);
    let there = client.channel(json!({}));
    assert!(there.starts_with("arn:aws:ivs:eu-west-1:"));
    client.broadcast(&there, "live");
    client.region = None;
    assert_eq!(client.ok("ListStreams", json!({})), json!({"streams": []}));
}
