use std::collections::HashSet;
use std::thread;

use serde_json::{Value, json};

use super::client::Client;

#[test]
fn many_clients_at_once_keep_the_state_whole() {
    let client = Client::new();
    let arns: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let made = (0..20).map(|_| client.channel(json!({}))).collect::<Vec<_>>();
                    for arn in made.iter().step_by(2) {
                        client.ok("DeleteChannel", json!({"arn": arn}));
                    }
                    made.into_iter().skip(1).step_by(2).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let listed = client.pages("ListChannels", &json!({"maxResults": 7}), "channels");
    let listed: Vec<Value> = listed.concat();
    let listed: HashSet<&str> = listed.iter().map(|c| c["arn"].as_str().unwrap()).collect();
    assert_eq!(listed, arns.iter().map(String::as_str).collect());
}

#[test]
fn only_one_of_many_creates_the_stream_key() {
    let client = Client::new();
    let created = client.ok("CreateChannel", json!({}));
    let channel = json!({"channelArn": created["channel"]["arn"]});
    client.ok("DeleteStreamKey", json!({"arn": created["streamKey"]["arn"]}));
    let statuses: Vec<u16> = thread::scope(|scope| {
        let create = || client.call("CreateStreamKey", channel.clone()).status;
        let workers: Vec<_> = (0..8).map(|_| scope.spawn(create)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 402).count(), 7);
}
