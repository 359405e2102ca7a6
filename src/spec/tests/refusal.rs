//! What the loader refuses, and how it says so.

use serde_json::{Value, json};

use super::super::*;
use super::model::model;

/// What is wrong with a model, one line per problem.
fn problems(model: &Value) -> Vec<String> {
    match load("model.json", &serde_json::to_string_pretty(model).unwrap(), None) {
        Ok(_) => Vec::new(),
        Err(error) => error.problems.iter().map(ToString::to_string).collect(),
    }
}

fn with_trait(id: &str, value: Value) -> Value {
    model(json!({"a": {"target": "smithy.api#String", "traits": {id: value}}}), json!({}), json!({}))
}

#[track_caller]
fn refuses(model: &Value, message: &str, pointer: &str) {
    let found = problems(model);
    assert!(found.iter().any(|line| line.contains(message) && line.contains(pointer)), "{found:#?}");
    assert!(found.iter().all(|line| line.starts_with("model.json:")), "{found:#?}");
}

const MEMBER: &str = "/shapes/x#DoInput/members/a/traits/";

#[test]
fn what_is_not_understood_is_refused() {
    refuses(&with_trait("x#odd", json!({})), "the trait `x#odd` is not understood", MEMBER);
    refuses(&with_trait("smithy.api#streaming", json!({})), "streams are not supported", MEMBER);
    refuses(&with_trait("smithy.api#required", json!(true)), "must be an empty object, not a boolean", MEMBER);
    refuses(&with_trait("smithy.api#range", json!({"min": 1})), "cannot stand at a string", MEMBER);
    refuses(&with_trait("smithy.api#length", json!({"min": 2, "max": 1})), "allows nothing", MEMBER);
    refuses(&with_trait("smithy.api#length", json!({"min": -2})), "no number that can be a bound", MEMBER);
    refuses(&with_trait("smithy.api#length", json!({})), "neither `min` nor `max`", MEMBER);
    refuses(&with_trait("smithy.api#pattern", json!("(")), "cannot be used", MEMBER);
    refuses(&with_trait("smithy.api#pattern", json!("(?=a)")), "cannot be used", MEMBER);
}

#[test]
fn documentation_passes() {
    for id in ["smithy.api#documentation", "smithy.api#deprecated", "smithy.waiters#waitable", "smithy.test#smokeTests"]
    {
        assert_eq!(problems(&with_trait(id, json!({"any": "thing"}))), Vec::<String>::new());
    }
}

#[test]
fn other_protocols_and_services_are_refused() {
    let mut model = model(json!({}), json!({}), json!({}));
    model["shapes"]["x#Service"]["traits"] = json!({"aws.protocols#awsJson1_1": {}});
    refuses(&model, "`aws.protocols#awsJson1_1` is not supported", "/shapes/x#Service/traits");
    refuses(&model, "does not use restJson1", "/shapes/x#Service");
    model["shapes"]["x#Service"] = json!({"type": "structure"});
    refuses(&model, "has no service", "");
}

#[test]
fn broken_structure_is_refused() {
    let with = |id: &str, shape: Value| model(json!({}), json!({}), json!({ id: shape }));
    refuses(&with("x#A", json!({"type": "odd"})), "`odd` is no Smithy shape type", "/shapes/x#A/type");
    refuses(&with("x#A", json!({"type": "string", "size": 1})), "`size` is no property", "/shapes/x#A/size");
    refuses(&with("x#A", json!(7)), "has no `type`", "/shapes/x#A");
    refuses(&with("A", json!({"type": "string"})), "is no shape id", "/shapes/A");
    refuses(&with("x#A", json!({"type": "list"})), "has no `member`", "/shapes/x#A");
    refuses(
        &with("x#A", json!({"type": "list", "member": {"target": "x#No"}})),
        "`x#No` does not exist",
        "/member/target",
    );
    refuses(&with("x#No$a", json!({"type": "apply", "traits": {}})), "does not exist", "/shapes/x#No$a");
    refuses(
        &with("x#A", json!({"type": "structure", "mixins": [{"target": "x#A"}]})),
        "mixes itself in",
        "/shapes/x#A/mixins/0/target",
    );
}

#[test]
fn broken_bindings_are_refused() {
    let with = |http: Value| {
        let mut model = model(json!({}), json!({}), json!({}));
        model["shapes"]["x#Do"]["traits"]["smithy.api#http"] = http;
        model
    };
    let place = "/shapes/x#Do/traits/smithy.api#http";
    refuses(&with(json!({"method": "POST", "uri": "do"})), "does not begin with a slash", place);
    refuses(&with(json!({"method": "POST", "uri": "/{a}"})), "the label `a` is no member", place);
    refuses(&with(json!({"method": "POST", "uri": "/a{b}"})), "no legal segment", place);
    refuses(&with(json!({"uri": "/"})), "has no method", place);
    refuses(&with(json!({"method": "POST", "uri": "/", "code": 7})), "no HTTP status", place);
    let mut unbound = model(json!({}), json!({}), json!({}));
    unbound["shapes"]["x#Do"]["traits"] = json!({});
    refuses(&unbound, "has no HTTP binding", "/shapes/x#Do");
}

#[test]
fn all_problems_are_reported_at_once_with_line_and_column() {
    let text = "{\n  \"smithy\": \"3.0\",\n  \"odd\": 1,\n  \"shapes\": {\n    \"x#A\": {\"type\": \"odd\"}\n  }\n}";
    let error = load("a.json", text, None).unwrap_err();
    let places: Vec<(usize, usize)> = error.problems.iter().map(|problem| (problem.line, problem.column)).collect();
    assert_eq!(places, [(1, 1), (2, 13), (3, 3), (5, 21)]);
    let shown = format!("{:?}", miette::Report::new(error));
    assert!(shown.contains("a.json:5:21") && shown.contains("help"), "{shown}");
}

#[test]
fn huge_and_deep_models_are_refused_cleanly() {
    let chain: Value = (0..200)
        .map(|index| {
            (
                format!("x#S{index}"),
                json!({"type": "structure", "members": {"a": {"target": format!("x#S{}", index + 1)}}}),
            )
        })
        .chain([("x#S200".to_owned(), json!({"type": "string"}))])
        .collect();
    refuses(&model(json!({"a": {"target": "x#S0"}}), json!({}), chain), "nest deeper than", "");
    let wide: Value = (0..20)
        .map(|index| {
            let members: Value = ["a", "b", "c", "d"]
                .iter()
                .map(|name| (name.to_string(), json!({"target": format!("x#S{}", index + 1)})))
                .collect();
            (format!("x#S{index}"), json!({"type": "structure", "members": members}))
        })
        .chain([("x#S20".to_owned(), json!({"type": "string"}))])
        .collect();
    refuses(&model(json!({"a": {"target": "x#S0"}}), json!({}), wide), "unfolds into more than", "");
    let mixins: Value = (0..5000)
        .map(|index| {
            (
                format!("x#S{index}"),
                json!({"type": "structure", "mixins": [{"target": format!("x#S{}", (index + 1) % 5000)}]}),
            )
        })
        .collect();
    refuses(&model(json!({}), json!({}), mixins), "mixes itself in", "");
    assert!(load("deep.json", &"[".repeat(1_000_000), None).is_err());
}
