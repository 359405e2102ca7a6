//! How what a run makes is marked as its own: by a tag, and by a name.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::plan::case::{Case, Check};
use crate::plan::operation_role;
use crate::plan::suite::{Scenario, Step};
use crate::spec::contract::{Contract, Node, NodeKind, Operation};
use crate::spec::rules::{InputRule, MarkMembers};

/// Key of the tag whose value is the run's id.
pub const TAG_KEY: &str = "ivs-conformance-run";
/// What every name of a run begins with; the run's id and a number follow.
pub const NAME_PREFIX: &str = "ivs-conformance-";

/// How a run marks what it makes: its id, and the members that hold its marks in this contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    run: String,
    members: MarkMembers,
    /// Operations that add, remove or list tags.
    tagging: BTreeSet<String>,
}

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

impl Marker {
    /// The marks of a run.
    pub fn new(contract: &Contract, run: &str) -> Marker {
        let tagging = contract.operations.iter().filter(|operation| operation_role::is_about_tags(operation));
        Marker {
            run: run.to_owned(),
            members: contract.rules.marks.clone(),
            tagging: tagging.map(|operation| operation.name.clone()).collect(),
        }
    }

    /// The member that holds the name of a resource.
    pub fn name_member(&self) -> &str {
        &self.members.name
    }

    /// What a case is about; `scenario` is the one that it plays, `rule` the input rule.
    pub fn about(&self, case: &Case, scenario: Option<&Scenario>, rule: Option<&InputRule>) -> About {
        let path = match &case.check {
            Check::Accepts { path, .. } | Check::Refuses { path, .. } => path.as_str(),
            Check::Scenario { .. } => {
                return scenario.map(|scenario| self.about_scenario(scenario)).unwrap_or_default();
            }
            _ => "",
        };
        let first = path.split(['.', '[']).next().unwrap_or_default();
        // An operation that changes tags is tried on resources that have none yet.
        let is_tagging = case.operation.as_ref().is_some_and(|operation| self.tagging.contains(operation));
        let rule_is_about = |word: &str| rule.is_some_and(|rule| rule_names(rule, word));
        About {
            tags: first == self.members.tags || is_tagging || rule_is_about(&self.members.tags),
            name: first == self.members.name || rule_is_about(&self.members.name),
            by_hand: false,
        }
    }

    /// A scenario is about tags, or names, if it looks at them.
    fn about_scenario(&self, scenario: &Scenario) -> About {
        let calls_tagging = |step: &Step| {
            [&step.call, &step.walk].into_iter().flatten().any(|operation| self.tagging.contains(operation))
        };
        About {
            tags: scenario_looks_at(scenario, &self.members.tags) || scenario.steps.iter().any(calls_tagging),
            name: scenario_looks_at(scenario, &self.members.name),
            by_hand: true,
        }
    }

    /// Whether a member of an input is one of the run's marks, and nothing besides.
    pub fn is_mark(&self, member: &str, members: &Map<String, Value>) -> bool {
        match members.get(member) {
            Some(Value::Object(tags)) if member == self.members.tags => tags.len() == 1 && self.has_tag(tags),
            Some(Value::String(name)) if member == self.members.name => self.is_own_name(name),
            _ => false,
        }
    }

    /// Marks the input of an operation that makes something: with the tag where the test is not about tags, and with a
    /// name where it is not about names. A name that was filled in stays beside the tag.
    pub fn mark(&self, operation: &Operation, input: &mut Value, about: About, fresh_name: impl FnOnce() -> String) {
        let Value::Object(members) = input else { return };
        let is_tagged = self.tag(operation, members, about);
        let named = operation.input.member(&self.members.name);
        let Some(node) = named.filter(|node| matches!(node.kind, NodeKind::String)) else { return };
        let is_given = members.contains_key(&self.members.name);
        if about.name || (is_given && (is_tagged || about.by_hand || self.has_own_name(members))) {
            return;
        }
        let name = fresh_name();
        if node.constraints.pattern.as_ref().is_none_or(|pattern| pattern.is_match(&name)) {
            members.insert(self.members.name.clone(), Value::from(name));
        }
    }

