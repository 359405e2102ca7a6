//! How what a run makes is marked as its own: by a tag, and by a name.

use serde_json::{Map, Value};

use crate::plan::case::{Case, Check};
use crate::plan::suite::{Scenario, Step};
use crate::spec::contract::{Node, NodeKind, Operation};
use crate::spec::rules::InputRule;

/// Key of the tag whose value is the run's id.
pub const TAG_KEY: &str = "ivs-conformance-run";
/// What every name of a run begins with; the run's id and a number follow.
pub const NAME_PREFIX: &str = "ivs-conformance-";

const TAGS: &str = "tags";
const NAME: &str = "name";

/// Which members a test is about: marks leave those alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct About {
    /// The tags that a resource has are what is tested.
    pub tags: bool,
    /// The name that a resource has is what is tested.
    pub name: bool,
    /// Members that are given were written by hand and stay as they are; others were filled in.
    pub by_hand: bool,
}

impl About {
    /// What a case is about; `scenario` is the one that it plays, `rule` the input rule.
    pub fn case(
        case: &Case,
        operation: Option<&Operation>,
        scenario: Option<&Scenario>,
        rule: Option<&InputRule>,
    ) -> About {
        let path = match &case.check {
            Check::Accepts { path, .. } | Check::Refuses { path, .. } => path.as_str(),
            Check::Scenario { .. } => return scenario.map(About::scenario).unwrap_or_default(),
            _ => "",
        };
        let first = path.split(['.', '[']).next().unwrap_or_default();
        // An operation that changes tags is tried on resources that have none yet.
        let changes_tags = operation.is_some_and(|operation| operation.name.contains("Tag"));
        let rule_is_about = |word: &str| rule.is_some_and(|rule| rule_names(rule, word));
        About {
            tags: first == TAGS || changes_tags || rule_is_about(TAGS),
            name: first == NAME || rule_is_about(NAME),
            by_hand: false,
        }
    }

    /// A scenario is about tags, or names, if it looks at them.
    fn scenario(scenario: &Scenario) -> About {
        let looks_at = |word: &str| scenario.steps.iter().any(|step| step_looks_at(step, word));
        let calls_tags =
            |step: &Step| [&step.call, &step.walk].into_iter().flatten().any(|operation| operation.contains("Tag"));
        About { tags: looks_at(TAGS) || scenario.steps.iter().any(calls_tags), name: looks_at(NAME), by_hand: true }
    }
}

/// Whether a scenario looks at a member of what is shown.
pub fn scenario_looks_at(scenario: &Scenario, word: &str) -> bool {
    scenario.steps.iter().any(|step| step_looks_at(step, word))
}

/// Whether a member of an input is one of the run's marks, and nothing besides.
pub fn is_mark(member: &str, members: &Map<String, Value>, run: &str) -> bool {
    match (member, members.get(member)) {
        (TAGS, Some(Value::Object(tags))) => tags.len() == 1 && has_tag(tags, run),
        (NAME, Some(Value::String(name))) => is_own_name(name, run),
        _ => false,
    }
}

/// Whether a rule about inputs speaks of a member.
pub fn rule_names(rule: &InputRule, word: &str) -> bool {
    let is_below = |path: &String| path.split('.').nth(2) == Some(word);
    rule.paths.iter().any(is_below) || rule.accepted.iter().chain(&rule.violating).any(|value| has_key(value, word))
}

fn step_looks_at(step: &Step, word: &str) -> bool {
    step.asserts.iter().any(|assert| {
        let values = [&assert.equals, &assert.agrees, &assert.contains, &assert.differs, &assert.lacks];
        let is_in_path = assert.at.split(['.', '[', ']']).any(|part| part == word);
        is_in_path || values.into_iter().flatten().any(|value| has_key(value, word))
    })
}

fn has_key(value: &Value, key: &str) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| name == key || has_key(value, key)),
        Value::Array(elements) => elements.iter().any(|value| has_key(value, key)),
        _ => false,
    }
}

/// Marks the input of an operation that makes something: with the tag where the test is not about tags, and with a
/// name where it is not about names. A name that was filled in stays beside the tag.
pub fn mark(operation: &Operation, input: &mut Value, about: About, run: &str, fresh_name: impl FnOnce() -> String) {
    let Value::Object(members) = input else { return };
    let is_tagged = tag(operation, members, about, run);
    let Some(node) = operation.input.member(NAME).filter(|node| matches!(node.kind, NodeKind::String)) else { return };
    let is_given = members.contains_key(NAME);
    if about.name || (is_given && (is_tagged || about.by_hand || has_own_name(members, run))) {
        return;
    }
    let name = fresh_name();
    if node.constraints.pattern.as_ref().is_none_or(|pattern| pattern.is_match(&name)) {
        members.insert(NAME.to_owned(), Value::from(name));
    }
}

