//! `spec diff`: every kind of change, in both directions.

use serde_json::{Value, json};

use super::super::*;
use super::model::{load_model, model};

/// The changes, as `kind id what caller/implementer`, with `!` for who is broken.
fn changes(old: &Value, new: &Value) -> Vec<String> {
    let mark = |impact: Impact| if impact == Impact::Breaking { "!" } else { "-" };
    let found = diff(&load_model(old), &load_model(new));
    let mut lines: Vec<String> = found
        .iter()
        .map(|change| {
            let (caller, implementer) = (mark(change.caller), mark(change.implementer));
            format!("{caller}{implementer} {} {} {}", change.change, change.id, change.what)
        })
        .collect();
    lines.sort();
    lines
}

/// A model whose request and response have the member `a`.
fn one(member: Value) -> Value {
    with_shapes(member, json!({}))
}

fn with_shapes(member: Value, shapes: Value) -> Value {
    model(json!({"a": member.clone()}), json!({"a": member}), shapes)
}

fn constrained(target: &str, id: &str, value: Value) -> Value {
    one(json!({"target": format!("smithy.api#{target}"), "traits": {format!("smithy.api#{id}"): value}}))
}

fn plain(target: &str) -> Value {
    one(json!({"target": format!("smithy.api#{target}")}))
}

/// From `loose` to `tight`, `constraint` breaks callers by requests and implementers by both; back, it breaks
/// implementers by requests and callers by responses.
#[track_caller]
fn tightens(loose: &Value, tight: &Value, constraint: &str, there: &str, back: &str) {
    assert_eq!(
        changes(loose, tight),
        [
            format!("!! tightened Do.input.a.{constraint} {there}"),
            format!("-! tightened Do.output.a.{constraint} {there}"),
        ]
        .into_iter()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
    assert_eq!(
        changes(tight, loose),
        [format!("!- loosened Do.output.a.{constraint} {back}"), format!("-! loosened Do.input.a.{constraint} {back}"),]
    );
}

#[test]
fn nothing_changes_between_equals() {
    let contract = builtin().unwrap();
    assert_eq!(diff(&contract, &contract), Vec::new());
}

#[test]
fn bounds_are_compared_in_both_directions() {
    let length = |value: Value| constrained("String", "length", value);
    let range = |value: Value| constrained("Integer", "range", value);
    let was = |value: u32| format!("was dropped, it was {value}");
    tightens(
        &length(json!({"max": 9})),
        &length(json!({"max": 5})),
        "length.max",
        "changed from 9 to 5",
        "changed from 5 to 9",
    );
    tightens(
        &length(json!({"min": 1})),
        &length(json!({"min": 2})),
        "length.min",
        "changed from 1 to 2",
        "changed from 2 to 1",
    );
    tightens(&plain("String"), &length(json!({"max": 5})), "length.max", "is new: 5", &was(5));
    tightens(&plain("Integer"), &range(json!({"min": 3})), "range.min", "is new: 3", &was(3));
    tightens(&plain("Integer"), &range(json!({"max": 3})), "range.max", "is new: 3", &was(3));
    assert_eq!(changes(&plain("String"), &length(json!({"min": 0}))), [""; 0], "no length is below 0");
}

#[test]
fn other_constraints_are_compared_in_both_directions() {
    let required = one(json!({"target": "smithy.api#String", "traits": {"smithy.api#required": {}}}));
    tightens(&plain("String"), &required, "required", "is new", "was dropped");
    let pattern = |text: &str| constrained("String", "pattern", json!(text));
    tightens(&plain("String"), &pattern("^a$"), "pattern", "is new", "was dropped");
    assert_eq!(changes(&pattern("^a$"), &pattern("a")), [""; 0], "anchors around the whole say nothing");
    assert_eq!(
        changes(&pattern("a"), &pattern("b")),
        [
            "!! changed Do.input.a.pattern changed from `a` to `b`",
            "!! changed Do.output.a.pattern changed from `a` to `b`"
        ]
    );
    let list = |traits: Value| {
        let list = json!({"type": "list", "member": {"target": "smithy.api#String"}, "traits": traits});
        with_shapes(json!({"target": "x#List"}), json!({"x#List": list}))
    };
    tightens(&list(json!({})), &list(json!({"smithy.api#uniqueItems": {}})), "unique", "is new", "was dropped");
    let sparse = list(json!({"smithy.api#sparse": {}}));
    tightens(&sparse, &list(json!({})), "member.type", "may not be null any more", "may be null now");
}

#[test]
fn enums_and_types_are_compared_in_both_directions() {
    let listed = |values: &[&str]| {
        let members: serde_json::Map<String, Value> =
            values.iter().map(|value| ((*value).to_owned(), json!({"target": "smithy.api#Unit"}))).collect();
        with_shapes(json!({"target": "x#Kind"}), json!({"x#Kind": {"type": "enum", "members": members}}))
    };
    tightens(&listed(&["A", "B"]), &listed(&["A"]), "enum", "lost the value `B`", "gained the value `B`");
    tightens(&plain("String"), &listed(&["A"]), "enum", "is new", "was dropped");
    tightens(&plain("Long"), &plain("Integer"), "type", "allows fewer numbers", "allows more numbers");
    assert_eq!(
        changes(&plain("String"), &plain("Integer")),
        ["!! changed Do.input.a.type changed", "!! changed Do.output.a.type changed"]
    );
}

#[test]
fn members_come_and_go() {
    let none =
        model(json!({"b": {"target": "smithy.api#String"}}), json!({"b": {"target": "smithy.api#String"}}), json!({}));
    let member = |traits: Value| {
        let members = json!({
            "a": {"target": "smithy.api#String", "traits": traits}, "b": {"target": "smithy.api#String"}
        });
        model(members.clone(), members, json!({}))
    };
    let (optional, required) = (member(json!({})), member(json!({"smithy.api#required": {}})));
    assert_eq!(changes(&none, &optional), ["-! added Do.input.a was added", "-- added Do.output.a was added"].sorted());
    assert_eq!(
        changes(&none, &required),
        ["!! added Do.input.a was added and is required", "-! added Do.output.a was added and is always there"]
    );
    assert_eq!(changes(&optional, &none), ["!- removed Do.input.a was removed", "!- removed Do.output.a was removed"]);
    let clauses = &diff(&load_model(&optional), &load_model(&none))[0].clauses;
    assert_eq!(clauses, &["Do.input.a.type"]);
    let moved = model(
        json!({"a": {"target": "smithy.api#String", "traits": {"smithy.api#httpHeader": "x-a"}},
               "b": {"target": "smithy.api#String"}}),
        json!({"b": {"target": "smithy.api#String"}}),
        json!({}),
    );
    let stays = model(
        json!({"a": {"target": "smithy.api#String"}, "b": {"target": "smithy.api#String"}}),
        json!({"b": {"target": "smithy.api#String"}}),
        json!({}),
    );
    assert_eq!(changes(&stays, &moved), ["!! changed Do.input.a travels in another place of the message"]);
}

#[test]
fn operations_statuses_and_errors_come_and_go() {
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
            "!! changed Do.status changed from 200 to 202",
            "!- added Do.error.Gone was added with status 410",
            "-! added More was added",
        ]
    );
    assert_eq!(
        changes(&new, &old),
        [
            "!! changed Do.status changed from 202 to 200",
            "!- removed More was removed",
            "-! removed Do.error.Gone was removed",
        ]
    );
    let mut other = new.clone();
    other["shapes"]["x#Gone"]["traits"]["smithy.api#httpError"] = json!(404);
    assert_eq!(changes(&new, &other), ["!! changed Do.error.Gone changed its status from 410 to 404"]);
}

