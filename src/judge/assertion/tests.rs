#![allow(clippy::unwrap_used)]

use super::*;
use serde_json::json;

fn holds(assert: Assert, output: &Value) -> bool {
    !matches!(observe(&assert, output), Observation::Violated(_))
}

#[test]
fn concurrent_calls_leave_what_some_order_allows() {
    let given = json!([{"name": "a", "type": "X"}, {"name": "b"}]);
    let result_of = |output: Value| holds(Assert { result_of: Some(given.clone()), ..Assert::default() }, &output);
    assert!(result_of(json!({"name": "a", "type": "X", "other": 1})));
    assert!(result_of(json!({"name": "b", "type": "X"})));
    assert!(!result_of(json!({"name": "c", "type": "X"})), "nobody gave it");
    assert!(!result_of(json!({"name": "b", "type": "Y"})), "the only one who gave it lost");
    assert!(!result_of(json!({"name": "b"})), "it is not there");
}

#[test]
fn what_is_not_equal_is_named_where_it_parts() {
    let of = |name: Value| json!({"channels": [{"a": 1, "b": 2, "c": 3, "d": 4, "name": name, "none": null}]});
    let assert =
        Assert { at: "channels".to_owned(), equals: Some(of(json!("x"))["channels"].clone()), ..Assert::default() };
    assert!(holds(assert.clone(), &of(json!("x"))));
    let failure = check(&assert, &of(json!(7))).unwrap_err();
    assert_eq!(failure.expected, "`channels[0].name` is \"x\".");
    assert_eq!(failure.observed, "`channels[0].name` is 7.");
    let failure = check(&assert, &json!({"channels": []})).unwrap_err();
    assert_eq!(failure.observed, "`channels` is [].");
}

#[test]
fn an_element_of_a_list_is_equal_to_one_of_them() {
    let element_of = |output: Value| {
        let list = Some(json!([{"name": "a"}, {"name": "b", "tags": null}]));
        holds(Assert { element_of: list, ..Assert::default() }, &output)
    };
    assert!(element_of(json!({"name": "b"})));
    assert!(!element_of(json!({"name": "c"})));
    let nobody = Assert { element_of: Some(json!([])), ..Assert::default() };
    assert!(!holds(nobody, &json!({"name": "a"})), "without successes nothing is allowed");
}
