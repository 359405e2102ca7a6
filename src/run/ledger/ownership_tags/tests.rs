use super::*;
use serde_json::json;

const RUN: &str = "0123456789abcdef";

fn marked(mut input: Value, about: About) -> Value {
    let contract = crate::spec::builtin().unwrap();
    let create = contract.operation("CreateChannel").unwrap();
    Marker::new(&contract, RUN).mark(create, &mut input, about, || format!("{NAME_PREFIX}{RUN}-7"));
    input
}

fn marks_in(value: &Value) -> Marks {
    Marker::new(&crate::spec::builtin().unwrap(), RUN).marks_in(value)
}

#[test]
fn what_another_run_made_is_told_from_what_is_nobodys() {
    let marker = Marker::new(&crate::spec::builtin().unwrap(), RUN);
    let (own, other) = (format!("{NAME_PREFIX}{RUN}-7"), format!("{NAME_PREFIX}fedcba9876543210-7"));
    for of_another in [json!({"tags": {TAG_KEY: "fedcba9876543210"}, "name": 1}), json!({"name": other})] {
        assert!(marker.shows_another_run(&json!({"channels": [{"name": own}, of_another]})), "{of_another}");
    }
    let others = json!({"tags": {TAG_KEY: RUN}, "name": other});
    let mangled = [json!({"name": own.repeat(2)}), json!({"name": own[..NAME_PREFIX.len() + 4]})];
    assert!(mangled.iter().all(|own| marker.resembles_own(own)) && !marker.resembles_own(&others));
    let not_of_another =
        [json!({"tags": {TAG_KEY: RUN}}), json!({"name": own}), json!({"name": "live"}), json!(1), others];
    for not in not_of_another.into_iter().chain(mangled) {
        assert!(!marker.shows_another_run(&json!({"channels": [not]})), "{not}");
    }
}

#[test]
fn a_contract_says_which_members_hold_the_marks() {
    let mut contract = crate::spec::builtin().unwrap();
    let mut marked_by = |tags: &str, name: &str| {
        contract.rules.marks = MarkMembers { tags: tags.to_owned(), name: name.to_owned() };
        let create = contract.operation("CreateChannel").unwrap();
        let mut input = json!({});
        Marker::new(&contract, RUN).mark(create, &mut input, About::default(), || "n-1".to_owned());
        input
    };
    assert_eq!(marked_by("tags", "title"), json!({"tags": {TAG_KEY: RUN}}));
    assert_eq!(marked_by("labels", "name"), json!({"name": "n-1"}));
}

#[test]
fn operations_on_tags_are_known_by_their_shapes() {
    let marker = Marker::new(&crate::spec::builtin().unwrap(), RUN);
    let tagging: Vec<&str> = marker.tagging.iter().map(String::as_str).collect();
    assert_eq!(tagging, ["ListTagsForResource", "TagResource", "UntagResource"]);
}

#[test]
fn what_is_free_gets_the_tag_and_a_name() {
    let (tags, name) = (json!({TAG_KEY: RUN}), format!("{NAME_PREFIX}{RUN}-7"));
    assert_eq!(marked(json!({}), About::default()), json!({"tags": tags, "name": name}));
    let filled_in = marked(json!({"name": "x", "tags": {"a": "b"}}), About::default());
    assert_eq!(filled_in, json!({"name": "x", "tags": {"a": "b", TAG_KEY: RUN}}));
}

#[test]
fn what_a_test_is_about_stays() {
    let name = format!("{NAME_PREFIX}{RUN}-7");
    let about_tags = About { tags: true, ..About::default() };
    assert_eq!(marked(json!({"tags": {"a": "b"}, "name": "x"}), about_tags), json!({"tags": {"a": "b"}, "name": name}));
    let about_name = About { name: true, ..About::default() };
    assert_eq!(marked(json!({"name": ""}), about_name), json!({"name": "", "tags": {TAG_KEY: RUN}}));
    let by_hand = About { by_hand: true, ..About::default() };
    assert_eq!(marked(json!({"tags": {"a": "b"}}), by_hand), json!({"tags": {"a": "b"}, "name": name}));
}

#[test]
fn marking_twice_is_marking_once() {
    let once = marked(json!({}), About::default());
    assert_eq!(marked(once.clone(), About::default()), once);
}

#[test]
fn a_tag_or_a_name_that_is_almost_ours_is_not() {
    for other in [
        json!({"name": format!("{NAME_PREFIX}{RUN}-")}),
        json!({"name": format!("{NAME_PREFIX}{RUN}0-1")}),
        json!({"name": format!("{NAME_PREFIX}{RUN}-1x")}),
        json!({"name": "ivs-conformance-1", "tags": {TAG_KEY: ""}}),
        json!({"tags": {TAG_KEY: format!("{RUN}0")}}),
        json!({"tags": {"IVS-conformance-run": RUN}}),
    ] {
        assert_eq!(marks_in(&other), Marks::default(), "{other}");
    }
    let ours = marks_in(&json!({"tags": {TAG_KEY: RUN}, "name": format!("{NAME_PREFIX}{RUN}-12")}));
    assert!(ours.tagged && ours.name.is_some());
}

#[test]
fn every_scenario_can_mark_what_it_makes() {
    let contract = crate::spec::builtin().unwrap();
    let suites = crate::plan::Suites::builtin().unwrap();
    let resources = crate::plan::resources::Resources::of(&contract);
    let marker = Marker::new(&contract, RUN);
    let mut steps = 0;
    for scenario in &suites.scenarios {
        let about = marker.about_scenario(scenario);
        for step in &scenario.steps {
            let Some(operation) = step.call.as_deref().and_then(|name| contract.operation(name)) else { continue };
            // What belongs to another resource is found with that.
            let stands_alone = crate::plan::resources::needed_resources(operation) == 0;
            if resources.products(&operation.name).is_empty() || !stands_alone {
                continue;
            }
            steps += 1;
            let given = step.input.get(marker.name_member()).and_then(Value::as_str).unwrap_or_default();
            let mut input = step.input.clone();
            if input.is_null() {
                input = json!({});
            }
            marker.mark(operation, &mut input, about, || format!("{NAME_PREFIX}{RUN}-7"));
            let marks = marker.marks_in(&input);
            let is_marked = marks.tagged || marks.name.is_some() || given.starts_with("${unique");
            assert!(is_marked, "{} makes what nobody can find", scenario.name);
        }
    }
    assert!(steps > 300, "only {steps} steps make something");
}
