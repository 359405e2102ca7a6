//! `spec diff`.

use serde_json::{Value, json};

use super::super::*;
use super::model::{load_model, model};

fn changes(old: &Value, new: &Value) -> Vec<String> {
    diff(&load_model(old), &load_model(new)).iter().map(ToString::to_string).collect()
}

fn one(member: Value) -> Value {
    model(json!({"a": member.clone()}), json!({"a": member}), json!({}))
}

#[test]
fn nothing_changes_between_equals() {
    let contract = builtin().unwrap();
    assert_eq!(diff(&contract, &contract), Vec::new());
}

#[test]
fn a_tighter_request_breaks_and_a_tighter_answer_does_not() {
    let text = |max: u64| one(json!({"target": "smithy.api#String", "traits": {"smithy.api#length": {"max": max}}}));
    assert_eq!(
        changes(&text(9), &text(5)),
        [
            "tightened: Do.input.a.length.max changed from 9 to 5 (callers: breaking, implementers: breaking)",
            "tightened: Do.output.a.length.max changed from 9 to 5 (callers: compatible, implementers: breaking)",
        ]
    );
    assert_eq!(
        changes(&text(5), &text(9)),
        [
            "loosened: Do.output.a.length.max changed from 5 to 9 (callers: breaking, implementers: compatible)",
            "loosened: Do.input.a.length.max changed from 5 to 9 (callers: compatible, implementers: breaking)",
        ]
    );
}

#[test]
fn members_types_and_requirements_are_compared() {
    let string = one(json!({"target": "smithy.api#String"}));
    let required = one(json!({"target": "smithy.api#String", "traits": {"smithy.api#required": {}}}));
    let number = one(json!({"target": "smithy.api#Integer"}));
    assert_eq!(
        changes(&string, &required),
        [
            "tightened: Do.input.a.required is new (callers: breaking, implementers: breaking)",
            "tightened: Do.output.a.required is new (callers: compatible, implementers: breaking)",
        ]
    );
    assert_eq!(
        changes(&string, &number),
        [
            "changed: Do.input.a.type changed (callers: breaking, implementers: breaking)",
            "changed: Do.output.a.type changed (callers: breaking, implementers: breaking)",
        ]
    );
}

#[test]
fn operations_statuses_and_errors_are_compared() {
    let old = model(json!({}), json!({}), json!({}));
    let mut new = old.clone();
    new["shapes"]["x#Gone"] =
        json!({"type": "structure", "traits": {"smithy.api#error": "client", "smithy.api#httpError": 410}});
    new["shapes"]["x#Do"]["errors"] = json!([{"target": "x#Gone"}]);
    new["shapes"]["x#Do"]["traits"]["smithy.api#http"]["code"] = json!(202);
    new["shapes"]["x#More"] =
        json!({"type": "operation", "traits": {"smithy.api#http": {"method": "GET", "uri": "/"}}});
    new["shapes"]["x#Service"]["operations"] = json!([{"target": "x#Do"}, {"target": "x#More"}]);
    assert_eq!(
        changes(&old, &new),
        [
            "changed: Do.status changed from 200 to 202 (callers: breaking, implementers: breaking)",
            "added: Do.error.Gone was added with status 410 (callers: breaking, implementers: compatible)",
            "added: More was added (callers: compatible, implementers: breaking)",
        ]
    );
    assert!(changes(&new, &old).iter().any(|line| line.starts_with("removed: Do.error.Gone was removed")));
}
