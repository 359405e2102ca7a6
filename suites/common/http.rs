//! A client so plain that it shares nothing with what is tested, and the world as it shows it.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

/// Regions in which runs make something.
pub const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "us-west-2"];
const LISTS: [(&str, &str, &str); 4] = [
    ("ListChannels", "channels", "GetChannel"),
    ("ListPlaybackKeyPairs", "keyPairs", "GetPlaybackKeyPair"),
    ("ListRecordingConfigurations", "recordingConfigurations", "GetRecordingConfiguration"),
    ("ListPlaybackRestrictionPolicies", "playbackRestrictionPolicies", "GetPlaybackRestrictionPolicy"),
];

/// Calls an operation in a region of a server that does not check signatures. With `null` as input the request has no body.
pub fn call_in(region: &str, endpoint: &str, operation: &str, input: &Value) -> (u16, Value) {
    let host = endpoint.strip_prefix("http://").unwrap();
    let body = if input.is_null() { String::new() } else { input.to_string() };
    let mut stream = TcpStream::connect(host).unwrap();
    // In one piece: a server may wait for what comes after the first.
    let request = format!(
        "POST /{operation} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         x-amz-date: 20260101T000000Z\r\nauthorization: AWS4-HMAC-SHA256 Credential=AKIDX/20260101/{region}/ivs/\
         aws4_request, SignedHeaders=host, Signature=00\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

/// Calls an operation that must succeed.
#[track_caller]
pub fn call(endpoint: &str, operation: &str, input: &Value) -> Value {
    let (status, body) = call_in(REGIONS[0], endpoint, operation, input);
    assert!((200..300).contains(&status), "{operation}: {status} {body}");
    body
}

/// Everything that a server holds: every resource in every region as its Get shows it, and stream keys of channels.
pub fn world(endpoint: &str) -> BTreeMap<String, Value> {
    let mut world = BTreeMap::new();
    for region in REGIONS {
        for (list, items, get) in LISTS {
            let mut input = json!({"maxResults": 100});
            loop {
                let (status, page) = call_in(region, endpoint, list, &input);
                assert_eq!(status, 200, "{list}: {page}");
                for item in page[items].as_array().unwrap() {
                    let arn = item["arn"].as_str().unwrap();
                    let (status, shown) = call_in(region, endpoint, get, &json!({"arn": arn}));
                    assert_eq!(status, 200, "{arn}: {shown}");
                    world.insert(arn.to_owned(), shown);
                    if list == "ListChannels" {
                        let (_, keys) = call_in(region, endpoint, "ListStreamKeys", &json!({"channelArn": arn}));
                        world.insert(format!("{arn} keys"), keys);
                    }
                }
                match page["nextToken"].as_str().filter(|token| !token.is_empty()) {
                    Some(token) => input["nextToken"] = json!(token),
                    None => break,
                }
            }
        }
    }
    world
}
