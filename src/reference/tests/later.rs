//! The API of November 2026.

use serde_json::{Value, json};

use super::super::{Api, Config};
use super::client::Client;

fn client() -> Client {
    Client::with(Config { api: Api::November2026, ..Config::default() })
}

const TAILOR: &str = "arn:aws:mediatailor:us-east-1:123456789012:playbackConfiguration/one";

fn ads(client: &Client) -> Value {
    let input = json!({"mediaTailorPlaybackConfigurations": [{"playbackConfigurationArn": TAILOR}]});
    client.ok("CreateAdConfiguration", input)["adConfiguration"].clone()
}

fn slate(client: &Client) -> Value {
    client.ok("CreateFailoverSlateConfiguration", json!({}))["failoverSlateConfiguration"].clone()
}

#[test]
fn the_api_of_the_document_has_neither_operations_nor_members() {
    let client = Client::new();
    client.fails("ListAdConfigurations", json!({}), 404, "UnknownOperationException");
    let created = client.ok("CreateChannel", json!({"adConfigurationArn": 1}));
    assert!(created["channel"].get("adConfigurationArn").is_none(), "{created}");
    let listed = client.ok("ListChannels", json!({"filterByAdConfigurationArn": "x", "filterByName": ""}));
    assert_eq!(listed["channels"].as_array().unwrap().len(), 1);
}

#[test]
fn an_ad_configuration_lives_from_create_to_delete() {
    let client = client();
    let created = ads(&client);
    assert_eq!(created["name"], "");
    assert_eq!(created["postRollConfiguration"], json!({"durationSeconds": 15, "enabled": false}));
    let arn = &created["arn"];
    let post_roll = json!({"durationSeconds": 30, "enabled": true});
    let updated = client.ok("UpdateAdConfiguration", json!({"arn": arn, "postRollConfiguration": post_roll}));
    let mut expected = created.clone();
    expected["postRollConfiguration"] = post_roll;
    assert_eq!(updated["adConfiguration"], expected);
    assert_eq!(client.ok("GetAdConfiguration", json!({"arn": arn}))["adConfiguration"], expected);
    assert_eq!(client.ok("ListAdConfigurations", json!({}))["adConfigurations"], json!([expected]));
    assert_eq!(client.call("DeleteAdConfiguration", json!({"arn": arn})).status, 204);
    client.fails("GetAdConfiguration", json!({"arn": arn}), 404, "ResourceNotFoundException");
}

#[test]
fn a_failover_slate_is_created_and_updated_by_way_of_other_states() {
    let client = client();
    let created = slate(&client);
    assert_eq!(created["state"], "CREATING");
    let seconds = |slate: &Value| {
        ["activationThresholdSeconds", "minSlateDisplaySeconds", "maxSlateDisplaySeconds"]
            .map(|name| slate[name].clone())
    };
    assert_eq!(seconds(&created), [3, 3, 60].map(Value::from));
    let arn = &created["arn"];
    let get = || client.ok("GetFailoverSlateConfiguration", json!({"arn": arn}))["failoverSlateConfiguration"].clone();
    assert_eq!(get()["state"], "CREATED");
    let updated = client.ok("UpdateFailoverSlateConfiguration", json!({"arn": arn, "maxSlateDisplaySeconds": 90}));
    assert_eq!(updated["failoverSlateConfiguration"]["state"], "UPDATING");
    let got = get();
    assert_eq!((&got["state"], seconds(&got)), (&json!("CREATED"), [3, 3, 90].map(Value::from)));
    assert_eq!(client.ok("ListFailoverSlateConfigurations", json!({}))["failoverSlateConfigurations"], json!([got]));
    assert_eq!(client.call("DeleteFailoverSlateConfiguration", json!({"arn": arn})).status, 204);
    client.fails("DeleteFailoverSlateConfiguration", json!({"arn": arn}), 404, "ResourceNotFoundException");
}