#[test]
fn calls_bodies_and_signatures_are_compared() {
    let old = model(json!({}), json!({}), json!({}));
    let mut new = old.clone();
    new["shapes"]["x#Do"]["traits"]["smithy.api#http"] = json!({"method": "PUT", "uri": "/did"});
    new["shapes"]["x#Service"]["traits"]["aws.auth#sigv4"]["name"] = json!("y");
    new["shapes"]["x#DoOutput"]["members"] = json!({"a": {"target": "smithy.api#String"}});
    assert_eq!(
        changes(&old, &new),
        [
            "!! changed Do has another URI",
            "!! changed Do is sent with PUT, no longer with POST",
            "!! changed Do.content_type is new: success has a body now",
            "!! changed service.signing_name changed from `x` to `y`",
            "-- added Do.output.a was added",
        ]
    );
    assert!(changes(&new, &old).contains(&"!! changed Do.empty_body is new: success has no body any more".to_owned()));
}

#[test]
fn rules_come_and_go_and_a_model_alone_has_none_to_compare() {
    let rules: Value = toml::from_str(load::BUILTIN_RULES).unwrap();
    let mut fewer = rules.clone();
    let list = |kind: &str, rules: &mut Value| {
        let mut rules = rules["rule"].as_array_mut().unwrap().iter_mut();
        let clauses = rules.find_map(|rule| rule.get_mut(kind)?.as_array_mut()).unwrap();
        clauses.remove(0)["id"].as_str().unwrap().to_owned()
    };
    let (input, output) = (list("input", &mut fewer), list("output", &mut fewer));
    let with = |rules: &Value| load("m.json", load::BUILTIN_MODEL, Some(("r.json", &rules.to_string()))).unwrap();
    let (all, some) = (with(&rules), with(&fewer));
    let impacts = |old: &Contract, new: &Contract, id: &str| {
        let found = diff(old, new);
        let change = found.iter().find(|change| change.id == id).unwrap();
        (change.change, change.caller, change.implementer)
    };
    use Impact::{Breaking, Compatible};
    assert_eq!(impacts(&some, &all, &input), (ChangeKind::Added, Breaking, Breaking));
    assert_eq!(impacts(&all, &some, &input), (ChangeKind::Removed, Compatible, Breaking));
    assert_eq!(impacts(&some, &all, &output), (ChangeKind::Added, Compatible, Breaking));
    assert_eq!(impacts(&all, &some, &output), (ChangeKind::Removed, Breaking, Compatible));
    let alone = load("m.json", load::BUILTIN_MODEL, None).unwrap();
    assert!(!compares_rules(&all, &alone));
    assert_eq!(diff(&all, &alone).iter().filter(|change| change.id.starts_with("rule.")).count(), 0);
    assert!(rules_of(&all, &input).contains(&input));
}

/// Sorts lines where the order of writing is not that of the sort.
trait Sorted {
    fn sorted(self) -> Vec<String>;
}

impl<const N: usize> Sorted for [&str; N] {
    fn sorted(self) -> Vec<String> {
        let mut lines = self.map(str::to_owned).to_vec();
        lines.sort();
        lines
    }
}
