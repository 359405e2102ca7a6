use serde_json::json;

use super::*;
use crate::wire::sample;

const OTHERS: &str = "arn:aws:ivs:us-east-1:123456789012:channel/others000001";
const OURS: &str = "arn:aws:ivs:us-east-1:123456789012:channel/ours00000001";

fn ledger() -> Ledger {
    let contract = crate::spec::builtin().unwrap();
    Ledger::new(&contract, &Resources::of(&contract), "0123456789abcdef", None)
}

fn request(operation: &str, body: &Value) -> Request {
    sample::request(&format!("/{operation}"), &body.to_string())
}

fn exchange(ledger: &Ledger, request: &Request, status: u16, body: &Value) -> Result<(), Refusal> {
    let ticket = ledger.before(request, None)?;
    let response = sample::response(status, &[], &body.to_string());
    ledger.after(&ticket, &sample::exchange(request.clone(), response)).unwrap();
    Ok(())
}

#[test]
fn what_a_list_shows_of_others_is_never_touched() {
    let ledger = ledger();
    exchange(&ledger, &request("ListChannels", &json!({})), 200, &json!({"channels": [{"arn": OTHERS}]})).unwrap();
    for operation in ["DeleteChannel", "GetChannel", "UpdateChannel", "ListStreamKeys", "StopStream"] {
        let refusal = ledger.before(&request(operation, &json!({"arn": OTHERS})), None).unwrap_err();
        assert!(matches!(refusal, Refusal::NotOurs(_)), "{operation}");
    }
    let mut tag = request("", &json!({"tags": {}}));
    tag.target =
        format!("/tags/{}", percent_encoding::utf8_percent_encode(OTHERS, percent_encoding::NON_ALPHANUMERIC)).into();
    assert!(ledger.before(&tag, None).is_err());
}

#[test]
fn what_a_target_says_not_to_have_is_deleted_once_that_is_sure() {
    let ledger = ledger();
    exchange(&ledger, &request("CreateChannel", &json!({})), 200, &json!({"channel": {"arn": OURS}})).unwrap();
    let not_found = json!({"__type": "ResourceNotFoundException"});
    exchange(&ledger, &request("DeleteChannel", &json!({"arn": OURS})), 404, &not_found).unwrap();
    assert_eq!(ledger.left().0, [OURS]);
    ledger.gone(OURS).unwrap();
    assert_eq!((ledger.left().0.len(), ledger.census().alive["channel"]), (0, 0));
}

#[test]
fn a_page_does_not_say_that_anything_was_deleted() {
    let ledger = ledger();
    exchange(&ledger, &request("CreateChannel", &json!({})), 200, &json!({"channel": {"arn": OURS}})).unwrap();
    let deletion = request("DeleteChannel", &json!({"arn": OURS}));
    let alive_after = |body: &str| {
        let ticket = ledger.before(&deletion, None).unwrap();
        let response = sample::response(200, &[], body);
        ledger.after(&ticket, &sample::exchange(deletion.clone(), response)).unwrap();
        ledger.census().alive["channel"]
    };
    assert_eq!(["<html>log in</html>", "deleted"].map(alive_after), [1, 0]);
}

#[test]
fn what_the_run_made_or_made_up_may_be_named() {
    let ledger = ledger();
    // Another thread's list may show it before its own response is there.
    exchange(&ledger, &request("ListChannels", &json!({})), 200, &json!({"channels": [{"arn": OURS}]})).unwrap();
    exchange(&ledger, &request("CreateChannel", &json!({})), 200, &json!({"channel": {"arn": OURS}})).unwrap();
    exchange(&ledger, &request("GetChannel", &json!({"arn": OURS})), 200, &json!({})).unwrap();
    exchange(&ledger, &request("GetChannel", &json!({"arn": OTHERS})), 404, &json!({})).unwrap();
    assert_eq!(ledger.census().alive["channel"], 1);
    exchange(&ledger, &request("DeleteChannel", &json!({"arn": OURS})), 204, &Value::Null).unwrap();
    let census = ledger.census();
    assert_eq!((census.alive["channel"], census.made["channel"], census.most["channel"]), (0, 1, 1));
}

#[test]
fn only_a_refusal_is_sure_to_have_made_nothing() {
    let ledger = ledger();
    for (status, open) in [(400, 0), (429, 0), (500, 1), (503, 2)] {
        exchange(&ledger, &request("CreateChannel", &json!({})), status, &json!({})).unwrap();
        assert_eq!(ledger.census().open, open, "{status}");
    }
    exchange(&ledger, &request("CreateChannel", &json!({})), 200, &json!({"done": true})).unwrap();
    assert_eq!(ledger.census().open, 3);
}

#[test]
fn an_answer_that_is_no_json_still_tells_what_it_made() {
    let ledger = ledger();
    let said = json!(format!("<channel arn='{OURS}'/>"));
    exchange(&ledger, &request("createchannel", &json!({})), 201, &said).unwrap();
    assert_eq!(ledger.left().0, [OURS]);
}

#[test]
fn a_secret_in_an_arn_is_not_written_down() {
    let ledger = ledger().without(vec!["ours00000001".to_owned()]);
    exchange(&ledger, &request("CreateChannel", &json!({})), 200, &json!({"channel": {"arn": OURS}})).unwrap();
    assert!(ledger.left().0.is_empty());
}