#[test]
fn channels_refer_to_what_exists_and_keep_it() {
    let client = client();
    let (ads, slate) = (ads(&client)["arn"].clone(), slate(&client)["arn"].clone());
    let nothing = "arn:aws:ivs:us-east-1:123456789012:ad-configuration/none";
    client.fails("CreateChannel", json!({"adConfigurationArn": nothing}), 404, "ResourceNotFoundException");
    let plain = client.ok("CreateChannel", json!({}));
    assert_eq!(plain["channel"]["adConfigurationArn"], "");
    let arn = client.channel(json!({"adConfigurationArn": ads, "failoverSlateConfigurationArn": slate}));
    for (filter, value) in [("filterByAdConfigurationArn", &ads), ("filterByFailoverSlateConfigurationArn", &slate)] {
        let listed = client.ok("ListChannels", json!({filter: value}));
        assert_eq!(listed["channels"].as_array().unwrap().len(), 1, "{listed}");
        assert_eq!(listed["channels"][0]["failoverSlateConfigurationArn"], slate);
    }
    let both = json!({"filterByAdConfigurationArn": ads, "filterByFailoverSlateConfigurationArn": slate});
    client.fails("ListChannels", both, 409, "ConflictException");
    client.fails("DeleteAdConfiguration", json!({"arn": ads}), 409, "ConflictException");
    client.fails("DeleteFailoverSlateConfiguration", json!({"arn": slate}), 409, "ConflictException");
    client.ok("UpdateChannel", json!({"arn": arn, "adConfigurationArn": "", "failoverSlateConfigurationArn": ""}));
    assert_eq!(client.call("DeleteAdConfiguration", json!({"arn": ads})).status, 204);
    assert_eq!(client.call("DeleteFailoverSlateConfiguration", json!({"arn": slate})).status, 204);
}

#[test]
fn an_ad_break_needs_a_live_channel_with_ads() {
    let client = client();
    let ads = ads(&client)["arn"].clone();
    let slate = slate(&client)["arn"].clone();
    let plain = client.channel(json!({}));
    let arn = client.channel(json!({"adConfigurationArn": ads, "failoverSlateConfigurationArn": slate}));
    let wanted = |arn: &str| json!({"channelArn": arn, "durationSeconds": 30});
    client.fails("InsertAdBreak", wanted(&arn), 404, "ChannelNotBroadcasting");
    client.broadcast(&plain, "live");
    client.broadcast(&arn, "live");
    client.fails("InsertAdBreak", wanted(&plain), 409, "ConflictException");
    assert_eq!(client.ok("InsertAdBreak", wanted(&arn))["adBreakId"].as_str().unwrap().len(), 12);
    let mut given = wanted(&arn);
    given["adBreakId"] = json!("abcdefABCDEF");
    given["targetStartAt"] = json!("2026-11-26T17:00:00Z");
    let inserted = json!({"adBreakId": "abcdefABCDEF", "targetStartAt": "2026-11-26T17:00:00Z"});
    assert_eq!(client.ok("InsertAdBreak", given), inserted);
    let session = client.ok("GetStreamSession", json!({"channelArn": arn}))["streamSession"].clone();
    assert_eq!(session["failoverSlateConfiguration"]["arn"], slate);
    assert_eq!(session["channel"]["adConfigurationArn"], ads);
}

#[test]
fn the_new_resources_are_tagged_like_the_others() {
    let client = client();
    for arn in [ads(&client)["arn"].clone(), slate(&client)["arn"].clone()] {
        let path = format!("/tags/{}", arn.as_str().unwrap().replace(':', "%3A").replace('/', "%2F"));
        let json = "content-type: application/json\r\n";
        assert_eq!(client.send("POST", &path, json, r#"{"tags":{"k":"v"}}"#).status, 200);
        assert_eq!(client.send("GET", &path, "", "").json(), json!({"tags": {"k": "v"}}));
    }
}