/// Adds the tag if it may; whether the input carries it.
fn tag(operation: &Operation, members: &mut Map<String, Value>, about: About, run: &str) -> bool {
    let Some(node) = operation.input.member(TAGS).filter(|node| matches!(node.kind, NodeKind::Map { .. })) else {
        return false;
    };
    match members.get_mut(TAGS) {
        Some(Value::Object(tags)) if has_tag(tags, run) => true,
        Some(Value::Object(tags)) if !about.tags && !about.by_hand && has_room(node, tags) => {
            tags.insert(TAG_KEY.to_owned(), Value::from(run));
            true
        }
        Some(_) => false,
        None if about.tags => false,
        None => {
            members.insert(TAGS.to_owned(), Value::Object(Map::from_iter([(TAG_KEY.to_owned(), Value::from(run))])));
            true
        }
    }
}

fn has_room(node: &Node, tags: &Map<String, Value>) -> bool {
    node.constraints.length.as_ref().and_then(|range| range.max).is_none_or(|most| (tags.len() as u64) < most)
}

/// Whether a map of tags holds the run's.
pub fn has_tag(tags: &Map<String, Value>, run: &str) -> bool {
    tags.get(TAG_KEY).and_then(Value::as_str) == Some(run)
}

/// Whether the name among members is one that the run gave.
pub fn has_own_name(members: &Map<String, Value>, run: &str) -> bool {
    members.get(NAME).and_then(Value::as_str).is_some_and(|name| is_own_name(name, run))
}

/// Whether a name is one that the run gives: the prefix, its id, and a number.
pub fn is_own_name(name: &str, run: &str) -> bool {
    let number = name.strip_prefix(NAME_PREFIX).and_then(|rest| rest.strip_prefix(run)?.strip_prefix('-'));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What an object of a request or an answer says about whose it is.
pub fn marks_in(value: &Value, run: &str) -> Marks {
    let Value::Object(members) = value else { return Marks::default() };
    Marks {
        tagged: members.get(TAGS).and_then(Value::as_object).is_some_and(|tags| has_tag(tags, run)),
        name: members.get(NAME).and_then(Value::as_str).filter(|name| is_own_name(name, run)).map(str::to_owned),
    }
}

/// The run's marks on something.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// It carries the tag.
    pub tagged: bool,
    /// The name, if it is one of the run's.
    pub name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const RUN: &str = "0123456789abcdef";

    fn marked(mut input: Value, about: About) -> Value {
        let contract = crate::spec::builtin().unwrap();
        let create = contract.operation("CreateChannel").unwrap();
        mark(create, &mut input, about, RUN, || format!("{NAME_PREFIX}{RUN}-7"));
        input
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
        assert_eq!(
            marked(json!({"tags": {"a": "b"}, "name": "x"}), about_tags),
            json!({"tags": {"a": "b"}, "name": name})
        );
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
            assert_eq!(marks_in(&other, RUN), Marks::default(), "{other}");
        }
        let ours = marks_in(&json!({"tags": {TAG_KEY: RUN}, "name": format!("{NAME_PREFIX}{RUN}-12")}), RUN);
        assert!(ours.tagged && ours.name.is_some());
    }

    #[test]
    fn every_scenario_can_mark_what_it_makes() {
        let contract = crate::spec::builtin().unwrap();
        let suites = crate::plan::Suites::builtin().unwrap();
        let resources = crate::plan::resources::Resources::of(&contract);
        let mut steps = 0;
        for scenario in &suites.scenarios {
            let about = About::scenario(scenario);
            for step in &scenario.steps {
                let Some(operation) = step.call.as_deref().and_then(|name| contract.operation(name)) else { continue };
                // What belongs to another resource is found with that.
                let stands_alone = crate::plan::resources::needed_resources(operation) == 0;
                if resources.products(&operation.name).is_empty() || !stands_alone {
                    continue;
                }
                steps += 1;
                let given = step.input.get(NAME).and_then(Value::as_str).unwrap_or_default();
                let mut input = step.input.clone();
                if input.is_null() {
                    input = json!({});
                }
                mark(operation, &mut input, about, RUN, || format!("{NAME_PREFIX}{RUN}-7"));
                let marks = marks_in(&input, RUN);
                let is_marked = marks.tagged || marks.name.is_some() || given.starts_with("${unique");
                assert!(is_marked, "{} makes what nobody can find", scenario.name);
            }
        }
        assert!(steps > 300, "only {steps} steps make something");
    }
}