    /// Adds the tag if it may; whether the input carries it.
    fn tag(&self, operation: &Operation, members: &mut Map<String, Value>, about: About) -> bool {
        let key = &self.members.tags;
        let Some(node) = operation.input.member(key).filter(|node| matches!(node.kind, NodeKind::Map { .. })) else {
            return false;
        };
        let own = || (TAG_KEY.to_owned(), Value::from(self.run.as_str()));
        match members.get_mut(key) {
            Some(Value::Object(tags)) if self.has_tag(tags) => true,
            Some(Value::Object(tags)) if !about.tags && !about.by_hand && has_room(node, tags) => {
                tags.extend([own()]);
                true
            }
            Some(_) => false,
            None if about.tags => false,
            None => {
                members.insert(key.clone(), Value::Object(Map::from_iter([own()])));
                true
            }
        }
    }

    /// Whether a map of tags holds the run's.
    fn has_tag(&self, tags: &Map<String, Value>) -> bool {
        tags.get(TAG_KEY).and_then(Value::as_str) == Some(&self.run)
    }

    /// Whether the name among members is one that the run gave.
    fn has_own_name(&self, members: &Map<String, Value>) -> bool {
        members.get(&self.members.name).and_then(Value::as_str).is_some_and(|name| self.is_own_name(name))
    }

    /// Whether a name is one that the run gives: the prefix, its id, and a number.
    fn is_own_name(&self, name: &str) -> bool {
        let number = name.strip_prefix(NAME_PREFIX).and_then(|rest| rest.strip_prefix(&self.run)?.strip_prefix('-'));
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// What an object of a request or a response says about whose it is.
    pub fn marks_in(&self, value: &Value) -> Marks {
        let Value::Object(members) = value else { return Marks::default() };
        let name = members.get(&self.members.name).and_then(Value::as_str);
        Marks {
            tagged: members.get(&self.members.tags).and_then(Value::as_object).is_some_and(|tags| self.has_tag(tags)),
            name: name.filter(|name| self.is_own_name(name)).map(str::to_owned),
        }
    }

    /// Whether any object of a document carries the marks of another run.
    pub fn shows_another_run(&self, value: &Value) -> bool {
        match value {
            Value::Object(members) => {
                self.is_of_another_run(members) || members.values().any(|member| self.shows_another_run(member))
            }
            Value::Array(elements) => elements.iter().any(|element| self.shows_another_run(element)),
            _ => false,
        }
    }

    fn is_of_another_run(&self, members: &Map<String, Value>) -> bool {
        let tag = members.get(&self.members.tags).and_then(|tags| tags.get(TAG_KEY)).and_then(Value::as_str);
        let name = members.get(&self.members.name).and_then(Value::as_str);
        match (tag, name) {
            (Some(run), _) => run != self.run,
            (None, Some(name)) => name.starts_with(NAME_PREFIX) && !self.resembles_own_name(name),
            (None, None) => false,
        }
    }

    /// Whether an object has a name that this run gave, though it may be cut off or something may follow it.
    pub fn resembles_own(&self, value: &Value) -> bool {
        let name = value.get(&self.members.name).and_then(Value::as_str);
        name.is_some_and(|name| self.resembles_own_name(name))
    }

    fn resembles_own_name(&self, name: &str) -> bool {
        let rest = name.strip_prefix(NAME_PREFIX);
        rest.is_some_and(|rest| rest.starts_with(&self.run) || self.run.starts_with(rest))
    }
}

/// Whether a scenario looks at a member of what is shown.
pub fn scenario_looks_at(scenario: &Scenario, word: &str) -> bool {
    scenario.steps.iter().any(|step| step_looks_at(step, word))
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

fn has_room(node: &Node, tags: &Map<String, Value>) -> bool {
    node.constraints.length.as_ref().and_then(|range| range.max).is_none_or(|most| (tags.len() as u64) < most)
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
mod tests;
