//! What faulty servers remember, and what they make of it.
#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;

const ONE: &str = "arn:aws:ivs:us-east-1:1:channel/one";
const OTHER: &str = "arn:aws:ivs:us-east-1:1:channel/other";

fn members(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn history() -> History {
    let history = History::default();
    for (arn, name) in [(ONE, "a"), (OTHER, "b")] {
        let document = json!({"channel": {"arn": arn, "name": name, "tags": {}}});
        history.note(Operation::CreateChannel, &members(json!({"name": name})), &document);
    }
    history
}

#[test]
fn what_was_before_is_remembered() {
    let history = history();
    let update = members(json!({"arn": ONE, "name": "c"}));
    history.note(Operation::UpdateChannel, &update, &json!({"channel": {"arn": ONE, "name": "c", "tags": {}}}));
    let mut shown = json!({"channel": {"arn": ONE, "name": "c"}});
    let given = members(json!({"arn": ONE}));
    history.distort(Operation::GetChannel, (ViewFault::Stale, "name"), &given, &mut shown, &|facts| facts.updates == 1);
    assert_eq!(shown, json!({"channel": {"arn": ONE, "name": "a"}}));
    let mut shown = json!({"channels": [{"arn": ONE, "name": "c"}, {"arn": OTHER, "name": "b"}]});
    let neighbour = (ViewFault::Neighbour, "name");
    history.distort(Operation::ListChannels, neighbour, &Map::new(), &mut shown, &|facts| facts.is_last_item);
    assert_eq!(shown, json!({"channels": [{"arn": ONE, "name": "c"}, {"arn": OTHER, "name": "c"}]}));
}

#[test]
fn facts_count_the_request_itself() {
    let history = history();
    let facts = history.facts(Operation::UpdateChannel, &members(json!({"arn": ONE})));
    assert_eq!((facts.updates, facts.ordinal), (1, 1));
    assert_eq!(history.facts(Operation::CreateChannel, &Map::new()).ordinal, 3);
    history.note(Operation::DeleteChannel, &members(json!({"arn": ONE})), &Value::Null);
    assert!(history.facts(Operation::CreateChannel, &members(json!({"name": "a"}))).is_reborn);
    assert!(!history.facts(Operation::CreateChannel, &members(json!({"name": "b"}))).is_reborn);
}

#[test]
fn items_are_misplaced() {
    let history = history();
    let mut page = json!({"channels": [{"arn": ONE}], "nextToken": "t"});
    history.shown(Operation::ListChannels, &Map::new(), &mut page);
    history.misplace(Operation::ListChannels, ListFault::RepeatsOnLaterPages, &Map::new(), &mut page);
    let mut later = json!({"channels": [{"arn": OTHER}]});
    let given = members(json!({"nextToken": "t"}));
    history.misplace(Operation::ListChannels, ListFault::RepeatsOnLaterPages, &given, &mut later);
    assert_eq!(later, json!({"channels": [{"arn": ONE}, {"arn": OTHER}]}));
    history.note(Operation::DeleteChannel, &members(json!({"arn": ONE})), &Value::Null);
    let mut last = json!({"channels": []});
    history.misplace(Operation::ListChannels, ListFault::ShowsDeleted, &Map::new(), &mut last);
    assert_eq!(last, json!({"channels": [{"arn": ONE}]}));
}
